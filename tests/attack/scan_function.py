"""The scan function in a process of its own, as Lambda runs it: an event a line in, what failed and its memory out.

`python -m tests.attack.scan_function NOW` ends with its standard input. The clock stands at NOW.
"""

import json
import os
import sys
import time
from datetime import datetime

from bench.timing import peak_mb
from functions.shared import clock
from local.aws.pump import Context

SECONDS = 60.0


def main(now: str) -> None:
    """Work off events until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # standard output is for what the function logs
    standing = datetime.fromisoformat(now)
    clock.now = lambda: standing
    from app import scans

    for line in sys.stdin:
        answer = scans(json.loads(line), Context("scans", SECONDS, "request", time.monotonic()))
        failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
        answers.write(json.dumps({"failed": failed, "peak_mb": peak_mb()}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
