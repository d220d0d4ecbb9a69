"""Administrative regions (GB/T 2260): their names, what lies within which, and which codes an institution may have.

Counties are set up and renumbered every year, so a code that the table lacks is refused only where its prefecture is
unknown too. An operator adds what is missing by a setting, `EXTRA_REGIONS`.
"""

from functools import cache
from typing import NamedTuple

from functions.shared.config import settings

_PROVINCE, _PREFECTURE = "0000", "00"  # how their codes end


class Region(NamedTuple):
    """A province, prefecture or county."""

    region_code: str
    name: str


@cache
def _table(extra: str) -> dict[str, str]:
    # Imported here: sign-in and search share the function and never need these 60 KB.
    from functions.institutions.domain.region_table import TABLE  # noqa: PLC0415

    lines = [line.partition(" ") for line in TABLE.split("\n") if line]
    return {code: name for code, _, name in [*lines, *(one.partition("=") for one in extra.split(";") if one)]}


@cache
def _prefectures(extra: str) -> frozenset[str]:
    """Return the first four digits of the codes that the table has; of a province without parts the first two."""
    table = _table(extra)
    listed = {code[:4] for code in table if not code.endswith(_PROVINCE)}
    return frozenset(listed | {code[:2] for code in table} - {prefecture[:2] for prefecture in listed})


def is_possible_region(code: str) -> bool:
    """Whether six digits are the code of a region, or may be that of a county that is newer than the table."""
    known = _prefectures(settings().extra_regions)
    return code in _regions() or code[:4] in known or code[:2] in known


def region_name(code: str) -> str | None:
    """Return the name of a region; where the table lacks it that of its prefecture, or None."""
    return _regions().get(code) or _regions().get(code[:4] + _PREFECTURE)


def regions_within(parent: str | None) -> list[Region]:
    """Return the regions directly below one, by code; the provinces without a parent. Empty for a county.

    Counties that a province governs itself, such as those of Beijing, are directly below it.
    """
    table = _regions()
    if parent is None:
        found = [code for code in table if code.endswith(_PROVINCE)]
    elif parent.endswith(_PROVINCE):
        found = [code for code in table if code[:2] == parent[:2] and code != parent and _is_below_province(code)]
    elif parent.endswith(_PREFECTURE):
        found = [code for code in table if code[:4] == parent[:4] and code != parent]
    else:
        found = []
    return [Region(code, table[code]) for code in sorted(found)]


def _regions() -> dict[str, str]:
    return _table(settings().extra_regions)


def _is_below_province(code: str) -> bool:
    return code.endswith(_PREFECTURE) or code[:4] + _PREFECTURE not in _regions()
