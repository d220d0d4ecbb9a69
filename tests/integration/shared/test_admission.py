"""Which sessions a route admits: by client, and by how sure it is that the account's owner is calling."""

from typing import Any, get_args

import pytest
from chalice.app import Chalice

from app import ROUTES
from functions.auth.sessions import begin_session
from functions.shared import clock as product_clock
from functions.shared import ids
from functions.shared.admission import PERSON, PUBLIC, SessionClient
from functions.shared.blueprint import Blueprint
from functions.shared.guards import administrator, signed_in
from functions.shared.http import Request, Route, public
from functions.shared.table import keys
from functions.shared.table.auth import Session, SignInMethod, User
from functions.shared.table.transactions import Transaction
from tests.conftest import Clock
from tests.integration.auth.stage import ask_code, login, phone_user
from tests.integration.client import Http, new_user
from tests.integration.shared.faults import dynamodb
from tests.integration.shared.gateway import send

CLIENT_CODES = {"CLIENT_NOT_ALLOWED", "CONSOLE_SESSION_REQUIRED", "MINI_PROGRAM_SESSION_REQUIRED"}
DECLARED = [route for route in ROUTES if route.clients != PUBLIC]
HOURS_12 = 12 * 3_600


def token_of(user_id: str, client: SessionClient = "mini_program", by: SignInMethod = "wechat") -> str:
    """The token of a new session."""
    tx = Transaction()
    session = begin_session(tx, user_id, client, by=by)
    tx.commit()
    return session.token


def stored(token: str) -> Session:
    """The item of a session, to be changed."""
    return Session.new(keys.session(ids.fingerprint(token)))


def verify(user_id: str) -> None:
    """Let the account have a verified identity."""
    User.new(keys.user(user_id)).update(actions=[User.identity_status.set("verified")])


def asked(http: Http, route: Route) -> str | None:
    """The code of what a route answers to something that is not there."""
    path = route.path
    for name in ("business", "institution_code"):
        path = path.replace(f"{{{name}}}", "420000")
    while "{" in path:
        path = path[: path.index("{")] + "0" * 32 + path[path.index("}") + 1 :]
    return http.call(route.method, path, {}).code


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_states_its_clients(route: Route) -> None:
    """Every declared route states for which clients it is, and a public one is for them alone."""
    assert route.clients
    assert route.clients == PUBLIC or not set(route.clients) - set(get_args(SessionClient))
    assert (route.guard is public) == (route.clients == PUBLIC)
    assert route.guard is not administrator or route.assurance == "full"


def test_a_route_that_states_no_clients_is_closed(http: Http) -> None:
    """Without a declaration no one gets in: neither without a session, nor with any, nor as an administrator."""
    routes, called = Blueprint("new"), []
    for path, guard in (("/open", public), ("/mine", signed_in), ("/office", administrator)):
        routes.add("GET", path, guard=guard)(lambda _: called.append(1))
    made = Chalice("new", configure_logs=False)
    made.register_blueprint(routes)
    user_id, _ = new_user(administrator=True)
    tokens = [token_of(user_id, client) for client in get_args(SessionClient)]
    for path in ("/open", "/mine", "/office"):
        for token in (None, *tokens):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = send(made, "GET", path, headers=headers)
            assert (answer.status, answer.code) == (403, "CLIENT_NOT_ALLOWED")
    assert called == []


def test_a_guard_and_clients_that_disagree_are_no_declaration() -> None:
    """A public guard on a route for sessions, or the other way round, fails when the route is declared."""
    routes = Blueprint("new")
    for guard, clients in ((public, PERSON), (signed_in, PUBLIC)):
        with pytest.raises(ValueError, match="disagree"):
            routes.add("GET", "/x", guard=guard, clients=clients)


def test_a_guard_that_names_no_caller_admits_nobody(http: Http) -> None:
    """A route for sessions whose guard found no session answers 401."""
    routes = Blueprint("new")

    def forgets(_: Request) -> None:
        """Find out nothing."""

    routes.add("GET", "/x", guard=forgets, clients=PERSON)(lambda _: None)
    made = Chalice("new", configure_logs=False)
    made.register_blueprint(routes)
    assert send(made, "GET", "/x").code == "UNAUTHENTICATED"


@pytest.mark.parametrize("client", get_args(SessionClient))
def test_a_session_reaches_the_routes_of_its_client_alone(http: Http, client: SessionClient) -> None:
    """Each declared route refuses the sessions of other clients, and only those, by a code that says where to go."""
    user_id, _ = new_user(administrator=True)
    for route in DECLARED:
        code = asked(http.signed_in(token_of(user_id, client)), route)
        assert (code in CLIENT_CODES) == (client not in route.clients), (route.method, route.path, code)


def test_a_console_session_reaches_little(http: Http) -> None:
    """A PC that is left open: the console, the administration, the businesses, oneself and the way out."""
    reached = {f"{route.method} {route.path}" for route in DECLARED if "console" in route.clients}
    others = {one for one in reached if not one.split()[1].startswith(("/console/", "/admin/", "/notifications"))}
    assert others == {"GET /auth/me", "DELETE /auth/session", "GET /businesses", "GET /businesses/{business}"}


def test_an_sms_code_alone_opens_little_of_a_verified_account(http: Http) -> None:
    """The holder of a verified person's number only sees who it is, registers, leaves, and may show their face."""
    user_id, _ = new_user()
    verify(user_id)
    for route in DECLARED:
        code = asked(http.signed_in(token_of(user_id, by="phone")), route)
        allowed = route.assurance == "basic" or "mini_program" not in route.clients or route.guard is administrator
        assert (code == "STEP_UP_REQUIRED") != allowed or "face-checks" in route.path, (route.method, route.path, code)
    opened = {f"{route.method} {route.path}" for route in DECLARED if route.assurance == "basic"}
    assert {one for one in opened if "registrations" not in one and "face-checks" not in one} == {
        "GET /auth/me",
        "DELETE /auth/session",
    }


def test_administrators_need_full_assurance(http: Http) -> None:
    """An administrator's number alone does not open the administration, verified or not; their WeChat does."""
    user_id, token = new_user(administrator=True)
    queue = "/admin/identity-applications"
    by_phone = http.signed_in(token_of(user_id, by="phone"))
    for _ in range(2):
        assert (by_phone.get(queue).status, by_phone.get(queue).code) == (403, "STEP_UP_REQUIRED")
        assert http.signed_in(token).get(queue).status == 200
        verify(user_id)


def test_a_face_check_lasts_for_its_hours(http: Http, clock: Clock) -> None:
    """A session that passed a face check has full assurance until then; afterwards its number alone counts again."""
    user_id, _ = new_user()
    verify(user_id)
    token = token_of(user_id, by="phone")
    session = http.signed_in(token)
    assert session.get("/identity").code == "STEP_UP_REQUIRED"
    stored(token).update(actions=[Session.full_until.set(product_clock.after(HOURS_12))])
    assert session.get("/identity").status == 200
    clock.forward(HOURS_12 - 1)
    assert session.get("/identity").status == 200
    clock.forward(1)
    assert session.get("/identity").code == "STEP_UP_REQUIRED"


def test_a_session_from_before_counts_as_one_by_phone(http: Http) -> None:
    """Where it is not stored how a session was started, the account decides."""
    user_id, token = new_user()
    stored(token).update(actions=[Session.made_by.remove()])
    assert http.signed_in(token).get("/identity").status == 200
    verify(user_id)
    assert http.signed_in(token).get("/identity").code == "STEP_UP_REQUIRED"


def test_an_account_that_is_verified_meanwhile_asks_for_a_face(http: Http) -> None:
    """A session by SMS has full assurance until the identity of its account is verified, its own included."""
    user_id, session = phone_user(http)
    assert session.get("/identity").status == 200
    verify(user_id)
    answer = session.get("/identity", **{"Accept-Language": "en"})
    assert (answer.status, answer.code) == (403, "STEP_UP_REQUIRED")
    assert "face check" in answer.body["detail"]


def test_sign_ins_say_their_assurance(http: Http, clock: Clock) -> None:
    """A session is handed out with its assurance: `basic` by SMS on a verified account, else `full`."""

    def assurance() -> str:
        clock.forward(60)
        answer = login(http, *ask_code(http))
        assert answer.status == 201, answer
        return str(answer.body["session"]["assurance"])

    user_id, _ = phone_user(http)
    assert assurance() == "full"
    verify(user_id)
    assert assurance() == "basic"


def test_the_check_of_a_session_is_one_read(http: Http, clock: Clock) -> None:
    """One read by WeChat, and by SMS after a face check; one more, of the account, by SMS alone."""
    user_id, token = new_user()
    by_phone, checked = token_of(user_id, by="phone"), token_of(user_id, by="phone")
    stored(checked).update(actions=[Session.full_until.set(clock.time.replace(year=2027))])
    base = reads(http.signed_in(token), "/identity")
    assert reads(http.signed_in(checked), "/identity") == base
    assert reads(http.signed_in(by_phone), "/identity") == base + 1


def reads(http: Http, path: str) -> int:
    """How many reads a GET costs."""
    made: list[str] = []

    def note(model: Any, **_: Any) -> None:
        made.append(model.name)

    events = dynamodb().meta.events
    events.register("before-call.dynamodb", note, unique_id="reads")
    assert http.get(path).status == 200
    events.unregister("before-call.dynamodb", note, unique_id="reads")
    assert set(made) <= {"GetItem", "BatchGetItem", "Query"}
    return len(made)
