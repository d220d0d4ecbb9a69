"""Reads and writes of the identity area. Functions with `tx` only add their part; the use case commits."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from functions.shared import clock
from functions.shared.errors import Unauthenticated
from functions.shared.table import keys
from functions.shared.table.auth import FormerOwner, Owner, Session, User
from functions.shared.table.base import Item
from functions.shared.table.grants import Role
from functions.shared.table.identity import FaceCheck, FaceCheckStatus, Identity, IdentityStatus, Scan
from functions.shared.table.pages import Place, index_page
from functions.shared.table.transactions import Refusal, Transaction, decide_again, get, get_many


def identity(user_id: str) -> Identity | None:
    """The user's identity, by a consistent read. One round trip."""
    return get(Identity, keys.identity(user_id))


def identity_and_scan(user_id: str, scan_id: str) -> tuple[Identity | None, Scan | None]:
    """Both, each None when it is not there. One round trip."""
    found = get_many(keys.identity(user_id), keys.scan(user_id, scan_id))
    return _as(Identity, found.get(keys.identity(user_id))), _as(Scan, found.get(keys.scan(user_id, scan_id)))


def identity_and_face_check(user_id: str, face_check_id: str) -> tuple[Identity | None, FaceCheck | None]:
    """Both, each None when it is not there. One round trip."""
    key = keys.face_check(user_id, face_check_id)
    found = get_many(keys.identity(user_id), key)
    return _as(Identity, found.get(keys.identity(user_id))), _as(FaceCheck, found.get(key))


def _as(kind: type[Any], item: Item | None) -> Any:
    return item if isinstance(item, kind) else None


class _ScanTaken(Exception):
    """Another upload or another worker has it."""


@decide_again
def claim_scan(scan: Scan, upload_event: str, lease_until: datetime) -> bool:
    """Take a scan on for one upload; whether it could be taken. `scan` is then as it stands. Two round trips.

    The first upload event wins. The same event may take it on again when the worker before it went silent. It is a
    transaction, because that may be sent twice: an update whose answer was lost would lock out its own worker.
    """
    abandoned = (Scan.status == "processing") & (Scan.upload_event == upload_event) & (Scan.lease_until <= clock.now())
    actions = [
        Scan.status.set("processing"),
        Scan.upload_event.set(upload_event),
        Scan.lease_until.set(lease_until),
    ]
    tx = Transaction()
    tx.update(scan, actions, (Scan.status == "awaiting_upload") | abandoned, otherwise=_ScanTaken)
    try:
        tx.commit()
    except _ScanTaken:
        return False
    scan.refresh(consistent_read=True)
    return True


def release_scan(scan: Scan) -> None:
    """Let the next delivery of the same upload take the scan on at once, where it is still this worker's."""
    mine = (Scan.status == "processing") & (Scan.lease_until == scan.lease_until)
    tx = Transaction()
    tx.update(scan, [Scan.lease_until.set(clock.now())], mine, otherwise=_ScanTaken)
    with suppress(_ScanTaken):
        tx.commit()


def decide_scan(tx: Transaction, scan: Scan, **decided: Any) -> None:
    """End the work on a scan that is still this worker's."""
    mine = (Scan.status == "processing") & (Scan.lease_until == scan.lease_until)
    actions = [getattr(Scan, name).set(value) for name, value in decided.items()]
    tx.update(scan, [*actions, Scan.decided_at.set(clock.now()), Scan.lease_until.remove()], mine)


def begin_comparison(tx: Transaction, check: FaceCheck, lease_until: datetime, refusal: Refusal) -> None:
    """Take a face check on for comparison, unless it was used, is over, or another call is comparing it."""
    free = FaceCheck.lease_until.does_not_exist() | (FaceCheck.lease_until <= clock.now())
    open_ = (FaceCheck.status == "requested") & (FaceCheck.valid_until > clock.now()) & free
    actions = [
        FaceCheck.lease_until.set(lease_until),
        FaceCheck.counted_at.set(check.counted_at),
    ]
    if check.selfie_version is not None:
        actions.append(FaceCheck.selfie_version.set(check.selfie_version))
    tx.update(check, actions, open_, otherwise=refusal)


def end_comparison(
    tx: Transaction, check: FaceCheck, lease_until: datetime, status: FaceCheckStatus, reasons: list[str]
) -> None:
    """Write down how a comparison ended; `requested` gives the check back."""
    actions = [FaceCheck.status.set(status), FaceCheck.reasons.set(reasons), FaceCheck.lease_until.remove()]
    if status == "requested":
        actions.append(FaceCheck.counted_at.remove())
    tx.update(check, actions, FaceCheck.lease_until == lease_until)


def session(token_fingerprint: str) -> Session | None:
    """The session of a token, which may have expired. One read."""
    return get(Session, keys.session(token_fingerprint))


def give_full_assurance(tx: Transaction, session: Session, until: datetime) -> None:
    """Let a session that has not ended have full assurance for a while. It fails with `Unauthenticated`."""
    there = (Session.user_id == session.user_id) & (Session.valid_until > clock.now())
    tx.update(session, [Session.full_until.set(until)], there, otherwise=Unauthenticated)


def claim_document(tx: Transaction, person_hash: str, user_id: str, refusal: Refusal) -> None:
    """Make a document number the user's; it may be theirs already."""
    owner = Owner.new(keys.document_owner(person_hash), user_id=user_id)
    tx.put(owner, Owner.pk.does_not_exist() | (Owner.user_id == user_id), otherwise=refusal)


def release_document(tx: Transaction, person_hash: str, user_id: str) -> None:
    """Give up a document number of the user's."""
    tx.delete(Owner.new(keys.document_owner(person_hash)), Owner.user_id == user_id)


def remember_document(tx: Transaction, person_hash: str, user_id: str, withdrawn_at: datetime, until: datetime) -> None:
    """Let it be known for a while whose a document number was."""
    key = keys.former_document_owner(person_hash, user_id)
    tx.put(FormerOwner.new(key, user_id=user_id, withdrawn_at=withdrawn_at, expires_at=until))


def account(user_id: str) -> User | None:
    """The account. One read."""
    return get(User, keys.user(user_id))


def holds_place(user_id: str) -> bool:
    """Whether the user is manager or assistant of any grant, by a consistent read. One Query."""
    places = Role.query(
        keys.user_partition(user_id), Role.sk.startswith(keys.ROLE_PREFIX), consistent_read=True, limit=1
    )
    return any(True for _ in places)


def forget_photos(user_id: str, until: datetime) -> int:
    """Delete the scans begun until then and all face checks of a user, not their images; how many.

    Two Queries and one write for each 25.
    """
    kinds = ((Scan, keys.SCAN_PREFIX), (FaceCheck, keys.FACE_CHECK_PREFIX))
    found = [
        item
        for kind, prefix in kinds
        for item in kind.query(keys.user_partition(user_id), kind.sk.startswith(prefix), consistent_read=True)
        if not (isinstance(item, Scan) and item.created_at > until)
    ]
    with Item.batch_write() as batch:
        for item in found:
            batch.delete(item)
    return len(found)


def demand_live_account(tx: Transaction, user_id: str) -> None:
    """Refuse to begin anything for an account that was joined into another one meanwhile."""
    tx.check(User, keys.user(user_id), User.pk.exists() & User.merged_into.does_not_exist(), otherwise=Unauthenticated)


def show_on_account(tx: Transaction, user_id: str, status: IdentityStatus, name_masked: str | None = None) -> None:
    """Copy what `GET /auth/me` shows of an identity to the account."""
    actions = [User.identity_status.set(status)]
    if name_masked is not None:
        actions.append(User.name_masked.set(name_masked))
    tx.update(User.new(keys.user(user_id)), actions, User.merged_into.does_not_exist() & User.pk.exists())


def review_queue(limit: int, after: Place | None) -> tuple[list[Identity], Place | None]:
    """A page of applications in review, oldest first, and where the next page begins. One Query."""
    return index_page(Identity, keys.REVIEW_QUEUE, limit, after)
