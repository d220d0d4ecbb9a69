"""`make stack`, the dress rehearsal: the package on MiniStack walks the journey, answers like the local run, holds.

It packages and deploys (`local.rehearsal.stack`), walks the journey of the demo step by step, again on a local run, and
compares every answer, then runs the journey tests and those of the rehearsal itself against the same platform.
"""

import functools
import json
import os
import subprocess
import sys
import time
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from deployment.errors import DeploymentFailed
from local.client import Unexpected
from local.demo.steps import Walk
from local.demo.walk import walk_all
from local.rehearsal.ministack import NotStarted
from local.rehearsal.recording import differences, recorded
from local.rehearsal.stack import StackRun, stack_run
from local.run import RunFailed, local_run
from local.template import ROOT

DEFAULT_PORTS: Final = {"STACK_PORT": 4566, "STANDIN_PORT": 8001}
# Where the tests find the platform (tests/journey/conftest.py).
STACK: Final = "STACK"
_LAST: Final = "tests/stack/test_least_privilege.py"
# It is walked here, step by step.
_WALKED: Final = "tests/journey/test_identity.py::test_the_demo_holds"


def main() -> int:
    """Rehearse; the exit code."""
    started = time.monotonic()
    aws_port, standin_port = (int(os.environ.get(name) or port) for name, port in DEFAULT_PORTS.items())
    try:
        with stack_run(functools.partial(print, flush=True), aws_port=aws_port, standin_port=standin_port) as stack:
            print(f"The platform runs at {stack.api_url} after {time.monotonic() - started:.0f} s.", flush=True)
            _walk_on_both(stack)
            failed = _test(stack)
    except (DeploymentFailed, NotStarted, RunFailed, Unexpected, ClientError, BotoCoreError) as failure:
        print(f"\nFAILED: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing was kept.", file=sys.stderr)
        return 130
    print(f"\n{'FAILED' if failed else 'Everything as expected'}, in {time.monotonic() - started:.0f} seconds.")
    return failed


def _walk_on_both(stack: StackRun) -> None:
    with recorded() as on_the_stack:
        walk_all(Walk(), stack)
    print("\nThe same journey on the local run", flush=True)
    with local_run() as run, recorded() as on_the_local_run:
        walk_all(Walk(), run)
    different = differences(on_the_local_run, on_the_stack)
    if different:
        raise Unexpected("the local run and the stack answer differently:\n" + "\n".join(different))
    print(f"\nBoth gave the same {len(on_the_stack)} answers.", flush=True)


def _test(stack: StackRun) -> int:
    """The journeys first, since the rehearsal's own tests kill workers. What was done is counted last."""
    place = json.dumps({**stack._asdict(), "logs": str(stack.logs)})
    for tests in (
        ["tests/journey", "--deselect", _WALKED],
        ["tests/stack", "--ignore", _LAST, "-n", "2", "--dist", "loadfile"],
        [_LAST],
    ):
        print(f"\n{tests[0]}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", *tests]
        failed = subprocess.run(command, cwd=ROOT, env={**os.environ, STACK: place}, check=False).returncode
        if failed:
            return failed
    return 0
