"""What a grant code or an invitation is for, seen before the face check: nothing is used up by looking.

A wrong grant code counts as a try. An invitation has 80 random bits, so its tries are not counted.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from functions.grants import display_names, store
from functions.grants.display_names import BusinessView
from functions.grants.errors import GrantCodeInvalid, InvitationInvalid
from functions.grants.face_subjects import open_code
from functions.institutions.summaries import InstitutionSummary
from functions.shared import clock, ids
from functions.shared.crockford import parse_code
from functions.shared.table import keys
from functions.shared.vocabulary import RoleName

Need = Literal["identity"]


class CodePreview(NamedTuple):
    """What a grant code makes its holder the manager of, until when, and what they need before."""

    business: BusinessView
    institution: InstitutionSummary
    expires_at: datetime
    needs: list[Need]


class InvitationPreview(NamedTuple):
    """What an invitation is to, who made it, until when it is good, and what the invitee needs before."""

    business: BusinessView
    institution: InstitutionSummary
    role: RoleName
    invited_by_masked: str | None
    expires_at: datetime
    needs: list[Need]


def preview_code(user_id: str, typed: str) -> CodePreview:
    """Return what a grant code is for. Four round trips.

    Raises `GrantCodeInvalid` (counts as a try), `GrantCodeLimit`, `GrantTaken`, `OwnAuthority`.
    """
    found = open_code(user_id, typed, verified=False)
    called = display_names.names_of_face_check(found.display_names)
    if called is None:
        raise GrantCodeInvalid
    return CodePreview(*called, found.code.valid_until, _needs(is_verified=found.is_verified))


def preview_invitation(user_id: str, typed: str) -> InvitationPreview:
    """Return what an invitation is to. Three round trips, one less where the names are remembered.

    Raises `InvitationInvalid`: unknown, expired, withdrawn, accepted, or to a grant that has changed since.
    """
    code = parse_code(typed)
    found = store.look_up_code(user_id, None, keys.invitation(ids.fingerprint(code or "")))
    invitation = found.invitation
    if invitation is None or invitation.accepted_by is not None or invitation.valid_until <= clock.now():
        raise InvitationInvalid
    grant, inviter = store.grant_and_user(invitation.business, invitation.institution_code, invitation.invited_by)
    if grant is None or not store.lists_invitation(grant, invitation):
        raise InvitationInvalid
    called = display_names.find_names([grant.business], [grant.institution_code])
    return InvitationPreview(
        business=called.business(grant.business),
        institution=called.institution(grant.institution_code),
        role=invitation.role,
        invited_by_masked=inviter.name_masked if inviter is not None else None,
        expires_at=invitation.valid_until,
        needs=_needs(is_verified=found.user is not None and found.user.is_verified),
    )


def _needs(*, is_verified: bool) -> list[Need]:
    return [] if is_verified else ["identity"]
