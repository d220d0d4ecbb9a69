"""Withdrawing the consent: the verification ends at once, and everything that the consent covers is erased.

What stands in the table ends in one transaction. The images cannot be part of it, so the messages that have them erased
(`erasure`) go into the queue first, delayed: anyone who dies in between leaves either nothing to erase, or messages on
their way. No one withdraws who is manager or assistant of a grant: their actions could not be attributed. So the call
of the API ends their roles first (`grants.resignation`).
"""

from functions.identity import (
    account_changes,
    case_search,
    duplicates,
    evidence,
    gateways,
    picture_store,
    review_queue,
    store,
)
from functions.identity.domain.applications import next_status
from functions.identity.errors import RoleStillHeld
from functions.shared import account_sessions, audit, clock, memberships
from functions.shared.errors import TooManyRequests
from functions.shared.limits import Limit, consume
from functions.shared.notices import notify_phone
from functions.shared.roles import holds_role
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict

# What tells nothing about the person. The failures are counts and times: withdrawing is no way around a limit.
_KEPT = {
    *("pk", "sk", "kind", "user_id", "version", "chain_hash"),
    *("scan_failed_at", "face_failed_at", "face_paused_until"),
}
FORMER_OWNER_KEPT_S = 3 * 365 * 86_400  # docs/adr/0013
_AN_HOUR = 10
_HOUR_S = 3_600


def withdraw_consent(user_id: str, face_check_id: str | None = None, *, keep_session: str | None = None) -> None:
    """End the verification and erase; without a consent nothing changes, but a pending erasure is sent for again.

    On a verified account the person's face check of purpose `account` is used up, all sessions beside `keep_session`
    (a fingerprint) end, and the phone is notified. Raises `RoleStillHeld`, `FaceCheckRequired`, `TooManyRequests`.
    """
    identity = store.identity(user_id)
    if identity is None or (identity.consent_version is None and identity.erasing_since is None):
        return
    consume(Limit("withdrawal_hour", user_id, _AN_HOUR, _HOUR_S), TooManyRequests)
    # Before anything else is decided: the roles of the account end when it turns out that it has any.
    account_changes.require_person(identity, face_check_id)
    gateways.send_erasures(user_id)
    user = end_verification(user_id, face_check_id, keep_session=keep_session)
    if user is not None:
        notify_phone(user, "consent_withdrawn")


@retry_on_conflict
def end_verification(user_id: str, face_check_id: str | None, *, keep_session: str | None) -> User | None:
    """Do what a withdrawal does in the table: six round trips. Raises `RoleStillHeld`, `FaceCheckRequired`.

    Returns the account where it was verified, and None otherwise.
    """
    user, identity = store.account_and_identity(user_id)
    if user is None or identity is None or identity.consent_version is None:
        return None
    # After the account: a place that is taken from now on moves what the account is required to be below.
    if holds_role(user_id):
        raise RoleStillHeld
    tx = Transaction()
    verified = identity.is_in_force
    ended: list[str] = []
    if verified:
        account_changes.require_person_in(tx, identity, face_check_id)
        ended = account_sessions.others_to_end(user, keep=keep_session, actor=user_id)
        account_sessions.end_in(tx, user_id, ended)
    revision = int(identity.revision) + 1
    status = next_status(identity.status, "withdraw")
    erased = [
        attribute.remove()
        for name, attribute in Identity.get_attributes().items()
        if name not in {*_KEPT, "status", "revision", "erasing_since"}
    ]
    left = [Identity.status.set(status), Identity.revision.set(revision), Identity.erasing_since.set(clock.now())]
    detail = {"version": identity.consent_version, "was": identity.status, "revision": revision}
    audit.change(tx, identity, [*left, *erased], "consent_withdrawn", actor=user_id, detail=detail)
    _end_on_account(tx, user, sessions=len(ended))
    _release_claims(tx, user, identity)
    duplicates.give_up_in(tx, identity)
    review_queue.vanish_in(tx, identity)
    case_search.forget_in(tx, identity)
    picture_store.forget_cuts_in(tx, user_id, evidence.slots_of_cuts(identity))
    tx.commit()
    return user if verified else None


def _release_claims(tx: Transaction, user: User, identity: Identity) -> None:
    """Give up the number and the entry under name and birth date; of anyone who held a grant they stay traceable."""
    user_id, now = user.user_id, clock.now()
    if identity.verified_person_hash is not None:
        store.release_document(tx, str(identity.verified_person_hash), user_id)
        store.drop_step(tx, user_id, "document_expiry")
    if identity.verified_name_birth_hash is not None:
        held = str(identity.verified_name_birth_hash)
        store.hold_name_birth(tx, store.claims_of(identity), {held: {user_id: False}})
    for person_hash in {str(identity.verified_person_hash), *map(str, identity.former_person_hashes)} - {"None"}:
        if user.roles_granted:
            store.remember_document(tx, person_hash, user_id, now, clock.after(FORMER_OWNER_KEPT_S))
        elif person_hash != identity.verified_person_hash:
            store.forget_document(tx, person_hash, user_id)


def _end_on_account(tx: Transaction, user: User, *, sessions: int) -> None:
    """Only a verified person has a work unit, so it ends too."""
    actions = [User.identity_status.set("unverified"), User.name_masked.remove(), *memberships.leave_in(tx, user)]
    actions.append(account_sessions.void_tickets(user))
    detail = {"was": user.identity_status, "work_unit": user.work_unit_code, "sessions": sessions}
    condition = store.no_role_since(user)
    audit.change(tx, user, actions, "identity_withdrawn", actor=user.user_id, detail=detail, condition=condition)
