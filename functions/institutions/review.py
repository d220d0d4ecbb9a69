"""Review of registrations: an administrator includes the institution in the directory, or says why not.

Inclusion makes the institution, with its codes and everything search needs, in the transaction that decides. Nobody
reviews their own registration. Of two reviewers, one decides.
"""

from functions.institutions import store
from functions.institutions.directory import claim_keys, create_in
from functions.institutions.domain.registrations import RejectionCode, Status, Step, next_status
from functions.institutions.errors import OwnRegistration, RegistrationDecided
from functions.institutions.registrations import details_of
from functions.shared import audit, clock
from functions.shared.errors import NotFound
from functions.shared.states import StepNotOpen
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import Institution, Registration
from functions.shared.table.transactions import Stale, Transaction, decide_again, get


def find(registration_id: str) -> Registration:
    """The registration. Raises `NotFound`."""
    registration = store.registration(registration_id)
    if registration is None:
        raise NotFound
    return registration


@decide_again
def include(
    reviewer_id: str, registration_id: str, comment: str | None, institution_code: str | None
) -> tuple[Registration, Institution]:
    """The registration and the institution that it became; without a code of the reviewer's, it is given one.

    Raises `NotFound`, `OwnRegistration`, `RegistrationDecided`, `HierarchyRefused`, `InstitutionCodeTaken`.
    """
    registration, status = _to_decide(reviewer_id, registration_id, "include")
    details = details_of(registration, institution_code)
    tx = Transaction()
    (made,) = create_in(tx, [details], actor=reviewer_id, registration_id=registration_id)
    actions = [
        Registration.status.set(status),
        Registration.institution_code.set(made.institution_code),
        Registration.decided_at.set(clock.now()),
        Registration.gsi1pk.remove(),
        Registration.gsi1sk.remove(),
    ]
    detail = {"institution_code": made.institution_code, "comment": comment}
    audit.change(tx, registration, actions, "registration_included", actor=reviewer_id, detail=detail)
    tx.commit()
    return find(registration_id), made


@decide_again
def reject(reviewer_id: str, registration_id: str, code: RejectionCode, comment: str | None) -> Registration:
    """The registration, rejected with a reason; its name and credit code are free again.

    Raises `NotFound`, `OwnRegistration`, `RegistrationDecided`.
    """
    registration, status = _to_decide(reviewer_id, registration_id, "reject")
    tx = Transaction()
    held = store.claims(*claim_keys(details_of(registration)))
    for key, claim in held.items():
        if claim.registration_id != registration_id or claim.status != "pending":
            raise Stale
        store.claim(tx, key, claim, status="rejected", registration_id=registration_id)
    actions = [
        Registration.status.set(status),
        Registration.rejection.set({"code": code, "comment": comment}),
        Registration.decided_at.set(clock.now()),
        Registration.gsi1pk.remove(),
        Registration.gsi1sk.remove(),
    ]
    detail = {"code": code, "comment": comment}
    audit.change(tx, registration, actions, "registration_rejected", actor=reviewer_id, detail=detail)
    tx.commit()
    return find(registration_id)


def _to_decide(reviewer_id: str, registration_id: str, step: Step) -> tuple[Registration, Status]:
    """The registration and the status that the decision gives it."""
    registration = find(registration_id)
    reviewer = get(User, keys.user(reviewer_id))
    if reviewer is None or reviewer_id == registration.submitted_by or reviewer.phone_hash == registration.phone_hash:
        raise OwnRegistration
    try:
        return registration, next_status(registration.status, step)
    except StepNotOpen as error:
        raise RegistrationDecided from error
