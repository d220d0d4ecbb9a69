"""Who holds a grant: an invitation accepted makes an assistant, or swaps the manager; the manager removes assistants.

A transfer makes the old manager nothing, and ends the work unit that came with the grant. Assistants stay; invitations
that the old manager made do not. How members put their role down is in `resignation`.
"""

from typing import Any

from functions.grants import activation, authority, face_subjects, store
from functions.grants.domain import OpenInvitation, next_status
from functions.grants.errors import (
    AlreadyMember,
    BusinessClosed,
    GrantChanged,
    InvitationInvalid,
    OwnAuthority,
)
from functions.shared import audit, clock, face_proofs, ids
from functions.shared.crockford import parse_code
from functions.shared.errors import FaceCheckRequired, IdentityRequired, NotFound
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant, Invitation
from functions.shared.table.transactions import Transaction, VersionConflict, retry_on_conflict


@retry_on_conflict
def accept_invitation(user_id: str, typed_code: str, face_check_id: str | None) -> Grant:
    """The grant, in which the user now is assistant or manager. Four round trips, five for the manager's role.

    Anyone who has accepted it and holds the place is answered the same again: their first answer was lost. Who has a
    role in the superior's grant hands on, and does not take on by an invitation what they would not by a code.

    Raises `IdentityRequired`, `InvitationInvalid`, `GrantChanged`, `AlreadyMember`, `OwnAuthority`,
    `FaceCheckRequired`, `BusinessClosed`.
    """
    code = parse_code(typed_code) or ""
    given = store.look_up_code(user_id, face_check_id, keys.invitation(ids.fingerprint(code)))
    user, invitation = given.user, given.invitation
    if user is None or not user.is_verified:
        raise IdentityRequired
    if invitation is None or invitation.valid_until <= clock.now():
        raise InvitationInvalid
    grant, institution = store.grant_and_institution(invitation.business, invitation.institution_code)
    if invitation.accepted_by is not None:
        return _replay_acceptance(user_id, invitation, grant)
    if grant is None or institution is None or not store.lists_invitation(grant, invitation):
        raise GrantChanged
    own = authority.role_in(grant, user_id)
    if own in ("manager", invitation.role):
        raise AlreadyMember
    subject = face_subjects.acceptance_subject(code)
    if given.face_check is None or not face_proofs.is_valid_for(given.face_check, subject):
        raise FaceCheckRequired
    tx = Transaction()
    store.require_not_closed_in(tx, grant.business, BusinessClosed)
    if institution.supervisor_code is not None:
        above = keys.grant(grant.business, institution.supervisor_code)
        tx.check(Grant, above, ~Grant.names_member(user_id), on_failure=OwnAuthority)
    face_proofs.consume_in(tx, user_id, given.face_check.face_check_id, subject, on_failure=VersionConflict)
    store.use_invitation(tx, invitation, user_id)
    tx.update(user, [activation.COUNT_ROLE], User.VERIFIED)
    store.put_role(tx, user_id, grant, invitation.role, institution.supervisor_code)
    if invitation.role == "assistant":
        _join(tx, grant, invitation, user)
    else:
        _transfer(tx, grant, invitation, user)
    tx.commit()
    return store.grant(grant.business, grant.institution_code) or grant


def _replay_acceptance(user_id: str, invitation: Invitation, grant: Grant | None) -> Grant:
    """The grant in which this user has the place that they have accepted. Raises `InvitationInvalid`."""
    if invitation.accepted_by != user_id or grant is None or grant.epoch != invitation.epoch:
        raise InvitationInvalid
    if authority.role_in(grant, user_id) != invitation.role:
        raise InvitationInvalid
    return grant


def _join(tx: Transaction, grant: Grant, invitation: Invitation, user: User) -> None:
    left = [one for one in store.open_invitations(grant) if one.invitation_id != invitation.invitation_id]
    actions = [
        Grant.status.set(next_status(grant.status, "join")),
        Grant.assistants.set([*grant.assistants, user.user_id]),
        Grant.assistant_names.set({**grant.assistant_names, user.user_id: user.name_masked}),
        Grant.members_since.set({**grant.members_since, user.user_id: int(clock.now().timestamp())}),
        Grant.invitations.set(store.to_attribute(left)),
    ]
    audit.change(tx, grant, actions, "assistant_joined", actor=user.user_id, detail=_detail(grant, invitation))


def _transfer(tx: Transaction, grant: Grant, invitation: Invitation, user: User) -> None:
    store.drop_role(tx, str(grant.manager_id), grant)
    store.end_work_unit(tx, store.user(str(grant.manager_id)), grant, actor=user.user_id)
    store.drop_invitations(tx, [one for one in store.invited(grant) if one.invitation_id != invitation.invitation_id])
    actions = [
        Grant.status.set(next_status(grant.status, "transfer")),
        Grant.manager_id.set(user.user_id),
        Grant.manager_name_masked.set(user.name_masked),
        *without_assistant(grant, user.user_id, joining_as_manager=True),
        *grant.without_members(str(grant.manager_id)),
        Grant.invitations.set([]),
    ]
    detail = {**_detail(grant, invitation), "before": grant.manager_id, "manager": user.user_id}
    audit.change(tx, grant, actions, "manager_transferred", actor=user.user_id, detail=detail)


@retry_on_conflict
def remove_assistant(manager_id: str, business_code: str, institution_code: str, user_id: str) -> None:
    """Remove an assistant. Two round trips. Raises `NotManager`, `NotFound`."""
    grant = authority.require_manager(store.grant(business_code, institution_code), manager_id)
    if user_id not in grant.assistants:
        raise NotFound
    tx = Transaction()
    store.drop_role(tx, user_id, grant)
    actions = [Grant.status.set(next_status(grant.status, "remove")), *without_assistant(grant, user_id)]
    actions += grant.without_members(user_id)
    detail = {"epoch": int(grant.epoch), "assistant": user_id}
    audit.change(tx, grant, actions, "assistant_removed", actor=manager_id, detail=detail)
    tx.commit()


def open_grant(user_id: str, business_code: str, institution_code: str) -> tuple[Grant, list[OpenInvitation]]:
    """A grant in which the user is manager or assistant, with its open invitations. One read. Raises `Forbidden`."""
    grant = authority.require_member(store.grant(business_code, institution_code), user_id)
    return grant, store.open_invitations(grant)


def without_assistant(grant: Grant, user_id: str, *, joining_as_manager: bool = False) -> list[Any]:
    """What takes an assistant out of a grant; who has no role then is noted by `Grant.without_members`."""
    left = [one for one in grant.assistants if one != user_id]
    names = {one: name for one, name in grant.assistant_names.items() if one != user_id}
    gone = {user_id, grant.manager_id} if joining_as_manager else {user_id}
    since = {one: at for one, at in grant.members_since.items() if one not in gone}
    if joining_as_manager:
        since[user_id] = int(clock.now().timestamp())
    return [Grant.assistants.set(left), Grant.assistant_names.set(names), Grant.members_since.set(since)]


def _detail(grant: Grant, invitation: Invitation) -> dict[str, Any]:
    return {"epoch": int(grant.epoch), "invitation_id": invitation.invitation_id}
