"""What every route has in common: the form of refusals, limits of the body, languages, ids, CORS, and no 500s."""

import json
import re
from typing import Any

import pytest
from chalice.app import Chalice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import ROUTES, app
from functions.shared import errors
from functions.shared.admission import PUBLIC
from functions.shared.blueprint import Blueprint
from functions.shared.errors import Gone, Text
from functions.shared.http import Request, public
from tests.integration.client import Http, new_user
from tests.integration.shared.gateway import send
from tests.integration.shared.log_lines import LogLines

MEMBERS = {"type", "title", "status", "code", "detail", "errors", "request_id"}
SMS = "/auth/sms-codes"


def test_health(http: Http) -> None:
    """The API answers, asking no one."""
    answer = http.get("/healthz")
    assert (answer.status, answer.body) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("accepted", "language", "detail"), [("zh", "zh-CN", "请先登录"), ("en", "en", "Please sign in")]
)
def test_problem(http: Http, accepted: str, language: str, detail: str) -> None:
    """A refusal is RFC 9457 in the language that is preferred, and no one may keep it."""
    answer = http.get("/auth/me", **{"Accept-Language": accepted})
    assert set(answer.body) == MEMBERS
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == language
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body["detail"].startswith(detail)
    assert (answer.body["type"], answer.body["title"]) == ("about:blank", "Unauthorized")
    assert (answer.body["status"], answer.body["code"], answer.body["errors"]) == (401, "UNAUTHENTICATED", [])
    assert answer.body["request_id"] == answer.headers["x-request-id"]


def test_wrong_fields_in_both_languages(http: Http) -> None:
    """Every wrong field is named with its code and a text in the caller's language."""
    body = {"purpose": "x", "extra": 1}
    zh, en = http.post(SMS, body), http.post(SMS, body, **{"Accept-Language": "en"})
    assert zh.status == en.status == 422
    expected = [("extra", "UNKNOWN"), ("phone", "MISSING"), ("purpose", "FORMAT")]
    for answer in (zh, en):
        assert [(error["field"], error["code"]) for error in answer.body["errors"]] == expected
        assert all(set(error) == {"field", "code", "detail"} for error in answer.body["errors"])
    assert [error["detail"] for error in en.body["errors"]] == [
        "Unknown field.",
        "This is required.",
        "This must be one of: bind_phone, sign_in.",
    ]
    assert all(re.search("[一-鿿]", error["detail"]) for error in zh.body["errors"])


def test_every_refusal_speaks_both_languages() -> None:
    """All errors of the product have a status, a code in upper snake case, and a text in each language."""

    def below(kind: type[errors.AppError]) -> list[type[errors.AppError]]:
        return [one for child in kind.__subclasses__() for one in (child, *below(child))]

    for kind in below(errors.AppError):
        if kind.__module__.startswith("functions."):
            assert 400 <= kind.status < 600, kind
            assert re.fullmatch("[A-Z][A-Z0-9_]+", kind.code), kind
            assert re.search("[一-鿿]", kind.text.zh), kind
            assert kind.text.en.isascii(), kind
            if kind.status == 503:
                assert kind.retry_after_s, kind


def test_errors_do_not_print_their_texts() -> None:
    """As text an error is its code: messages for people never reach a log."""
    assert str(errors.NotFound()) == "NOT_FOUND"


def test_cors(http: Http) -> None:
    """Answers, refusals included, are readable for the one web origin."""
    for answer in (http.get("/healthz"), http.get("/auth/me"), http.post(SMS, b"{")):
        assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert answer.headers["access-control-expose-headers"] == "X-Request-Id,Retry-After,ETag"
        assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]


def test_answers_are_not_kept(http: Http) -> None:
    """No answer may be kept by anybody on the way."""
    assert http.get("/healthz").headers["cache-control"] == "no-store"


BODIES: list[tuple[bytes | str, int]] = [
    ("{", 400),
    ("{'phone': 1}", 400),
    ("NaN", 400),
    ('{"phone": "\\ud800"}', 400),
    ('{"\\udc00": 1}', 400),
    ('{"phone": "\ud800"}', 400),
    ("[" * 60_000, 400),
    ("1" * 5_000, 400),
    ('{"phone": 1e999}', 400),
    ("\ufeff{}", 400),
    ("[]", 422),
    ("null", 422),
    ("7", 422),
    ('"text"', 422),
    ("{}", 422),
    ("", 422),
    (" {} ", 422),
    ('{"phone": "138\\u00000138000", "purpose": "sign_in"}', 422),
    ('{"phone": 99999999999999999999999999999999999999, "purpose": "sign_in"}', 422),
    ('{"phone": null, "purpose": null}', 422),
    ('{"phone": "13800138000", "purpose": "sign_in", "\\u0000": 1}', 422),
    ('{"phone": {"S": "13800138000"}, "purpose": ["sign_in"]}', 422),
    ('{"phone": "' + "1" * 70_000 + '"}', 413),
    ('{"phone": "' + "卫" * 30_000 + '"}', 413),
]


def test_hostile_bodies(http: Http) -> None:
    """Whatever stands in a body is answered by 400, 413 or 422, as a problem."""
    headers = {"content-type": "application/json"}
    for body, status in BODIES:
        answer = send(app, "POST", SMS, body, headers=headers)
        assert (answer.status, set(answer.body)) == (status, MEMBERS), body[:40]


def test_bodies_that_are_no_text(http: Http) -> None:
    """Bytes that are not UTF-8, as API Gateway replaces them, and what it hands over as binary, are not JSON."""
    assert http.post(SMS, b'{"phone": "\xff"}').status == 400
    for body in ('{"phone": "\ufffd"}', b'{"phone": "\xff"}'.decode(errors="replace")):
        assert send(app, "POST", SMS, body).code == "MALFORMED"
    answer = send(app, "POST", SMS, "e30=", base64_encoded=True)
    assert (answer.status, answer.code) == (400, "MALFORMED")


def test_repeated_fields(http: Http) -> None:
    """Of a field that stands twice the last one counts, as everywhere in JSON."""
    body = '{"phone": "x", "phone": "13800138000", "purpose": "sign_in"}'
    assert send(app, "POST", SMS, body).status == 202


def test_media_types(http: Http) -> None:
    """JSON is the one media type, in any case and with parameters; a body of another is 415."""
    body = '{"phone": "1", "purpose": "sign_in"}'
    for sent, status in (
        ("application/json", 422),
        ("Application/JSON; charset=utf-8", 422),
        ('application/json;charset="UTF8"; q=1', 422),
        ("application/json; charset=gbk", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/jsonp", 415),
        ("", 415),
        (";", 415),
    ):
        assert send(app, "POST", SMS, body, headers={"Content-Type": sent}).status == status, sent
    assert send(app, "POST", SMS, body).status == 422
    refused = http.post(SMS, b"a=b", **{"Content-Type": "text/plain"})
    assert (refused.status, refused.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_query(http: Http) -> None:
    """Unknown query fields are named; of a repeated one the last counts."""
    _, token = new_user()
    me = http.signed_in(token)
    answer = me.get("/auth/me?a=1&b=&a=2")
    assert (answer.status, answer.code) == (422, "INVALID")
    assert [(error["field"], error["code"]) for error in answer.body["errors"]] == [("a", "UNKNOWN"), ("b", "UNKNOWN")]
    assert me.delete("/auth/session?x=%ED%A0%80").status == 422
    assert me.get("/auth/me").status == 200


def test_guard_comes_before_the_body(http: Http) -> None:
    """A stranger learns nothing about fields: who is asking comes first."""
    assert http.post("/auth/phone", b"{").status == 401


def test_unknown_paths_and_methods(http: Http) -> None:
    """What is not declared is not served."""
    assert http.get("/auth/unknown").status in {403, 404}
    assert http.put(SMS, {}).status in {403, 405}


def test_body_of_a_delete_is_not_read(http: Http) -> None:
    """A DELETE takes nothing from its body."""
    _, token = new_user()
    assert http.signed_in(token).call("DELETE", "/auth/session", b"\xff").status == 204


TEXTS = st.text(max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120, deadline=None)
@given(
    body=st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=3))
    | st.dictionaries(st.sampled_from(["challenge_id", "phone", "code", "client", "js_code", "x"]), TEXTS | st.none()),
    path=st.sampled_from(["/auth/phone-logins", "/auth/sms-codes"]),
    headers=st.dictionaries(
        st.sampled_from(["Authorization", "Accept-Language", "Content-Type", "Idempotency-Key", "X-Poll-Secret"]), TEXTS
    ),
)
def test_no_500_for_anything(http: Http, body: Any, path: str, headers: dict[str, str]) -> None:
    """No body and no header that a client can send is answered by 500."""
    answer = send(app, "POST", path, json.dumps(body), headers=headers)
    assert answer.status in {202, 400, 415, 422}
    if answer.status != 202:
        assert set(answer.body) == MEMBERS


def test_no_headers_at_all(http: Http) -> None:
    """A request without any header is answered."""
    assert send(app, "GET", "/auth/me").status == 401
    assert send(app, "GET", "/healthz").headers["x-request-id"] == "0b2c7b6e-gateway"


class Plain(Exception):
    """A bug."""


class Ended(Gone):
    """A refusal with more to say."""

    text = Text("已结束。", "It has ended.")

    def __init__(self) -> None:
        super().__init__()
        self.extra = {"since": "yesterday"}


@pytest.fixture
def trouble() -> Chalice:
    """An app of its own whose routes fail."""
    routes = Blueprint("trouble")

    @routes.add("GET", "/bug", guard=public, clients=PUBLIC)
    def bug(_: Request) -> None:
        raise Plain("13800138000")

    @routes.add("GET", "/ended", guard=public, clients=PUBLIC)
    def ended(_: Request) -> None:
        raise Ended

    @routes.add("GET", "/who/{name}", guard=public, clients=PUBLIC)
    def who(request: Request) -> None:
        assert request.user_id

    made = Chalice("trouble", configure_logs=False)
    made.register_blueprint(routes)
    return made


def test_bugs_are_answered_and_logged(trouble: Chalice) -> None:
    """A bug is a problem without details, logged under the request's id."""
    with LogLines() as logs:
        answer = send(trouble, "GET", "/bug")
    assert (answer.status, answer.code, set(answer.body)) == (500, "INTERNAL_ERROR", MEMBERS)
    assert "13800138000" not in str(answer.body)
    (line,) = logs.named("unexpected_error")
    assert line["request_id"] == answer.headers["x-request-id"]


def test_refusals_with_more_to_say(trouble: Chalice) -> None:
    """A refusal can carry members of its own beside the standard ones."""
    answer = send(trouble, "GET", "/ended", headers={"Accept-Language": "en"})
    assert answer.status == 410
    assert answer.body["since"] == "yesterday"
    assert set(answer.body) == MEMBERS | {"since"}


def test_no_caller_on_a_public_route(trouble: Chalice) -> None:
    """A route that forgot its guard knows no caller: 401, not somebody else."""
    answer = send(trouble, "GET", "/who/{name}", path={"name": "%00"})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("typed", ["x" * 4_000, "%00", "a%23b", "%E4%BA%BA", "a%2Fb"])
@pytest.mark.parametrize(
    "path",
    [
        "/identity/scans/{}",
        "/auth/sessions/{}",
        "/institutions/registrations/{}",
        "/admin/institution-registrations/{}",
        "/admin/identity-applications/{}",
    ],
)
def test_what_can_be_no_id_is_not_found(http: Http, path: str, typed: str) -> None:
    """An id that is too long for a key, or of other characters than ids have, is nothing that exists: never a 500."""
    _, token = new_user(administrator=True)
    client = http.signed_in(token)
    methods = [route.method for route in ROUTES if re.sub(r"{\w+}", "{}", route.path) == path]
    assert methods
    for method in set(methods) - {"PUT"}:
        assert client.call(method, path.format(typed)).status == 404
