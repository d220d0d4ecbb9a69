"""Every reason that a person can be given has its words."""

import re
from typing import get_args

import pytest

from functions.identity.domain.reasons import (
    FACE_REASONS,
    REJECTION_REASONS,
    SCAN_REASONS,
    FaceReasonCode,
    RejectionCode,
    ScanReasonCode,
)
from functions.shared.errors import Text

CONTRACT_SCANS = {
    *("NOT_AN_IMAGE", "CONTENT_MISMATCH", "IMAGE_TOO_LARGE", "IMAGE_TOO_SMALL", "IMAGE_BLURRED", "IMAGE_GLARE"),
    *("WRONG_SIDE", "DUPLICATE_IMAGE", "TEXT_UNREADABLE", "TEXT_MISMATCH", "DOCUMENT_EXPIRED"),
    *("PORTRAIT_MISSING", "MORE_THAN_ONE_FACE", "MORE_THAN_ONE_DOCUMENT"),
}

CONTRACT_FACES = {
    *("FACE_COUNT", "FACE_QUALITY", "FACE_MISMATCH", "FACE_REPEATED"),
    *("FACE_CANCELLED", "FACE_PERMISSION", "FACE_NETWORK", "FACE_TIMEOUT", "FACE_DEVICE_UNSUPPORTED", "FACE_SYSTEM"),
}


def test_the_codes_of_the_contract() -> None:
    """All of them, and two for photos that were not looked at."""
    assert set(SCAN_REASONS) == CONTRACT_SCANS | {"APPLICATION_CHANGED", "SCAN_LIMIT"}
    assert set(SCAN_REASONS) == set(get_args(ScanReasonCode))
    assert set(FACE_REASONS) == CONTRACT_FACES == set(get_args(FaceReasonCode))
    assert set(REJECTION_REASONS) == set(get_args(RejectionCode))


@pytest.mark.parametrize("text", [*SCAN_REASONS.values(), *FACE_REASONS.values(), *REJECTION_REASONS.values()])
def test_each_is_said_in_both_languages(text: Text) -> None:
    """In whole sentences."""
    assert re.search(r"[\u4e00-\u9fff].*。$", text.zh)
    assert text.en.isascii()
    assert text.en.endswith(".")
