"""Reads and writes of the grants area. Functions with `tx` only add their part; the use case commits."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from functions.grants.domain import BusinessState, OpenInvitation
from functions.shared import audit, clock, memberships
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.base import Item
from functions.shared.table.grants import Business, Grant, GrantCode, Invitation, Role
from functions.shared.table.identity import FaceCheck
from functions.shared.table.institutions import Institution
from functions.shared.table.pages import PagePosition, filtered_page, index_page, partition_page
from functions.shared.table.transactions import DomainError, Transaction, get, get_many
from functions.shared.vocabulary import RoleName

BATCH_GET_LIMIT = 100  # items that one BatchGetItem reads
ItemT = TypeVar("ItemT", bound=Item)


def as_kind(kind: type[ItemT], item: Item | None) -> ItemT | None:
    """The item, if it is there and of this kind."""
    return item if isinstance(item, kind) else None


# --- businesses -------------------------------------------------------------------------------------------------------


def business(code: str) -> Business | None:
    """The business. One read."""
    return get(Business, keys.business(code))


def businesses(limit: int, after: str | None, state: BusinessState | None = None) -> tuple[list[Business], str | None]:
    """A page of the businesses, by code, and the code after which the next page begins. One Query."""
    place = PagePosition(*keys.business(after), after) if after is not None else None
    if state is None:
        items, next_key = index_page(Business, keys.BUSINESSES, limit, place)
    else:
        items, next_key = filtered_page(Business, keys.BUSINESSES, Business.is_in(state), limit, place)
    return items, next_key.gsi1sk if next_key else None


def require_not_closed_in(tx: Transaction, business_code: str, on_failure: DomainError) -> None:
    """The last day of the business must not be over."""
    tx.check(Business, keys.business(business_code), Business.not_closed(), on_failure=on_failure)


# --- grants -----------------------------------------------------------------------------------------------------------


class GrantContext(NamedTuple):
    """What a superior's call is about: who calls, and the grant of one institution (as if new where there is none)."""

    caller: User | None
    business: Business | None
    institution: Institution | None
    grant: Grant


def grant_context(caller_id: str, business_code: str, institution_code: str) -> GrantContext:
    """Read the context in one BatchGetItem."""
    user, run, place = keys.user(caller_id), keys.business(business_code), keys.institution(institution_code)
    found = get_many(user, run, place, keys.grant(business_code, institution_code))
    held = as_kind(Grant, found.get(keys.grant(business_code, institution_code)))
    return GrantContext(
        as_kind(User, found.get(user)),
        as_kind(Business, found.get(run)),
        as_kind(Institution, found.get(place)),
        held or vacant_grant(business_code, institution_code),
    )


def vacant_grant(business_code: str, institution_code: str) -> Grant:
    """What stands for a grant that has no item yet."""
    key = keys.grant(business_code, institution_code)
    return Grant.new(key, business=business_code, institution_code=institution_code)


def grant(business_code: str, institution_code: str) -> Grant | None:
    """The grant, or None where nothing was ever issued. One read."""
    return get(Grant, keys.grant(business_code, institution_code))


def grants_of(business_code: str, institution_codes: Sequence[str]) -> dict[str, Grant]:
    """The grants of up to 100 institutions, by code, where there is an item. At most one BatchGetItem."""
    if not institution_codes:
        return {}
    found = get_many(*(keys.grant(business_code, code) for code in institution_codes))
    return {item.institution_code: item for item in found.values() if isinstance(item, Grant)}


class MembershipContext(NamedTuple):
    """Who calls, an institution, and its grants in which they had a place when their roles were read."""

    caller: User | None
    institution: Institution | None
    grants: list[Grant]


def membership_context(caller_id: str, institution_code: str) -> MembershipContext:
    """Read the context in one Query of the caller's roles and one BatchGetItem."""
    held = Role.query(
        keys.user_partition(caller_id),
        Role.sk.startswith(keys.ROLE_PREFIX),
        Role.institution_code == institution_code,
        consistent_read=True,
    )
    user_key, place = keys.user(caller_id), keys.institution(institution_code)
    # Any one of the grants gives authority, so that as many as one read finds are enough.
    listed = [keys.grant(role.business, institution_code) for role in held][: BATCH_GET_LIMIT - 2]
    found = get_many(user_key, place, *listed)
    return MembershipContext(
        as_kind(User, found.get(user_key)),
        as_kind(Institution, found.get(place)),
        [item for key in listed if isinstance(item := found.get(key), Grant)],
    )


def grant_and_face_check(
    business_code: str, institution_code: str, user_id: str, face_check_id: str | None
) -> tuple[Grant | None, FaceCheck | None]:
    """Return both, each None if missing. One round trip."""
    grant_key, check_key = keys.grant(business_code, institution_code), keys.face_check(user_id, face_check_id or "")
    found = get_many(grant_key, *([check_key] if face_check_id else []))
    return as_kind(Grant, found.get(grant_key)), as_kind(FaceCheck, found.get(check_key))


def grant_and_institution(business_code: str, institution_code: str) -> tuple[Grant | None, Institution | None]:
    """Return both, each None if missing. One round trip."""
    grant_key, place = keys.grant(business_code, institution_code), keys.institution(institution_code)
    found = get_many(grant_key, place)
    return as_kind(Grant, found.get(grant_key)), as_kind(Institution, found.get(place))


def grant_and_user(business_code: str, institution_code: str, user_id: str) -> tuple[Grant | None, User | None]:
    """A grant and an account, each None when it is not there. One round trip."""
    grant_key, user_key = keys.grant(business_code, institution_code), keys.user(user_id)
    found = get_many(grant_key, user_key)
    return as_kind(Grant, found.get(grant_key)), as_kind(User, found.get(user_key))


class CodeLookup(NamedTuple):
    """What somebody who types a code stands on; each None when it is not there."""

    user: User | None
    code: GrantCode | None
    invitation: Invitation | None
    face_check: FaceCheck | None


def look_up_code(user_id: str, face_check_id: str | None, code_key: keys.Key) -> CodeLookup:
    """All of it, for the code of a grant or of an invitation. One BatchGetItem."""
    user_key, check_key = keys.user(user_id), keys.face_check(user_id, face_check_id or "")
    found = get_many(user_key, code_key, *([check_key] if face_check_id else []))
    code = found.get(code_key)
    return CodeLookup(
        as_kind(User, found.get(user_key)),
        as_kind(GrantCode, code),
        as_kind(Invitation, code),
        as_kind(FaceCheck, found.get(check_key)),
    )


def user(user_id: str) -> User | None:
    """The account. One read."""
    return get(User, keys.user(user_id))


def names_of_users(user_ids: Iterable[str]) -> dict[str, str | None]:
    """The masked names of up to 100 users, by id. At most one BatchGetItem."""
    wanted = [keys.user(one) for one in sorted(set(user_ids))]
    found = get_many(*wanted) if wanted else {}
    return {item.user_id: item.name_masked for item in found.values() if isinstance(item, User)}


def end_work_unit(tx: Transaction, holder: User | None, grant_: Grant, *, actor: str) -> None:
    """End the work unit that came with a grant as its holder loses it; one that was confirmed by code since stays."""
    if holder is not None and holder.has_work_unit_by_grant(grant_.business, grant_.institution_code):
        detail = {"institution_code": grant_.institution_code, "business": grant_.business}
        audit.change(tx, holder, memberships.leave_in(tx, holder), "work_unit_ended", actor=actor, detail=detail)


def delete_code(tx: Transaction, code_fingerprint: str | None) -> None:
    """Delete a code, if there is one."""
    if code_fingerprint is not None:
        tx.delete(GrantCode.new(keys.grant_code(code_fingerprint)))


def use_code(tx: Transaction, code_fingerprint: str, user_id: str) -> None:
    """Use up a code together with what it allows; it stays, to tell that the grant is taken."""
    unused = GrantCode.redeemed_by.does_not_exist() & (GrantCode.valid_until > clock.now())
    code = GrantCode.new(keys.grant_code(code_fingerprint))
    tx.update(code, [GrantCode.redeemed_by.set(user_id)], unused)


def put_redeemed_code(tx: Transaction, grant_: Grant, user_id: str) -> None:
    """Use up the code of a grant as it was read, where it has expired too, and the table's TTL may have removed it."""
    item = GrantCode.new(
        keys.grant_code(str(grant_.code_fingerprint)),
        business=grant_.business,
        institution_code=grant_.institution_code,
        epoch=grant_.epoch,
        origin=grant_.origin,
        grant_version=grant_.version,
        grant_chain_hash=grant_.chain_hash,
        valid_until=grant_.code_expires_at,
        expires_at=grant_.code_expires_at,
        redeemed_by=user_id,
    )
    tx.put(item)


# --- roles and invitations --------------------------------------------------------------------------------------------


def put_role(tx: Transaction, user_id: str, grant_: Grant, role: RoleName, supervisor_code: str | None) -> None:
    """List the grant, with its epoch, under its manager or assistant."""
    tx.put(
        Role.new(
            keys.role(user_id, grant_.business, grant_.institution_code),
            business=grant_.business,
            institution_code=grant_.institution_code,
            supervisor_code=supervisor_code,
            role=role,
            epoch=grant_.epoch,
        )
    )


def drop_role(tx: Transaction, user_id: str, grant_: Grant) -> None:
    """Take the grant off a user's list."""
    tx.delete(Role.new(keys.role(user_id, grant_.business, grant_.institution_code)))


def roles(user_id: str, limit: int, after: str | None) -> tuple[list[Role], str | None]:
    """A page of the places that a user holds, and where the next page begins. One Query."""
    return partition_page(Role, keys.user_partition(user_id), keys.ROLE_PREFIX, limit, after)


def invited(grant_: Grant) -> list[OpenInvitation]:
    """All invitations that the grant lists, those that have expired too."""
    return msgspec.convert(grant_.invitations, list[OpenInvitation])


def lists_invitation(grant_: Grant, invitation: Invitation) -> bool:
    """Whether the grant is still the one that an invitation is to: active, of the same epoch, and listing it."""
    listed = any(one.invitation_id == invitation.invitation_id for one in invited(grant_))
    return grant_.status == "active" and grant_.epoch == invitation.epoch and listed


def open_invitations(grant_: Grant) -> list[OpenInvitation]:
    """The invitations that can still be accepted."""
    return [one for one in invited(grant_) if one.expires_at > clock.now()]


def to_attribute(invitations: Sequence[OpenInvitation]) -> Any:
    """Invitations as the grant's attribute holds them."""
    return msgspec.to_builtins(list(invitations))


def use_invitation(tx: Transaction, invitation: Invitation, user_id: str) -> None:
    """Use up an invitation together with what it allows."""
    unused = Invitation.accepted_by.does_not_exist() & (Invitation.valid_until > clock.now())
    tx.update(invitation, [Invitation.accepted_by.set(user_id)], unused)


def drop_invitations(tx: Transaction, invitations: Sequence[OpenInvitation]) -> None:
    """Delete invitations."""
    for one in invitations:
        tx.delete(Invitation.new(keys.invitation(one.code_fingerprint)))


# --- lists ------------------------------------------------------------------------------------------------------------


def events(grant_key: keys.Key, limit: int, after: str | None) -> tuple[list[AuditEvent], str | None]:
    """A page of a grant's events, newest first, and where the next page begins. One Query."""
    return partition_page(AuditEvent, grant_key.pk, keys.audit_prefix(grant_key), limit, after, newest_first=True)


def all_events(grant_key: keys.Key) -> list[AuditEvent]:
    """Every event of a grant, oldest first. One Query for each MB."""
    prefix = keys.audit_prefix(grant_key)
    return list(AuditEvent.query(grant_key.pk, AuditEvent.sk.startswith(prefix), consistent_read=True))
