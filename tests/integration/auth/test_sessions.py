"""Sessions: how long they last, how they slide, how they end."""

from typing import Any

import pytest

from functions.auth import store
from functions.shared import ids
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import Owner, Session, User, UserSession
from functions.shared.table.transactions import get
from tests.conftest import Clock
from tests.integration.auth.stage import (
    PHONE,
    account,
    ask_code,
    bind_by_code,
    everything,
    login,
    more_sessions,
    phone_user,
    users,
)
from tests.integration.client import Http, new_user
from tests.integration.shared.faults import answering, cancelled, dynamodb, dynamodb_error, timing_out
from tests.integration.shared.log_lines import LogLines

DAY_S = 86_400


def sessions() -> list[dict[str, Any]]:
    """All items of sessions that have not ended."""
    return [item for item in everything() if item["kind"]["S"] in {"session", "user_session"}]


def ends(token: str) -> tuple[Any, Any, Any]:
    """When a session ends: by its own word, by its TTL, and by the TTL of its listing."""
    session = get(Session, keys.session(ids.fingerprint(token)))
    assert session is not None
    listed = get(UserSession, keys.user_session(session.user_id, ids.fingerprint(token)))
    assert listed is not None
    return session.valid_until, session.expires_at, listed.expires_at


def test_who_is_nobody(http: Http) -> None:
    """No header, another scheme, no token and an unknown token are UNAUTHENTICATED, and say how to come in."""
    long = "Bearer " + "x" * 9_000
    for sent in (None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer unknown", "Bearer \t", "token", long):
        answer = http.get("/auth/me", **({} if sent is None else {"Authorization": sent}))
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_scheme_in_any_case(http: Http) -> None:
    """The scheme is read in any case (RFC 9110), the token as it is."""
    _, token = new_user()
    for sent, status in ((f"bearer {token}", 200), (f"BEARER  {token} ", 200), (f"Bearer {token.swapcase()}", 401)):
        assert http.get("/auth/me", Authorization=sent).status == status


def test_fingerprint_is_no_token(http: Http) -> None:
    """What the table keeps does not sign in."""
    _, token = new_user()
    assert http.signed_in(ids.fingerprint(token)).get("/auth/me").status == 401
    assert token not in str(everything())


def test_mini_program_slides(http: Http, clock: Clock) -> None:
    """A used session of the mini-program continues for ever, by one write a day; its listing goes along."""
    _, token = new_user()
    me = http.signed_in(token)
    first = ends(token)
    clock.forward(DAY_S - 1)
    assert me.get("/auth/me").status == 200
    assert ends(token) == first
    clock.forward(1)
    assert me.get("/auth/me").status == 200
    slid = ends(token)
    assert len(set(slid)) == 1
    assert (slid[0] - first[0]).total_seconds() == DAY_S
    for _ in range(3):
        clock.forward(30 * DAY_S - 1)
        assert me.get("/auth/me").status == 200
    assert len(set(ends(token))) == 1


def test_unused_session_expires(http: Http, clock: Clock) -> None:
    """After thirty days without use it is SESSION_EXPIRED, to the second."""
    _, token = new_user()
    clock.forward(30 * DAY_S)
    answer = http.signed_in(token).get("/auth/me")
    assert (answer.status, answer.code, answer.headers["www-authenticate"]) == (401, "SESSION_EXPIRED", "Bearer")


def test_portal_does_not_slide(http: Http, clock: Clock) -> None:
    """A session of the portal lasts two hours, however much it is used."""
    _, me = phone_user(http, client="portal")
    clock.forward(7_199)
    assert me.get("/auth/me").status == 200
    clock.forward(1)
    assert me.get("/auth/me").code == "SESSION_EXPIRED"


def test_portal_session_shape(http: Http, clock: Clock) -> None:
    """The portal's session names its client and its end."""
    session = login(http, *ask_code(http), client="portal").body["session"]
    assert (session["client"], session["expires_at"]) == ("portal", "2026-11-22T10:00:00Z")
    clock.forward(60)
    assert login(http, *ask_code(http), client="console").status == 422


def test_sign_out_of_one(http: Http) -> None:
    """Signing out ends this session alone, with nothing of it left, and is reported by the audit trail."""
    user_id, one = new_user("oABC")
    _, other = new_user("oABC")
    answer = http.signed_in(one).delete("/auth/session")
    assert (answer.status, answer.body) == (204, None)
    assert answer.headers["x-request-id"]
    assert http.signed_in(one).get("/auth/me").code == "SESSION_ENDED"
    assert http.signed_in(one).delete("/auth/session").status == 401
    assert http.signed_in(other).get("/auth/me").status == 200
    assert len(sessions()) == 2
    assert account(user_id).version == 3


@pytest.mark.parametrize("count", [1, 3, 100])
def test_sign_out_of_all(http: Http, count: int) -> None:
    """All sessions of the user end, however many, and no one else's."""
    user_id, token = new_user("oABC")
    tokens = [token, *more_sessions(user_id, count - 1)]
    _, somebody = new_user()
    assert http.signed_in(tokens[0]).delete("/auth/sessions").status == 204
    for token in (tokens[0], tokens[-1]):
        assert http.signed_in(token).get("/auth/me").status == 401
    assert http.signed_in(somebody).get("/auth/me").status == 200
    assert len(sessions()) == 2


def test_own_session_ends_last(http: Http) -> None:
    """When ending all is interrupted, the caller's own session is still there to try again with."""
    user_id, token = new_user("oABC")
    tokens = [token, *more_sessions(user_id, 59)]
    own = min(tokens, key=ids.fingerprint)
    throttled = cancelled("ThrottlingError")
    with answering(dynamodb(), "dynamodb.TransactWriteItems", None, throttled):
        answer = http.signed_in(own).delete("/auth/sessions")
    assert answer.status == 503
    assert 0 < len(sessions()) < 120
    assert http.signed_in(own).get("/auth/me").status == 200
    assert http.signed_in(own).delete("/auth/sessions").status == 204
    assert sessions() == []


def test_unlisted_session_is_ended_too(http: Http) -> None:
    """The caller's own session ends even when its listing is gone."""
    user_id, token = new_user()
    UserSession.new(keys.user_session(user_id, ids.fingerprint(token))).delete()
    assert http.signed_in(token).delete("/auth/sessions").status == 204
    assert http.signed_in(token).get("/auth/me").status == 401


def test_two_sign_outs_at_once(http: Http) -> None:
    """A sign-out that meets another change of the account decides again."""
    _, token = new_user()
    with answering(dynamodb(), "dynamodb.TransactWriteItems", cancelled("None", "None", "None", "TransactionConflict")):
        assert http.signed_in(token).delete("/auth/session").status == 204


def test_slide_that_loses(http: Http, clock: Clock) -> None:
    """A session that slid meanwhile needs no second slide; the request continues."""
    _, token = new_user()
    clock.forward(2 * DAY_S)
    with answering(dynamodb(), "dynamodb.TransactWriteItems", cancelled("ConditionalCheckFailed", "None")):
        assert http.signed_in(token).get("/auth/me").status == 200


def test_a_slide_that_fails(http: Http, clock: Clock) -> None:
    """A session that cannot slide for now still holds; the next request slides it."""
    _, token = new_user()
    clock.forward(2 * DAY_S)
    with LogLines() as logs, timing_out(dynamodb(), "dynamodb.TransactWriteItems"):
        assert http.signed_in(token).get("/auth/me").status == 200
    assert len(logs.named("session_renewal_failed")) == 1
    clock.forward(27 * DAY_S)
    assert http.signed_in(token).get("/auth/me").status == 200
    clock.forward(27 * DAY_S)
    assert http.signed_in(token).get("/auth/me").status == 200


def test_a_slide_that_is_not_allowed(http: Http, clock: Clock) -> None:
    """A mistake of ours is not passed over: sessions that never slide would lock everybody out."""
    _, token = new_user()
    clock.forward(2 * DAY_S)
    with answering(dynamodb(), "dynamodb.TransactWriteItems", dynamodb_error("AccessDeniedException")):
        assert http.signed_in(token).get("/auth/me").status == 500


def test_session_without_account(http: Http) -> None:
    """A session whose account is gone signs in no one."""
    user_id, token = new_user()
    User.new(keys.user(user_id)).delete()
    me = http.signed_in(token)
    for answer in (me.get("/auth/me"), me.delete("/auth/session"), me.delete("/auth/sessions")):
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    proof = {"challenge_id": "c", "phone": PHONE, "code": "123456"}
    assert me.post("/auth/phone", proof).code == "SMS_CODE_INVALID"
    assert bind_by_code(me).code == "UNAUTHENTICATED"
    assert store.user(user_id) is None


def test_owner_without_account(http: Http) -> None:
    """A phone whose account cannot be found signs in no one, and makes no second account."""
    Owner.new(keys.phone_owner(keyed_hash("phone", PHONE)), user_id="nobody").save()
    answer = login(http, *ask_code(http))
    assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
    assert users() == []


def test_sessions_when_the_table_is_away(http: Http) -> None:
    """Without the table there is no way in: 503, not a session."""
    _, token = new_user()
    with timing_out(dynamodb(), "dynamodb.GetItem"):
        answer = http.signed_in(token).get("/auth/me")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "SERVICE_UNAVAILABLE", "5")


def test_administrators(http: Http) -> None:
    """An administrator's path is closed to everybody else, and the right is looked up on every request."""
    user_id, token = new_user(administrator=True)
    _, other = new_user()
    path = "/admin/identity-applications?status=in_review"
    assert http.signed_in(token).get(path).status == 200
    refused = http.signed_in(other).get(path)
    assert (refused.status, refused.code) == (403, "ADMINISTRATOR_REQUIRED")
    assert http.get(path).status == 401
    User.new(keys.user(user_id)).update(actions=[User.is_administrator.set(False)])
    assert http.signed_in(token).get(path).code == "ADMINISTRATOR_REQUIRED"
    User.new(keys.user(user_id)).delete()
    assert http.signed_in(token).get(path).code == "ADMINISTRATOR_REQUIRED"
