"""Reads of what reviewers look through: the queue, decided applications, marks of cases, the trail of one."""

from collections.abc import Sequence
from typing import Any

from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.identity import CaseMark, Identity, QueueCount, QueueEntry
from functions.shared.table.keys import Key
from functions.shared.table.pages import PagePosition, index_page, partition_page
from functions.shared.table.reviews import ReviewerClaims
from functions.shared.table.transactions import get_many


def review_queue(limit: int, after: PagePosition | None) -> tuple[list[Identity], PagePosition | None]:
    """A page of applications in review, oldest first, and where the next page begins. One Query."""
    return index_page(Identity, keys.REVIEW_QUEUE, limit, after)


def reviewed(status: str, limit: int, after: PagePosition | None) -> tuple[list[Identity], PagePosition | None]:
    """A page of applications that reviewers decided like this, newest first, and where the next begins. One Query."""
    return index_page(Identity, keys.reviewed(status), limit, after, newest_first=True)


def queue_entries(facet: str, limit: int, after: PagePosition | None) -> tuple[list[Identity], PagePosition | None]:
    """A page of applications in review with a facet, oldest first, and where the next begins.

    One Query of their entries and one BatchGetItem.
    """
    return _listed(QueueEntry, keys.queue_facet(facet), limit, after)


def found_cases(mac: str, limit: int, after: PagePosition | None) -> tuple[list[Identity], PagePosition | None]:
    """A page of applications with a name or number, and where the next begins. One Query and one BatchGetItem."""
    return _listed(CaseMark, keys.case_mark(mac, "").pk, limit, after)


def _listed(
    kind: type[QueueEntry | CaseMark], pk: str, limit: int, after: PagePosition | None
) -> tuple[list[Identity], PagePosition | None]:
    start = {"pk": {"S": pk}, "sk": {"S": after.sk}} if after is not None else None
    page = kind.query(pk, kind.sk > " ", consistent_read=True, limit=limit, page_size=limit, last_evaluated_key=start)
    user_ids = [str(entry.user_id) for entry in page]
    last: Any = page.last_evaluated_key
    next_key = PagePosition(pk, last["sk"]["S"], "") if last else None
    return identities([keys.identity(user_id) for user_id in user_ids]), next_key


def identities(wanted: Sequence[Key]) -> list[Identity]:
    """Those of up to 100 identities that are there, in this order, by consistent reads. At most one BatchGetItem."""
    if not wanted:
        return []
    found = get_many(*wanted)
    return [item for key in wanted if isinstance(item := found.get(key), Identity)]


def queue_counts(reviewer_id: str) -> tuple[list[tuple[int, int]], ReviewerClaims | None]:
    """Each count of applications in review and of those on appeal, and a reviewer's claims. One BatchGetItem."""
    claims_key = keys.reviewer_claims(reviewer_id)
    found = get_many(claims_key, *(keys.queue_count(shard) for shard in range(keys.QUEUE_SHARDS)))
    counts = [(int(one.waiting), int(one.appeals)) for one in found.values() if isinstance(one, QueueCount)]
    return counts, claims if isinstance(claims := found.get(claims_key), ReviewerClaims) else None


def trail(user_id: str, limit: int) -> list[AuditEvent]:
    """The newest audit events of an identity, newest first, by a consistent read. One Query."""
    key = keys.identity(user_id)
    events, _ = partition_page(AuditEvent, key.pk, keys.audit_prefix(key), limit, None, newest_first=True)
    return events
