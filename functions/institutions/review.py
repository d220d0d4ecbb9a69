"""Review of registrations: an administrator includes the institution in the directory, or says why not.

Inclusion makes the institution, with its codes and everything search needs, in the transaction that decides. No one
reviews their own registration, and every step requires that the reviewer still is an administrator. Of two reviewers,
one decides; a claim keeps the others away while one is at work (`shared.reviews`). Comments may name people, so they
are kept on the registration, not in the audit trail.
"""

from collections.abc import Sequence
from typing import NamedTuple

from functions.institutions import store, waiting
from functions.institutions.claims import ClaimChanges
from functions.institutions.directory import Made, create_in
from functions.institutions.domain.registrations import RejectionCode, next_status
from functions.institutions.errors import OwnRegistration, RegistrationChanged, RegistrationDecided
from functions.institutions.similar import similar_institutions
from functions.institutions.store import SuffixMatch
from functions.institutions.waiting import details_of
from functions.shared import audit, reviewers, reviews
from functions.shared.errors import NotFound
from functions.shared.guards import require_administrator_in
from functions.shared.table.institutions import Institution, Registration
from functions.shared.table.transactions import Transaction, retry_on_conflict


class Looked(NamedTuple):
    """A registration as a reviewer sees it.

    With the other pending ones that ask for the same name or credit code, the institutions with a similar name, and
    the code of the one that has the credit code.
    """

    registration: Registration
    equal: list[Registration]
    similar: list[SuffixMatch]
    same_credit_code: str | None


@retry_on_conflict
def open_registration(reviewer_id: str, registration_id: str) -> Looked:
    """The registration, whose contact is shown; the look is an audit event. Raises `NotFound`."""
    registration = find(registration_id)
    equal: list[Registration] = []
    standing = store.claims(*waiting.asked_by(registration))
    if registration.status == "pending":
        if any(claim.has_institution for claim in standing.values()) and waiting.settle(registration_id):
            registration = find(registration_id)
        else:
            equal = waiting.asking(waiting.asked_by(registration), standing, registration)
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    detail = {"revision": int(registration.revision)}
    audit.change(tx, registration, [], "registration_viewed", actor=reviewer_id, detail=detail)
    tx.commit()
    own = registration.institution_code
    similar = similar_institutions(registration.name, registration.supervisor_code)
    holder = standing.get(waiting.asked_by(registration)[1])
    same = holder.institution_code if holder is not None and holder.has_institution else None
    return Looked(
        registration, equal, [one for one in similar if one.institution_code != own], same if same != own else None
    )


def find(registration_id: str) -> Registration:
    """The registration. Raises `NotFound`."""
    registration = store.registration(registration_id)
    if registration is None:
        raise NotFound
    return registration


@retry_on_conflict
def claim(reviewer_id: str, registration_id: str, *, take_over: bool = False) -> reviews.ClaimView:
    """Keep other reviewers away for a while; again, for longer; with `take_over` from a colleague who holds it.

    Raises `NotFound`, `OwnRegistration`, `RegistrationDecided`, `OtherReviewerRequired`, `CaseClaimed`, `ClaimLimit`.
    """
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    claimed = reviews.claim_in(tx, _pending(reviewer_id, registration_id, take_over=take_over), reviewer_id)
    tx.commit()
    return claimed


@retry_on_conflict
def release(reviewer_id: str, registration_id: str) -> None:
    """Let other reviewers in again; nothing to do where the claim is over. Raises the same as `claim`."""
    registration = _pending(reviewer_id, registration_id)
    if reviews.claim_view(registration, reviewer_id) is None:
        return
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    reviews.release_in(tx, registration, reviewer_id)
    tx.commit()


def include(
    reviewer_id: str, registration_id: str, revision: int, comment: str | None, institution_code: str | None
) -> tuple[Registration, Institution]:
    """The registration and the institution that it became; without a code of the reviewer's, it is given one.

    Equal registrations are rejected as `ALREADY_LISTED`. Raises what `claim` raises, `RegistrationChanged`,
    `InstitutionExists`, `HierarchyRefused`, `InstitutionCodeTaken`.
    """
    made = _include(reviewer_id, registration_id, revision, comment, institution_code)
    made.settle()
    return find(registration_id), made.institutions[0]


@retry_on_conflict
def _include(
    reviewer_id: str, registration_id: str, revision: int, comment: str | None, institution_code: str | None
) -> Made:
    registration = _to_decide(reviewer_id, registration_id, revision)
    details = details_of(registration, institution_code)
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    made = create_in(tx, [details], actor=reviewer_id, registration=registration)
    institution = made.institutions[0]
    actions = [
        Registration.status.set(next_status(registration.status, "include")),
        Registration.institution_code.set(institution.institution_code),
        *waiting.decided_actions(registration, "included"),
        *reviews.clear_claim(),
        *reviews.reset_review(),
    ]
    if comment:
        actions.append(Registration.approval_comment.set(comment))
    detail = {"institution_code": institution.institution_code, "revision": revision}
    unheld = reviews.not_claimed_by_another(reviewer_id)
    audit.change(tx, registration, actions, "registration_included", actor=reviewer_id, detail=detail, condition=unheld)
    tx.commit()
    return made


@retry_on_conflict
def reject(  # noqa: PLR0913 - a rejection has these parts
    reviewer_id: str,
    registration_id: str,
    revision: int,
    code: RejectionCode,
    comment: str | None,
    *,
    fields: Sequence[str] = (),
) -> Registration:
    """The registration, rejected with a reason; `fields` are those of the form that it concerns.

    Raises what `claim` raises, and `RegistrationChanged`.
    """
    registration = _to_decide(reviewer_id, registration_id, revision)
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    changes = ClaimChanges({})
    waiting.reject_in(
        *(tx, changes, registration, code),
        by=reviewer_id,
        actor=reviewer_id,
        comment=comment,
        condition=reviews.not_claimed_by_another(reviewer_id),
        fields=fields,
    )
    changes.write_in(tx)
    tx.commit()
    return find(registration_id)


def _to_decide(reviewer_id: str, registration_id: str, revision: int) -> Registration:
    registration = _pending(reviewer_id, registration_id)
    if int(registration.revision) != revision:
        raise RegistrationChanged
    return registration


def _pending(reviewer_id: str, registration_id: str, *, take_over: bool = False) -> Registration:
    """The registration, which waits for a decision that this reviewer may take. Two round trips."""
    registration = find(registration_id)
    parties = reviewers.parties(reviewer_id, registration.submitted_by)
    if reviewer_id == registration.appealed_by or parties.are_one_person(registration.phone_hash):
        raise OwnRegistration
    if registration.status != "pending":
        raise RegistrationDecided
    reviews.require_reviewable(registration, reviewer_id, take_over=take_over)
    return registration
