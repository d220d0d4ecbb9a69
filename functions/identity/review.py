"""Manual review: an administrator decides on the revision of an application that they saw (`opened_case`).

No one reviews themselves, and every step requires that the reviewer still is an administrator. Of two reviewers, one
decides; a claim keeps the others away while one is at work (`shared.reviews`).
"""

from typing import Literal

import msgspec
from pynamodb.expressions.update import Action

from functions.identity import case_history, case_search, changes, continuity, duplicates, evidence, review_queue, store
from functions.identity.applications import corrected_name, decrypt_person, require_clear_name
from functions.identity.case_history import Reviewer
from functions.identity.changes import ChangedField
from functions.identity.domain.applications import Person, next_status
from functions.identity.domain.duplicates import Outcome
from functions.identity.domain.persons import may_be_one_person
from functions.identity.domain.reasons import COMMENT_REQUIRED, RejectionCode
from functions.identity.duplicates import Decided, Progress
from functions.identity.errors import (
    DecisionPending,
    ImagesGone,
    NotInReview,
    OwnApplication,
    RevisionStale,
    RoleHeld,
)
from functions.identity.verification import Kept, Relation, Verification, carry_on, copy_verified_images, verify_in
from functions.shared import account_sessions, audit, clock, memberships, reviewers, reviews
from functions.shared.errors import FieldError, Invalid, NotFound, Text
from functions.shared.guards import require_administrator_in
from functions.shared.roles import holds_role
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, retry_on_conflict


class Approval(msgspec.Struct, frozen=True):
    """An approval of the revision that was displayed.

    `name` is the name as the document has it, where it differs from what was typed. `duplicate` is needed where the
    number is verified on another account, `person` where the account may be verified as somebody else.
    """

    revision: int
    comment: str | None = None
    name: str | None = None
    duplicate: Outcome | None = None
    person: Literal["same_person", "another_person"] | None = None


@retry_on_conflict
def claim(reviewer_id: str, user_id: str, *, take_over: bool = False) -> reviews.ClaimView:
    """Keep other reviewers away for a while; again, for longer; with `take_over` from a colleague who holds it.

    Raises `NotFound`, `OwnApplication`, `NotInReview`, `OtherReviewerRequired`, `CaseClaimed`, `ClaimLimit`.
    """
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    claimed = reviews.claim_in(tx, _in_review(reviewer_id, user_id, take_over=take_over), reviewer_id)
    tx.commit()
    return claimed


@retry_on_conflict
def release(reviewer_id: str, user_id: str) -> None:
    """Let other reviewers in again; nothing to do where the claim is over. Raises the same as `claim`."""
    identity = _in_review(reviewer_id, user_id)
    if reviews.claim_view(identity, reviewer_id) is None:
        return
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    reviews.release_in(tx, identity, reviewer_id)
    tx.commit()


def approve(reviewer_id: str, user_id: str, approval: Approval, *, by_operator: bool = False) -> Identity | Progress:
    """Return the identity, verified; or how far the decision on a duplicate is.

    Raises what `claim` raises, `RevisionStale`, `Invalid`, `DuplicatePerson`, `ImagesGone`, `RoleHeld`.
    """
    decided = _approve(reviewer_id, user_id, approval, by_operator=by_operator)
    return duplicates.report(decided) if isinstance(decided, Decided) else decided


@retry_on_conflict
def _approve(reviewer_id: str, user_id: str, approval: Approval, *, by_operator: bool) -> Identity | Decided:
    identity, reviewer = _to_decide(reviewer_id, user_id, approval.revision)
    claims = store.claims_of(identity)
    if claims.owner_id == reviewer_id:
        raise OwnApplication
    duplicate = claims.owner_id not in {None, user_id}
    if duplicate != (approval.duplicate is not None):
        raise Invalid(_wrong("duplicate", needed=duplicate))
    person = decrypt_person(identity)
    if person is None:
        raise NotFound
    # Before the relation: a placeholder agrees with any name, the name that stands on the document may not.
    person, corrected = _with_clear_name(identity, person, approval.name)
    relation = _relation(identity, person, approval)
    if duplicate and approval.duplicate is not None:
        if relation == "another_person":
            # No one comes by a number of another account, and by an account of another person, at once.
            raise Invalid(_wrong("person", needed=False))
        if corrected:
            _keep_corrected_name(identity, person, corrected, reviewer_id, [])
            raise RevisionStale(["name"])
        return duplicates.decide(reviewer_id, identity, str(claims.owner_id), approval.duplicate)
    if corrected:
        claims = store.claims_of(identity)
        if _hides_duplicate(identity, claims):
            _keep_corrected_name(identity, person, corrected, reviewer_id, ["possible_duplicate"])
            raise RevisionStale(["name", "review_reasons"])
    tx = Transaction()
    _require_office_in(tx, reviewer_id, by_operator=by_operator)
    if relation == "another_person":
        _end_account_of_former_person(tx, identity, reviewer_id)
    kept = _copy_verified_images(identity)
    # Comments may name the person, so they stand where they can be erased, not in the audit trail.
    comment = approval.comment
    noted = Identity.approval_comment.set(comment) if comment else Identity.approval_comment.remove()
    verification = Verification(
        person=person,
        kept=kept,
        claims=claims,
        relation=relation,
        event="identity_approved",
        step="approve",
        actor=reviewer_id,
        also=[
            *reviews.clear_claim(),
            *reviews.reset_review(),
            noted,
            case_history.decided(identity, "approve", None, comment, reviewer),
            *corrected,
            *_found_by(tx, identity, person, corrected),
        ],
        detail={"revision": approval.revision, "relation": relation, "name_corrected": bool(corrected)},
        condition=reviews.not_claimed_by_another(reviewer_id),
    )
    verify_in(tx, identity, verification)
    tx.commit()
    carry_on(identity, verification)
    return store.identity(user_id) or identity


def _require_office_in(tx: Transaction, reviewer_id: str, *, by_operator: bool) -> None:
    """Require that the reviewer is still an administrator; the operator, who approves the first one, is none."""
    if not by_operator:
        require_administrator_in(tx, reviewer_id)


def _with_clear_name(identity: Identity, person: Person, name: str | None) -> tuple[Person, list[Action]]:
    """Return the person under the name that the reviewer entered, if any. Raises `Invalid` where one is needed."""
    if name is not None:
        return corrected_name(identity, person, name)
    require_clear_name(person)
    return person, []


def _found_by(tx: Transaction, identity: Identity, person: Person, corrected: list[Action]) -> list[Action]:
    """Add that the case is found by its corrected name."""
    return case_search.mark_in(tx, identity, person) if corrected else []


def _hides_duplicate(identity: Identity, claims: store.Claims) -> bool:
    """Whether the corrected name is another account's, with this birth date, which the reviewer was not shown."""
    holder = claims.holders.get(str(identity.name_birth_hash))
    others = set(holder.user_ids) - {identity.user_id} if holder is not None else set()
    return bool(others) and "possible_duplicate" not in identity.review_reasons


def _keep_corrected_name(
    identity: Identity, person: Person, corrected: list[Action], reviewer_id: str, reasons: list[str]
) -> None:
    """Keep the name, and reasons that follow from it: a later revision, which the reviewer has to look at first."""
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    revision = int(identity.revision) + 1
    all_reasons = [*identity.review_reasons, *reasons]
    changed: list[ChangedField] = ["name", "review_reasons"] if reasons else ["name"]
    since = review_queue.waiting_since(identity)
    actions: list[Action] = [
        *corrected,
        Identity.revision.set(revision),
        Identity.review_reasons.set(all_reasons),
        *changes.noted(identity, revision, changed),
        *case_search.mark_in(tx, identity, person),
        *review_queue.enter_in(tx, identity, since, all_reasons),
    ]
    held = reviews.not_claimed_by_another(reviewer_id)
    detail = {"revision": revision}
    audit.change(tx, identity, actions, "name_corrected", actor=reviewer_id, detail=detail, condition=held)
    tx.commit()


def _relation(identity: Identity, person: Person, approval: Approval) -> Relation:
    """Return how the applicant relates to the person in force; the reviewer says so wherever it is not certain."""
    if not identity.is_in_force:
        if approval.person is not None:
            raise Invalid(_wrong("person", needed=False))
        return "first"
    uncertain = bool({"other_person", "provider_unavailable"}.intersection(identity.review_reasons))
    before = continuity.verified_person(identity)
    uncertain = uncertain or before is None or not may_be_one_person(before, person)
    if uncertain and approval.person is None:
        raise Invalid(_wrong("person", needed=True))
    return approval.person or "same_person"


def _end_account_of_former_person(tx: Transaction, identity: Identity, reviewer_id: str) -> None:
    """Add that another person has the account from now on: sessions, face checks and work unit end.

    Raises `RoleHeld`.
    """
    user = store.account(identity.user_id)
    if user is None:
        raise NotFound
    # After the account: a role that is accepted from now on changes what the account is required to be below.
    if holds_role(user.user_id):
        raise RoleHeld
    store.void_face_checks(user.user_id)
    sessions = account_sessions.others_to_end(user, keep=None, actor=reviewer_id)
    account_sessions.end_in(tx, user.user_id, sessions)
    actions = [
        User.identity_status.set("verified"),
        User.name_masked.set(identity.name_masked),
        *memberships.leave_in(tx, user),
        account_sessions.void_tickets(user),
    ]
    detail = {"work_unit": user.work_unit_code, "sessions": len(sessions)}
    no_new_role = store.no_role_since(user)
    audit.change(tx, user, actions, "person_replaced", actor=reviewer_id, detail=detail, condition=no_new_role)


def _copy_verified_images(identity: Identity) -> Kept:
    kept, face = copy_verified_images(identity), evidence.passed_face(identity)
    front = evidence.accepted(identity, "front")
    cut_out = front is not None and front.portrait_key is not None
    if kept.portrait_key is None and (cut_out or (face is not None and face.selfie_key is not None)):
        # Verified without the portrait that there was, they could never pass a face check.
        raise ImagesGone
    return kept


def _wrong(field: str, *, needed: bool) -> FieldError:
    if needed:
        why = Text("请先查看双方资料，再作出判断。", "Compare both persons first, then decide which case it is.")
        return FieldError(field, "MISSING", why)
    return FieldError(field, "NOT_NEEDED", Text("此申请不需要该项。", "Not applicable to this application."))


@retry_on_conflict
def reject(reviewer_id: str, user_id: str, revision: int, code: RejectionCode, comment: str | None) -> Identity:
    """The identity, rejected with a reason.

    Raises what `claim` raises, `RevisionStale`, and `Invalid` for a code that says nothing without a comment.
    """
    if code in COMMENT_REQUIRED and not (comment or "").strip():
        why = Text("请填写审核说明，申请人将看到该说明。", "Please write a comment. The applicant will read it.")
        raise Invalid(FieldError("comment", "MISSING", why))
    identity, reviewer = _to_decide(reviewer_id, user_id, revision)
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    rejection = {"code": code, "comment": comment, "at": clock.rfc3339(clock.now()), "by": reviewer_id}
    actions = [
        Identity.status.set(next_status(identity.status, "reject")),
        Identity.rejection.set(rejection),
        case_history.decided(identity, "reject", code, comment, reviewer),
        *review_queue.leave_in(tx, identity, "rejected"),
        Identity.duplicate.remove(),
        *reviews.clear_claim(),
    ]
    detail = {"revision": revision, "code": code}
    unheld = reviews.not_claimed_by_another(reviewer_id)
    audit.change(tx, identity, actions, "identity_rejected", actor=reviewer_id, detail=detail, condition=unheld)
    if identity.verified_at is None:
        store.show_on_account(tx, user_id, "rejected")
    tx.commit()
    return store.identity(user_id) or identity


def _to_decide(reviewer_id: str, user_id: str, revision: int) -> tuple[Identity, Reviewer]:
    identity, reviewer = _in_review_by(reviewer_id, user_id)
    if int(identity.revision) != revision:
        raise RevisionStale(changes.since(identity, revision))
    return identity, reviewer


def _in_review(reviewer_id: str, user_id: str, *, take_over: bool = False) -> Identity:
    identity, _ = _in_review_by(reviewer_id, user_id, take_over=take_over)
    return identity


def _in_review_by(reviewer_id: str, user_id: str, *, take_over: bool = False) -> tuple[Identity, Reviewer]:
    parties = reviewers.parties(reviewer_id, user_id)
    identity = parties.applicant.identity
    if identity is None:
        raise NotFound
    if parties.are_one_person():
        raise OwnApplication
    if identity.status != "in_review":
        raise NotInReview
    if duplicates.takes_effect_later(identity):
        raise DecisionPending
    reviews.require_reviewable(identity, reviewer_id, take_over=take_over)
    user = parties.reviewer.user
    return identity, Reviewer(reviewer_id, (user.name_masked or user.phone_masked) if user is not None else None)
