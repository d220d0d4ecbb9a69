"""Review of registrations: an administrator includes the institution in the directory, or says why not.

Inclusion makes the institution, with its codes and everything search needs, in the transaction that decides. Nobody
reviews their own registration. Of two reviewers, one decides; a claim keeps the others away while one is at work
(`shared.reviews`). Comments may name people, so they stand on the registration, not in the audit trail.
"""

from functions.institutions import store
from functions.institutions.directory import claim_keys, create_in
from functions.institutions.domain.registrations import RejectionCode, next_status
from functions.institutions.errors import OwnRegistration, RegistrationDecided
from functions.institutions.registrations import details_of
from functions.shared import audit, clock, reviews
from functions.shared.errors import NotFound
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
def claim(reviewer_id: str, registration_id: str) -> reviews.ClaimView:
    """Keep other reviewers away for a while; again, for longer.

    Raises `NotFound`, `OwnRegistration`, `RegistrationDecided`, `OtherReviewerRequired`, `CaseClaimed`.
    """
    tx = Transaction()
    claimed = reviews.claim_in(tx, _pending(reviewer_id, registration_id), reviewer_id)
    tx.commit()
    return claimed


@decide_again
def release(reviewer_id: str, registration_id: str) -> None:
    """Let other reviewers in again; nothing to do where the claim is over. Raises the same as `claim`."""
    registration = _pending(reviewer_id, registration_id)
    if reviews.claim_view(registration, reviewer_id) is None:
        return
    tx = Transaction()
    reviews.release_in(tx, registration, reviewer_id)
    tx.commit()


@decide_again
def include(
    reviewer_id: str, registration_id: str, comment: str | None, institution_code: str | None
) -> tuple[Registration, Institution]:
    """The registration and the institution that it became; without a code of the reviewer's, it is given one.

    Raises what `claim` raises, `HierarchyRefused`, `InstitutionCodeTaken`.
    """
    registration = _pending(reviewer_id, registration_id)
    details = details_of(registration, institution_code)
    tx = Transaction()
    (made,) = create_in(tx, [details], actor=reviewer_id, registration_id=registration_id)
    actions = [
        Registration.status.set(next_status(registration.status, "include")),
        Registration.institution_code.set(made.institution_code),
        Registration.decided_at.set(clock.now()),
        Registration.gsi1pk.remove(),
        Registration.gsi1sk.remove(),
        *reviews.unclaimed(),
        *reviews.begun_anew(),
    ]
    if comment:
        actions.append(Registration.approval_comment.set(comment))
    detail = {"institution_code": made.institution_code}
    unheld = reviews.open_to(reviewer_id)
    audit.change(tx, registration, actions, "registration_included", actor=reviewer_id, detail=detail, condition=unheld)
    tx.commit()
    return find(registration_id), made


@decide_again
def reject(reviewer_id: str, registration_id: str, code: RejectionCode, comment: str | None) -> Registration:
    """The registration, rejected with a reason; its name and credit code are free again. Raises what `claim` raises."""
    registration = _pending(reviewer_id, registration_id)
    tx = Transaction()
    held = store.claims(*claim_keys(details_of(registration)))
    for key, claim in held.items():
        if claim.registration_id != registration_id or claim.status != "pending":
            raise Stale
        store.claim(tx, key, claim, status="rejected", registration_id=registration_id)
    actions = [
        Registration.status.set(next_status(registration.status, "reject")),
        Registration.rejection.set({"code": code, "comment": comment, "by": reviewer_id}),
        Registration.decided_at.set(clock.now()),
        Registration.gsi1pk.remove(),
        Registration.gsi1sk.remove(),
        *reviews.unclaimed(),
    ]
    detail = {"code": code}
    unheld = reviews.open_to(reviewer_id)
    audit.change(tx, registration, actions, "registration_rejected", actor=reviewer_id, detail=detail, condition=unheld)
    tx.commit()
    return find(registration_id)


def _pending(reviewer_id: str, registration_id: str) -> Registration:
    """The registration, which waits for a decision that this reviewer may take."""
    registration = find(registration_id)
    reviewer = get(User, keys.user(reviewer_id))
    own = {registration.submitted_by, registration.appealed_by}
    if reviewer is None or reviewer_id in own or reviewer.phone_hash == registration.phone_hash:
        raise OwnRegistration
    if registration.status != "pending":
        raise RegistrationDecided
    reviews.require_open_to(registration, reviewer_id)
    return registration
