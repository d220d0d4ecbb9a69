"""One delivery of a job's message to the jobs function, in a process of its own, so that it can be killed.

`python -m tests.races.worker JOB_ID` exits with 0 when the message is done with, 1 when it must come again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

SECONDS = 300.0  # what Lambda gives it


def started(job_id: str) -> subprocess.Popen[bytes]:
    """A worker that has been handed the message, with this process's environment."""
    return subprocess.Popen([sys.executable, "-m", "tests.races.worker", job_id], stdout=subprocess.DEVNULL)


def main(job_id: str) -> int:
    """Work; the exit code."""
    from app import jobs
    from local.aws.pump import Context

    record = {"messageId": "1", "receiptHandle": "r", "body": json.dumps({"job_id": job_id}), "eventSource": "aws:sqs"}
    context = Context("jobs", SECONDS, "request", time.monotonic())
    answer: dict[str, Any] = jobs({"Records": [{**record, "attributes": {}}]}, context)
    return 1 if answer["batchItemFailures"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
