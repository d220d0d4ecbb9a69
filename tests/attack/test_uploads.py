"""Upload forms as the API gives them out, against S3's rules: one key, type and size, for ten minutes, decided once."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3

from functions.shared.config import settings
from local.aws.upload_forms import FormRefused, check_form
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, RUBBISH, Applicant, announced, deliver, message, put_upload

SIZE = 5_000
Fields = dict[str, str]


@pytest.fixture
def applicant(http: Http) -> Applicant:
    """Collins, whose application is in draft."""
    return Applicant.new(http, COLLINS)


def refusal(fields: Fields, content: bytes, *, after: timedelta = timedelta()) -> str | None:
    """The code with which S3 refuses a form, or None for one that it takes."""
    encoded, content_type = urllib3.encode_multipart_formdata({**fields, "file": ("photo.jpg", content, "image/jpeg")})
    try:
        check_form(encoded, content_type, settings().upload_bucket, datetime.now(UTC) + after)
    except FormRefused as refused:
        return refused.code
    return None


CHANGES: dict[str, Callable[[Fields, Fields], Fields]] = {
    "another's key": lambda mine, theirs: {**mine, "key": theirs["key"]},
    "a key beside it": lambda mine, _: {**mine, "key": mine["key"] + "x"},
    "a key above it": lambda mine, _: {**mine, "key": "verified/somebody/1-front.jpg"},
    "a name that S3 fills in": lambda mine, _: {**mine, "key": "uploads/scans/${filename}"},
    "another type": lambda mine, _: {**mine, "Content-Type": "text/html"},
    "no type": lambda mine, _: {name: value for name, value in mine.items() if name != "Content-Type"},
    "a public object": lambda mine, _: {**mine, "acl": "public-read"},
    "a page to go to": lambda mine, _: {**mine, "success_action_redirect": "https://elsewhere.test"},
    "metadata": lambda mine, _: {**mine, "x-amz-meta-owner": "somebody"},
    "a storage class": lambda mine, _: {**mine, "x-amz-storage-class": "GLACIER"},
    "no policy": lambda mine, _: {name: value for name, value in mine.items() if name != "policy"},
    "no signature": lambda mine, _: {name: value for name, value in mine.items() if name != "x-amz-signature"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_form_that_was_changed_is_refused(applicant: Applicant, http: Http, change: str) -> None:
    """What a form does not say is not let through: neither another's key nor another type, nor anything beside."""
    mine = applicant.ticket("front", size=SIZE)["upload"]["fields"]
    theirs = Applicant.new(http, COLLINS).ticket("front", size=SIZE)["upload"]["fields"]
    assert refusal(mine, bytes(SIZE)) is None
    assert refusal(CHANGES[change](mine, theirs), bytes(SIZE)) in {"AccessDenied", "InvalidPolicyDocument"}


def test_a_form_lets_one_size_through_for_ten_minutes(applicant: Applicant) -> None:
    """A byte more or less is refused, and so is the right size when the time is over."""
    fields = applicant.ticket("front", size=SIZE)["upload"]["fields"]
    assert refusal(fields, bytes(SIZE + 1)) == "EntityTooLarge"
    assert refusal(fields, bytes(SIZE - 1)) == "EntityTooSmall"
    assert refusal(fields, b"") == "EntityTooSmall"
    assert refusal(fields, bytes(SIZE), after=timedelta(seconds=590)) is None
    assert refusal(fields, bytes(SIZE), after=timedelta(seconds=601)) == "AccessDenied"


@pytest.mark.parametrize("size", [0, -1, 8 * 1024 * 1024 + 1, 2**63, 1.5, "5000", None])
def test_no_form_is_given_for_another_size(applicant: Applicant, size: Any) -> None:
    """Nothing, more than 8 MiB, and what is no number of bytes: there is no form for it."""
    asked = {"side": "front", "content_type": "image/jpeg", "size": size}
    answer = applicant.http.post("/identity/scans", asked)
    assert (answer.status, answer.code, [one["field"] for one in answer.body["errors"]]) == (422, "INVALID", ["size"])


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/html", "image/gif", "image/jpeg; charset=x", "", None])
def test_no_form_is_given_for_another_type(applicant: Applicant, content_type: Any) -> None:
    """Only JPEG and PNG have forms."""
    answer = applicant.http.post("/identity/scans", {"side": "front", "content_type": content_type, "size": SIZE})
    assert (answer.status, answer.code) == (422, "INVALID")


@pytest.mark.parametrize("ended", ["accepted", "rejected"])
def test_a_form_that_was_used_changes_nothing(applicant: Applicant, ended: str) -> None:
    """What comes through the form after the decision is thrown away: no attempt, no event, no image more."""
    if ended == "accepted":
        scan_id = applicant.accept("front")
        upload = {"fields": {"key": f"uploads/scans/{applicant.user_id}/{scan_id}"}}
    else:
        ticket = applicant.ticket("front", size=SIZE)
        scan_id, upload = ticket["scan_id"], ticket["upload"]
        assert deliver(message(announced(*put_upload(upload, RUBBISH)))) == []
    before = (applicant.scan_seen(scan_id), applicant.seen(), applicant.identity.version)
    assert before[0]["status"] == ended
    for number in range(3):
        content = secrets.token_bytes(SIZE)
        assert deliver(message(announced(*put_upload(upload, content), f"1{number}"))) == []
    assert (applicant.scan_seen(scan_id), applicant.seen(), applicant.identity.version) == before


def test_somebody_elses_scan_is_not_decided_by_mine(applicant: Applicant, http: Http) -> None:
    """An object below another user, however it came there, decides neither their scan nor the uploader's."""
    other = Applicant.new(http, COLLINS)
    mine, theirs = applicant.ticket("front")["scan_id"], other.ticket("front")["scan_id"]
    for key in (f"uploads/scans/{other.user_id}/{mine}", f"uploads/scans/{applicant.user_id}/{theirs}"):
        assert deliver(message(announced(*put_upload({"fields": {"key": key}}, RUBBISH)))) == []
    assert applicant.scan_seen(mine)["status"] == other.scan_seen(theirs)["status"] == "awaiting_upload"
    assert other.http.get(f"/identity/scans/{mine}").status == 404
