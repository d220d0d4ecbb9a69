"""The state machine of an application, and the table that decides who a machine may verify: all of it, case by case."""

from itertools import product
from typing import get_args

import pytest

from functions.identity.domain.applications import (
    TRANSITIONS,
    Evidence,
    FaceEvidence,
    Step,
    missing_for_submission,
    next_status,
    reasons_for_review,
    sides_of,
)
from functions.identity.domain.documents import DocumentType
from functions.shared.transitions import InvalidTransition
from functions.shared.vocabulary import IdentityStatus

STATUSES: tuple[IdentityStatus, ...] = get_args(IdentityStatus)
STEPS: tuple[Step, ...] = get_args(Step)
YES_NO = (True, False)
DAYS_LEFT = (None, 1, 0, -1)
EVERY_EVIDENCE = [
    Evidence(*parts) for parts in product(DocumentType, *[YES_NO] * 4, DAYS_LEFT, *[YES_NO] * 2, get_args(FaceEvidence))
]


@pytest.mark.parametrize(("status", "step"), [*product(STATUSES, STEPS)])
def test_every_status_and_step(status: IdentityStatus, step: Step) -> None:
    """A step leads where the table says, and is not open where the table is silent."""
    expected = TRANSITIONS[status].get(step)
    if expected is None:
        with pytest.raises(InvalidTransition):
            next_status(status, step)
    else:
        assert next_status(status, step) == expected


def test_the_table_is_that_of_the_domain() -> None:
    """Both ends lead back to draft, an appeal leads to review, and a withdrawal from anywhere to the beginning."""
    edges = {(status, after) for status, steps in TRANSITIONS.items() for after in steps.values()}
    assert edges == {
        ("unverified", "draft"),
        ("draft", "draft"),
        ("draft", "in_review"),
        ("draft", "verified"),
        ("in_review", "verified"),
        ("in_review", "rejected"),
        ("rejected", "draft"),
        ("rejected", "in_review"),
        ("verified", "draft"),
        *((status, "unverified") for status in STATUSES),
    }
    assert set(TRANSITIONS) == set(STATUSES)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_leads_to_verified(status: IdentityStatus) -> None:
    """No status is a dead end."""
    reached, grown = {status}, True
    while grown:
        next_key = {after for one in reached for after in TRANSITIONS[one].values()}
        grown = not next_key <= reached
        reached |= next_key
    assert "verified" in reached


def test_only_the_submission_of_a_draft_reaches_the_machine() -> None:
    """The machine verifies from draft alone, a reviewer from review alone."""
    assert [status for status in STATUSES if "verify" in TRANSITIONS[status]] == ["draft"]
    assert [status for status in STATUSES if "approve" in TRANSITIONS[status]] == ["in_review"]


def test_the_machine_verifies_nobody_without_everything() -> None:
    """Of all evidence there can be, only complete evidence of a resident passes without a reviewer."""
    verified = {
        evidence
        for evidence in EVERY_EVIDENCE
        if missing_for_submission(evidence) is None and not reasons_for_review(evidence)
    }
    assert verified == {
        Evidence(DocumentType.RESIDENT_ID, True, limit, mismatch, True, days_left, True, True, "passed")
        for limit in YES_NO
        for days_left in (None, 1, 0)
        for mismatch in YES_NO
    }


def test_nobody_is_locked_out() -> None:
    """Whatever the evidence, it can be submitted, or what is missing is still open to be done."""
    for evidence in EVERY_EVIDENCE:
        missing = missing_for_submission(evidence)
        if missing == "scans":
            assert not evidence.scan_limit_reached
            assert missing_for_submission(evidence._replace(sides_accepted=True, face="passed")) is None
        elif missing == "face_check":
            assert evidence.face == "missing"
            for ending in ("passed", "used_up"):
                assert missing_for_submission(evidence._replace(face=ending)) is None


def test_a_step_that_is_open_is_not_skipped() -> None:
    """Without both sides while scanning is open, or without a face check while that is open, nothing is submitted."""
    for evidence in EVERY_EVIDENCE:
        open_scans = not evidence.sides_accepted and not evidence.scan_limit_reached
        expected = "scans" if open_scans else "face_check" if evidence.face == "missing" else None
        assert missing_for_submission(evidence) == expected


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []),
        ({"document_type": DocumentType.PASSPORT}, ["document_type"]),
        ({"sides_accepted": False}, ["scan_limit"]),
        ({"sides_accepted": False, "text_mismatch": True}, ["scan_limit", "text_mismatch"]),
        ({"text_mismatch": True}, []),
        ({"area_code_known": False}, ["area_code_unknown"]),
        ({"days_left": 0}, []),
        ({"days_left": -1}, ["document_expired"]),
        ({"validity_plausible": False}, ["validity_implausible"]),
        ({"portrait_cut_out": False}, ["provider_unavailable"]),
        ({"face": "used_up"}, ["face_failed"]),
    ],
)
def test_reasons_say_what_is_the_matter(change: dict[str, object], reasons: list[str]) -> None:
    """Each flaw has its reason; a mismatch that was fixed is none."""
    complete = Evidence(DocumentType.RESIDENT_ID, True, False, False, True, None, True, True, "passed")
    assert reasons_for_review(complete._replace(**change)) == reasons


@pytest.mark.parametrize("document_type", DocumentType)
def test_sides(document_type: DocumentType) -> None:
    """Front and back, but a passport's data page and a temporary card's one side alone."""
    one_sided = document_type in {DocumentType.PASSPORT, DocumentType.TEMPORARY_RESIDENT_ID}
    assert sides_of(document_type) == (("front",) if one_sided else ("front", "back"))
