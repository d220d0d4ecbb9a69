"""What moves between accounts when a duplicate is decided: ways to sign in, and the end of a verified identity."""

from typing import Any

from pynamodb.expressions.update import Action

from functions.identity import case_search, evidence, picture_store, review_queue, store
from functions.identity.domain.applications import next_status
from functions.identity.domain.duplicates import DuplicateDecision
from functions.identity.errors import AccountInUse, RoleHeld
from functions.shared import account_sessions, audit, clock, memberships
from functions.shared.account_entries import EntryChange
from functions.shared.errors import NotFound
from functions.shared.guards import require_administrator_in
from functions.shared.personal_data import keyed_hash
from functions.shared.roles import holds_role, roles_of
from functions.shared.table import keys
from functions.shared.table.auth import Owner, User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, VersionConflict, retry_on_conflict

# What is left of an identity that has ended: the consent, and counts of failures, which are no way around a limit.
_LEFT = {
    *("pk", "sk", "kind", "user_id", "version", "chain_hash", "revision", "status"),
    *("consent_version", "consented_at", "erasing_since"),
    *("scan_failed_at", "face_failed_at", "face_paused_until", "former_person_hashes"),
}


def join(identity: Identity, decision: DuplicateDecision, *, actor: str) -> User:
    """Make two accounts of one person one: the older keeps everything, and is entered as the newer one was.

    Returns the older account as it was before.

    `identity` is the newer account's application, which ends. All sessions of both end. Raises `RoleHeld` where the
    newer account has a role, `VersionConflict`.
    """
    newer = store.account(identity.user_id)
    older, kept = store.account_and_identity(decision.other)
    if newer is None or older is None or kept is None or newer.merged_into or older.merged_into:
        raise VersionConflict
    # After the account: a role that is accepted from now on changes what the account is required to be below.
    if holds_role(newer.user_id):
        raise RoleHeld
    tx = Transaction()
    if decision.reason is None:  # an operator states one, and is no user
        require_administrator_in(tx, actor)
    tx.check(
        Owner,
        keys.document_owner(str(identity.person_hash)),
        Owner.user_id == older.user_id,
    )
    entries = EntryChange(tx, actor=actor)
    unverified = [User.identity_status.set("unverified")]
    no_new_role = store.no_role_since(newer)
    moved = entries.absorb(newer, older, instead_of_all=True, also=unverified, condition=no_new_role)
    moved.append(_absorbed(older, newer))
    entries.complete(older, moved, "account_joined", keep=None, detail={"absorbed": newer.user_id})
    detail: dict[str, Any] = {**decision.event, "other": newer.user_id}
    audit.change(tx, kept, [], "duplicate_joined", actor=actor, detail=detail)
    _end_application(tx, identity, actor=actor, detail={**detail, "other": older.user_id})
    tx.commit()
    return older


def _absorbed(kept: User, joined: User) -> Action:
    """Return the change by which the registrations of a joined account are the other one's."""
    action: Action = User.absorbed.set([*(kept.absorbed or ()), joined.user_id, *(joined.absorbed or ())])
    return action


@retry_on_conflict
def take_entry(user_id: str, blank_id: str, *, actor: str, reason: str) -> User:
    """Let a user be entered by what a blank account is entered by, in place of their own WeChat account or phone.

    For an operator before whom the person has just signed in, which made the blank account. All sessions of both end.
    Returns the account as it was before. Raises `NotFound`, `AccountInUse`.
    """
    kept, blank = store.account(user_id), store.account(blank_id)
    if kept is None or blank is None or kept.merged_into or blank.merged_into or user_id == blank_id:
        raise NotFound
    if blank.is_administrator or roles_of(blank_id):
        raise AccountInUse
    tx = Transaction()
    tx.check(Identity, keys.identity(blank_id), Identity.pk.does_not_exist(), on_failure=AccountInUse)
    entries = EntryChange(tx, actor=actor, reason=reason)
    moved = entries.absorb(blank, kept, condition=store.no_role_since(blank))
    moved.append(_absorbed(kept, blank))
    entries.complete(kept, moved, "account_joined", keep=None, detail={"absorbed": blank_id})
    tx.commit()
    return kept


@retry_on_conflict
def take_phone(user_id: str, phone: str, *, actor: str, reason: str) -> tuple[User, User | None]:
    """Let a phone be a user's, in place of theirs, no matter who had it: for an operator who has seen it in their hand.

    A former owner keeps the account, and loses the number and what it alone has opened. Returns both accounts as they
    were. Raises `NotFound`.
    """
    phone_hash = keyed_hash("phone", phone)
    user, owner = store.account(user_id), store.owner(keys.phone_owner(phone_hash))
    if user is None or user.merged_into:
        raise NotFound
    former = store.account(owner) if owner is not None and owner != user_id else None
    if former is None and owner not in {None, user_id}:
        raise VersionConflict
    tx = Transaction()
    entries = EntryChange(tx, actor=actor, reason=reason)
    if former is not None:
        entries.take_phone(former, phone_hash, by=user)
    actions = entries.claim_phone(user, phone, phone_hash, owned=owner is not None)
    detail = {"changed": user.phone_hash is not None, "taken_over": former is not None}
    entries.complete(user, actions, "phone_bound", keep=None, detail=detail)
    tx.commit()
    return user, former


def _end_application(tx: Transaction, identity: Identity, *, actor: str, detail: dict[str, Any]) -> None:
    """Add the end of the newer account's identity: everything personal goes, the images a little later."""
    if identity.verified_person_hash is not None:
        _release(tx, identity, str(identity.verified_person_hash))
    if identity.verified_name_birth_hash is not None:
        held = str(identity.verified_name_birth_hash)
        store.hold_name_birth(tx, store.claims_of(identity), {held: {identity.user_id: False}})
    review_queue.vanish_in(tx, identity)
    case_search.forget_in(tx, identity)
    picture_store.forget_cuts_in(tx, identity.user_id, evidence.slots_of_cuts(identity))
    revision = int(identity.revision) + 1
    actions = [
        Identity.status.set(next_status(identity.status, "withdraw")),
        Identity.revision.set(revision),
        Identity.erasing_since.set(clock.now()),
        *erased({"erasing_since"}),
    ]
    audit.change(tx, identity, actions, "application_joined", actor=actor, detail={**detail, "revision": revision})


def end_identity_in(tx: Transaction, user: User, identity: Identity, person_hash: str, *, actor: str) -> None:
    """Add that an account is no one's verified account any more, since its number is another person's.

    The number itself moves in the same transaction (`store.claim_document`); it stays traceable to this account too.
    Raises `VersionConflict` after ending sessions that are too many for one transaction.
    """
    store.void_face_checks(user.user_id)
    sessions = account_sessions.others_to_end(user, keep=None, actor=actor)
    account_sessions.end_in(tx, user.user_id, sessions)
    store.remember_document(tx, person_hash, user.user_id, clock.now(), None)
    store.drop_step(tx, user.user_id, "document_expiry")
    review_queue.vanish_in(tx, identity)
    case_search.forget_in(tx, identity)
    picture_store.forget_cuts_in(tx, identity.user_id, evidence.slots_of_cuts(identity))
    revision = int(identity.revision) + 1
    actions = [Identity.status.set("unverified"), Identity.revision.set(revision), *erased(set())]
    audit.change(tx, identity, actions, "identity_ended", actor=actor, detail={"outcome": "impostor"})
    ended = [User.identity_status.set("unverified"), User.name_masked.remove(), *memberships.leave_in(tx, user)]
    ended.append(account_sessions.void_tickets(user))
    detail = {"work_unit": user.work_unit_code, "sessions": len(sessions)}
    condition = store.no_role_since(user)
    audit.change(tx, user, ended, "identity_ended", actor=actor, detail=detail, condition=condition)


def erased(but: set[str]) -> list[Action]:
    """Return the removal of every attribute of an identity beside those that stay, and `but`."""
    stay = _LEFT | but
    return [attribute.remove() for name, attribute in Identity.get_attributes().items() if name not in stay]


def _release(tx: Transaction, identity: Identity, person_hash: str) -> None:
    store.release_document(tx, person_hash, identity.user_id)
    store.remember_document(tx, person_hash, identity.user_id, clock.now(), None)
    store.drop_step(tx, identity.user_id, "document_expiry")
