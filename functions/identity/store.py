"""Reads and writes of the identity area. Functions with `tx` only add their part; the use case commits."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from pynamodb.expressions.condition import Condition

from functions.shared import clock
from functions.shared.errors import Unauthenticated
from functions.shared.table import keys
from functions.shared.table.auth import FormerOwner, Owner, Session, User
from functions.shared.table.base import Item
from functions.shared.table.identity import FaceCheck, Identity, NameBirth, PersonStep, PersonStepKind, Scan
from functions.shared.table.transactions import DomainError, Transaction, get, get_many, retry_on_conflict, update_if
from functions.shared.vocabulary import FaceCheckStatus, IdentityStatus


def identity(user_id: str) -> Identity | None:
    """The user's identity, by a consistent read. One round trip."""
    return get(Identity, keys.identity(user_id))


def identity_and_scan(user_id: str, scan_id: str) -> tuple[Identity | None, Scan | None]:
    """Return both, each None if missing. One round trip."""
    found = get_many(keys.identity(user_id), keys.scan(user_id, scan_id))
    return _as(Identity, found.get(keys.identity(user_id))), _as(Scan, found.get(keys.scan(user_id, scan_id)))


def identity_and_face_check(user_id: str, face_check_id: str) -> tuple[Identity | None, FaceCheck | None]:
    """Return both, each None if missing. One round trip."""
    key = keys.face_check(user_id, face_check_id)
    found = get_many(keys.identity(user_id), key)
    return _as(Identity, found.get(keys.identity(user_id))), _as(FaceCheck, found.get(key))


def _as(kind: type[Any], item: Item | None) -> Any:
    return item if isinstance(item, kind) else None


class _ScanTaken(Exception):
    """Another upload or another worker has it."""


@retry_on_conflict
def claim_scan(scan: Scan, upload_event: str, lease_until: datetime) -> bool:
    """Take a scan on for one upload; whether it could be taken. `scan` is then as it is. Two round trips.

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
    tx.update(scan, actions, (Scan.status == "awaiting_upload") | abandoned, on_failure=_ScanTaken)
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
    tx.update(scan, [Scan.lease_until.set(clock.now())], mine, on_failure=_ScanTaken)
    with suppress(_ScanTaken):
        tx.commit()


def decide_scan(tx: Transaction, scan: Scan, **decided: Any) -> None:
    """End the work on a scan that is still this worker's."""
    mine = (Scan.status == "processing") & (Scan.lease_until == scan.lease_until)
    actions = [getattr(Scan, name).set(value) for name, value in decided.items()]
    tx.update(scan, [*actions, Scan.decided_at.set(clock.now()), Scan.lease_until.remove()], mine)


def begin_comparison(tx: Transaction, check: FaceCheck, lease_until: datetime, refusal: DomainError) -> None:
    """Take a face check on for comparison, unless it was used, is over, or another call is comparing it."""
    free = FaceCheck.lease_until.does_not_exist() | (FaceCheck.lease_until <= clock.now())
    open_ = (FaceCheck.status == "requested") & (FaceCheck.valid_until > clock.now()) & free
    actions = [
        FaceCheck.lease_until.set(lease_until),
        FaceCheck.counted_at.set(check.counted_at),
    ]
    if check.selfie_version is not None:
        actions.append(FaceCheck.selfie_version.set(check.selfie_version))
    tx.update(check, actions, open_, on_failure=refusal)


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
    tx.update(session, [Session.full_until.set(until)], there, on_failure=Unauthenticated)


def void_face_checks(user_id: str) -> None:
    """Let no face check that has passed be used any more. One Query, and one write for each, which are rare.

    One that passes meanwhile changes the identity, so anyone who requires the identity as it was read decides again.
    """
    listed = FaceCheck.query(
        keys.user_partition(user_id), FaceCheck.sk.startswith(keys.FACE_CHECK_PREFIX), consistent_read=True
    )
    for check in listed:
        if check.status == "passed" and check.valid_until > clock.now():
            update_if(check, [FaceCheck.status.set("consumed")], FaceCheck.status == "passed")


class Claims(NamedTuple):
    """What other verifications say about an application: whose its number is, and who shares name and birth date.

    `holders` are read by the hash of name and birth date: those of the application, and of the verified identity.
    """

    owner_id: str | None
    holders: dict[str, NameBirth]

    def sharing(self, identity: Identity) -> list[str]:
        """Return the other users who are verified under the name and birth date of the application."""
        held = self.holders.get(str(identity.name_birth_hash))
        return [] if held is None else [one for one in held.user_ids if one != identity.user_id]


def claims_of(identity: Identity, *name_birth_hashes: str | None) -> Claims:
    """Return the claims that concern an application, by consistent reads, and who holds these. One round trip."""
    wanted = (identity.name_birth_hash, identity.verified_name_birth_hash, *name_birth_hashes)
    hashes = {str(one) for one in wanted if one is not None}
    owner_key = keys.document_owner(str(identity.person_hash))
    found = get_many(owner_key, *(keys.name_birth(one) for one in hashes))
    owner = _as(Owner, found.get(owner_key))
    held = {one: item for one in hashes if isinstance(item := found.get(keys.name_birth(one)), NameBirth)}
    return Claims(owner.user_id if owner is not None else None, held)


def claim_document(
    tx: Transaction, person_hash: str, user_id: str, refusal: DomainError, *, from_user: str | None = None
) -> None:
    """Make a document number the user's; it may be theirs already, or is `from_user`'s until then."""
    owner = Owner.new(keys.document_owner(person_hash), user_id=user_id)
    free = Owner.pk.does_not_exist() | (Owner.user_id == user_id)
    tx.put(owner, free if from_user is None else Owner.user_id == from_user, on_failure=refusal)


def hold_name_birth(tx: Transaction, claims: Claims, changes: Mapping[str, Mapping[str, bool]]) -> None:
    """Add and remove holders of names and birth dates: hash to user to whether they hold it from now on.

    The commit raises `VersionConflict` where the holders have changed since they were read.
    """
    for name_birth_hash, held in changes.items():
        item = claims.holders.get(name_birth_hash)
        before = list(item.user_ids) if item is not None else []
        after = [one for one in before if held.get(one, True)]
        after += [one for one, holds in held.items() if holds and one not in after]
        if after == before:
            if item is not None:
                tx.check(NameBirth, item.key, NameBirth.user_ids == before)
            continue
        if item is None:
            tx.create(NameBirth.new(keys.name_birth(name_birth_hash), user_ids=after))
            continue
        same = NameBirth.user_ids == before
        if after:
            tx.update(item, [NameBirth.user_ids.set(after)], same)
        else:
            tx.delete(item, same)


def release_document(tx: Transaction, person_hash: str, user_id: str) -> None:
    """Give up a document number of the user's."""
    tx.delete(Owner.new(keys.document_owner(person_hash)), Owner.user_id == user_id)


def remember_document(
    tx: Transaction, person_hash: str, user_id: str, withdrawn_at: datetime, until: datetime | None
) -> None:
    """Let it be known whose a document number was: until then, or (None) as long as the account is verified."""
    key = keys.former_document_owner(person_hash, user_id)
    tx.put(FormerOwner.new(key, user_id=user_id, withdrawn_at=withdrawn_at, expires_at=until))


def forget_document(tx: Transaction, person_hash: str, user_id: str) -> None:
    """Let it be forgotten that a document number was the user's."""
    tx.delete(FormerOwner.new(keys.former_document_owner(person_hash, user_id)))


def owner(key: keys.Key) -> str | None:
    """Return the user to whom a WeChat account or a phone belongs, or None. One read."""
    found = get(Owner, key)
    return found.user_id if found is not None else None


def account(user_id: str) -> User | None:
    """The account. One read."""
    return get(User, keys.user(user_id))


def put_step(tx: Transaction, user_id: str, step: PersonStepKind, due_at: datetime, token: str) -> None:
    """Have a change to a person carried out when it is due, instead of what was due of this kind before."""
    tx.put(
        PersonStep.new(
            keys.person_step(user_id, step),
            user_id=user_id,
            step=step,
            due_at=due_at,
            token=token,
            gsi1pk=keys.PERSON_STEPS,
            gsi1sk=keys.person_step_due(clock.rfc3339(due_at), user_id, step),
        )
    )


def drop_step(tx: Transaction, user_id: str, step: PersonStepKind, token: str | None = None) -> None:
    """Remove a step that is done or given up; with a token only where it is still that one, else `VersionConflict`."""
    same = PersonStep.token == token if token is not None else None
    tx.delete(PersonStep.new(keys.person_step(user_id, step)), same)


def step(user_id: str, kind: PersonStepKind) -> PersonStep | None:
    """Return a step that is due some time, or None. One read."""
    return get(PersonStep, keys.person_step(user_id, kind))


def steps_of(user_id: str) -> list[PersonStep]:
    """Return the steps of a user, by a consistent read. One Query."""
    return list(
        PersonStep.query(keys.user_partition(user_id), PersonStep.sk.startswith(keys.STEP_PREFIX), consistent_read=True)
    )


def steps_due(now: datetime, limit: int) -> list[PersonStep]:
    """Return steps that are due by now, oldest first. One Query of the index."""
    found = Item.gsi1.query(keys.PERSON_STEPS, Item.gsi1sk <= f"{clock.rfc3339(now)}~", limit=limit)
    return [item for item in found if isinstance(item, PersonStep)]


def account_and_identity(user_id: str) -> tuple[User | None, Identity | None]:
    """Return both by consistent reads, each None when it is not there. One round trip."""
    found = get_many(keys.user(user_id), keys.identity(user_id))
    return _as(User, found.get(keys.user(user_id))), _as(Identity, found.get(keys.identity(user_id)))


def no_role_since(user: User) -> Condition:
    """Return the condition that the user was given no role since the account was read."""
    same: Condition = User.roles_granted == user.roles_granted
    return same if user.roles_granted else same | User.roles_granted.does_not_exist()


def delete_scan_items(user_id: str, until: datetime) -> int:
    """Delete the scans started until then and all face checks of a user, not their images; how many.

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


def require_live_account_in(tx: Transaction, user_id: str) -> None:
    """Refuse to begin anything for an account that was joined into another one meanwhile."""
    tx.check(User, keys.user(user_id), User.pk.exists() & User.merged_into.does_not_exist(), on_failure=Unauthenticated)


def show_on_account(tx: Transaction, user_id: str, status: IdentityStatus, name_masked: str | None = None) -> None:
    """Copy what `GET /auth/me` shows of an identity to the account."""
    actions = [User.identity_status.set(status)]
    if name_masked is not None:
        actions.append(User.name_masked.set(name_masked))
    tx.update(User.new(keys.user(user_id)), actions, User.merged_into.does_not_exist() & User.pk.exists())
