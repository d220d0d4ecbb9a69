"""Methods of face checks: who may use which, what suffices for a machine, and what WeChat's results mean."""

import pytest

from functions.identity.domain.documents import DocumentType
from functions.identity.domain.face_methods import (
    COUNTED_REASONS,
    PASSED,
    cert_hash,
    methods_for,
    suffices,
    wechat_reason,
)
from functions.identity.domain.reasons import FACE_REASONS
from functions.shared.vocabulary import FaceMethod, VerificationPolicy


def test_the_digest_of_a_person_is_wechats() -> None:
    """The example of WeChat's own page."""
    digest = "3c241f7ff324977aeb91f173bb2a7b06569e6fd784d5573db34a636d8671108b"
    assert cert_hash("张三", "310101199801011234") == digest


@pytest.mark.parametrize(
    ("document_type", "available", "verified_by", "methods"),
    [
        (DocumentType.RESIDENT_ID, True, None, ["wechat", "selfie"]),
        (DocumentType.RESIDENT_ID, True, "selfie", ["wechat", "selfie"]),
        (DocumentType.RESIDENT_ID, True, "wechat", ["wechat"]),
        (DocumentType.RESIDENT_ID, False, None, ["selfie"]),
        (DocumentType.RESIDENT_ID, False, "wechat", ["selfie"]),
        (DocumentType.PASSPORT, True, None, ["selfie"]),
        (DocumentType.RESIDENCE_PERMIT, True, "wechat", ["selfie"]),
        (None, True, None, ["selfie"]),
    ],
)
def test_methods(
    document_type: DocumentType | None, available: bool, verified_by: FaceMethod | None, methods: list[FaceMethod]
) -> None:
    """WeChat's for residents where the operator has it, and then no other one for anyone who was verified by it."""
    assert methods_for(document_type, wechat_available=available, verified_by=verified_by) == methods


@pytest.mark.parametrize(
    ("policy", "accepted"), [("authoritative", {"wechat"}), ("photo", {"wechat", "selfie"}), ("off", set())]
)
def test_what_suffices(policy: VerificationPolicy, accepted: set[str]) -> None:
    """By default only WeChat's check lets a machine verify; without a check it never may."""
    methods: list[FaceMethod] = ["wechat", "selfie"]
    assert {method for method in methods if suffices(policy, method)} == accepted
    assert not suffices(policy, None)


def test_only_one_result_passes() -> None:
    """Every number but 10000 is a failure with a text."""
    results = [*range(9_990, 10_100), *range(89_990, 90_200), 0, -1, 1]
    assert [result for result in results if wechat_reason(result) is None] == [PASSED]
    assert all(wechat_reason(result) in FACE_REASONS for result in results if result != PASSED)


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ([*range(90_002, 90_007)], "FACE_CANCELLED"),
        ([*range(90_008, 90_011)], "FACE_PERMISSION"),
        ([90_007, 90_012], "FACE_NETWORK"),
        ([90_011, 90_013, 90_014, 10_002], "FACE_QUALITY"),
        ([90_017, 90_107], "FACE_TIMEOUT"),
        ([90_001, 90_109], "FACE_DEVICE_UNSUPPORTED"),
        ([90_018, 90_104, 90_105, 90_106, 90_110, 90_199, 90_123, 10_001], "FACE_SYSTEM"),
        ([10_003, 10_004], "FACE_MISMATCH"),
    ],
)
def test_results(results: list[int], reason: str) -> None:
    """Each of WeChat's numbers has its reason."""
    assert {wechat_reason(result) for result in results} == {reason}


def test_what_counts() -> None:
    """Neither a cancelled check nor a fault of phone, network or provider is counted as a failure."""
    assert FACE_REASONS.keys() | {"FACE_REPEATED"} >= COUNTED_REASONS
    assert {"FACE_CANCELLED", "FACE_PERMISSION", "FACE_NETWORK", "FACE_TIMEOUT", "FACE_SYSTEM"}.isdisjoint(
        COUNTED_REASONS
    )
