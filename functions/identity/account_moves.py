"""What moves between accounts when a duplicate is decided: ways to sign in, and the end of a verified identity."""

from typing import Any

from pynamodb.expressions.update import Action

from functions.identity import store
from functions.identity.domain.applications import next_status
from functions.identity.domain.duplicates import DuplicateDecision
from functions.identity.errors import AccountInUse, RoleHeld
from functions.shared import account_sessions, audit, clock, memberships
from functions.shared.errors import NotFound
from functions.shared.guards import require_administrator_in
from functions.shared.personal_data import keyed_hash, mask_phone, seal, unseal
from functions.shared.table import keys
from functions.shared.table.auth import Owner, User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Stale, Transaction, decide_again

_SIGN_INS = (User.wechat_openid, User.phone_hash, User.phone_masked, User.phone_sealed)
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
    newer account has a role, `Stale`.
    """
    newer = store.account(identity.user_id)
    older, kept = store.account_and_identity(decision.other)
    if newer is None or older is None or kept is None or newer.merged_into or older.merged_into:
        raise Stale
    # After the account: a role that is accepted from now on changes what the account is required to be below.
    if store.holds_place(newer.user_id):
        raise RoleHeld
    ended = {user.user_id: account_sessions.others_to_end(user, keep=None, actor=actor) for user in (newer, older)}
    tx = Transaction()
    if decision.reason is None:  # an operator states one, and is no user
        require_administrator_in(tx, actor)
    tx.check(
        Owner,
        keys.document_owner(str(identity.person_hash)),
        Owner.user_id == older.user_id,
    )
    _move_sign_ins(tx, newer, older, actor=actor, ended=ended)
    detail: dict[str, Any] = {**decision.event, "other": newer.user_id}
    audit.change(tx, kept, [], "duplicate_joined", actor=actor, detail=detail)
    _end_application(tx, identity, actor=actor, detail={**detail, "other": older.user_id})
    for user_id, fingerprints in ended.items():
        account_sessions.end_in(tx, user_id, fingerprints)
    tx.commit()
    return older


def _move_sign_ins(tx: Transaction, newer: User, older: User, *, actor: str, ended: dict[str, list[str]]) -> None:
    moved: list[Action] = [attribute.remove() for attribute in _SIGN_INS]
    for owner_key in _owner_keys(older):
        tx.delete(Owner.new(owner_key), Owner.user_id == older.user_id)
    for owner_key in _owner_keys(newer):
        tx.update(Owner.new(owner_key), [Owner.user_id.set(older.user_id)], Owner.user_id == newer.user_id)
    taken: list[Action] = list(moved)
    if newer.wechat_openid is not None:
        taken[0] = User.wechat_openid.set(newer.wechat_openid)
    if newer.phone_hash is not None:
        phone = unseal(newer.phone_sealed, purpose="phone", user_id=newer.user_id)
        taken[1:] = _phone_of(older.user_id, str(newer.phone_hash), str(newer.phone_masked), phone)
    taken.append(account_sessions.void_tickets(older))
    detail = {"absorbed": newer.user_id, "sessions": len(ended[older.user_id])}
    audit.change(
        tx, older, taken, "account_joined", actor=actor, detail=detail, condition=User.merged_into.does_not_exist()
    )
    gone = [*moved, User.merged_into.set(older.user_id), User.identity_status.set("unverified")]
    detail = {"kept": older.user_id, "sessions": len(ended[newer.user_id])}
    no_new_role = store.no_role_since(newer) & User.merged_into.does_not_exist()
    audit.change(tx, newer, gone, "joined_into_other_account", actor=actor, detail=detail, condition=no_new_role)


def take_entry(user_id: str, blank_id: str, *, actor: str, reason: str) -> User:
    """Let a user be entered by what a blank account is entered by, in place of their own WeChat account or phone.

    For an operator before whom the person has just signed in, which made the blank account. All sessions of both end.
    Returns the account as it was before. Raises `NotFound`, `AccountInUse`.
    """

    @decide_again
    def move() -> User:
        kept, blank = store.account(user_id), store.account(blank_id)
        if kept is None or blank is None or kept.merged_into or blank.merged_into or user_id == blank_id:
            raise NotFound
        if blank.is_administrator or store.roles_of(blank_id):
            raise AccountInUse
        ended = {one.user_id: account_sessions.others_to_end(one, keep=None, actor=actor) for one in (kept, blank)}
        tx = Transaction()
        tx.check(Identity, keys.identity(blank_id), Identity.pk.does_not_exist(), otherwise=AccountInUse)
        taken: list[Action] = []
        for owner_key in _owner_keys(kept):
            if _kind(owner_key) in {_kind(one) for one in _owner_keys(blank)}:
                tx.delete(Owner.new(owner_key), Owner.user_id == user_id)
        for owner_key in _owner_keys(blank):
            tx.update(Owner.new(owner_key), [Owner.user_id.set(user_id)], Owner.user_id == blank_id)
        if blank.wechat_openid is not None:
            taken.append(User.wechat_openid.set(blank.wechat_openid))
        if blank.phone_hash is not None:
            phone = unseal(blank.phone_sealed, purpose="phone", user_id=blank_id)
            taken += _phone_of(user_id, str(blank.phone_hash), str(blank.phone_masked), phone)
        taken.append(account_sessions.void_tickets(kept))
        detail = {"absorbed": blank_id, "reason": reason, "sessions": len(ended[user_id])}
        audit.change(tx, kept, taken, "account_joined", actor=actor, detail=detail)
        gone: list[Action] = [*(attribute.remove() for attribute in _SIGN_INS), User.merged_into.set(user_id)]
        condition = store.no_role_since(blank)
        detail = {"kept": user_id, "reason": reason, "sessions": len(ended[blank_id])}
        audit.change(tx, blank, gone, "joined_into_other_account", actor=actor, detail=detail, condition=condition)
        for one, fingerprints in ended.items():
            account_sessions.end_in(tx, one, fingerprints)
        tx.commit()
        return kept

    return move()


def take_phone(user_id: str, phone: str, *, actor: str, reason: str) -> tuple[User, User | None]:
    """Let a phone be a user's, in place of theirs, whoever had it: for an operator who has seen it in their hand.

    A former owner keeps the account and loses the number. Sessions of both end. Returns both accounts as they were.
    Raises `NotFound`.
    """
    phone_hash = keyed_hash("phone", phone)

    @decide_again
    def move() -> tuple[User, User | None]:
        user, owner = store.account(user_id), store.owner(keys.phone_owner(phone_hash))
        if user is None or user.merged_into:
            raise NotFound
        former = store.account(owner) if owner is not None and owner != user_id else None
        tx = Transaction()
        accounts = [user, *([former] if former is not None else [])]
        for one in accounts:
            sessions = account_sessions.others_to_end(one, keep=None, actor=actor)
            account_sessions.end_in(tx, one.user_id, sessions)
        if user.phone_hash not in {None, phone_hash}:
            tx.delete(Owner.new(keys.phone_owner(str(user.phone_hash))), Owner.user_id == user_id)
        if former is not None:
            tx.update(
                Owner.new(keys.phone_owner(phone_hash)),
                [Owner.user_id.set(user_id)],
                Owner.user_id == former.user_id,
            )
            gone: list[Action] = [User.phone_hash.remove(), User.phone_masked.remove(), User.phone_sealed.remove()]
            gone.append(account_sessions.void_tickets(former))
            detail = {"by": user_id, "reason": reason}
            audit.change(tx, former, gone, "phone_taken_over", actor=actor, detail=detail)
        elif owner is None:
            tx.create(Owner.new(keys.phone_owner(phone_hash), user_id=user_id))
        actions = _phone_of(user_id, phone_hash, mask_phone(phone), phone.encode())
        actions.append(account_sessions.void_tickets(user))
        bound = {"changed": user.phone_hash is not None, "taken_over": former is not None, "reason": reason}
        audit.change(tx, user, actions, "phone_bound", actor=actor, detail=bound)
        tx.commit()
        return user, former

    return move()


def _phone_of(user_id: str, phone_hash: str, phone_masked: str, phone: bytes) -> list[Action]:
    return [
        User.phone_hash.set(phone_hash),
        User.phone_masked.set(phone_masked),
        User.phone_sealed.set(seal(phone, purpose="phone", user_id=user_id)),
    ]


def _kind(owner_key: keys.Key) -> str:
    """`WECHAT` or `PHONE`."""
    return owner_key.pk.partition("#")[0]


def _owner_keys(user: User) -> list[keys.Key]:
    owned = [keys.wechat_owner(user.wechat_openid)] if user.wechat_openid is not None else []
    return [*owned, keys.phone_owner(user.phone_hash)] if user.phone_hash is not None else owned


def _end_application(tx: Transaction, identity: Identity, *, actor: str, detail: dict[str, Any]) -> None:
    """Add the end of the newer account's identity: everything personal goes, the images a little later."""
    if identity.verified_person_hash is not None:
        _release(tx, identity, str(identity.verified_person_hash))
    if identity.verified_name_birth_hash is not None:
        held = str(identity.verified_name_birth_hash)
        store.hold_name_birth(tx, store.claims_of(identity), {held: {identity.user_id: False}})
    revision = int(identity.revision) + 1
    actions = [
        Identity.status.set(next_status(identity.status, "withdraw")),
        Identity.revision.set(revision),
        Identity.erasing_since.set(clock.now()),
        *erased({"erasing_since"}),
    ]
    audit.change(tx, identity, actions, "application_joined", actor=actor, detail={**detail, "revision": revision})


def end_identity_in(tx: Transaction, user: User, identity: Identity, person_hash: str, *, actor: str) -> None:
    """Add that an account is nobody's verified account any more, since its number is another person's.

    The number itself moves in the same transaction (`store.claim_document`); it stays traceable to this account too.
    Raises `Stale` after ending sessions that are too many for one transaction.
    """
    sessions = account_sessions.others_to_end(user, keep=None, actor=actor)
    account_sessions.end_in(tx, user.user_id, sessions)
    store.remember_document(tx, person_hash, user.user_id, clock.now(), None)
    store.drop_step(tx, user.user_id, "document_expiry")
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
