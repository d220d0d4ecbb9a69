"""The review queue: which applications wait, what they have in common, and how many there are.

An application in review is in the index, oldest first, and has an entry for each facet by which reviewers filter: each
reason, its document type, and each reason with the type. Entries and counts change in the transaction that changes the
application, so a filtered list is one Query of entries and one batch read of applications, whatever is in the queue.
Claims end by themselves and have no entries: a reviewer's own are read by key, and lists of free cases leave them out.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec
from pynamodb.expressions.update import Action

from functions.identity import case_store
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.review_reasons import ReviewReason
from functions.shared import clock
from functions.shared.errors import FieldError, Invalid, Text
from functions.shared.reviews import claim_view
from functions.shared.table import keys
from functions.shared.table.identity import Identity, QueueCount, QueueEntry
from functions.shared.table.pages import PagePosition
from functions.shared.table.reviews import ReviewerClaims
from functions.shared.table.transactions import Transaction

Decided = Literal["verified", "rejected"]
Listed = Literal["in_review", "verified", "rejected"]
Claimed = Literal["mine", "free"]
_APPEAL = "reason=appeal"
_LOOKED_AT = 25  # of the oldest applications, to find the next one that is free

Read = Callable[[int, PagePosition | None], tuple[list[Identity], PagePosition | None]]


# --- entering and leaving ---------------------------------------------------------------------------------------------


def enter_in(tx: Transaction, identity: Identity, since: datetime, reasons: Sequence[str]) -> list[Action]:
    """Add that an application is in the queue, by when it was submitted; what changes on it."""
    position = keys.review_position(clock.rfc3339(since), identity.user_id)
    facets = _facets(str(identity.document_type), reasons)
    _move(tx, identity, facets, position)
    return [
        Identity.gsi1pk.set(keys.REVIEW_QUEUE),
        Identity.gsi1sk.set(position),
        Identity.queued_as.set(facets),
    ]


def leave_in(tx: Transaction, identity: Identity, decided: Decided | None = None) -> list[Action]:
    """Add that an application is no longer in the queue; what changes on it. `decided`: by a reviewer, like this."""
    _move(tx, identity, [], "")
    if decided is None:
        return [Identity.gsi1pk.remove(), Identity.gsi1sk.remove(), Identity.queued_as.remove()]
    now = clock.now()
    return [
        Identity.gsi1pk.set(keys.reviewed(decided)),
        Identity.gsi1sk.set(keys.review_position(clock.rfc3339(now), identity.user_id)),
        Identity.queued_as.remove(),
        Identity.decided_at.set(now),
    ]


def vanish_in(tx: Transaction, identity: Identity) -> None:
    """Add that an application is no longer in the queue, where everything that is stored of it is removed."""
    _move(tx, identity, [], "")


def _facets(document_type: str, reasons: Sequence[str]) -> list[str]:
    reasons = list(dict.fromkeys(reasons))
    pairs = [(None, document_type), *((reason, one) for reason in reasons for one in (None, document_type))]
    return [_facet(*pair) for pair in pairs]


def _facet(reason: str | None, document_type: str | None) -> str:
    parts = {"reason": reason, "document_type": document_type}
    return "&".join(f"{name}={value}" for name, value in parts.items() if value is not None)


def _move(tx: Transaction, identity: Identity, facets: Sequence[str], position: str) -> None:
    """Add the change of the entries and of the counts from what the application is listed as now."""
    listed = identity.queued_as if identity.gsi1pk == keys.REVIEW_QUEUE else []
    before = {keys.queue_entry(facet, str(identity.gsi1sk)) for facet in listed}
    after = {keys.queue_entry(facet, position) for facet in facets}
    for gone in sorted(before - after):
        tx.delete(QueueEntry.new(gone))
    for made in sorted(after - before):
        tx.put(QueueEntry.new(made, user_id=identity.user_id))
    waiting = bool(after) - bool(before)
    appeals = (_APPEAL in facets) - (_APPEAL in listed)
    if waiting or appeals:
        actions = [QueueCount.waiting.add(waiting), QueueCount.appeals.add(appeals), QueueCount.kind.set(QueueCount)]
        count = QueueCount.new(keys.queue_count(keys.queue_shard(identity.user_id)))
        tx.update(count, actions, QueueCount.pk.does_not_exist() | QueueCount.pk.exists())


# --- reading ----------------------------------------------------------------------------------------------------------


class Wanted(msgspec.Struct, frozen=True):
    """Which applications are listed; filters are of those in review."""

    status: Listed = "in_review"
    reason: ReviewReason | None = None
    document_type: DocumentType | None = None
    claimed: Claimed | None = None


class QueueCounts(msgspec.Struct):
    """How many applications are in review, how many of them this reviewer holds, and how many are on appeal."""

    in_review: int
    mine: int
    appeals: int


class Totals(NamedTuple):
    """The counts, and the applications that the reviewer holds."""

    counts: QueueCounts
    held: list[Identity]


def totals(reviewer_id: str) -> Totals:
    """Return how many wait. One BatchGetItem, and one more while the reviewer holds cases."""
    counts, claims = case_store.queue_counts(reviewer_id)
    held = _held(claims, reviewer_id)
    waiting, appeals = (sum(one[place] for one in counts) for place in (0, 1))
    return Totals(QueueCounts(max(0, waiting), len(held), max(0, appeals)), held)


def page(
    wanted: Wanted, limit: int, after: PagePosition | None, held: list[Identity]
) -> tuple[list[Identity], PagePosition | None]:
    """Return a page of applications and where the next one begins; pages are full while there is more.

    One Query, and for a filtered list one BatchGetItem; where the free ones are wanted, as many again as claimed ones
    fill a page. Raises `Invalid` for a filter of decided ones.
    """
    if wanted.status != "in_review":
        _require_unfiltered(wanted)
        return case_store.reviewed(wanted.status, limit, after)
    if wanted.claimed == "mine":
        return [one for one in held if _matches(one, wanted)], None
    read: Read = case_store.review_queue
    if wanted.reason is not None or wanted.document_type is not None:
        facet = _facet(wanted.reason, wanted.document_type)

        def read(limit: int, after: PagePosition | None) -> tuple[list[Identity], PagePosition | None]:
            return case_store.queue_entries(facet, limit, after)

    if wanted.claimed is None:
        return read(limit, after)
    return _free(read, limit, after)


def oldest_at(from_the_oldest: list[Identity] | None = None) -> datetime | None:
    """Return when the application that has waited longest was submitted; one Query, unless the first page is given."""
    first = from_the_oldest if from_the_oldest is not None else case_store.review_queue(1, None)[0]
    return waiting_since(first[0]) if first else None


def waiting_since(identity: Identity) -> datetime:
    """Return since when an application in the queue has its place there."""
    return datetime.fromisoformat(str(identity.gsi1sk).partition("#")[0])


def next_case(reviewer_id: str, but: str) -> str | None:
    """Return whose application a reviewer can go on with, beside that of `but`. One Query."""
    first, _ = case_store.review_queue(_LOOKED_AT, None)
    return next((one.user_id for one in first if one.user_id != but and _may_open(one, reviewer_id)), None)


def _may_open(identity: Identity, reviewer_id: str) -> bool:
    claim = claim_view(identity, reviewer_id)
    proposed_by = (identity.duplicate or {}).get("proposed_by")
    own = reviewer_id in {identity.user_id, identity.appealed_from, proposed_by}
    return not own and (claim is None or claim.mine)


def _held(claims: ReviewerClaims | None, reviewer_id: str) -> list[Identity]:
    now = int(clock.now().timestamp())
    cases = claims.cases if claims is not None else []
    live = [keys.Key(one["pk"], one["sk"]) for one in cases if one["until"] > now]
    found = case_store.identities([key for key in live if key == keys.identity(key.pk.partition("#")[2])])
    held = [one for one in found if (claim := claim_view(one, reviewer_id)) is not None and claim.mine]
    return sorted((one for one in held if one.gsi1pk == keys.REVIEW_QUEUE), key=lambda one: str(one.gsi1sk))


def _matches(identity: Identity, wanted: Wanted) -> bool:
    by_reason = wanted.reason is None or wanted.reason in identity.review_reasons
    return by_reason and wanted.document_type in {None, identity.document_type}


def _free(read: Read, limit: int, after: PagePosition | None) -> tuple[list[Identity], PagePosition | None]:
    free: list[Identity] = []
    while True:
        found, after = read(limit - len(free), after)
        free += [one for one in found if claim_view(one, "") is None]
        if after is None or len(free) == limit:
            return free, after


def _require_unfiltered(wanted: Wanted) -> None:
    given = {"reason": wanted.reason, "document_type": wanted.document_type, "claimed": wanted.claimed}
    why = Text("该筛选条件仅适用于审核中的申请。", "This filter applies only to applications in review.")
    errors = [FieldError(name, "NOT_NEEDED", why) for name, value in given.items() if value is not None]
    if errors:
        raise Invalid(*errors)
