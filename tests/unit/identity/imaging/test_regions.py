"""Connected regions against a plain flood fill."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from functions.identity.imaging.regions import MAX_RUNS, Region, connected_regions


def pixels(region: Region) -> set[tuple[int, int]]:
    """The region's pixels as row and column."""
    runs = zip(*(part.tolist() for part in region), strict=True)
    return {(row, column) for row, left, right in runs for column in range(left, right)}


def flooded(mask: np.ndarray) -> set[frozenset[tuple[int, int]]]:
    """The regions by flood fill over eight neighbours."""
    left = {(int(row), int(column)) for row, column in np.argwhere(mask)}
    regions = set()
    while left:
        region, border = set(), [left.pop()]
        while border:
            row, column = border.pop()
            region.add((row, column))
            around = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= around
            border += around
        regions.add(frozenset(region))
    return regions


@settings(max_examples=200, deadline=None)
@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 14), st.integers(1, 14))))
def test_regions_are_those_of_a_flood_fill(mask: np.ndarray) -> None:
    """Every true pixel is in exactly one region, with all it touches, and areas count pixels."""
    regions = connected_regions(mask)
    assert {frozenset(pixels(region)) for region in regions} == flooded(mask)
    assert sum(region.area for region in regions) == mask.sum()


def test_noise_has_no_regions() -> None:
    """A picture of more runs than any document has is given up at once."""
    checkered = np.indices((400, 400)).sum(axis=0) % 2 == 0
    assert checkered.sum() > MAX_RUNS
    assert connected_regions(checkered) == []
