"""Whether a selfie was cut out of a scanned document: its hash against those of many cuts around the portrait.

When a front is scanned, the hash of each cut of a grid is made: 0.8 to 2 times as wide as the portrait, moved by up to
15 % of it to each side. A selfie is compared as a whole, in every way in which up to 6 % may have been cut off at each
side, and mirrored: so what lies between two cuts of the grid is near one of them. Figures: docs/adr/0070.

Plain Python, so that the function that serves comparisons needs no more than it has.
"""

from collections.abc import Iterator, Sequence

from functions.identity.domain.picture_hash import BITS, ODD_COLUMNS, hashes_if_cropped

CROPS = (0.0, 0.02, 0.04, 0.06)
# Of 256 bits. The honest selfies of the samples and frames of them differ from every cut in 32 or more.
MAX_CUT_DISTANCE = 26
_NARROWEST, _WIDER, _SIZES = 0.8, 1.068, 15  # in widths of the portrait: up to 2
_STEPS = 6.5  # places across and down for a cut as wide as the portrait
_FARTHEST = 0.15  # of the portrait's width and height, to each side
_BYTES = BITS // 8

Box = tuple[float, float, float, float]


def cuts_around(portrait: Box, size: tuple[int, int]) -> Iterator[Box]:
    """Yield left, top, right and bottom of each cut of the grid, as far as the picture reaches."""
    left, top, right, bottom = portrait
    width, height = right - left, bottom - top
    x, y = (left + right) / 2, (top + bottom) / 2
    for number in range(_SIZES):
        times = _NARROWEST * _WIDER**number
        across, down = times * width / 2, times * height / 2
        for aside in _moves(times):
            for below in _moves(times):
                middle = x + aside * width, y + below * height
                yield (
                    max(0.0, middle[0] - across),
                    max(0.0, middle[1] - down),
                    min(float(size[0]), middle[0] + across),
                    min(float(size[1]), middle[1] + down),
                )


def is_cut_out(grey: Sequence[int], cuts: Sequence[int]) -> bool:
    """Whether a picture of `GRID` x `GRID` shades of grey is near one of the hashes, whichever way round it is."""
    return bool(cuts) and cut_distance(grey, cuts) <= MAX_CUT_DISTANCE


def cut_distance(grey: Sequence[int], cuts: Sequence[int]) -> int:
    """Return in how many of 256 bits a picture differs from the nearest of these cuts."""
    known = [*cuts, *(cut ^ ODD_COLUMNS for cut in cuts)]
    return min((mine ^ cut).bit_count() for mine in hashes_if_cropped(grey, CROPS) for cut in known)


def packed(cuts: Sequence[int]) -> bytes:
    """Return hashes as 32 bytes each."""
    return b"".join(cut.to_bytes(_BYTES) for cut in cuts)


def unpacked(content: bytes) -> list[int]:
    """Return the hashes that were packed."""
    return [int.from_bytes(content[start : start + _BYTES]) for start in range(0, len(content), _BYTES)]


def _moves(times: float) -> list[float]:
    """How far cuts of a size are moved: in finer steps the narrower they are."""
    steps = max(3, round(_STEPS / times))
    return [_FARTHEST * (2 * step / (steps - 1) - 1) for step in range(steps)]
