"""How registrations become answers: for the person who submitted them, and for their reviewers."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal

from functions.institutions import store, waiting
from functions.institutions.domain.registrations import REJECTION_REASONS
from functions.institutions.registrations import contact_of
from functions.institutions.review import Looked
from functions.institutions.summaries import region_view, summaries, supervisor_of
from functions.institutions.views import (
    EarlierDecision,
    EqualRegistration,
    OwnRegistration,
    OwnRegistrationView,
    QueuedRegistration,
    RegistrationRejection,
    RegistrationView,
    SimilarInstitution,
)
from functions.shared.http import Request
from functions.shared.reviews import appeal_of, claim_view
from functions.shared.table.institutions import Registration

Because = Literal["name", "credit_code"]


def own_registrations(
    request: Request, registrations: list[Registration], submitted: Collection[str]
) -> list[OwnRegistrationView]:
    """Registrations of a person's list; those that they `submitted` in full. One BatchGetItem."""
    names = _names([item for item in registrations if item.registration_id in submitted])
    return [
        _listed(request, item, names)
        if item.registration_id in submitted
        else OwnRegistrationView(
            registration_id=item.registration_id, status=item.status, submitted_at=item.submitted_at
        )
        for item in registrations
    ]


def _listed(request: Request, item: Registration, names: Mapping[str, str]) -> OwnRegistrationView:
    return OwnRegistrationView(
        registration_id=item.registration_id,
        name=item.name,
        supervisor=supervisor_of(item.supervisor_code, names),
        category=item.category,
        unified_social_credit_code=item.credit_code,
        region=region_view(item.region_code),
        address=item.address,
        status=item.status,
        rejection=_current_rejection(request, item),
        may_appeal=_may_appeal(item),
        submitted_at=item.submitted_at,
        decided_at=item.decided_at,
        institution=supervisor_of(item.institution_code, names),
        revision=int(item.revision),
    )


def own_registration(request: Request, item: Registration) -> OwnRegistration:
    """A registration of the caller's, with its contact. One BatchGetItem and one KMS round trip."""
    names, contact = _names([item]), contact_of(item)
    return OwnRegistration(
        registration_id=item.registration_id,
        status=item.status,
        name=item.name,
        supervisor=supervisor_of(item.supervisor_code, names),
        supervisor_code=item.supervisor_code,
        category=item.category,
        unified_social_credit_code=item.credit_code,
        region=region_view(item.region_code),
        address=item.address,
        contact_name=contact.name,
        contact_phone=contact.phone,
        agreement_version=item.agreement_version,
        submitted_at=item.submitted_at,
        decided_at=item.decided_at,
        rejection=_current_rejection(request, item),
        may_appeal=_may_appeal(item),
        institution=supervisor_of(item.institution_code, names),
        revision=int(item.revision),
    )


def _may_appeal(item: Registration) -> bool:
    return item.status == "rejected" and item.appealed_from is None


def _current_rejection(request: Request, item: Registration) -> RegistrationRejection | None:
    return _rejection(request, item) if item.status == "rejected" else None


def queued_registrations(request: Request, registrations: list[Registration]) -> list[QueuedRegistration]:
    """Registrations in the reviewers' list. Two BatchGetItems; those that were listed meanwhile are left out."""
    pending = [item for item in registrations if item.status == "pending"]
    kept, standing = waiting.settle_listed(pending) if pending else ([], {})
    shown = [item for item in registrations if item.status != "pending" or item in kept]
    names = _names(shown)
    return [
        QueuedRegistration(
            registration_id=item.registration_id,
            status=item.status,
            name=item.name,
            supervisor=supervisor_of(item.supervisor_code, names),
            category=item.category,
            unified_social_credit_code=item.credit_code,
            submitted_at=item.submitted_at,
            decided_at=item.decided_at,
            on_appeal=item.status == "pending" and item.appealed_from is not None,
            claim=claim_view(item, request.user_id),
            equal_count=waiting.equal_count(item, standing) if item.status == "pending" else 0,
        )
        for item in shown
    ]


def registration_view(request: Request, looked: Looked) -> RegistrationView:
    """A registration for a reviewer, with what they compare it with. Three BatchGetItems at most."""
    registration = looked.registration
    contact = contact_of(registration)
    found = {item.institution_code: item for item in looked.similar}
    codes = [code for code in (registration.institution_code, looked.same_credit_code, *found) if code is not None]
    institutions = summaries(store.institutions(codes).values())
    names = _names([registration, *looked.equal])
    same = looked.same_credit_code
    similar = dict.fromkeys([*([same] if same is not None else []), *found])
    return RegistrationView(
        registration_id=registration.registration_id,
        status=registration.status,
        name=registration.name,
        supervisor=supervisor_of(registration.supervisor_code, names),
        category=registration.category,
        unified_social_credit_code=registration.credit_code,
        region_code=registration.region_code,
        region=region_view(registration.region_code),
        address=registration.address,
        contact_name=contact.name,
        contact_phone=contact.phone,
        agreement_version=registration.agreement_version,
        submitted_at=registration.submitted_at,
        decided_at=registration.decided_at,
        rejection=_rejection(request, registration),
        appeal_comment=appeal_of(registration),
        claim=claim_view(registration, request.user_id),
        institution=institutions.get(registration.institution_code or ""),
        revision=int(registration.revision),
        equal=[_equal(registration, other, names) for other in looked.equal],
        similar=[
            SimilarInstitution(
                institutions[code],
                _because(name=code in found, credit_code=code == same),
            )
            for code in similar
            if code in institutions
        ],
        earlier=_earlier(registration),
    )


def _equal(registration: Registration, other: Registration, names: Mapping[str, str]) -> EqualRegistration:
    name, credit_code = (
        mine == theirs for mine, theirs in zip(waiting.asked_by(registration), waiting.asked_by(other), strict=True)
    )
    return EqualRegistration(
        registration_id=other.registration_id,
        name=other.name,
        supervisor=supervisor_of(other.supervisor_code, names),
        unified_social_credit_code=other.credit_code,
        submitted_at=other.submitted_at,
        because=_because(name=name, credit_code=credit_code),
    )


def _because(*, name: bool, credit_code: bool) -> list[Because]:
    reasons: list[tuple[Because, bool]] = [("name", name), ("credit_code", credit_code)]
    return [reason for reason, holds in reasons if holds]


def _earlier(registration: Registration) -> list[EarlierDecision]:
    decisions = list(reversed(registration.decisions or []))
    names = store.masked_names(one["by"] for one in decisions if one["by"] != waiting.DIRECTORY)
    return [
        EarlierDecision(
            at=datetime.fromisoformat(one["at"]),
            code=one["code"],
            comment=one["comment"],
            by_masked=names.get(one["by"]),
        )
        for one in decisions
    ]


def _names(registrations: Iterable[Registration]) -> Mapping[str, str]:
    """The names of the supervisors, and of the institutions that were included. One BatchGetItem."""
    codes = [code for item in registrations for code in (item.supervisor_code, item.institution_code)]
    return store.names(code for code in codes if code is not None)


def _rejection(request: Request, registration: Registration) -> RegistrationRejection | None:
    rejection = registration.rejection
    if rejection is None:
        return None
    text = request.localize(REJECTION_REASONS[rejection["code"]])
    return RegistrationRejection(rejection["code"], text, rejection["comment"], rejection.get("fields", []))
