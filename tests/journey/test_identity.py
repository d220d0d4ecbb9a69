"""Proving who one is, the way the mini-program does it: nothing but HTTP, real photos, real recognition."""

from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3

from local.client import Client, codes, sample
from local.demo.steps import Walk
from local.demo.walk import COLLINS, walk_all
from local.run import Platform

pytestmark = pytest.mark.xdist_group("journey")
DATA = Path(__file__).resolve().parent.parent / "data"
Device = Callable[[], Client]


@pytest.fixture
def applicant(device: Device, request: pytest.FixtureRequest) -> Client:
    """A new person with a resident ID application in draft."""
    client = device()
    client.sign_in_by_wechat(request.node.name)
    client.consent()
    client.apply(**COLLINS)
    return client


def test_the_demo_holds(run: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    """Every step of the demo is as expected, in one run of the platform."""
    walk_all(Walk(), run)
    assert "verified at once" in capsys.readouterr().out


def test_five_failed_scans_end_in_review(applicant: Client) -> None:
    """After five failures one photo a side goes to the reviewer, and a usable selfie is enough to be reviewed."""
    for _ in range(5):
        scan = applicant.scan("front", sample("front_blurred.jpg"))
        assert scan["status"] == "rejected"
    assert scan["attempts_left"] == 0
    wanted = {"side": "front", "content_type": "image/jpeg", "size": 1000}
    assert applicant.call("POST", "/identity/scans", wanted).code == "SCAN_LIMIT"
    seen = applicant.expect(200, "GET", "/identity")
    assert (seen["next"], seen["scan_again_at"] is not None) == (["scan_front", "scan_back", "face"], True)
    assert applicant.scan("front", sample("front_blurred.jpg"), for_review=True)["status"] == "for_review"
    assert applicant.scan("back", sample("back.jpg"), for_review=True)["status"] == "for_review"
    assert applicant.call("POST", "/identity/submission").code == "FACE_CHECK_REQUIRED"
    assert applicant.face_check(sample("selfie.jpg"))["status"] == "passed"
    assert applicant.expect(200, "GET", "/identity")["next"] == ["submit"]
    submitted = applicant.expect(200, "POST", "/identity/submission")
    assert (submitted["status"], codes(submitted["review_reasons"])) == ("in_review", ["scan_limit"])
    assert applicant.call("PUT", "/identity/application", COLLINS).code == "IDENTITY_IN_REVIEW"


def test_a_slip_in_the_name_asks_for_no_new_photo(applicant: Client) -> None:
    """The scan says that the name disagrees; once that is corrected, the same scan is accepted."""
    applicant.apply(**{**COLLINS, "name": "柯爱林"})
    scan = applicant.scan("front", sample("front.jpg"))
    assert [(one["code"], one["field"]) for one in scan["reasons"]] == [("TEXT_MISMATCH", "name")]
    assert applicant.expect(200, "GET", "/identity/application")["name"] == "柯爱林"
    corrected = applicant.expect(200, "PUT", "/identity/application", {"name": COLLINS["name"]})
    assert (corrected["scans"]["front"]["status"], corrected["next"]) == ("accepted", ["scan_back", "face"])
    assert applicant.expect(200, "GET", "/identity/application")["number"] == COLLINS["number"]


def test_a_form_lets_only_its_own_photo_through(applicant: Client) -> None:
    """Another size, type or key than the form was made for is refused by the bucket itself."""
    photo = sample("front.jpg")
    ticket = applicant.expect(
        201, "POST", "/identity/scans", {"side": "front", "content_type": "image/jpeg", "size": len(photo)}
    )
    form = ticket["upload"]
    assert applicant.upload(form, photo + b"x") == 400
    other_key = {**form, "fields": {**form["fields"], "key": form["fields"]["key"] + "0"}}
    assert applicant.upload(other_key, photo) == 403
    other_type = {**form, "fields": {**form["fields"], "Content-Type": "text/html"}}
    assert applicant.upload(other_type, photo) == 403
    assert applicant.expect(200, "GET", f"/identity/scans/{ticket['scan_id']}")["status"] == "awaiting_upload"


def test_rubbish_is_rejected_with_a_reason(applicant: Client) -> None:
    """Something that is not a photo is informed, and costs one attempt."""
    scan = applicant.scan("front", b"GIF89a" + bytes(1000))
    assert [reason["code"] for reason in scan["reasons"]] == ["NOT_AN_IMAGE"]
    assert scan["attempts_left"] == 4


def test_a_card_on_its_side_is_kept_upright(applicant: Client) -> None:
    """A photo taken with the phone turned is read, and its kept copy still serves the face check."""
    assert applicant.scan("front", (DATA / "collins_front_turned_90.jpg").read_bytes())["status"] == "accepted"
    assert applicant.face_check(sample("selfie.jpg"))["status"] == "passed"


def test_five_wrong_faces_pause_and_lead_to_review(applicant: Client) -> None:
    """No one can try faces without end, and no one is locked out by it."""
    assert applicant.scan("front", sample("front.jpg"))["status"] == "accepted"
    assert applicant.scan("back", sample("back.jpg"))["status"] == "accepted"
    for _ in range(5):
        compared = applicant.face_check(sample("selfie_other_person.jpg"))
        assert [reason["code"] for reason in compared["reasons"]] == ["FACE_MISMATCH"]
    paused = applicant.call("POST", "/identity/face-checks", {"purpose": "identity"})
    assert (paused.status, paused.code) == (429, "FACE_PAUSED")
    assert int(paused.headers["Retry-After"]) > 1000
    submitted = applicant.expect(200, "POST", "/identity/submission")
    assert (submitted["status"], codes(submitted["review_reasons"])) == ("in_review", ["face_failed"])


def test_signing_out_ends_the_session(device: Device) -> None:
    """After sign-out the token is worth nothing; another device of the user stays signed in."""
    phone, tablet = device(), device()
    phone.sign_in_by_wechat("two-devices")
    tablet.sign_in_by_wechat("two-devices")
    phone.expect(204, "DELETE", "/auth/session")
    assert phone.call("GET", "/auth/me").status == 401
    assert tablet.call("GET", "/auth/me").status == 200
    tablet.expect(204, "DELETE", "/auth/sessions")
    assert tablet.call("GET", "/auth/me").code == "SESSION_ENDED"


def test_wechat_and_phone_lead_to_one_user(device: Device) -> None:
    """Anyone who signed in by phone first and by WeChat later is one user once the phone is bound, from both sides."""
    by_phone, by_wechat = device(), device()
    login = {**by_phone.sms_code("13700007001", "sign_in"), "client": "mini_program"}
    first = by_phone.expect(201, "POST", "/auth/phone-logins", login)
    by_wechat.sign_in_by_wechat("joined-later")
    stale = by_wechat.call("POST", "/auth/phone", {"wechat_phone_code": "local-13700007001"})
    assert (stale.status, stale.code) == (409, "PHONE_TAKEN")
    bound = by_wechat.expect(200, "POST", "/auth/phone", by_wechat.sms_code("13700007001", "bind_phone"))
    assert bound["user"]["user_id"] == first["user"]["user_id"]
    assert bound["user"]["wechat_bound"]
    assert by_wechat.sign_in_by_wechat("joined-later")["user_id"] == first["user"]["user_id"]


@pytest.mark.parametrize(
    ("errcode", "status", "code"),
    [
        (40029, 401, "WECHAT_CODE_INVALID"),
        (40163, 401, "WECHAT_CODE_INVALID"),
        (40226, 403, "WECHAT_USER_BLOCKED"),
        (45011, 429, "WECHAT_LIMIT"),
        (-1, 503, "WECHAT_UNAVAILABLE"),
    ],
)
def test_wechat_errors_have_their_answers(device: Device, errcode: int, status: int, code: str) -> None:
    """Every error of WeChat that the contract names is answered as it says."""
    answer = device().call("POST", "/auth/wechat-logins", {"js_code": f"error-{errcode}"})
    assert (answer.status, answer.code) == (status, code)


def test_what_is_not_there_is_told(run: Platform, device: Device) -> None:
    """Unknown paths are 404, known ones with another method 405, and both are problem documents."""
    unknown = device().call("GET", "/nowhere")
    assert (unknown.status, unknown.code) == (404, "NOT_FOUND")
    wrong_method = device().call("PATCH", "/auth/me")
    assert (wrong_method.status, wrong_method.code) == (405, "METHOD_NOT_ALLOWED")
    assert unknown.headers["Content-Type"].startswith("application/problem+json")
    preflight = urllib3.request("OPTIONS", f"{run.api_url}/auth/me", headers={"Origin": "http://localhost:3000"})
    assert preflight.status == 200
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
