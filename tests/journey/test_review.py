"""Administration the way it is done: applicants with a phone each, a reviewer, nothing but HTTP."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3

from local.client import Client, sample
from local.demo.walk import PASSPORT

pytestmark = pytest.mark.xdist_group("journey")
Device = Callable[[], Client]
QUEUE = "/admin/identity-applications"
DETAILS = {"document_type": "passport", "nationality": "GBR", **PASSPORT}
COPIED_WITHIN_S = 60
ERASED_WITHIN_S = 60


@dataclass
class Traveller:
    """A person with a passport, and their phone."""

    user_id: str
    phone: Client


@pytest.fixture
def administrator(device: Device) -> Client:
    """The demo administrator."""
    client = device()
    client.sign_in_by_wechat("admin")
    return client


@pytest.fixture
def traveller(device: Device, request: pytest.FixtureRequest) -> Traveller:
    """Somebody with a passport whose application waits; no one else is verified with its number."""
    visitor = device()
    visitor.sign_in_by_wechat("visitor")  # the demo's, who may have been verified with the same passport
    visitor.withdraw(sample("selfie_other_person.jpg"))
    phone = device()
    user_id = phone.sign_in_by_wechat(request.node.name)["user_id"]
    phone.consent()
    apply(phone)
    return Traveller(user_id, phone)


def apply(phone: Client) -> None:
    """Everything up to the review."""
    phone.apply(**DETAILS)
    assert phone.scan("front", sample("passport.jpg"))["status"] == "accepted"
    assert phone.face_check(sample("selfie_other_person.jpg"))["status"] == "passed"
    assert phone.expect(200, "POST", "/identity/submission")["status"] == "in_review"


def opened(administrator: Client, traveller: Traveller) -> Any:
    """The application as the reviewer sees it."""
    return administrator.expect(200, "GET", f"{QUEUE}/{traveller.user_id}")


def with_selfie(administrator: Client, traveller: Traveller) -> Any:
    """The application once its selfie was copied; until then every image that is offered is there."""
    deadline = time.monotonic() + COPIED_WITHIN_S
    while True:
        seen = opened(administrator, traveller)
        links = [image["url"] for image in seen["images"]]
        assert {urllib3.request("GET", link).status for link in links} == {200}
        if "selfie" in {image["side"] for image in seen["images"]}:
            return seen
        assert time.monotonic() < deadline, seen["images"]
        time.sleep(0.5)


def decide(administrator: Client, traveller: Traveller, **decision: Any) -> tuple[int, Any]:
    """Status and body of the answer to a decision."""
    answer = administrator.call("POST", f"{QUEUE}/{traveller.user_id}/decision", decision)
    return answer.status, answer.body


def test_rejected_corrected_verified_withdrawn(administrator: Client, traveller: Traveller) -> None:
    """The reasons reach the person in their language; what the reviewer saw before the correction decides nothing."""
    for filtered in ("", "&document_type=passport", "&reason=document_type&claimed=free"):
        page = administrator.expect(200, "GET", f"{QUEUE}?status=in_review&limit=100{filtered}")
        assert traveller.user_id in {item["user_id"] for item in page["items"]}
        assert (page["counts"]["in_review"] >= 1, page["oldest_at"] is not None) == (True, True)
    found = administrator.expect(200, "POST", f"{QUEUE}/search", {"number": DETAILS["number"], "name": DETAILS["name"]})
    assert traveller.user_id in {item["user_id"] for item in found["items"]}
    first = opened(administrator, traveller)
    status, _ = decide(
        administrator,
        traveller,
        decision="reject",
        revision=first["revision"],
        reason_code="PHOTO_UNREADABLE",
        comment="Page 2.",
    )
    assert status == 200
    for language, says in (("en", "Please take them again."), ("zh-CN", "请重新拍摄")):
        seen = traveller.phone.call("GET", "/identity", **{"Accept-Language": language}).body
        assert (seen["status"], seen["rejection"]["code"]) == ("rejected", "PHOTO_UNREADABLE")
        assert says in seen["rejection"]["detail"]
        assert (seen["rejection"]["comment"], seen["rejection"]["fields"]) == ("Page 2.", ["front"])
    assert traveller.phone.expect(200, "GET", "/auth/me")["user"]["identity_status"] == "rejected"

    apply(traveller.phone)
    status, stale = decide(administrator, traveller, decision="approve", revision=first["revision"])
    assert (status, stale["code"], stale["changed"]) == (409, "REVISION_STALE", ["front"])
    assert administrator.expect(200, "POST", f"{QUEUE}/{traveller.user_id}/claim")["mine"]
    second = with_selfie(administrator, traveller)
    assert second["claim"]["mine"]
    assert second["read"]["front"]["number"] == DETAILS["number"]
    assert [one["code"] for one in second["earlier"]] == ["PHOTO_UNREADABLE"]
    renewed = administrator.expect(200, "POST", f"{QUEUE}/{traveller.user_id}/image-links")["images"]
    assert [one["image_id"] for one in renewed] == [one["image_id"] for one in second["images"]]
    status, approved = decide(administrator, traveller, decision="approve", revision=second["revision"])
    assert (status, approved["status"]) == (200, "verified")
    assert traveller.phone.expect(200, "GET", "/auth/me")["user"]["identity_status"] == "verified"

    links = [image["url"] for image in second["images"]]
    assert [urllib3.request("GET", link).status for link in links] == [200, 200, 200]
    traveller.phone.withdraw(sample("selfie_other_person.jpg"))
    assert traveller.phone.expect(200, "GET", "/auth/me")["user"]["identity_status"] == "unverified"
    assert traveller.phone.call("PUT", "/identity/application", DETAILS).code == "CONSENT_REQUIRED"
    version = traveller.phone.expect(200, "GET", "/identity/consent")["version"]
    assert traveller.phone.call("POST", "/identity/consent", {"version": version}).code == "ERASURE_UNDER_WAY"
    deadline = time.monotonic() + ERASED_WITHIN_S
    while (left := [urllib3.request("GET", link).status for link in links]) != [404, 404, 404]:
        assert time.monotonic() < deadline, left
        time.sleep(0.5)


def test_an_appeal_goes_to_somebody_else(administrator: Client, traveller: Traveller) -> None:
    """Anyone who rejected an application does not decide on the appeal, which is heard once."""
    revision = opened(administrator, traveller)["revision"]
    rejection = {"decision": "reject", "revision": revision, "reason_code": "FACE_MISMATCH"}
    assert decide(administrator, traveller, **rejection)[0] == 200
    appealed = traveller.phone.expect(200, "POST", "/identity/appeal", {"comment": "It is me, in a good light."})
    assert (appealed["status"], appealed["rejection"]) == ("in_review", None)
    assert opened(administrator, traveller)["appeal_comment"] == "It is me, in a good light."
    claim = administrator.call("POST", f"{QUEUE}/{traveller.user_id}/claim")
    assert (claim.status, claim.code) == (403, "OTHER_REVIEWER_REQUIRED")
    status, refused = decide(administrator, traveller, decision="approve", revision=revision)
    assert (status, refused["code"]) == (403, "OTHER_REVIEWER_REQUIRED")
    again = traveller.phone.call("POST", "/identity/appeal", {"comment": "Again."})
    assert (again.status, again.code) == (409, "NOTHING_REJECTED")
