"""Search by any part of the name, and by several parts at once.

The longest word leads: suffixes that begin with it are read in order, and the other words are looked for in the whole
name that a suffix carries. A name that holds the word twice has two such suffixes; only the first in the name counts.
"""

from functions.institutions import store
from functions.institutions.domain.names import LONGEST, words
from functions.institutions.store import Found
from functions.institutions.summaries import InstitutionSummary, supervisor_of
from functions.shared import cursors
from functions.shared.errors import FieldError, Invalid, Text

_NEXT_READ = 500  # when the first page holds too few matches
_MOST_READ = 20_000  # about 2 MB; words that seldom meet may then give a short page, with a cursor
_FOUND, _NOTHING = "1", "0"  # in a cursor

QUERY_TOO_SHORT = Text(
    "请输入至少两个连续的字或字母进行搜索。", "Please give at least two characters that follow each other."
)


def search(query: str, limit: int, cursor: str | None) -> tuple[list[InstitutionSummary], str | None]:
    """A page of the institutions whose name holds every word of the query, and the cursor of the next page.

    One Query and one BatchGetItem, unless several words need more. Raises `Invalid`, `CursorInvalid`.
    """
    wanted = _words(query)
    after, before = _place(wanted, cursor)
    found, following = _matches(wanted, limit, after)
    names = store.names(item.supervisor_code for item in found if item.supervisor_code is not None)
    summaries = [
        InstitutionSummary(item.institution_code, item.name, supervisor_of(item.supervisor_code, names), item.category)
        for item in found
    ]
    if following is None:
        return summaries, None
    return summaries, cursors.encode(_list_name(wanted), [following, _FOUND if found or before else _NOTHING])


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


def _matches(wanted: list[str], limit: int, after: str | None) -> tuple[list[Found], str | None]:
    if len(wanted[0]) > LONGEST:
        return [], None  # DynamoDB takes no key of any length
    matches: list[Found] = []
    at_once, read = limit + 1, 0  # one more tells whether there is a next page
    while True:
        page = store.matching_suffixes(wanted[0], at_once, after)
        for item in page:
            if not _counts(item, wanted):
                continue
            if len(matches) == limit:
                return matches, matches[-1].sk
            matches.append(item)
        if len(page) < at_once:
            return matches, None
        after, read, at_once = page[-1].sk, read + len(page), _NEXT_READ
        if read >= _MOST_READ:
            return matches, after


def _counts(item: Found, wanted: list[str]) -> bool:
    lead, *others = wanted
    return item.normalized.find(lead) == item.suffix_at and all(word in item.normalized for word in others)
