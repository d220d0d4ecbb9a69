"""The public status of a registration: what anybody learns of a name below a supervisor, without signing in."""

from datetime import date, datetime
from typing import NamedTuple

from functions.institutions import store
from functions.institutions.details import supervisor_unknown
from functions.institutions.domain.codes import parse_institution_code
from functions.institutions.domain.names import MAX_LENGTH, normalize
from functions.shared import clock
from functions.shared.errors import Invalid
from functions.shared.table import keys
from functions.shared.table.institutions import Claim
from functions.shared.vocabulary import RegistrationState


class PublicStatus(NamedTuple):
    """Where a name below a supervisor is, or None when no one has asked for it; the days are of Asia/Shanghai."""

    status: RegistrationState | None
    submitted_on: date | None = None
    decided_on: date | None = None


def public_status(supervisor_code: str, name: str) -> PublicStatus:
    """The status of a name below a supervisor. One round trip. Raises `Invalid` for an unknown supervisor.

    Of several registrations a pending one counts more than a rejected one, and the directory more than both. The days
    are those of the newest one.
    """
    code, normalized = parse_institution_code(supervisor_code), normalize(name)
    if code is None:
        raise Invalid(supervisor_unknown())
    key = keys.name_claim(code, normalized if len(normalized) <= MAX_LENGTH else "")
    supervisors, claims = store.supervisor_and_claims(code, key)
    if code not in supervisors:
        raise Invalid(supervisor_unknown())
    claim = claims.get(key)
    status = _status_of(claim)
    if claim is None or status is None:
        return PublicStatus(None)
    decided_on = _day(claim.decided_at) if status != "pending" else None
    return PublicStatus(status, _day(claim.submitted_at), decided_on)


def _status_of(claim: Claim | None) -> RegistrationState | None:
    if claim is None:
        return None
    if claim.has_institution:
        return "included"
    if claim.waiting or claim.uncounted is not None:
        return "pending"
    return "rejected" if claim.rejected or claim.status == "rejected" else None


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(clock.SHANGHAI).date() if moment is not None else None
