"""Institutions of the directory that may be the one that a registration asks for, for its reviewer to compare.

Two Queries read names that hold the beginning or the end of the name that was typed; the most similar ones are shown.
"""

from difflib import SequenceMatcher

from functions.institutions import store
from functions.institutions.domain.names import PAIR, normalize
from functions.institutions.store import SuffixMatch

_SHOWN = 5
_READ = 60  # of each beginning and end: about 12 KB
_MIN_RATIO, _MIN_RATIO_BELOW_SAME = 0.75, 0.6  # of characters in common; less is needed below the same supervisor


def similar_institutions(name: str, supervisor_code: str) -> list[SuffixMatch]:
    """Return up to five institutions with a similar name, the most similar first. Two Queries."""
    normalized = normalize(name)
    found: dict[str, SuffixMatch] = {}
    for part in _parts(normalized):
        for item in store.matching_suffixes(part, _READ, None):
            found.setdefault(item.institution_code, item)
    rated = [(_ratio(normalized, item, supervisor_code), item) for item in found.values()]
    rated = [(ratio, item) for ratio, item in rated if ratio > 0]
    rated.sort(key=lambda one: (-one[0], one[1].institution_code))
    return [item for _, item in rated[:_SHOWN]]


def _parts(normalized: str) -> list[str]:
    """Return the first and the last half of a name, which a differing word in the middle leaves as they are."""
    half = max(PAIR, (len(normalized) + 1) // 2)
    return list(dict.fromkeys([normalized[:half], normalized[-half:]]))


def _ratio(normalized: str, item: SuffixMatch, supervisor_code: str) -> float:
    """Return how similar the name is, more below the same supervisor; 0 where it is too different to be shown."""
    ratio = SequenceMatcher(None, normalized, item.normalized, autojunk=False).ratio()
    same = item.supervisor_code == supervisor_code
    if ratio < (_MIN_RATIO_BELOW_SAME if same else _MIN_RATIO):
        return 0
    return ratio + same
