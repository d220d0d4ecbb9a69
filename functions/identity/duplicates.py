"""A document number that is verified on another account: deciding whose it is, and carrying the decision out.

`same_person`: the accounts become one, in one transaction. The older one keeps identity, work unit and roles, and is
entered by the newer one's WeChat account and phone from then on; what it was entered by before is free.

`impostor`: the number moves to the newer account, after a time in which the person of the older one may object with a
face check. Roles end first, one transaction each (`grants.person_steps`), then the number moves, in one transaction
with events on both sides. The step stays in the table until then, so a run that died is repeated by the next one.
"""

from datetime import datetime
from typing import Literal, NamedTuple

import msgspec
from pynamodb.expressions.update import Action

from functions.identity import (
    account_changes,
    account_moves,
    changes,
    continuity,
    evidence,
    gateways,
    review_queue,
    store,
)
from functions.identity.applications import decrypt_person, require_clear_name
from functions.identity.domain.duplicates import DuplicateDecision, Outcome, proposed_or_confirmed
from functions.identity.domain.persons import may_be_one_person
from functions.identity.domain.review_reasons import ReviewReason
from functions.identity.errors import (
    DecisionPending,
    NothingContested,
    NotInReview,
    OtherPersonOnAccount,
    RoleHeld,
)
from functions.identity.verification import Verification, copy_verified_images, verify_in
from functions.shared import audit, clock, reviewers, reviews
from functions.shared.config import settings
from functions.shared.errors import NotFound
from functions.shared.guards import require_administrator_in
from functions.shared.notices import NoticeKind, notify_phone
from functions.shared.roles import holds_role
from functions.shared.table.auth import User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, VersionConflict, retry_on_conflict

ACTOR = "person_steps"


class Progress(msgspec.Struct, frozen=True):
    """Progress of a decision on a duplicate.

    `awaiting_second`: another administrator has to decide the same. `takes_effect_at`: the other account may object
    until then. `joined`: the accounts are one, the other one.
    """

    status: Literal["awaiting_second", "takes_effect_at", "joined"]
    other_user_id: str
    takes_effect_at: datetime | None = None


def decision_of(identity: Identity) -> DuplicateDecision | None:
    """Return the decision on an application's duplicate that is not carried out yet, or None."""
    return None if identity.duplicate is None else msgspec.convert(identity.duplicate, DuplicateDecision)


def takes_effect_later(identity: Identity) -> bool:
    """Whether the application is decided, and the time for objections is running."""
    decision = decision_of(identity)
    return decision is not None and decision.takes_effect_at is not None


class Decided(NamedTuple):
    """How far a decision is, and the older account as it was before, where its phone is to be notified."""

    progress: Progress
    older: User | None = None


@retry_on_conflict
def decide_for(operator: str, user_id: str, outcome: Outcome, *, reason: str) -> Progress:
    """Decide a duplicate for the person of the newer account, who stands before an operator: one word suffices.

    Raises `NotInReview` where there is no such case, `DecisionPending`, `RoleHeld`; for `impostor`, by which the newer
    account is verified, also `OtherPersonOnAccount`, and `Invalid` while no one has read the whole name.
    """
    identity = store.identity(user_id)
    if identity is None or identity.status != "in_review":
        raise NotInReview
    if takes_effect_later(identity):
        raise DecisionPending
    owner_id = store.claims_of(identity).owner_id
    if owner_id in {None, user_id}:
        raise NotInReview
    _require_known_person(identity, outcome)
    return report(decide(operator, identity, str(owner_id), outcome, proven=True, reason=reason))


def decide(  # noqa: PLR0913 - a decision has these parts
    reviewer_id: str,
    identity: Identity,
    other_id: str,
    outcome: Outcome,
    *,
    proven: bool = False,
    reason: str | None = None,
) -> Decided:
    """Return how far the decision on a duplicate is, with this reviewer's word.

    Raises `RoleHeld`, `DecisionPending`, or `VersionConflict`.

    `proven` is for an operator before whom the person stands: one word suffices, as after a `wechat` check.
    """
    face = evidence.passed_face(identity)
    proven = proven or (face is not None and face.method == "wechat")
    before = decision_of(identity)
    # Two accounts of one administrator are one word.
    proposed_it = before is not None and reviewers.parties(reviewer_id, before.proposed_by).are_one_person()
    decision = proposed_or_confirmed(
        before, outcome, other_id, reviewer_id, clock.now(), proven=proven, proposed_it=proposed_it
    )
    decision = msgspec.structs.replace(decision, reason=reason)
    if decision.confirmed_by is None:
        _propose(reviewer_id, identity, decision)
        return Decided(Progress("awaiting_second", other_id))
    if outcome == "same_person":
        if _is_contested_by_another(identity, identity.user_id):
            raise DecisionPending  # the person can object as long as there is the account whose number it is
        # The images of the newer account are erased with its application, as after a withdrawal.
        gateways.send_erasures(identity.user_id)
        return Decided(Progress("joined", other_id), account_moves.join(identity, decision, actor=reviewer_id))
    return Decided(_contest(reviewer_id, identity, decision), store.account(other_id))


def _require_known_person(identity: Identity, outcome: Outcome) -> None:
    """Require of an account that comes by a number that its person, and their whole name, are certain."""
    person = decrypt_person(identity)
    if outcome != "impostor" or person is None:
        return
    require_clear_name(person)
    if not identity.is_in_force:
        return
    before = continuity.verified_person(identity)
    uncertain = {"other_person", "provider_unavailable"}.intersection(identity.review_reasons)
    if uncertain or before is None or not may_be_one_person(before, person):
        raise OtherPersonOnAccount


def report(decided: Decided) -> Progress:
    """Report a decision to the phone of the older account, at once; returns how far the decision is."""
    kinds: dict[str, NoticeKind] = {"takes_effect_at": "identity_contested", "joined": "accounts_joined"}
    kind = kinds.get(decided.progress.status)
    if kind is not None and decided.older is not None:
        notify_phone(decided.older, kind)
    return decided.progress


def _propose(reviewer_id: str, identity: Identity, decision: DuplicateDecision) -> None:
    if decision == decision_of(identity):
        return
    tx = Transaction()
    require_administrator_in(tx, reviewer_id)
    actions = [Identity.duplicate.set(msgspec.to_builtins(decision)), *reviews.clear_claim()]
    detail = {"outcome": decision.outcome, "other": decision.other}
    condition = reviews.not_claimed_by_another(reviewer_id)
    audit.change(tx, identity, actions, "duplicate_proposed", actor=reviewer_id, detail=detail, condition=condition)
    tx.commit()


def _contest(reviewer_id: str, identity: Identity, decision: DuplicateDecision) -> Progress:
    """Start the time in which the person of the other account may object.

    One claim at a time: an objection is to whatever is decided. Raises `DecisionPending` while there is another one.
    """
    other = _owning(decision.other)
    if _is_contested_by_another(other, identity.user_id):
        raise DecisionPending
    takes_effect_at = clock.after(settings().contest_s)
    decision = msgspec.structs.replace(decision, takes_effect_at=takes_effect_at)
    tx = Transaction()
    if decision.reason is None:  # an operator states one, and is no user
        require_administrator_in(tx, reviewer_id)
    actions = [
        Identity.duplicate.set(msgspec.to_builtins(decision)),
        *review_queue.leave_in(tx, identity),
        *reviews.clear_claim(),
    ]
    detail = {**decision.event, "other": decision.other}
    condition = reviews.not_claimed_by_another(reviewer_id)
    audit.change(tx, identity, actions, "duplicate_decided", actor=reviewer_id, detail=detail, condition=condition)
    contested = [Identity.contested_by.set(identity.user_id), Identity.contested_until.set(takes_effect_at)]
    audit.change(tx, other, contested, "identity_contested", actor=reviewer_id, detail={"by": identity.user_id})
    store.put_step(tx, identity.user_id, "impostor", takes_effect_at, clock.rfc3339(decision.proposed_at))
    tx.commit()
    return Progress("takes_effect_at", decision.other, takes_effect_at)


def _is_contested_by_another(other: Identity, user_id: str) -> bool:
    contester = str(other.contested_by) if other.contested_by is not None else user_id
    if contester == user_id:
        return False
    pending = store.identity(contester)
    decision = decision_of(pending) if pending is not None else None
    return decision is not None and decision.takes_effect_at is not None and decision.other == other.user_id


def _owning(user_id: str) -> Identity:
    identity = store.identity(user_id)
    if identity is None:
        raise VersionConflict
    return identity


# --- objecting --------------------------------------------------------------------------------------------------------


@retry_on_conflict
def object_to_decision(user_id: str, face_check_id: str) -> Identity:
    """Return the identity of the older account, whose person objects: the case is in review again.

    Raises `NothingContested`, `FaceCheckRequired`.
    """
    identity = store.identity(user_id)
    if identity is None or identity.contested_by is None:
        raise NothingContested
    newer = store.identity(str(identity.contested_by))
    tx = Transaction()
    account_changes.require_person_in(tx, identity, face_check_id)
    audit.change(tx, identity, _UNCONTESTED, "identity_objected", actor=user_id, detail={"by": identity.contested_by})
    if newer is not None and takes_effect_later(newer):
        _reopen_in(tx, newer, "duplicate_objected", "duplicate_objected", actor=user_id, detail={"by": user_id})
    tx.commit()
    return store.identity(user_id) or identity


def _reopen_in(  # noqa: PLR0913 - a case that is reviewed again has these parts
    tx: Transaction, newer: Identity, reason: ReviewReason, event: str, *, actor: str, detail: audit.Detail
) -> None:
    """Add that a decided case is in review again, for this reason too: nothing of the decision remains."""
    revision = int(newer.revision) + 1
    reasons = [*(one for one in newer.review_reasons if one != reason), reason]
    actions = [
        Identity.duplicate.remove(),
        Identity.review_reasons.set(reasons),
        Identity.revision.set(revision),
        *changes.noted(newer, revision, ["review_reasons"]),
        *review_queue.enter_in(tx, newer, newer.first_submitted_at or clock.now(), reasons),
    ]
    audit.change(tx, newer, actions, event, actor=actor, detail={**detail, "revision": revision})
    store.drop_step(tx, newer.user_id, "impostor")


_UNCONTESTED: list[Action] = [Identity.contested_by.remove(), Identity.contested_until.remove()]


def give_up_in(tx: Transaction, identity: Identity) -> None:
    """Add to the end of an application that its pending decision ends too; the other account is left alone."""
    decision = decision_of(identity)
    if decision is None or decision.takes_effect_at is None:
        return
    _end_contest_in(tx, store.identity(decision.other), identity.user_id)
    store.drop_step(tx, identity.user_id, "impostor")


def _end_contest_in(tx: Transaction, other: Identity | None, user_id: str) -> None:
    if other is not None and other.contested_by == user_id:
        audit.change(tx, other, _UNCONTESTED, "identity_uncontested", actor=ACTOR, detail={"by": user_id})


# --- carrying `impostor` out ------------------------------------------------------------------------------------------


def impostor_due(user_id: str) -> str | None:
    """Return the user whose roles end before the number moves to this one, where that is due; else None.

    A step without its decision is left over from one that was given up; it is removed.
    """
    step, identity = store.step(user_id, "impostor"), store.identity(user_id)
    if step is None:
        return None
    decision = decision_of(identity) if identity is not None else None
    if decision is None or decision.takes_effect_at is None:
        tx = Transaction()
        store.drop_step(tx, user_id, "impostor", str(step.token))
        tx.commit()
        return None
    return decision.other if decision.takes_effect_at <= clock.now() else None


def move_number(user_id: str) -> None:
    """Verify the newer account with the number, and end the identity of the older one, whose roles have ended.

    Does nothing where that is done. Where the number was verified on a third account meanwhile, the decision ends, and
    reviewers have the case again, beside that account. Raises `RoleHeld` where the older account has a role again.
    """
    other = _move_number(user_id)
    if other is not None:
        notify_phone(other, "identity_moved")
        gateways.send_leftovers(other.user_id)


@retry_on_conflict
def _move_number(user_id: str) -> User | None:
    identity = store.identity(user_id)
    decision = decision_of(identity) if identity is not None else None
    if identity is None or decision is None or decision.takes_effect_at is None:
        return None
    person = decrypt_person(identity)
    other_user, other = store.account_and_identity(decision.other)
    if person is None or other_user is None:
        raise NotFound
    claims = store.claims_of(identity, other.verified_name_birth_hash if other is not None else None)
    owned = claims.owner_id == decision.other and other is not None
    if not owned and claims.owner_id not in {None, user_id}:
        tx = Transaction()
        detail = {"other": decision.other, "verified_on": claims.owner_id}
        _reopen_in(tx, identity, "duplicate_person", "duplicate_reopened", actor=ACTOR, detail=detail)
        _end_contest_in(tx, other, user_id)
        tx.commit()
        return None
    if holds_role(decision.other):
        raise RoleHeld
    tx = Transaction()
    if owned and other is not None:
        account_moves.end_identity_in(tx, other_user, other, str(identity.person_hash), actor=ACTOR)
    verification = Verification(
        person=person,
        kept=copy_verified_images(identity),
        claims=claims,
        relation="same_person" if identity.is_in_force else "first",
        event="identity_approved",
        step="approve",
        actor=ACTOR,
        also=[*reviews.reset_review(), Identity.contested_by.remove()],
        detail={"outcome": "impostor", "other": decision.other, "decided_by": decision.confirmed_by},
        from_identity=other if owned else None,
        when_taken=VersionConflict,
    )
    verify_in(tx, identity, verification)
    store.drop_step(tx, user_id, "impostor")
    tx.commit()
    return other_user if owned else None
