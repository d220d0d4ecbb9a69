"""Reasons for review: each has its texts, and an applicant learns nothing about other people from them."""

import pytest

from functions.identity.domain.review_reasons import KNOWN, REVIEW_REASONS, REVIEWERS_ONLY, shown_to_applicant


def test_every_reason_has_its_texts() -> None:
    """Every reason of the vocabulary has a text, and there is no text beside them but what applicants are shown."""
    assert REVIEW_REASONS.keys() == KNOWN | {"under_review"}
    assert all(text.zh and text.en for text in REVIEW_REASONS.values())


@pytest.mark.parametrize("hidden", sorted(REVIEWERS_ONLY))
def test_an_applicant_is_not_told_of_other_people(hidden: str) -> None:
    """A reason for reviewers only is `under_review` by itself and leaves no trace beside another one."""
    assert shown_to_applicant([hidden]) == ["under_review"]
    assert shown_to_applicant(["document_type", hidden]) == ["document_type"]


def test_no_reason_is_no_review() -> None:
    """Without a reason nothing is shown."""
    assert shown_to_applicant([]) == []
