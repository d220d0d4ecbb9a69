"""The HTTP contract of identity: shapes, field errors in both languages, who may call, and nothing that answers 500."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.grants import face_check_routes
from functions.identity import errors
from functions.identity.admin_routes import routes as admin_routes
from functions.identity.domain.documents import check_digit
from functions.identity.routes import routes
from functions.shared.config import settings as product_settings
from functions.shared.errors import AppError
from functions.shared.http import Route
from tests.conftest import Clock
from tests.integration.client import Answer, Http, new_user
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, numbered, resident

ROUTES = [*routes.declared, *admin_routes.declared, *face_check_routes.routes.declared]
UNTOUCHED = {
    "status": "unverified",
    "next": ["consent"],
    "consent_accepted": False,
    "document_type": None,
    "name_masked": None,
    "number_masked": None,
    "route": None,
    "sides": [],
    "scans": {"front": None, "back": None},
    "scan_attempts_left": 5,
    "scan_again_at": None,
    "face": None,
    "face_attempts_left": 5,
    "face_again_at": None,
    "face_methods": [],
    "manual_review_open": False,
    "submitted_at": None,
    "usual_wait_h": None,
    "review_reasons": [],
    "rejection": None,
    "may_appeal": False,
    "revision": 0,
    "verified_at": None,
    "verified_until": None,
    "renewal_asked": False,
    "roles_end_on": None,
    "contested_until": None,
}


FOREIGN = f"CAN11018601010{check_digit('CAN11018601010')}"
REFUSALS = [found for found in vars(errors).values() if isinstance(found, type) and found.__module__ == errors.__name__]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def address(route: Route, identifier: str = "0" * 32) -> str:
    return re.sub(r"\{\w+\}", identifier, route.path)


def refusal(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.code


def wrong(answer: Answer) -> set[tuple[str, str]]:
    """The fields that were wrong, with their codes."""
    assert refusal(answer) == (422, "INVALID"), answer
    assert all(error["detail"] for error in answer.body["errors"])
    return {(error["field"], error["code"]) for error in answer.body["errors"]}


def test_the_routes_are_those_of_the_contract() -> None:
    """Every call that the contract names is there, and beside them claims, appeals, objections and the withdrawal."""
    assert {name_of(route) for route in ROUTES} == {
        "GET /identity/consent",
        "POST /identity/consent",
        "GET /identity",
        "GET /identity/application",
        "PUT /identity/application",
        "POST /identity/scans",
        "GET /identity/scans/{scan_id}",
        "POST /identity/face-checks",
        "POST /identity/face-checks/{face_check_id}/comparison",
        "POST /identity/submission",
        "POST /identity/appeal",
        "POST /identity/objection",
        "GET /admin/identity-applications",
        "POST /admin/identity-applications/{user_id}/claim",
        "DELETE /admin/identity-applications/{user_id}/claim",
        "GET /admin/identity-applications/{user_id}",
        "POST /admin/identity-applications/search",
        "POST /admin/identity-applications/{user_id}/image-links",
        "POST /admin/identity-applications/{user_id}/decision",
    }


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_without_a_session_nothing_is_answered(http: Http, route: Route, clock: Clock) -> None:
    """401 for no token and for an unknown one, in both languages; an old session is informed that it has expired."""
    call = http.call(route.method, address(route), {}, **{"Accept-Language": "en-GB"})
    assert refusal(call) == (401, "UNAUTHENTICATED")
    assert call.body["detail"] == "Please sign in first."
    assert call.headers["www-authenticate"] == "Bearer"
    assert http.signed_in("x" * 43).call(route.method, address(route)).body["detail"] == "请先登录。"
    _, token = new_user()
    clock.forward(product_settings().mini_program_session_s)
    assert refusal(http.signed_in(token).call(route.method, address(route))) == (401, "SESSION_EXPIRED")


@pytest.mark.parametrize("route", [route for route in ROUTES if route.path.startswith("/admin")], ids=name_of)
def test_administration_is_for_administrators(http: Http, route: Route) -> None:
    """403 before anything of the request is looked at."""
    _, token = new_user()
    assert refusal(http.signed_in(token).call(route.method, address(route), {"x": 1})) == (
        403,
        "ADMINISTRATOR_REQUIRED",
    )


def test_a_user_who_did_nothing(http: Http) -> None:
    """Their identity is unverified, with all attempts left."""
    _, token = new_user()
    assert http.signed_in(token).get("/identity").body == UNTOUCHED


class TestConsent:
    """The consent."""

    def test_it_is_read_and_accepted(self, http: Http) -> None:
        """The text in the caller's language; accepting it shows its version; again changes nothing."""
        user_id, token = new_user()
        client = http.signed_in(token)
        shown = client.get("/identity/consent")
        assert shown.body["accepted_version"] is None
        assert "身份" in shown.body["text"]
        english = client.get("/identity/consent", **{"Accept-Language": "en,zh;q=0.5"})
        assert english.body["text"].startswith("To verify who you are")
        for _ in range(2):
            accepted = client.post("/identity/consent", {"version": shown.body["version"]})
            assert (accepted.status, accepted.body["accepted_version"]) == (200, shown.body["version"])
        events = Applicant(client, user_id).events()
        assert [(event.event, event.detail) for event in events] == [
            ("consent_given", {"version": shown.body["version"]})
        ]

    def test_another_version_is_outdated(self, http: Http) -> None:
        """409, and nothing is recorded."""
        _, token = new_user()
        answer = http.signed_in(token).post("/identity/consent", {"version": "2020-01"})
        assert refusal(answer) == (409, "CONSENT_OUTDATED")
        assert http.signed_in(token).get("/identity/consent").body["accepted_version"] is None

    def test_a_new_version_is_accepted_later(self, applicant: Applicant) -> None:
        """Somebody who had agreed to an older version agrees to the one in force, with an event of its own."""
        version = applicant.identity.consent_version
        applicant.identity.update(actions=[type(applicant.identity).consent_version.set("2020-01")])
        assert applicant.http.get("/identity/consent").body["accepted_version"] == "2020-01"
        assert applicant.http.post("/identity/consent", {"version": version}).body["accepted_version"] == version
        assert [event.event for event in applicant.events()][-1] == "consent_given"

    def test_it_comes_before_everything_else(self, http: Http) -> None:
        """Without it there is no application, and so nothing else."""
        _, token = new_user()
        client = http.signed_in(token)
        assert refusal(client.put("/identity/application", COLLINS)) == (409, "CONSENT_REQUIRED")
        wanted = {"side": "front", "content_type": "image/jpeg", "size": 9}
        assert refusal(client.post("/identity/scans", wanted)) == (409, "APPLICATION_REQUIRED")
        assert client.get("/identity").body == UNTOUCHED


class TestApplication:
    """Filling in the application."""

    @pytest.mark.parametrize(
        ("details", "sides"),
        [
            (COLLINS, ["front", "back"]),
            ({**resident(3, area="820000"), "document_type": "residence_permit"}, ["front", "back"]),
            ({"document_type": "foreign_permanent_resident", "number": FOREIGN, "name": "Ann Lee"}, ["front", "back"]),
            (HARPER, ["front"]),
            ({**COLLINS, "document_type": "temporary_resident_id"}, ["front"]),
            ({"document_type": "hk_macau_permit", "number": "M00456701", "name": "楊嘉欣"}, ["front", "back"]),
            ({"document_type": "taiwan_permit", "number": "12345678", "name": "林美玲"}, ["front", "back"]),
        ],
        ids=lambda value: value["document_type"] if isinstance(value, dict) else "",
    )
    def test_every_document(self, http: Http, details: dict[str, str], sides: Any) -> None:
        """Each type is taken, masked in the answer, and tells which sides are to be scanned."""
        person = Applicant.new(http)
        seen = person.apply(details)
        assert (seen.status, seen.body["status"], seen.body["revision"]) == (200, "draft", 1)
        assert (seen.body["document_type"], seen.body["sides"]) == (details["document_type"], sides)
        assert details["number"] not in json.dumps(seen.body)
        assert details["name"] not in seen.body["name_masked"]
        assert "*" in seen.body["number_masked"]
        assert seen.body == person.seen()
        assert person.account()["identity_status"] == "draft"

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"number": "420106198611190026"}, ("number", "ID_CHECKSUM")),
            ({"number": "42010619861119002"}, ("number", "ID_FORMAT")),
            ({"number": "420106861119002"}, ("number", "ID_FORMAT")),
            ({"number": numbered("42010619860230002")}, ("number", "ID_BIRTH_DATE")),
            ({"number": "H12345678"}, ("number", "ID_WRONG_TYPE")),
            ({"name": "柯1琳"}, ("name", "NAME_FORMAT")),
            ({"nationality": "Atlantis"}, ("nationality", "NATIONALITY_FORMAT")),
            ({"valid_until": "2026-11-21"}, ("valid_until", "DOCUMENT_EXPIRED")),
            ({"valid_until": "soon"}, ("valid_until", "FORMAT")),
            ({"document_type": "driving_licence"}, ("document_type", "FORMAT")),
            ({"name": ""}, ("name", "FORMAT")),
            ({"name": "x" * 201}, ("name", "FORMAT")),
            ({"number": 5}, ("number", "FORMAT")),
            ({"colour": "red"}, ("colour", "UNKNOWN")),
        ],
    )
    def test_wrong_fields_are_named(self, applicant: Applicant, changed: dict[str, Any], expected: Any) -> None:
        """Each with its code, and the application stays as it was."""
        assert wrong(applicant.apply({**COLLINS, **changed})) == {expected}
        assert applicant.seen()["revision"] == 1

    def test_all_wrong_fields_at_once(self, applicant: Applicant) -> None:
        """No one has to fix them one by one; details are in the language that was asked for."""
        body = {"document_type": "resident_id", "name": "7", "number": "1", "valid_until": "2000-01-01"}
        answer = applicant.apply(body)
        assert wrong(answer) == {
            ("name", "NAME_FORMAT"),
            ("number", "ID_FORMAT"),
            ("valid_until", "DOCUMENT_EXPIRED"),
        }
        english = applicant.http.put("/identity/application", body, **{"Accept-Language": "en"})
        assert "2 to 50 characters" in english.body["errors"][0]["detail"]
        assert english.headers["content-language"] == "en"

    def test_a_passport_needs_its_nationality(self, applicant: Applicant) -> None:
        """Missing it is a field error of its own."""
        passport = {name: value for name, value in HARPER.items() if name != "nationality"}
        assert ("nationality", "MISSING") in wrong(applicant.apply(passport))

    def test_the_last_day_is_still_valid(self, applicant: Applicant) -> None:
        """A document that ends today in Shanghai may be used."""
        assert applicant.apply({**COLLINS, "valid_until": "2026-11-22"}).status == 200


class TestScans:
    """Asking for a scan."""

    @pytest.mark.parametrize(("side", "content_type"), [("front", "image/jpeg"), ("back", "image/png")])
    def test_the_form_fixes_everything(self, applicant: Applicant, side: str, content_type: str) -> None:
        """Key, content type and exact size stand in the signed policy, for ten minutes."""
        wanted = {"side": side, "content_type": content_type, "size": 4711}
        ticket = applicant.http.post("/identity/scans", wanted)
        assert ticket.status == 201
        assert set(ticket.body) == {"scan_id", "upload", "expires_at", "poll_after_s"}
        assert ticket.body["expires_at"] == "2026-11-22T08:10:00Z"
        assert (ticket.body["upload"]["expires_at"], ticket.body["upload"]["max_bytes"]) == (
            "2026-11-22T08:10:00Z",
            4711,
        )
        fields = ticket.body["upload"]["fields"]
        policy = json.loads(base64.b64decode(fields["policy"]))
        key = f"uploads/scans/{applicant.user_id}/{ticket.body['scan_id']}"
        assert (fields["key"], fields["Content-Type"]) == (key, content_type)
        for condition in ({"Content-Type": content_type}, ["content-length-range", 4711, 4711], {"key": key}):
            assert condition in policy["conditions"]
        scan = applicant.scan_seen(ticket.body["scan_id"])
        assert scan == {
            "scan_id": ticket.body["scan_id"],
            "status": "awaiting_upload",
            "side": side,
            "reasons": [],
            "extracted": None,
            "attempts_left": 5,
            "poll_after_s": 2,
        }

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"side": "top"}, ("side", "FORMAT")),
            ({"content_type": "image/gif"}, ("content_type", "FORMAT")),
            ({"size": 0}, ("size", "FORMAT")),
            ({"size": "9"}, ("size", "FORMAT")),
            ({"size": 8 * 1024 * 1024 + 1}, ("size", "IMAGE_TOO_LARGE")),
            ({"size": 10**30}, ("size", "IMAGE_TOO_LARGE")),
            ({"more": 1}, ("more", "UNKNOWN")),
        ],
    )
    def test_wrong_fields_are_named(self, applicant: Applicant, changed: dict[str, Any], expected: Any) -> None:
        """Other sides, types and sizes are refused before there is a form."""
        wanted = {"side": "front", "content_type": "image/jpeg", "size": 9, **changed}
        assert wrong(applicant.http.post("/identity/scans", wanted)) == {expected}

    def test_a_wrong_type_says_what_to_do(self, applicant: Applicant) -> None:
        """A sentence for a person, not media types."""
        answer = applicant.http.post("/identity/scans", {"side": "front", "content_type": "image/heic", "size": 9})
        assert answer.body["errors"][0]["detail"].startswith("照片须为 JPEG 或 PNG 格式")

    def test_the_largest_photo(self, applicant: Applicant) -> None:
        """8 MB exactly are allowed."""
        applicant.ticket("front", size=8 * 1024 * 1024)

    def test_a_passport_has_one_page(self, http: Http) -> None:
        """Its back is not needed, and refused as a field."""
        person = Applicant.new(http, HARPER)
        wanted = {"side": "back", "content_type": "image/jpeg", "size": 9}
        assert wrong(person.http.post("/identity/scans", wanted)) == {("side", "NOT_NEEDED")}

    def test_somebody_elses_scan_is_not_found(self, applicant: Applicant, http: Http) -> None:
        """As one that never was, whatever its id looks like."""
        scan_id = applicant.ticket("front")["scan_id"]
        other = Applicant.new(http, resident(4))
        for identifier in (scan_id, "0" * 32, "x" * 3000, "%00", "a%2Fb", "%F0%9F%92%A9"):
            assert refusal(other.http.get(f"/identity/scans/{identifier}")) == (404, "NOT_FOUND")

    def test_reasons_are_told_in_both_languages(self, applicant: Applicant) -> None:
        """A rejected scan says what to do, to the person who reads it."""
        scan_id = applicant.scan("front", b"rubbish")["scan_id"]
        english = applicant.http.get(f"/identity/scans/{scan_id}", **{"Accept-Language": "en"}).body
        assert english["reasons"][0]["detail"] == "The photo cannot be opened. Please take it again as JPEG or PNG."
        assert applicant.seen()["scans"]["front"]["reasons"][0]["detail"].startswith("无法打开照片")


@pytest.mark.parametrize("identifier", ["x" * 3000, "%00", "a%2Fb", "%F0%9F%92%A9", "..", "0" * 32])
def test_a_face_check_that_never_was(applicant: Applicant, identifier: str) -> None:
    """404, whatever stands in the path."""
    assert refusal(applicant.compare(identifier)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("refused", REFUSALS, ids=lambda refused: refused.__name__)
def test_every_refusal_speaks_both_languages(refused: type[AppError]) -> None:
    """Each of the area's errors has a code and two different texts."""
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", refused.code)
    assert re.search(r"[\u4e00-\u9fff]", refused.text.zh)
    assert refused.text.en.isascii()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
WORDS = ["resident_id", "passport", "front", "image/jpeg", "identity", "approve", "GBR", "2030-01-01"]
LIKELY = st.sampled_from(WORDS)


@st.composite
def bodies(draw: st.DrawFn, route: Route) -> Any:
    """Junk, or junk in the route's own fields."""
    fields = list(route.request_model.__struct_fields__)
    if not fields or draw(st.integers(0, 4)) == 0:
        return draw(st.one_of(JSON, st.binary(max_size=30)))
    return {field: draw(st.one_of(JSON, LIKELY)) for field in fields if draw(st.booleans())}


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_a_client_sends_is_our_mistake(
    applicant: Applicant, administrator: Http, route: Route, data: st.DataObject
) -> None:
    """Whatever the body, the path and the language header are, the answer is no server error, and a problem if any."""
    client = administrator if route.path.startswith("/admin") else applicant.http
    identifier = data.draw(st.sampled_from(["0" * 32, "%00", "x" * 1500, "%C3%28", applicant.user_id]))
    language = data.draw(st.sampled_from(["en", "", "zh;q=x", "*" * 300]))
    path = address(route, identifier)
    if route.method == "GET":
        query = data.draw(st.sampled_from(["", "?limit=1e9", "?cursor=%F0%9F%92%A9", "?status=&x=1", "?limit=%00"]))
        answer = client.get(path + query, **{"Accept-Language": language})
    else:
        answer = client.call(route.method, path, data.draw(bodies(route)), **{"Accept-Language": language})
    client.private.difference_update(WORDS)  # they stand in log lines anyway
    assert answer.status < 500
    if answer.status >= 400:
        assert set(answer.body) >= {"type", "title", "status", "code", "detail", "errors", "request_id"}
        assert answer.headers["content-type"] == "application/problem+json"
