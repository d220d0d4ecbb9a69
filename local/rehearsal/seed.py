"""`python -m local.rehearsal.seed FUNCTION`: the demo data on what a deployed function works on."""

import os
import sys

from operations.environment import prepare


def main(function: str) -> None:
    """Make them."""
    prepare(function=function, endpoint_url=None)
    # It stands in for people at the API: under the operator's key their events would be forged ones.
    os.environ["AUDIT_SIGNER"] = "functions"
    from local.demo.administrators import make_administrators
    from local.demo.institutions import make_institutions, make_province

    make_administrators()
    make_institutions()
    make_province()


if __name__ == "__main__":
    main(sys.argv[1])
