"""10,000 grant codes by a bulk job: its transactions, and the client's CPU beside boto3 writing the same items bare."""

from collections.abc import Iterator

from bench.environment import canned_dynamodb, environment
from bench.figures import Figure
from bench.timing import Subject, alternate, ratio, run_module

ROUNDS = 15


def measure() -> Iterator[Figure]:
    """Counted and timed on canned answers, in which every chunk finds the same vacant institutions."""
    with canned_dynamodb(run_module("bench.targets.job_items", environment())) as endpoint:
        given = environment(
            AWS_ENDPOINT_URL_DYNAMODB=endpoint, AWS_ENDPOINT_URL_KMS=endpoint, POWERTOOLS_LOG_LEVEL="WARNING"
        )
        calls = run_module("bench.targets.issuing", {**given, "MEASURED": "count"})
        with (
            Subject("bench.targets.issuing", {**given, "MEASURED": "ours"}) as ours,
            Subject("bench.targets.issuing", {**given, "MEASURED": "boto3"}) as bare,
        ):
            taken = alternate({"ours": ours.cpu(2), "boto3": bare.cpu(2)}, ROUNDS)
    # The job begins by one more, in which its worker takes the lease.
    others = ", ".join(f"{count} {name}" for name, count in sorted(calls.items()) if name != "TransactWriteItems")
    yield Figure("10,000 grant codes: transactions", calls["TransactWriteItems"] + 1, f"and {others}")
    note = " / ".join(f"{min(taken[name]) * 1000:.1f} ms a chunk" for name in ("ours", "boto3"))
    yield Figure("10,000 grant codes: client CPU / boto3 BatchWrite", ratio(taken, "ours", "boto3"), note)
