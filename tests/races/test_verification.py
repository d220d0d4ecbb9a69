"""Submitting and deciding at once: one person is verified once, by one decision; one number belongs to one user."""

from __future__ import annotations

from functools import partial

from functions.identity import evidence
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import Owner, User
from functions.shared.table.identity import FaceCheck, Identity
from functions.shared.table.transactions import get
from tests.races import use_cases
from tests.races.builders import administrator, document_number, ready_applicant, scanned_applicant
from tests.races.callers import CALLERS, HALF_THE_ROUNDS, ROUNDS, Callers
from tests.races.trails import events_of

TWICE = CALLERS // 2


def test_a_submission_verifies_once(callers: Callers) -> None:
    """Of many submissions at once one verifies the person; the face check is used up with it."""
    for _ in range(ROUNDS):
        user_id = ready_applicant()
        check_id = evidence.passed_face(get(Identity, keys.identity(user_id))).face_check_id
        outcomes = callers.race([partial(use_cases.submit, user_id)] * CALLERS)
        assert outcomes.values == ["verified"]
        assert set(outcomes.refusals) <= {"ApplicationRequired", "FaceCheckRequired"}
        identity = get(Identity, keys.identity(user_id))
        assert identity.status == get(User, keys.user(user_id)).identity_status == "verified"
        assert get(Owner, keys.document_owner(identity.verified_person_hash)).user_id == user_id
        assert get(FaceCheck, keys.face_check(user_id, check_id)).status == "consumed"
        assert events_of(Identity, identity.key)["identity_verified"] == 1


def test_a_review_is_decided_once(callers: Callers) -> None:
    """An application is sent to review once; of many reviewers who approve and reject it one decides."""
    reviewers = [administrator() for _ in range(TWICE)]
    for _ in range(ROUNDS):
        user_id = ready_applicant(area_code_known=False)
        outcomes = callers.race([partial(use_cases.submit, user_id)] * CALLERS)
        assert outcomes.values == ["in_review"]
        assert set(outcomes.refusals) <= {"IdentityInReview", "FaceCheckRequired"}
        decisions = [
            call
            for reviewer in reviewers
            for call in (
                partial(use_cases.approve, reviewer, user_id, 1),
                partial(use_cases.reject, reviewer, user_id, 1),
            )
        ]
        outcomes = callers.race(decisions)
        (status,) = outcomes.values
        assert outcomes.refusals == {"NotInReview": CALLERS - 1}
        identity = get(Identity, keys.identity(user_id))
        assert identity.status == get(User, keys.user(user_id)).identity_status == status
        assert not str(identity.gsi1pk).startswith(keys.REVIEW_QUEUE)
        found = get(Owner, keys.document_owner(identity.person_hash))
        assert (found is not None) == (status == "verified")
        events = events_of(Identity, identity.key)
        assert events["identity_sent_to_review"] == 1
        assert events["identity_approved"] + events["identity_rejected"] == 1


def test_a_number_verifies_one_person(callers: Callers) -> None:
    """Of users with the same document number who submit at once one is verified; the others go to review."""
    for _ in range(ROUNDS):
        number = document_number()
        people = [ready_applicant(number) for _ in range(4)]
        outcomes = callers.race([partial(use_cases.submit, user_id) for user_id in people] * (CALLERS // len(people)))
        assert sorted(outcomes.values) == ["in_review"] * (len(people) - 1) + ["verified"]
        named = {"ApplicationRequired", "IdentityInReview", "FaceCheckRequired"}
        assert set(outcomes.refusals) <= named
        found = [get(Identity, keys.identity(user_id)) for user_id in people]
        (verified,) = [identity for identity in found if identity.status == "verified"]
        person_hash = keyed_hash("document", f"resident_id:{number}")
        assert get(Owner, keys.document_owner(person_hash)).user_id == verified.user_id
        for identity in found:
            events = events_of(Identity, identity.key)
            if identity is not verified:
                assert list(identity.review_reasons) == ["duplicate_person"]
                assert events["identity_sent_to_review"] == 1
                assert get(User, keys.user(identity.user_id)).identity_status == "in_review"


def test_different_changes_of_one_identity(callers: Callers) -> None:
    """Whatever is done to one identity at once is done one after the other: an event for each, no gap, no fork."""
    for _ in range(HALF_THE_ROUNDS):
        user_id = scanned_applicant()
        before = sum(events_of(Identity, keys.identity(user_id)).values())
        scans = [partial(use_cases.request_scan, user_id)] * TWICE
        faces = [partial(use_cases.request_face_check, user_id)] * TWICE
        outcomes = callers.race([*scans, *faces])
        assert not outcomes.refusals
        events = events_of(Identity, keys.identity(user_id))
        assert sum(events.values()) == before + len(outcomes.values)
