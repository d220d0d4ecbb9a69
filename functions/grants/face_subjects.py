"""What a face check for the grants area is for: one grant's epoch, or one invitation.

Asking with a grant code is a try at that code, so it is counted as redeeming is.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from functions.grants.errors import (
    GrantCodeInvalid,
    GrantCodeLimit,
    GrantTaken,
    InvitationInvalid,
    NotManager,
    OwnAuthority,
)
from functions.identity.domain.face_purposes import GrantPurpose
from functions.identity.face_subjects import FaceSubject
from functions.shared import clock, ids
from functions.shared.config import settings
from functions.shared.crockford import parse_code
from functions.shared.errors import IdentityRequired
from functions.shared.limits import Limit, count_attempt, refund
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import Business, CodeOrigin, Grant, GrantCode, Invitation
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import get, get_many

_DAY_S = 86_400
_MAX_KEY_PART = 64


def redemption_subject(business: str, institution_code: str, epoch: int) -> str:
    """The subject of a face check that lets a grant of this epoch be redeemed."""
    return f"grant_redemption:{business}:{institution_code}:{epoch}"


def inviting_subject(business: str, institution_code: str, epoch: int) -> str:
    """The subject of a face check that lets the manager of this epoch invite."""
    return f"invitation:{business}:{institution_code}:{epoch}"


def acceptance_subject(invitation_code: str) -> str:
    """The subject of a face check that lets an invitation be accepted, by its canonical code."""
    return f"invitation_acceptance:{ids.fingerprint(invitation_code)}"


def grant_code_limit(user_id: str) -> Limit:
    """How many wrong grant codes a user may try in a day."""
    return Limit("grant_code_day", user_id, settings().wrong_grant_codes_per_day, _DAY_S)


def find_subject(user_id: str, purpose: GrantPurpose, details: Mapping[str, str]) -> FaceSubject:
    """Return the subject of a face check, from the details that its purpose needs.

    Raises `IdentityRequired`, `GrantCodeInvalid`, `GrantCodeLimit`, `GrantTaken`, `OwnAuthority`, `NotManager`,
    `InvitationInvalid`.
    """
    if purpose == "grant_redemption":
        return _redemption(user_id, details["grant_code"])
    if purpose == "invitation":
        return _inviting(user_id, details["business"], details["institution_code"])
    return _acceptance(details["invitation_code"])


class OpenCode(NamedTuple):
    """A grant code that somebody typed and that can be redeemed, and who typed it."""

    code: GrantCode
    display_names: dict[str, Any] | None
    is_verified: bool


def open_code(user_id: str, typed: str, *, verified: bool) -> OpenCode:
    """Return what a code is good for; a wrong one counts as a try. Two round trips, four for a right one.

    One whose authority has gone is as wrong as one that never was. Raises `GrantCodeInvalid`, `GrantCodeLimit`,
    `GrantTaken`, `OwnAuthority`, and where they must be `verified` `IdentityRequired`.
    """
    with count_attempt([grant_code_limit(user_id)], GrantCodeLimit, wrong=GrantCodeInvalid) as (counter,):
        code_key = keys.grant_code(ids.fingerprint(parse_code(typed) or ""))
        found = get_many(code_key, keys.user(user_id))
        user, code = found.get(keys.user(user_id)), found.get(code_key)
        is_verified = isinstance(user, User) and user.is_verified
        if verified and not is_verified:
            raise IdentityRequired
        origin = CodeOrigin.read(code.origin) if isinstance(code, GrantCode) else None
        if not isinstance(code, GrantCode) or origin is None or code.valid_until <= clock.now():
            raise GrantCodeInvalid
        if code.redeemed_by is not None:
            raise GrantTaken
        display_names = _names_of(user_id, code, origin)
    refund(counter)
    return OpenCode(code, display_names, is_verified)


def _redemption(user_id: str, typed: str) -> FaceSubject:
    code, display_names, _ = open_code(user_id, typed, verified=True)
    subject = redemption_subject(code.business, code.institution_code, int(code.epoch))
    return FaceSubject("grant_redemption", subject, display_names)


def _inviting(user_id: str, business: str, institution_code: str) -> FaceSubject:
    if max(len(business), len(institution_code)) > _MAX_KEY_PART:
        raise NotManager
    grant = get(Grant, keys.grant(business, institution_code))
    if grant is None or grant.status != "active" or grant.manager_id != user_id:
        raise NotManager
    return FaceSubject("invitation", inviting_subject(business, institution_code, int(grant.epoch)))


def _acceptance(typed: str) -> FaceSubject:
    code = parse_code(typed)
    invitation = get(Invitation, keys.invitation(ids.fingerprint(code))) if code is not None else None
    if code is None or invitation is None or invitation.accepted_by is not None:
        raise InvitationInvalid
    if invitation.valid_until <= clock.now():
        raise InvitationInvalid
    return FaceSubject("invitation_acceptance", acceptance_subject(code))


def _names_of(user_id: str, code: GrantCode, origin: CodeOrigin) -> dict[str, Any] | None:
    """How business and institution are called, five minutes old at most when the grant is redeemed.

    No one is asked for a selfie in vain: the code must still have its authority, and the user none by which it was
    issued. Redeeming requires both again. One BatchGetItem. Raises `GrantCodeInvalid`, `OwnAuthority`.
    """
    run, place = keys.business(code.business), keys.institution(code.institution_code)
    above = keys.institution(origin.supervisor_code) if origin.supervisor_code is not None else None
    superior_key = keys.grant(code.business, origin.supervisor_code or "")
    issuer_key = keys.user(origin.issued_by)
    behind = issuer_key if origin.epoch is None else superior_key
    found = get_many(run, place, behind, *([above] if above is not None else []))
    of_business, institution, superior = found.get(run), found.get(place), found.get(superior_key)
    institution = institution if isinstance(institution, Institution) else None
    superior = superior if isinstance(superior, Grant) else None
    issuer = found.get(issuer_key)
    if not origin.is_current(institution, superior, issuer if isinstance(issuer, User) else None):
        raise GrantCodeInvalid
    if origin.issued_by == user_id or (superior is not None and superior.shows_codes_to(user_id, origin)):
        raise OwnAuthority
    supervisor = found.get(above) if above is not None else None
    if not isinstance(of_business, Business) or institution is None:
        return None
    return {
        "business": {
            "business": code.business,
            "name": of_business.name,
            "entry_url": of_business.entry_url,
            "opens_on": of_business.opens_on,
            "closes_on": of_business.closes_on,
        },
        "institution": {
            "institution_code": institution.institution_code,
            "name": institution.name,
            "category": institution.category,
        },
        "supervisor": {"institution_code": origin.supervisor_code, "name": supervisor.name}
        if isinstance(supervisor, Institution)
        else None,
    }
