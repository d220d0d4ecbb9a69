"""Appealing against a rejection: the same application goes to review once more, and another reviewer decides."""

from functions.identity import changes, review_queue, store
from functions.identity.domain.applications import next_status
from functions.identity.errors import NothingRejected
from functions.shared import audit, clock, reviews
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict
from functions.shared.transitions import InvalidTransition


def appeal(user_id: str, comment: str) -> Identity:
    """The identity, in review again. Raises `NothingRejected`, `AppealUsed`."""
    return _appeal(user_id, reviews.seal_appeal(user_id, comment))


@retry_on_conflict
def _appeal(user_id: str, sealed: bytes) -> Identity:
    identity = store.identity(user_id)
    if identity is None:
        raise NothingRejected
    try:
        status = next_status(identity.status, "appeal")
    except InvalidTransition as error:
        raise NothingRejected from error
    tx, now = Transaction(), clock.now()
    reasons = [*identity.review_reasons, "appeal"]
    # A page that was opened before shows neither the rejection nor the appeal: a decision on it is stale.
    revision = int(identity.revision) + 1
    actions = [
        *reviews.record_appeal(identity, user_id, sealed),
        Identity.status.set(status),
        Identity.revision.set(revision),
        Identity.submitted_at.set(now),
        Identity.review_reasons.set(reasons),
        *changes.noted(identity, revision, ["appeal"]),
        *review_queue.enter_in(tx, identity, now, reasons),
    ]
    detail = {"revision": revision, "against": identity.rejection["by"]}
    audit.change(tx, identity, actions, "identity_appealed", actor=user_id, detail=detail)
    if identity.verified_at is None:
        store.show_on_account(tx, user_id, status)
    tx.commit()
    return store.identity(user_id) or identity
