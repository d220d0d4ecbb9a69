"""Invitations: the manager asks one assistant or one successor in; the code is shown once and good for a day."""

from datetime import datetime

import msgspec

from functions.grants import authority, face_subjects, store
from functions.grants.domain import OpenInvitation, invite_refusal, next_status
from functions.grants.errors import AssistantLimit, BusinessClosed, TransferOpen
from functions.shared import audit, clock, face_proofs, ids
from functions.shared.config import settings
from functions.shared.crockford import format_code, new_code
from functions.shared.errors import FaceCheckRequired, NotFound
from functions.shared.table import keys
from functions.shared.table.grants import Grant, Invitation
from functions.shared.table.transactions import Transaction, VersionConflict, retry_on_conflict
from functions.shared.vocabulary import RoleName

_REFUSALS = {"transfer_open": TransferOpen, "assistant_limit": AssistantLimit}


class IssuedInvitation(msgspec.Struct, frozen=True):
    """An invitation with its code, which is returned only once."""

    invitation_id: str
    invitation_code: str
    role: RoleName
    created_at: datetime
    expires_at: datetime
    note: str | None


@retry_on_conflict
def invite(  # noqa: PLR0913 - an invitation has these parts
    user_id: str,
    business_code: str,
    institution_code: str,
    role: RoleName,
    face_check_id: str | None,
    *,
    note: str | None = None,
) -> IssuedInvitation:
    """An invitation to a grant of which the user is the manager. Two round trips.

    `note` is for the grant's members, to recognize the invitation by.

    Raises `NotManager`, `TransferOpen`, `AssistantLimit`, `FaceCheckRequired`, `BusinessClosed`.
    """
    found, check = store.grant_and_face_check(business_code, institution_code, user_id, face_check_id)
    grant = authority.require_manager(found, user_id)
    open_invitations = store.open_invitations(grant)
    refusal = invite_refusal(role, grant.assistants, open_invitations)
    if refusal is not None:
        raise _REFUSALS[refusal]
    subject = face_subjects.inviting_subject(business_code, institution_code, int(grant.epoch))
    if check is None or not face_proofs.is_valid_for(check, subject):
        raise FaceCheckRequired
    code, invitation_id, valid_until = new_code(), ids.new_id(), clock.after(settings().invitation_s)
    listed = OpenInvitation(invitation_id, role, ids.fingerprint(code), valid_until, clock.now(), note)
    invitation = Invitation.new(
        keys.invitation(listed.code_fingerprint),
        invitation_id=invitation_id,
        business=business_code,
        institution_code=institution_code,
        epoch=grant.epoch,
        role=role,
        invited_by=user_id,
        valid_until=valid_until,
        expires_at=valid_until,
    )
    tx = Transaction()
    store.require_not_closed_in(tx, business_code, BusinessClosed)
    tx.create(invitation)
    face_proofs.consume_in(tx, user_id, check.face_check_id, subject, on_failure=VersionConflict)
    actions = [
        Grant.status.set(next_status(grant.status, "invite")),
        Grant.invitations.set(store.to_attribute([*open_invitations, listed])),
    ]
    detail = {"epoch": int(grant.epoch), "invitation_id": invitation_id, "role": role}
    audit.change(tx, grant, actions, "invitation_created", actor=user_id, detail=detail)
    tx.commit()
    return IssuedInvitation(invitation_id, format_code(code), role, clock.now(), valid_until, note)


@retry_on_conflict
def withdraw_invitation(user_id: str, business_code: str, institution_code: str, invitation_id: str) -> None:
    """Take an open invitation back. Two round trips. Raises `NotManager`, `NotFound`."""
    grant = authority.require_manager(store.grant(business_code, institution_code), user_id)
    open_invitations = store.open_invitations(grant)
    withdrawn = [one for one in open_invitations if one.invitation_id == invitation_id]
    if not withdrawn:
        raise NotFound
    tx = Transaction()
    store.drop_invitations(tx, withdrawn)
    actions = [
        Grant.status.set(next_status(grant.status, "withdraw")),
        Grant.invitations.set(store.to_attribute([one for one in open_invitations if one not in withdrawn])),
    ]
    detail = {"epoch": int(grant.epoch), "invitation_id": invitation_id}
    audit.change(tx, grant, actions, "invitation_withdrawn", actor=user_id, detail=detail)
    tx.commit()
