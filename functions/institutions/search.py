"""Search by any part of the name, and by several parts at once.

One word leads: suffixes that begin with it are read in order, and the other words are looked for in the whole name that
a suffix carries. A name that holds the word twice has two such suffixes; only the first in the name counts.
"""

from functions.institutions import store
from functions.institutions.domain.names import MAX_LENGTH, PAIR, words
from functions.institutions.store import SuffixMatch
from functions.institutions.summaries import InstitutionSummary, supervisor_of
from functions.shared import cursors
from functions.shared.errors import FieldError, Invalid, Text

_MORE = 5  # suffixes beside a page and one: this many may be of names that hold a word twice, still within 4 KB
_MAX_PAGE = 500
_MAX_READ = 2_000  # about 25 units; words that rarely meet may then give a short page, with a cursor
_MAX_PROBED_WORDS = 4  # words that are asked for how common they are
_FOUND, _NOTHING = "1", "0"  # in a cursor

QUERY_TOO_SHORT = Text("请输入至少两个连续的字或字母进行搜索。", "Please give at least two consecutive characters.")


def search(query: str, limit: int, cursor: str | None) -> tuple[list[InstitutionSummary], str | None]:
    """A page of the institutions whose name holds every word of the query, and the cursor of the next page.

    One Query and one BatchGetItem; with several words a Query for each, and more where all of them are common.
    Raises `Invalid`, `CursorInvalid`.
    """
    wanted = _words(query)
    after, before = _place(wanted, cursor)
    found, next_key = _matches(wanted, limit, after)
    names = store.names(item.supervisor_code for item in found if item.supervisor_code is not None)
    summaries = [
        InstitutionSummary(item.institution_code, item.name, supervisor_of(item.supervisor_code, names), item.category)
        for item in found
    ]
    if next_key is None:
        return summaries, None
    return summaries, cursors.encode(_list_name(wanted), [next_key, _FOUND if found or before else _NOTHING])


def found_before(query: str, cursor: str | None) -> bool:
    """Whether the pages in front of this one held anything. Raises the same."""
    _, before = _place(_words(query), cursor)
    return before


def _words(query: str) -> list[str]:
    wanted = words(query)
    if not wanted:
        raise Invalid(FieldError("query", "QUERY_TOO_SHORT", QUERY_TOO_SHORT))
    return wanted


def _list_name(wanted: list[str]) -> str:
    return f"institutions:{' '.join(wanted)}"


def _place(wanted: list[str], cursor: str | None) -> tuple[str | None, bool]:
    """The sort key after which a page begins, and whether anything was found up to there."""
    if not cursor:
        return None, False
    after, before = cursors.decode(_list_name(wanted), cursor)
    return after, before == _FOUND


def _matches(wanted: list[str], limit: int, after: str | None) -> tuple[list[SuffixMatch], str | None]:
    if len(wanted[0]) > MAX_LENGTH:
        return [], None  # DynamoDB takes no key of any length
    at_once, read = limit + 1 + _MORE, 0  # one more tells whether there is a next page
    lead, page = _rarest_word(wanted, at_once, after)
    matches: list[SuffixMatch] = []
    while True:
        for item in page:
            if not _counts(item, lead, wanted):
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
