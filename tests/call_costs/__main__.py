"""`python -m tests.call_costs`: counts what every operation costs and prints the table of `docs/operation-costs.md`.

`--write` puts it there, and the costs that follow into `docs/performance.md`; `--ministack` counts on MiniStack instead
of moto; `--json` prints it for other programs.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import tests.conftest  # noqa: F401 - the settings, before anything of the product is imported
from bench import costs
from local.aws.moto_tables import patch_moto_tables
from local.aws.provision import provision
from local.rehearsal import ministack
from local.template import ROOT, Template
from tests.call_costs import document

LOG = ROOT / "build" / "stack" / "units.log"


@contextmanager
def _moto() -> Iterator[None]:
    from moto import mock_aws

    patch_moto_tables()
    with mock_aws():
        provision(Template(), None, retry_s=1)
        yield


@contextmanager
def _ministack() -> Iterator[None]:
    with ministack.running(LOG) as endpoint:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        provision(Template(), endpoint, retry_s=1)
        yield


def main() -> int:
    """Count; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.call_costs")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--ministack", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    os.environ["POWERTOOLS_LOG_LEVEL"] = "WARNING"  # the table alone is printed
    from tests.call_costs.counted import counted

    with _ministack() if chosen.ministack else _moto():
        rows = counted()
    if chosen.write:
        document.write(rows)
        costs.write(rows)
    elif chosen.json:
        unlike = sorted(set(document.lines(rows)) ^ set(document.documented()))
        told = {"rows": {name: vars(cost) for name, cost in rows.items()}, "unlike": unlike}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(document.lines(rows)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
