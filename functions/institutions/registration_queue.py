"""The reviewers' list of registrations: by status, searched by name or credit code, with counts of those that wait."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from functions.institutions import store
from functions.institutions.domain.names import PAIR, normalize
from functions.institutions.search import QUERY_TOO_SHORT
from functions.shared.errors import FieldError, Invalid
from functions.shared.reviews import claim_view
from functions.shared.table.institutions import Registration
from functions.shared.table.pages import PagePosition
from functions.shared.vocabulary import RegistrationState


class RegistrationCounts(msgspec.Struct):
    """How many registrations wait, or match; `more` says that these are the first of very many."""

    pending: int
    mine: int
    appeals: int
    oldest_at: datetime | None
    more: bool


class QueuePage(NamedTuple):
    """A page of registrations, after which place the next one begins, and the counts with the first page."""

    items: list[Registration]
    next_place: PagePosition | None
    counts: RegistrationCounts | None


def queue_page(
    reviewer_id: str, status: RegistrationState, query: str | None, limit: int, after: PagePosition | None
) -> QueuePage:
    """A page of the registrations of one status; with the first page of pending ones their counts. One Query.

    Up to a megabyte, about eight hundred registrations, is read for the counts and for a search. A search in more than
    that gives short pages. Raises `Invalid` for a query that is too short.
    """
    text = _text(query)
    counts_all = status == "pending" and after is None
    page = store.registrations(status, text, after, most=None if counts_all else limit)
    shown, place = page.items[:limit], page.next_place
    if len(page.items) > limit:
        last = shown[-1]
        place = PagePosition(last.pk, last.sk, str(last.gsi1sk))
    return QueuePage(shown, place, _counts(reviewer_id, page) if counts_all else None)


def _text(query: str | None) -> str | None:
    if query is None:
        return None
    text = normalize(query)
    if len(text) < PAIR:
        raise Invalid(FieldError("query", "QUERY_TOO_SHORT", QUERY_TOO_SHORT))
    return text


def _counts(reviewer_id: str, page: store.RegistrationPage) -> RegistrationCounts:
    claims = [claim_view(item, reviewer_id) for item in page.items]
    return RegistrationCounts(
        pending=len(page.items),
        mine=sum(claim is not None and claim.mine for claim in claims),
        appeals=sum(item.appealed_from is not None for item in page.items),
        oldest_at=page.items[0].submitted_at if page.items else None,
        more=page.next_place is not None,
    )
