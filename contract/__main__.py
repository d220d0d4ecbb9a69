"""`python -m contract` writes `docs/openapi.json`."""

import os
import sys

from contract.document import PATH, document, encode
from local.template import Template


def main() -> int:
    """Write the document. Returns the exit code."""
    os.environ.update(Template().environment())
    described = document()
    PATH.write_bytes(encode(described))
    print(f"{PATH}: {sum(map(len, described['paths'].values()))} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
