"""Search by any part of the name, by several parts at once, or by an exact code.

One word leads: suffixes that begin with it are read in order, and the other words are looked for in the whole name that
a suffix carries. A name that holds the word twice has two such suffixes; only the first in the name counts.
"""

from typing import NamedTuple

from functions.institutions import store
from functions.institutions.domain.codes import NO_SUPERVISOR, parse_institution_code
from functions.institutions.domain.names import MAX_LENGTH, PAIR, words
from functions.institutions.store import SuffixMatch
from functions.institutions.summaries import InstitutionSummary, RegionView, region_view, summary, supervisor_of
from functions.shared import cursors
from functions.shared.errors import FieldError, Invalid, Text
from functions.shared.table.institutions import Institution

_MORE = 5  # suffixes beside a page and one: this many may be of names that hold a word twice, still within 4 KB
_MAX_PAGE = 500
_MAX_READ = 2_000  # about 25 units; words that rarely meet may then give a short page, with a cursor
_MAX_PROBED_WORDS = 4  # words that are asked for how common they are
_FOUND, _NOTHING = "1", "0"  # in a cursor

QUERY_TOO_SHORT = Text("请输入至少两个连续的字或字母进行搜索。", "Please give at least two consecutive characters.")


class SearchedInstitution(InstitutionSummary, frozen=True):
    """An institution that was found, with its region, which tells equal names apart; null where it is not known."""

    region: RegionView | None


class Within(NamedTuple):
    """Which institutions are looked at: all, or those directly below one (or at the `ROOT`) and those of a category."""

    supervisor_code: str | None = None
    category: str | None = None

    def has(self, item: SuffixMatch | Institution) -> bool:
        """Whether an institution, or one of its suffixes, is one of them."""
        below = self.supervisor_code in {None, item.supervisor_code or NO_SUPERVISOR}
        return below and self.category in {None, item.category}


EVERYWHERE = Within()


class SearchResult(NamedTuple):
    """A page of what was found, in the order of the text that follows the word, and the cursor of the next page."""

    items: list[SearchedInstitution]
    next_cursor: str | None


def search(query: str, limit: int, cursor: str | None, within: Within = EVERYWHERE) -> SearchResult:
    """A page of the institutions whose name holds every word of the query; or the one that has it as its code.

    One Query and one BatchGetItem; with several words a Query for each, and more where all of them are common. What may
    be a code costs one read more. Raises `Invalid`, `CursorInvalid`.
    """
    if cursor is None and (exact := _by_code(query, within)) is not None:
        return SearchResult([exact], None)
    wanted = _words(query)
    after, before = _place(wanted, cursor, within)
    found, next_key = _matches(wanted, limit, after, within)
    names = store.names(item.supervisor_code for item in found if item.supervisor_code is not None)
    items = [
        SearchedInstitution(
            item.institution_code,
            item.name,
            supervisor_of(item.supervisor_code, names),
            item.category,
            region_view(item.region_code) if item.region_code is not None else None,
        )
        for item in found
    ]
    if next_key is None:
        return SearchResult(items, None)
    place = [next_key, _FOUND if found or before else _NOTHING]
    return SearchResult(items, cursors.encode(_list_name(wanted, within), place))


def _by_code(query: str, within: Within) -> SearchedInstitution | None:
    code = parse_institution_code(query)
    found = store.institution(code) if code is not None else None
    if found is None or not within.has(found):
        return None
    shown = summary(found)
    region = region_view(found.region_code)
    return SearchedInstitution(shown.institution_code, shown.name, shown.supervisor, shown.category, region)


def found_before(query: str, cursor: str | None) -> bool:
    """Whether the pages in front of this one held anything. Raises the same."""
    _, before = _place(_words(query), cursor, EVERYWHERE)
    return before


def _words(query: str) -> list[str]:
    wanted = words(query)
    if not wanted:
        raise Invalid(FieldError("query", "QUERY_TOO_SHORT", QUERY_TOO_SHORT))
    return wanted


def _list_name(wanted: list[str], within: Within) -> str:
    return f"institutions:{within.supervisor_code or ''}:{within.category or ''}:{' '.join(wanted)}"


def _place(wanted: list[str], cursor: str | None, within: Within) -> tuple[str | None, bool]:
    """The sort key after which a page begins, and whether anything was found up to there."""
    if not cursor:
        return None, False
    after, before = cursors.decode(_list_name(wanted, within), cursor)
    return after, before == _FOUND


def _matches(wanted: list[str], limit: int, after: str | None, within: Within) -> tuple[list[SuffixMatch], str | None]:
    if len(wanted[0]) > MAX_LENGTH:
        return [], None  # DynamoDB takes no key of any length
    at_once, read = limit + 1 + _MORE, 0  # one more tells whether there is a next page
    lead, page = _rarest_word(wanted, at_once, after)
    matches: list[SuffixMatch] = []
    while True:
        for item in page:
            if not _counts(item, lead, wanted) or not within.has(item):
                continue
            if len(matches) == limit:
                return matches, matches[-1].sk
            matches.append(item)
        if len(page) < at_once:
            return matches, None
        after, read = page[-1].sk, read + len(page)
        if read >= _MAX_READ:
            return matches, after
        at_once = min(2 * at_once, _MAX_PAGE)
        page = store.matching_suffixes(lead, at_once, after)


def _rarest_word(wanted: list[str], at_once: int, after: str | None) -> tuple[str, list[SuffixMatch]]:
    """The word that leads, and the first suffixes that begin with it: the rarest, as far as one look at each tells.

    A word with few suffixes is rare. Of the others it is the one that is followed by the most different texts: behind
    a kind, such as 卫生室, there is rarely anything. On later pages it is the one that the place begins with.
    """
    if after is not None:
        lead = next(word for word in wanted if after.startswith(word))
        return lead, store.matching_suffixes(lead, at_once, after)
    looks: list[tuple[str, list[SuffixMatch]]] = []
    for word in [word for word in wanted if len(word) >= PAIR][:_MAX_PROBED_WORDS]:
        page = store.matching_suffixes(word, at_once, None)
        looks.append((word, page))
        if len(page) < at_once:
            return word, page
    return max(looks, key=lambda look: len({item.normalized[item.suffix_at :] for item in look[1]}))


def _counts(item: SuffixMatch, lead: str, wanted: list[str]) -> bool:
    return item.normalized.find(lead) == item.suffix_at and all(word in item.normalized for word in wanted)
