"""Queries as people type them, and what a plain scan over a province answers: the truth that search is held to.

The scan folds names in its own way, and looks at every institution.
"""

from __future__ import annotations

import bisect
import itertools
import random
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from functions.institutions import search
from operations.rows import Row

PUNCTUATION = "·-—（）()“”,，。.!/:：'"
PAGE = 100


def fold(text: str) -> str:
    """The letters and digits of a text, width and case folded."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def typed(chance: random.Random, rows: Sequence[Row]) -> str:
    """One to three parts of one or two names, in any order, now and then one that is in no name; disguised."""
    names = [row.name for row in chance.choices(rows, k=2)]
    parts = []
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
        name = names[0] if chance.random() < 0.85 else names[1]
        start = chance.randrange(len(name) - 1)
        parts.append(name[start : start + chance.choice((1, 2, 2, 3, 4, 6, 9, 14))])
    if chance.random() < 0.03:
        parts.append(chance.choice(("没有这样的名字", "zz", "院院")))
    return chance.choice((" ", "  ", "\u3000", "\t")).join(_disguised(chance, part) for part in parts)


def _disguised(chance: random.Random, part: str) -> str:
    """The same part with other widths and cases, and with punctuation in between."""
    if chance.random() < 0.5:
        return part
    shown = [chance.choice((character, _wide(character), character.swapcase())) for character in part]
    if chance.random() < 0.5:
        shown.insert(chance.randrange(len(shown) + 1), chance.choice(PUNCTUATION))
    return "".join(shown)


def _wide(character: str) -> str:
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character


class Scan:
    """All names of a province, folded, one after the other: a scan looks through all of them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._codes = [row.institution_code for row in rows]
        self._names = [fold(row.name) for row in rows]
        self._text = "\n".join(self._names)
        self._starts = [0, *itertools.accumulate(len(name) + 1 for name in self._names)]

    def words(self, query: str) -> list[str]:
        """The folded words of a query, single characters taken together; empty where there is but one character."""
        words = [word for word in map(fold, query.split()) if word]
        if not any(len(word) > 1 for word in words):
            words = [fold(query)]
        return words if len(max(words, key=len)) > 1 else []

    def codes(self, query: str) -> set[str]:
        """The institutions whose name holds every word of a query."""
        first, *others = self.words(query)
        holding = [place for place in self._places(first) if all(word in self._names[place] for word in others)]
        return {self._codes[place] for place in holding}

    def _places(self, word: str) -> Iterator[int]:
        at = self._text.find(word)
        while at >= 0:
            place = bisect.bisect_right(self._starts, at) - 1
            yield place
            at = self._text.find(word, self._starts[place + 1])


def all_pages(query: str, limit: int = PAGE, look: Callable[[int], object] = lambda _: None) -> list[str]:
    """The codes on all pages of a search, in order; `look` is told how many each page holds."""
    found: list[str] = []
    cursor = None
    while True:
        page, cursor = search.search(query, limit, cursor)
        look(len(page))
        found += [item.institution_code for item in page]
        if cursor is None:
            return found
