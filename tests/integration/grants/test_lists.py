"""Lists: businesses, my grants, the console's list of children, history."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from functions.grants import display_names
from functions.grants.history import verify_chain
from functions.shared.clock import rfc3339
from functions.shared.errors import NotFound
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.grants import Business, Grant
from functions.shared.table.institutions import Institution
from tests.conftest import Clock
from tests.integration.client import new_user
from tests.integration.grants import job_queue
from tests.integration.grants.builders import (
    CITY,
    EXAM,
    HOSPITAL,
    PROVINCE,
    REVIEW,
    TOWN,
    Someone,
    Tree,
    add_institution,
    console_of,
    grant_of,
)

NEW = {
    "business": "nurse-exam",
    "name": "护士考试",
    "entry_url": "https://nurse.test/",
    "opens_on": "2026-12-01",
    "closes_on": "2026-12-01",
}


def test_administrators_maintain_businesses(world: Tree) -> None:
    """Made once, changed as it was seen, with an event, the same details again without one; everybody sees them."""
    assert world.admin.phone.post("/admin/businesses", NEW).body == {**NEW, "state": "upcoming", "revision": 1}
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
    shown = {**amended, "state": "upcoming", "revision": 2}
    assert world.admin.phone.put(path, {**amended, "revision": 1}).body == shown
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
    assert client.get("/businesses/nurse-exam").body == shown
    for nothing in ("nothing", "x" * 60):
        assert client.get(f"/businesses/{nothing}").code == "NOT_FOUND"
    by_state = {
        state: [one["business"] for one in client.get(f"/businesses?state={state}").body["items"]]
        for state in ("upcoming", "open", "closed")
    }
    assert by_state["upcoming"] == ["nurse-exam"]
    assert EXAM in by_state["open"]
    assert sum(map(len, by_state.values())) == len(client.get("/businesses").body["items"])
    first = client.get("/businesses?state=open&limit=1").body
    if first["next_cursor"] is not None:
        assert client.get(f"/businesses?limit=1&cursor={first['next_cursor']}").code == "CURSOR_INVALID"
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

    display_names.clear_cache()
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
    found = display_names.find_names(["gone"], ["GONE1"])
    assert (found.business("gone").state, found.institution("GONE1").name) == ("closed", "GONE1")
    assert display_names.names_of_face_check(None) is None
    monkeypatch.setattr(display_names, "MAX_REMEMBERED", 1)
    display_names.find_names([EXAM], [CITY])
    display_names.find_names([REVIEW], [])
    assert keys.business(EXAM) not in display_names._remembered


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


def _back(world: Tree, person: Someone) -> None:
    """Let somebody sign in to the console again, days later."""
    person.console = console_of(world.http, person.user_id)


def test_children_come_in_full_pages_whatever_their_state(world: Tree) -> None:
    """Every child once, in order, and with a filter just those in that state, however thinly they are spread."""
    codes = _many(world, 23)
    issued = [codes[3], codes[11], codes[12], codes[22]]
    for code in issued:
        world.code(code)
    assert _all(world, limit=10) == codes
    assert _all(world, status="code_issued", limit=2) == issued
    assert _all(world, status="vacant", limit=100) == [code for code in codes if code not in issued]
    assert _all(world, status="active") == []
    page = world.admin.list(HOSPITAL, status="code_issued", limit=2).body
    assert (len(page["items"]), page["matching"]) == (2, 4)
    assert page["counts"] == {"total": 23, "vacant": 19, "code_issued": 4, "expired": 0, "active": 0}
    nothing = world.admin.list(HOSPITAL, status="active").body
    assert (nothing["items"], nothing["next_cursor"], nothing["matching"]) == ([], None, 0)
    mixed = world.admin.list(HOSPITAL, limit=1).body["next_cursor"]
    assert world.admin.list(HOSPITAL, limit=1, status="vacant", cursor=mixed).code == "CURSOR_INVALID"
    assert world.admin.list("root").body["items"][0]["institution"]["supervisor"] is None


def test_children_are_filtered_searched_and_ordered(world: Tree, clock: Clock) -> None:
    """Several states at once, parts of the name or the code, codes that end soon; by code, name or state."""
    codes = _many(world, 5)
    for code, name in zip(codes, ("丙医院", "甲 医院", "乙卫生室", "甲诊所", "丁医院"), strict=True):
        Institution.new(keys.institution(code)).update(actions=[Institution.name.set(name)])
    world.code(codes[0])
    clock.forward(86_400)
    _back(world, world.admin)
    world.code(codes[1])
    person = world.person()
    assert person.redeem(world.code(codes[2])).status == 201
    clock.forward(29 * 86_400)
    _back(world, world.admin)
    page = world.admin.list(HOSPITAL).body
    assert page["counts"] == {"total": 5, "vacant": 2, "code_issued": 1, "expired": 1, "active": 1}
    assert [one["status"] for one in page["items"]] == ["expired", "code_issued", "active", "vacant", "vacant"]
    assert _all(world, status="expired,active", limit=1) == [codes[0], codes[2]]
    assert _all(world, status="active&status=expired") == [codes[0], codes[2]]
    assert _all(world, query="医院") == [codes[0], codes[1], codes[4]]
    assert _all(world, query=quote("甲医院 X00001")) == [codes[1]]
    assert _all(world, query="x00003") == [codes[3]]
    assert _all(world, order="name", limit=2) == [codes[4], codes[0], codes[2], codes[1], codes[3]]
    assert _all(world, order="status", limit=2) == [codes[3], codes[4], codes[1], codes[0], codes[2]]
    soon = quote(rfc3339(clock.time + timedelta(days=2)))
    assert _all(world, expiring_before=soon) == [codes[0], codes[1]]
    assert _all(world, expiring_before=soon, status="code_issued") == [codes[1]]
    for wrong in ({"status": "gone"}, {"order": "age"}, {"expiring_before": "soon"}, {"status": ""}):
        assert [one["field"] for one in world.admin.list(HOSPITAL, **wrong).body["errors"]] == list(wrong)


def test_the_list_says_where_it_is_and_what_may_be_done(world: Tree) -> None:
    """The supervisor with its path, the business, and the caller's actions; administrators below the top say why."""
    city, town = world.manager(CITY), world.manager(TOWN)
    assistant = world.assistant(city, CITY)
    del assistant
    page = city.list(CITY).body
    assert [one["institution_code"] for one in page["path"]] == [PROVINCE, CITY]
    assert page["supervisor"]["supervisor"]["institution_code"] == PROVINCE
    assert (page["business"]["business"], page["business"]["state"]) == (EXAM, "open")
    assert page["may"] == ["issue_codes", "revoke_unactivated", "export_grants"]
    assert [page["reason_required"], world.admin.list(CITY).body["reason_required"]] == [False, True]
    top = world.admin.list("root").body
    assert (top["supervisor"], top["path"], top["reason_required"]) == (None, [], False)
    (place,) = top["items"]
    assert (place["has_children"], place["assistants_count"]) == (False, 0)  # this province counts no children
    below = {one["institution"]["institution_code"]: one for one in world.admin.list(PROVINCE).body["items"]}
    assert (below[CITY]["assistants_count"], below[TOWN]["assistants_count"]) == (1, 0)
    assert town.list(CITY).code == "FORBIDDEN"
    Business.new(keys.business(EXAM)).update(actions=[Business.closes_on.set("2026-11-21")])
    assert city.list(CITY).body["may"] == ["revoke_unactivated", "export_grants"]


def test_the_state_moves_with_the_institution(world: Tree) -> None:
    """A grant is listed, and counted, below the supervisor that its institution has now."""
    world.manager(HOSPITAL)
    assert world.admin.list(CITY).body["counts"]["active"] == 1
    moved = [Institution.supervisor_code.set(TOWN), Institution.gsi1pk.set(keys.children(TOWN))]
    moved += [Institution.moved.set("0")]
    Institution.new(keys.institution(HOSPITAL)).update(actions=moved)
    assert world.admin.list(CITY).body["counts"]["active"] == 0
    assert world.admin.list(TOWN).body["counts"]["active"] == 1
    assert world.admin.revoke(HOSPITAL).status == 204
    assert world.admin.list(TOWN).body["counts"]["active"] == 0


def test_one_grant_in_full(world: Tree) -> None:
    """For the superior, for its own members and for administrators: who has it since when, and what hangs on it."""
    city = world.manager(CITY)
    at = f"/console/grants/{EXAM}/{HOSPITAL}"
    vacant = city.console.get(at).body
    assert (vacant["status"], vacant["may"], vacant["epoch"], vacant["manager"]) == ("vacant", ["issue_code"], 0, None)
    code = city.issue(HOSPITAL).body["grant_code"]
    issued = city.console.get(at).body
    assert (issued["grant_code"], issued["status"]) == (code, "code_issued")
    assert issued["may"] == ["issue_code", "grant_directly", "revoke"]
    overseen = world.admin.console.get(at).body
    assert (overseen["grant_code"], overseen["reason_required"]) == (None, True)
    manager = world.person()
    assert manager.redeem(code).body["work_unit_set"] is True
    assistant = world.assistant(manager, HOSPITAL)
    body = {"role": "assistant", "face_check_id": _invite_check(manager), "note": "手术室"}
    invited = manager.phone.post(f"/grants/{EXAM}/{HOSPITAL}/invitations", body)
    assert (invited.status, invited.body["note"]) == (201, "手术室")
    active = city.console.get(at).body
    assert (active["manager"]["user_id"], active["manager"]["since"]) == (manager.user_id, active["activated_at"])
    assert [one["user_id"] for one in active["assistants"]] == [assistant.user_id]
    assert [(one["note"], one["created_at"]) for one in active["invitations"]] == [("手术室", active["activated_at"])]
    assert (active["may"], active["grant_code"]) == (["revoke"], None)
    own = manager.console.get(at).body
    assert (own["may"], own["children_active"]) == ([], 0)
    assert [one["institution_code"] for one in own["path"]] == [PROVINCE, CITY, HOSPITAL]
    assert world.admin.console.get(f"/console/grants/{EXAM}/{CITY}").body["children_active"] == 1
    for refused in (world.person(), world.manager(TOWN), world.manager(PROVINCE, REVIEW)):
        assert refused.console.get(at).code == "FORBIDDEN"
    assert city.console.get(f"/console/grants/{EXAM}/NOWHERE").code == "NOT_FOUND"
    on_phone = manager.phone.get(f"/grants/{EXAM}/{HOSPITAL}").body
    assert on_phone["assistants_left"] == 3
    wanted = ["invite_assistant", "invite_manager", "withdraw_invitation", "remove_assistant", "resign"]
    assert on_phone["may"] == wanted
    assert assistant.phone.get(f"/grants/{EXAM}/{HOSPITAL}").body["may"] == ["leave"]


def _invite_check(manager: Someone) -> str:
    return manager.face_check(purpose="invitation", business=EXAM, institution_code=HOSPITAL)


def test_the_overview(world: Tree, clock: Clock) -> None:
    """The caller's places with the states below, what is under way, and for administrators what waits."""
    city = world.manager(CITY)
    both = world.admin.issue(CITY, REVIEW).body["grant_code"]
    assert city.redeem(both).body["work_unit_set"] is False
    city.issue(HOSPITAL)
    clock.forward(24 * 86_400)
    _back(world, city)
    _back(world, world.admin)
    assert job_queue.make(city, "code", CITY).status == 202
    seen = city.console.get("/console/overview").body
    assert (seen["administration"], seen["more_places"]) == (None, False)
    exam, review = seen["places"]
    assert (exam["business"]["business"], review["business"]["business"], exam["role"]) == (EXAM, REVIEW, "manager")
    assert exam["counts"] == {"total": 2, "vacant": 1, "code_issued": 1, "expired": 0, "active": 0}
    assert (exam["expiring_soon"], review["expiring_soon"], review["counts"]["vacant"]) == (1, 0, 2)
    (job,) = seen["jobs"]
    assert (job["status"], job["total"], job["business"]["name"]) == ("queued", None, "资格考试")
    assert job["supervisor"] == {"institution_code": CITY, "name": f"机构{CITY}"}
    job_queue.work_off()
    assert city.console.get("/console/overview").body["jobs"] == []
    waiting = world.admin.console.get("/console/overview").body
    assert waiting["places"] == []
    nothing = {"waiting": 0, "oldest_at": None}
    assert waiting["administration"] == {"identities": nothing, "registrations": nothing}
    assert city.phone.get("/console/overview").code == "CONSOLE_SESSION_REQUIRED"


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
    assert verify_chain(EXAM, CITY).first_invalid_version is None
    event = keys.audit_event(keys.grant(EXAM, CITY), 2)
    AuditEvent.new(event).update(actions=[AuditEvent.actor.set("somebody")])
    assert verify_chain(EXAM, CITY) == (3, 2)
    with pytest.raises(NotFound):
        verify_chain(EXAM, HOSPITAL)


def test_history_is_told_in_sentences(world: Tree) -> None:
    """Who did what, by which institution, to whom and in which role; in the reader's language; no bare ids."""
    city = world.manager(CITY)
    code = city.issue(HOSPITAL).body["grant_code"]
    manager = world.person("张伟")
    assert manager.redeem(code).status == 201
    assistant = world.assistant(manager, HOSPITAL)
    successor = world.person("李娜")
    invited = manager.invite(HOSPITAL, "manager").body["invitation_code"]
    assert successor.accept(invited).status == 200
    assert assistant.phone.delete(f"/grants/{EXAM}/{HOSPITAL}/assistants/{assistant.user_id}").status == 204
    assert world.admin.revoke(HOSPITAL).status == 204
    path = f"/console/grants/{EXAM}/{HOSPITAL}/history"
    items = city.console.get(path, **{"Accept-Language": "en"}).body["items"]
    assert [(one["event"], one["text"]) for one in items] == [
        ("grant_revoked", "管** revoked the grant. 李** is no longer the manager. Reason: 代市卫健委签发"),
        ("assistant_left", "柯** left as an assistant."),
        ("manager_transferred", "李** took over as the manager from 张**."),
        ("invitation_created", "张** created an invitation (next manager)."),
        ("assistant_joined", "柯** accepted an invitation and is now an assistant."),
        ("invitation_created", "张** created an invitation (assistant)."),
        ("grant_redeemed", "张** redeemed the grant code and is now the manager."),
        ("grant_code_issued", "柯** issued a grant code."),
    ]
    first, last = items[0], items[-1]
    assert first["actor"] == {"kind": "administrator", "name_masked": "管**", "institution": None}
    assert (first["person"], first["role"]) == ({"user_id": successor.user_id, "name_masked": "李**"}, "manager")
    place = {"institution_code": CITY, "name": f"机构{CITY}"}
    assert last["actor"] == {"kind": "person", "name_masked": "柯**", "institution": place}
    assert (last["person"], last["role"], last["epoch"]) == (None, None, 1)
    assert items[2]["actor"]["institution"]["institution_code"] == HOSPITAL
    assert city.console.get(path).body["items"][-1]["text"] == "柯**签发了授权码。"


def test_events_of_people_without_a_name_and_of_the_platform(world: Tree) -> None:
    """No one's id is told; what a command did is the system's; older events do not say as what the actor acted."""
    world.code(PROVINCE)
    path = f"/console/grants/{EXAM}/{PROVINCE}/history"
    event = AuditEvent.new(keys.audit_event(keys.grant(EXAM, PROVINCE), 1))
    event.update(actions=[AuditEvent.detail.set({"epoch": 1})])
    User.new(keys.user(world.admin.user_id)).update(actions=[User.name_masked.remove()])
    (told,) = world.admin.console.get(path).body["items"]
    assert told["actor"] == {"kind": "administrator", "name_masked": None, "institution": None}
    assert told["text"] == "平台管理员签发了授权码。"
    event.update(actions=[AuditEvent.actor.set("person_steps")])
    (told,) = world.admin.console.get(path).body["items"]
    assert (told["actor"]["kind"], told["text"]) == ("system", "平台签发了授权码。")


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
