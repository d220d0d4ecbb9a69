"""Calls and capacity units of every operation, counted on MiniStack, against the table of `docs/operation-costs.md`."""

from collections.abc import Iterator

from bench.counted import counted
from bench.figures import Figure


def measure() -> Iterator[Figure]:
    """How many operations were counted, how many differ from the documentation, and what must never be called."""
    count = counted()
    yield Figure("operations counted on MiniStack", len(count.rows), "every route and event function")
    yield Figure("operations unlike the documentation", len(count.unlike), "; ".join(count.unlike[:3]))
    made = [(call, times) for row in count.rows.values() for call, times in row.calls.items()]
    for operation in ("Scan", "DescribeTable"):
        times = sum(times for call, times in made if call == f"dynamodb.{operation}")
        yield Figure(f"calls of {operation}", times, f"of {sum(times for _, times in made):,} calls")
