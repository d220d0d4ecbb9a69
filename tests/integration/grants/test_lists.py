"""Lists: businesses, my grants, the console's list of children, history."""

from typing import Any

import pytest

from functions.grants import names, store
from functions.grants.history import verify_chain
from functions.shared.errors import NotFound
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.grants import Business, Grant
from functions.shared.table.institutions import Institution
from tests.integration.client import new_user
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, PROVINCE, REVIEW, Tree, add_institution, grant_of

NEW = {
    "business": "nurse-exam",
    "name": "护士考试",
    "entry_url": "https://nurse.test/",
    "opens_on": "2026-12-01",
    "closes_on": "2026-12-01",
}


def test_administrators_maintain_businesses(world: Tree) -> None:
    """Made once, changed as it was seen, with an event, the same details again without one; everybody sees them."""
    assert world.admin.phone.post("/admin/businesses", NEW).body == {**NEW, "revision": 1}
    assert world.admin.phone.post("/admin/businesses", NEW).code == "BUSINESS_EXISTS"
    reserved = world.admin.phone.post("/admin/businesses", {**NEW, "business": "invitations"})
    assert reserved.body["errors"][0]["code"] == "RESERVED"
    backwards = world.admin.phone.post("/admin/businesses", {**NEW, "opens_on": "2026-12-02"})
    assert backwards.body["errors"][0]["field"] == "closes_on"
    for field, wrong in (("entry_url", "http://nurse.test"), ("business", "a b"), ("name", " "), ("opens_on", "soon")):
        answer = world.admin.phone.post("/admin/businesses", {**NEW, field: wrong})
        assert [one["field"] for one in answer.body["errors"]] == [field]
    amended = {**NEW, "closes_on": "2026-12-03"}
    path = "/admin/businesses/nurse-exam"
    assert world.admin.phone.put(path, {**amended, "revision": 1}).body == {**amended, "revision": 2}
    assert world.admin.phone.put(path, amended).status == 200
    assert int(Business.get(*keys.business("nurse-exam")).version) == 2
    stale = world.admin.phone.put(path, {**NEW, "entry_url": "https://other.test/", "revision": 1})
    assert (stale.status, stale.code) == (409, "REVISION_STALE")
    assert world.admin.phone.put(path, {**amended, "revision": 1}).body["revision"] == 2  # nothing to undo
    assert world.admin.phone.put(path, {**amended, "business": EXAM}).body["errors"][0]["code"] == "NOT_CHANGEABLE"
    assert world.admin.phone.put("/admin/businesses/nothing", {**amended, "business": "nothing"}).code == "NOT_FOUND"
    assert world.admin.phone.put(f"/admin/businesses/{'x' * 60}", {**NEW, "business": None}).code == "NOT_FOUND"
    client = world.http.signed_in(new_user()[1])
    assert client.post("/admin/businesses", NEW).code == "ADMINISTRATOR_REQUIRED"
    page = client.get("/businesses?limit=2").body
    rest = client.get(f"/businesses?limit=2&cursor={page['next_cursor']}").body
    assert [one["business"] for one in page["items"] + rest["items"]] == [EXAM, "nurse-exam", REVIEW]
    assert world.http.get("/businesses").code == "UNAUTHENTICATED"


def test_the_way_in_is_shown_on_the_days_a_business_is_open(world: Tree, clock: Any) -> None:
    """From the first day's midnight in Shanghai to the last one's; the state is told on all days."""
    city = world.manager(CITY)
    Business.new(keys.business(EXAM)).update(
        actions=[Business.opens_on.set("2026-11-23"), Business.closes_on.set("2026-11-24")]
    )

    def seen() -> tuple[str, str | None]:
        (mine,) = city.phone.get("/grants/mine").body["items"]
        return mine["business"]["state"], mine["business"]["entry_url"]

    names.forget()
    assert seen() == ("upcoming", None)
    clock.forward(8 * 3_600 - 1)
    assert seen() == ("upcoming", None)
    clock.forward(1)
    assert seen() == ("open", "https://exam.test/in")
    clock.forward(2 * 86_400 - 1)
    assert seen() == ("open", "https://exam.test/in")
    clock.forward(1)
    assert seen() == ("closed", None)


def test_names_are_remembered_for_a_minute(world: Tree, clock: Any) -> None:
    """A renamed institution shows its new name a minute later, in its new place too."""
    city = world.manager(CITY)

    def seen() -> Any:
        (mine,) = city.phone.get("/grants/mine").body["items"]
        return mine["institution"]["name"], mine["institution"]["supervisor"]

    assert seen() == (f"机构{CITY}", {"institution_code": PROVINCE, "name": f"机构{PROVINCE}"})
    moved = [Institution.name.set("新名"), Institution.supervisor_code.set(HOSPITAL)]
    Institution.new(keys.institution(CITY)).update(actions=moved)
    assert seen()[0] == f"机构{CITY}"
    clock.forward(61)
    assert seen() == ("新名", {"institution_code": HOSPITAL, "name": f"机构{HOSPITAL}"})


def test_what_has_no_item_is_shown_by_its_code(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that cannot be found breaks no list, and no more names are remembered than fit."""
    found = names.find_names(["gone"], ["GONE1"])
    assert (found.business("gone").state, found.institution("GONE1").name) == ("closed", "GONE1")
    assert names.shown_names(None) is None
    monkeypatch.setattr(names, "MOST_REMEMBERED", 1)
    names.find_names([EXAM], [CITY])
    names.find_names([REVIEW], [])
    assert keys.business(EXAM) not in names._remembered


def test_my_grants_come_in_pages(world: Tree) -> None:
    """Two places of one person are two pages of one; a cursor is the caller's own."""
    person = world.person()
    for institution in (CITY, HOSPITAL):
        assert person.redeem(world.code(institution)).status == 201
    first = person.phone.get("/grants/mine?limit=1").body
    second = person.phone.get(f"/grants/mine?limit=1&cursor={first['next_cursor']}").body
    listed = [one["institution"]["institution_code"] for one in first["items"] + second["items"]]
    assert listed == [CITY, HOSPITAL]
    other = world.admin.phone.get(f"/grants/mine?cursor={first['next_cursor']}")
    assert other.code == "CURSOR_INVALID"


def _many(world: Tree, count: int) -> list[str]:
    codes = [f"X{number:05d}" for number in range(count)]
    for code in codes:
        add_institution(code, HOSPITAL)
    return codes


def _all(world: Tree, **query: Any) -> list[str]:
    listed: list[str] = []
    cursor = ""
    while True:
        answer = world.admin.list(HOSPITAL, **query, **({"cursor": cursor} if cursor else {}))
        assert answer.status == 200, answer
        listed += [one["institution"]["institution_code"] for one in answer.body["items"]]
        cursor = answer.body["next_cursor"]
        if not cursor:
            return listed


def test_children_come_in_pages_whatever_their_state(world: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every child once, in order, and with a filter just those in that state, however thinly they are spread."""
    codes = _many(world, 23)
    issued = [codes[3], codes[11], codes[12], codes[22]]
    for code in issued:
        world.code(code)
    assert _all(world, limit=10) == codes
    assert _all(world, status="code_issued", limit=2) == issued
    assert _all(world, status="vacant", limit=100) == [code for code in codes if code not in issued]
    assert _all(world, status="active") == []
    monkeypatch.setattr(store, "AT_ONCE", 4)
    assert _all(world, status="code_issued", limit=2) == issued
    page = world.admin.list(HOSPITAL, status="active").body
    assert page["items"] == []
    assert page["next_cursor"]
    mixed = world.admin.list(HOSPITAL, limit=1).body["next_cursor"]
    assert world.admin.list(HOSPITAL, limit=1, status="vacant", cursor=mixed).code == "CURSOR_INVALID"
    assert world.admin.list("root").body["items"][0]["institution"]["supervisor"] is None


def test_history_comes_in_pages_and_a_broken_chain_shows(world: Tree) -> None:
    """Newest first; an altered event is named by its version; where nothing ever happened the history is empty."""
    for _ in range(3):
        world.code(CITY)
    path = f"/console/grants/{EXAM}/{CITY}/history"
    first = world.admin.console.get(f"{path}?limit=2").body
    second = world.admin.console.get(f"{path}?limit=2&cursor={first['next_cursor']}").body
    assert [one["epoch"] for one in first["items"] + second["items"]] == [3, 2, 1]
    assert second["items"][0]["event"] == "grant_code_issued"
    assert world.admin.console.get(f"/console/grants/{EXAM}/{HOSPITAL}/history").body["items"] == []
    assert verify_chain(EXAM, CITY).first_broken is None
    event = keys.audit_event(keys.grant(EXAM, CITY), 2)
    AuditEvent.new(event).update(actions=[AuditEvent.actor.set("somebody")])
    assert verify_chain(EXAM, CITY) == (3, 2)
    with pytest.raises(NotFound):
        verify_chain(EXAM, HOSPITAL)


def test_actors_are_masked(world: Tree) -> None:
    """Without a name the beginning of the id is shown, and commands by their name."""
    from functions.shared.table.auth import User

    world.code(CITY)
    User.new(keys.user(world.admin.user_id)).update(actions=[User.name_masked.remove()])
    path = f"/console/grants/{EXAM}/{CITY}/history"
    assert world.admin.console.get(path).body["items"][0]["actor_masked"] == f"{world.admin.user_id[:4]}****"
    AuditEvent.new(keys.audit_event(keys.grant(EXAM, CITY), 1)).update(actions=[AuditEvent.actor.set("code-job")])
    assert world.admin.console.get(path).body["items"][0]["actor_masked"] == "code-job"


def test_a_grant_in_code_issued_changes_by_nothing_else(world: Tree) -> None:
    """The code carries the grant's version and hash as of the issue, so redeeming it needs no read of the grant."""
    from functions.shared.crockford import parse_code
    from functions.shared.ids import fingerprint
    from functions.shared.table.grants import GrantCode

    for _ in range(2):
        code = parse_code(world.code(CITY))
        item, grant = GrantCode.get(*keys.grant_code(fingerprint(str(code)))), grant_of(CITY)
        assert (item.grant_version, item.grant_chain_hash, item.epoch) == (grant.version, grant.chain_hash, grant.epoch)
        assert isinstance(grant, Grant)
