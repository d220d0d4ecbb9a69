"""What a thousand of something cost at list prices, from the units counted on MiniStack."""

from collections.abc import Iterator

from bench.costs import JOURNEYS, dollars, units
from bench.counted import counted
from bench.figures import Figure


def measure() -> Iterator[Figure]:
    """Dollars of a thousand, and what most of it is for."""
    rows = counted().rows
    for name, journey in JOURNEYS.items():
        costs = dollars(units(journey, rows))
        dearest = sorted(costs.items(), key=lambda cost: -cost[1])[:3]
        note = ", ".join(f"{usd:.3f} {price.partition(',')[0]}" for price, usd in dearest)
        yield Figure(f"cost of 1,000 {name}", sum(costs.values()), note, "USD")
