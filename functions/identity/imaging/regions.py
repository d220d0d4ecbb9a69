"""Connected regions of a black and white picture, as runs of pixels; numpy has no such function of its own."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Runs of pixels that a photo of a document never reaches; a picture drawn to be slow does.
MAX_RUNS = 60_000


class Region(NamedTuple):
    """The runs of one region: of each its row, its first column and the column after its last."""

    rows: NDArray[np.intp]
    lefts: NDArray[np.intp]
    rights: NDArray[np.intp]

    @property
    def area(self) -> int:
        """The number of pixels."""
        return int((self.rights - self.lefts).sum())


def connected_regions(mask: NDArray[np.bool_]) -> list[Region]:
    """The regions of true pixels that touch, corners included; none where the mask is nothing but noise."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1)
    rows, lefts = np.nonzero(steps == 1)
    rights = np.nonzero(steps == -1)[1]
    if not 0 < len(rows) <= MAX_RUNS:
        return []
    labels = _labels(rows.tolist(), lefts.tolist(), rights.tolist())
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return [Region(rows[group], lefts[group], rights[group]) for group in groups]


def _labels(rows: list[int], lefts: list[int], rights: list[int]) -> NDArray[np.intp]:
    """A label for each run (sorted by row, then left), the same for runs that touch: union by a forest of parents."""
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    above = 0
    for run, row in enumerate(rows):
        while rows[above] < row - 1 or (rows[above] == row - 1 and rights[above] < lefts[run]):
            above += 1
        candidate = above
        while rows[candidate] == row - 1 and lefts[candidate] <= rights[run]:
            parents[root(candidate)] = root(run)
            candidate += 1
    return np.array([root(run) for run in range(len(rows))], dtype=np.intp)
