"""What is known and what is not are told apart by nothing: not by status, headers or body, nor by the work behind them.

Time is not measured, where another process may be busy; the calls to AWS are counted, of which the time consists, and
secrets are compared by `hmac.compare_digest` alone.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from functions.shared import clients, ids
from functions.shared.table.base import connection
from tests.conftest import Clock
from tests.integration.auth.stage import OTHER_PHONE, PHONE, ask_code, ask_from, login, phone_user, wrong
from tests.integration.client import Answer, Http, new_user
from tests.integration.grants.builders import CITY, CLINIC, EXAM, FAR, HOSPITAL, PROVINCE, tree
from tests.integration.identity.applicant import numbered
from tests.integration.shared.configured import configured

Work = Callable[[Callable[[], Answer]], tuple[Any, list[str]]]


@pytest.fixture
def seen(aws: None) -> Iterator[Work]:
    """What somebody sees of a call, and the calls to AWS that were made for it, in their order."""
    made: list[str] = []

    def note(model: Any, **_: Any) -> None:
        made.append(f"{model.service_model.service_name}.{model.name}")

    everyone = [connection().connection.client, clients.kms(), clients.s3(), clients.sns(), clients.sqs()]
    for client in everyone:
        client.meta.events.register("before-call", note, unique_id="seen")

    def looked(call: Callable[[], Answer]) -> tuple[Any, list[str]]:
        made.clear()
        answer = call()
        answer.headers.pop("x-request-id")
        for name in ("request_id", "challenge_id"):
            answer.body.pop(name, None)
        return answer, list(made)

    yield looked
    for client in everyone:
        client.meta.events.unregister("before-call", note, unique_id="seen")


@pytest.mark.parametrize("purpose", ["sign_in", "bind_phone"])
def test_asking_for_a_code(http: Http, seen: Work, clock: Clock, purpose: str) -> None:
    """For a phone that somebody has, and for one that no one has."""
    phone_user(http)
    clock.forward(60)
    asking = http.signed_in(new_user()[1]) if purpose == "bind_phone" else http
    known = seen(lambda: asking.post("/auth/sms-codes", {"phone": PHONE, "purpose": purpose}))
    unknown = seen(lambda: asking.post("/auth/sms-codes", {"phone": OTHER_PHONE, "purpose": purpose}))
    assert known == unknown
    assert known[0].status == 202


def test_asking_strangers_too_often(http: Http, seen: Work, clock: Clock) -> None:
    """At a network where neither has signed in, a phone with an account and one without are refused alike."""
    phone_user(http)
    answers = []
    for number in range(5):
        clock.forward(60)
        asked = [seen(partial(ask_from, f"198.51.100.{number}", phone)) for phone in (PHONE, OTHER_PHONE)]
        assert asked[0] == asked[1]
        answers.append(asked[0][0].status)
    assert answers == [202, 202, 202, 429, 429]


def test_asking_while_a_breaker_is_open(http: Http, clock: Clock) -> None:
    """Past the newcomers' share of the hour both are answered 202, and past the total both are refused alike."""
    phone_user(http)
    for total, status in (("10", 202), ("1", 429)):
        clock.forward(60)
        with configured(sms_newcomers_hour="1", sms_total_hour=total):
            asked = [ask_from("198.51.100.1", phone) for phone in (PHONE, OTHER_PHONE)]
        for answer in asked:
            answer.body.pop("challenge_id", None)
        assert asked[0] == asked[1]
        assert asked[0].status == status


def test_guessing_a_code(http: Http, seen: Work, clock: Clock) -> None:
    """A wrong code of a phone with an account, of one without, of one that no code was sent to, of another one."""
    phone_user(http)
    clock.forward(60)
    answers = []
    for phone in (PHONE, OTHER_PHONE):
        challenge_id, code = ask_code(http, phone)
        answers.append(seen(partial(login, http, challenge_id, wrong(code), phone=phone)))
        answers.append(seen(partial(login, http, challenge_id, code, phone="13900139000")))
    answers.append(seen(partial(login, http, "0" * 32, "000000", phone="13900139000")))
    # Anyone who has the id of a code knows its tries; without it there are none, whatever the phone.
    assert [answer.body.pop("attempts_left") for answer, _ in answers] == [4, 0, 4, 0, 0]
    assert [one for one in answers if one != answers[0]] == []
    assert answers[0][0].code == "SMS_CODE_INVALID"


def test_naming_a_person(http: Http, seen: Work) -> None:
    """A direct grant to a verified person under another name, and to numbers that are no one's."""
    world = tree(http)
    superior, somebody = world.manager(CITY), world.person()
    assert superior.issue(HOSPITAL).status == 201
    path = f"/console/grants/{EXAM}/{HOSPITAL}/direct-grant"
    tried = [
        {"name": "王建国", "number": somebody.number},
        {"name": somebody.name, "number": numbered("42010619751119002")},
        {"name": somebody.name, "number": "H12345678"},
        {"name": somebody.name, "number": "420106198611190026"},
    ]
    answers = [seen(partial(superior.console.post, path, body)) for body in tried]
    assert [one for one in answers if one != answers[0]] == []
    assert answers[0][0].code == "PERSON_NOT_VERIFIED"


def test_guessing_a_grant_code(http: Http, seen: Work) -> None:
    """One that never was, one of an earlier epoch, one that has been revoked."""
    world = tree(http)
    person = world.person()
    reissued, revoked = world.code(HOSPITAL), world.code(CLINIC)
    world.code(HOSPITAL)
    assert world.admin.revoke(CLINIC).status == 204
    check = person.face_check(purpose="grant_redemption", grant_code=world.code(FAR))
    answers = [
        seen(partial(person.phone.post, "/grants/redemptions", {"grant_code": code, "face_check_id": check}))
        for code in ("0000-0000-0000-0000", reissued, revoked)
    ]
    assert [answer.body.pop("attempts_left") for answer, _ in answers] == [9, 8, 7]
    assert [one for one in answers if one != answers[0]] == []
    assert answers[0][0].code == "GRANT_CODE_INVALID"


def test_guessing_a_session(http: Http, seen: Work) -> None:
    """A token that never was, another one's session id: one read, and the same answer; an ended one differs."""
    _, token = new_user()
    client = http.signed_in(token)
    listed = client.get("/auth/sessions").body["items"][0]["session_id"]
    assert client.delete("/auth/session").status == 204
    answers = [seen(partial(http.signed_in(guess).get, "/auth/me")) for guess in (ids.new_token(), listed)]
    assert [one for one in answers if one != answers[0]] == []
    assert (answers[0][0].code, answers[0][1]) == ("UNAUTHENTICATED", ["dynamodb.GetItem"])
    ended = seen(partial(client.get, "/auth/me"))
    assert (ended[0].code, ended[1]) == ("SESSION_ENDED", answers[0][1])


def test_guessing_a_cursor(http: Http, seen: Work) -> None:
    """Another list's cursor, an altered one and nonsense: the same answer, and no page is read for it."""
    world = tree(http)
    assert world.admin.phone.get("/admin/identity-applications").status == 200
    page = world.admin.list("root", limit=1)
    more = world.admin.list(PROVINCE, limit=1).body["next_cursor"]
    assert page.status == 200
    assert more
    guesses = (more, more[:-2] + "AA", more[::-1], "x", "A" * 500)
    path = f"/console/grants?business={EXAM}&supervisor={CITY}&cursor="
    answers = [seen(partial(world.admin.console.get, path + guess)) for guess in guesses]
    assert [one for one in answers if one != answers[0]] == []
    assert answers[0][0].code == "CURSOR_INVALID"
    assert "dynamodb.Query" not in answers[0][1]
