"""Where the tests of a whole platform find it."""

import json
import os
from pathlib import Path

from local.rehearsal.main import STACK
from local.rehearsal.stack import StackRun


def rehearsed() -> StackRun | None:
    """The stack that a rehearsal runs, None where there is none."""
    if STACK not in os.environ:
        return None
    place = json.loads(os.environ[STACK])
    return StackRun(**{**place, "logs": Path(place["logs"])})
