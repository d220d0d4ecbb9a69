"""Registering an institution over HTTP: asking, following, amending, reviewing, being included."""

from typing import Any

import pytest

from functions.institutions import review, waiting
from functions.shared import audit
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.base import Item
from functions.shared.table.institutions import Claim, Registration
from tests.integration.client import Answer, Http, new_user
from tests.integration.institutions.builders import (
    added,
    confirmation_code,
    credit_code,
    fields,
    names,
    registration,
    table_items,
    user_with_phone,
    verified_user,
)
from tests.integration.institutions.test_directory import assert_consistent
from tests.integration.shared.configured import configured

PATH = "/institutions/registrations"
QUEUE = "/admin/institution-registrations"


@pytest.fixture
def user(http: Http) -> Http:
    """A client with the session of a user who has bound a phone."""
    return http.signed_in(user_with_phone()[1])


def appoint(user_id: str) -> None:
    """Make a verified administrator of an account."""
    verified = [User.is_administrator.set(True), User.identity_status.set("verified")]
    User.new(keys.user(user_id)).update(actions=verified)


@pytest.fixture
def top(admin: Http) -> str:
    """The code of a supervisor."""
    return added(admin, "省卫健委")


def submitted(user: Http, name: str, top: str, **changed: Any) -> str:
    """The id of a new registration."""
    answer = user.post(PATH, registration(name, top, **changed))
    assert (answer.status, answer.body["status"]) == (201, "pending"), answer.body
    made: str = answer.body["registration_id"]
    return made


def decided(admin: Http, registration_id: str, decision: str, **more: Any) -> Answer:
    """The answer to a decision on the registration as it is now."""
    stored = review.find(registration_id).revision if registration_id != "nobody" else 1
    body = {"decision": decision, "revision": int(stored), **more}
    return admin.post(f"{QUEUE}/{registration_id}/decision", body)


def status_of(http: Http, top: str, name: str) -> str:
    """The public status."""
    answer = http.get(f"/institutions/registration-status?supervisor_code={top}&name={name}")
    assert answer.status == 200
    status: str = answer.body["status"]
    return status


def test_from_nothing_found_to_joined(http: Http, admin: Http, user: Http, top: str, clock: Any) -> None:
    """Nothing found, registered, rejected, amended, included, found, joined: the whole way."""
    empty = user.get("/institutions?query=汉江医院").body
    assert empty["items"] == []
    assert empty["registration"]["url"].startswith("http")
    agreement = http.get("/institutions/registration-agreement").body
    assert agreement["text"] == empty["registration"]["agreement"]
    assert status_of(http, top, "汉江医院") == "none"

    first = submitted(user, "汉江医院", top, agreement_version=agreement["version"])
    assert status_of(http, top, "汉江 医院") == "pending"
    clock.forward(60)
    rejected = decided(
        admin, first, "reject", reason_code="INFORMATION_WRONG", comment="请核对地址。", fields=["address"]
    )
    assert (rejected.status, rejected.body["status"], rejected.body["institution"]) == (200, "rejected", None)
    assert status_of(http, top, "汉江医院") == "rejected"
    (mine,) = user.get(PATH).body["items"]
    assert mine == {
        "registration_id": first,
        "name": "汉江医院",
        "supervisor": {"institution_code": top, "name": "省卫健委"},
        "category": "综合医院",
        "unified_social_credit_code": mine["unified_social_credit_code"],
        "region": {"region_code": "420100", "name": "武汉市"},
        "address": "长江路 1 号",
        "status": "rejected",
        "rejection": {
            "code": "INFORMATION_WRONG",
            "detail": "填报信息与实际不符，请核对后重新提交。",
            "comment": "请核对地址。",
            "fields": ["address"],
        },
        "may_appeal": True,
        "submitted_at": "2026-11-22T08:00:00Z",
        "decided_at": "2026-11-22T08:01:00Z",
        "institution": None,
        "revision": 1,
    }
    whole = user.get(f"{PATH}/{first}").body
    assert {name: whole[name] for name in mine} == mine
    assert (whole["contact_name"], whole["contact_phone"], whole["supervisor_code"]) == ("李四", "027-87654321", top)
    assert whole["agreement_version"] == agreement["version"]

    # It belongs to the person: who has the phone now sees its state and date.
    heir = http.signed_in(user_with_phone()[1])
    assert heir.get(PATH).body["items"] == [
        {"registration_id": first, "status": "rejected", "submitted_at": "2026-11-22T08:00:00Z"}
    ]
    assert heir.put(f"{PATH}/{first}", registration("汉江区医院", top)).code == "NOT_FOUND"
    assert heir.get(f"{PATH}/{first}").code == "NOT_FOUND"
    stale = user.put(f"{PATH}/{first}", registration("汉江区医院", top, revision=2))
    assert (stale.status, stale.code) == (409, "REVISION_STALE")
    amended = user.put(f"{PATH}/{first}", registration("汉江区医院", top))
    assert (amended.status, amended.body) == (200, {"status": "pending"})
    assert (status_of(http, top, "汉江医院"), status_of(http, top, "汉江区医院")) == ("none", "pending")
    included = decided(admin, first, "approve", comment="已核实")
    assert (included.status, included.body["status"], included.body["rejection"]) == (200, "included", None)
    code = included.body["institution"]["institution_code"]
    assert status_of(http, top, "汉江区医院") == "included"
    (mine,) = user.get(PATH).body["items"]
    assert (mine["status"], mine["rejection"]) == ("included", None)
    assert mine["institution"] == {"institution_code": code, "name": "汉江区医院"}

    person = http.signed_in(verified_user()[1])
    assert names(person.get("/institutions?query=江区医")) == ["汉江区医院"]
    body = {"institution_code": code, "confirmation_code": confirmation_code(code)}
    assert person.put("/institutions/work-unit", body).body["work_unit"]["name"] == "汉江区医院"
    stored = Registration.get(*keys.registration(first))
    events = list(AuditEvent.query(stored.pk, AuditEvent.sk.startswith(keys.audit_prefix(stored.key))))
    told = ["registration_submitted", "registration_rejected", "registration_amended", "registration_included"]
    assert [event.event for event in events] == told
    assert audit.first_invalid_version(events, stored) is None


def test_comments_stand_outside_of_the_audit_trail(admin: Http, user: Http, top: str) -> None:
    """What a reviewer writes may name somebody: it stands on the registration, and no event holds it."""
    first, second = submitted(user, "汉江医院", top), submitted(user, "江北医院", top)
    decided(admin, first, "reject", reason_code="OTHER", comment="李四不是本单位职工。")
    decided(admin, second, "approve", comment="已与李四核实。")
    kept = [Registration.get(*keys.registration(each)) for each in (first, second)]
    assert kept[0].rejection["comment"] == "李四不是本单位职工。"
    assert kept[1].approval_comment == "已与李四核实。"
    told = [str(item) for item in table_items() if item["kind"]["S"] == "audit_event"]
    assert not [event for event in told if "李四" in event]
    decided(admin, submitted(user, "江南医院", top), "approve")


def test_what_a_reviewer_sees(admin: Http, user: Http, top: str) -> None:
    """The detail shows every field, the contact too, which is nowhere stored or listed in clear."""
    body = registration("汉江医院", top)
    registration_id = user.post(PATH, body).body["registration_id"]
    shown = admin.get(f"{QUEUE}/{registration_id}").body
    for field in ("name", "category", "unified_social_credit_code", "region_code", "address"):
        assert shown[field] == body[field]
    assert (shown["contact_name"], shown["contact_phone"]) == ("李四", "027-87654321")
    assert shown["supervisor"]["institution_code"] == top
    everything = str(table_items())
    assert "李四" not in everything
    assert "87654321" not in everything
    assert admin.get(f"{QUEUE}/nobody").status == 404
    assert decided(admin, "nobody", "approve").status == 404


def test_the_queue_is_oldest_first_and_paged(admin: Http, user: Http, top: str, clock: Any) -> None:
    """Pending registrations come in the order of their submission, each once; decided ones are gone."""
    made = []
    for number in range(5):
        made.append(submitted(user, f"第{number}医院", top))
        clock.forward(60)
    decided(admin, made[1], "reject", comment="不符合")
    listed, cursor = [], ""
    while True:
        page = admin.get(f"{QUEUE}?status=pending&limit=2{cursor}").body
        listed += [item["registration_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert listed == [made[0], *made[2:]]
    assert admin.get(f"{QUEUE}?cursor=forged").code == "CURSOR_INVALID"
    assert admin.get(f"{QUEUE}?status=no_such").status == 422


def test_my_registrations_are_paged(http: Http, user: Http, top: str, clock: Any) -> None:
    """My registrations come newest first, each once; another phone sees none of them."""
    made = []
    for number in range(5):
        made.append(submitted(user, f"第{number}医院", top))
        clock.forward(60)
    first = user.get(f"{PATH}?limit=3").body
    second = user.get(f"{PATH}?limit=3&cursor={first['next_cursor']}").body
    assert [item["registration_id"] for item in first["items"] + second["items"]] == made[::-1]
    other = http.signed_in(user_with_phone("13900139000")[1])
    assert other.get(PATH).body == {"items": [], "next_cursor": None}
    assert other.get(f"{PATH}?cursor={first['next_cursor']}").code == "CURSOR_INVALID"
    assert other.put(f"{PATH}/{made[0]}", registration("第九医院", top)).status == 404


def test_a_phone_is_needed(http: Http, top: str) -> None:
    """Registering and amending need a bound phone; without a session there is nothing."""
    without = http.signed_in(new_user()[1])
    for client, status, code in ((http, 401, "UNAUTHENTICATED"), (without, 403, "PHONE_REQUIRED")):
        answers = [
            client.post(PATH, registration("甲医院", top)),
            client.put(f"{PATH}/1", registration("甲医院", top)),
        ]
        assert {(answer.status, answer.code) for answer in answers} == {(status, code)}
    assert http.get(PATH).code == "UNAUTHENTICATED"
    assert without.get(PATH).body == {"items": [], "next_cursor": None}


def test_every_field_is_required(user: Http, top: str) -> None:
    """Each field that is missing or blank is named; an outdated agreement is refused."""
    body = registration("甲医院", top)
    answer = user.post(PATH, {})
    assert {error["field"] for error in answer.body["errors"]} == set(body)
    blank = user.post(PATH, {**body, "address": " ", "contact_name": "\u3000", "name": "!", "region_code": "0"})
    wrong = {error["field"]: error["code"] for error in blank.body["errors"]}
    assert wrong == {
        "address": "MISSING",
        "contact_name": "MISSING",
        "name": "NAME_TOO_SHORT",
        "region_code": "REGION_CODE_FORMAT",
    }
    for phone in ("abc", "1", "13800138000x", "١٢٣٤٥٦٧٨"):
        answer = user.post(PATH, {**body, "contact_phone": phone})
        assert [error["field"] for error in answer.body["errors"]] == ["contact_phone"]
    assert user.post(PATH, {**body, "agreement_version": "1999"}).code == "AGREEMENT_OUTDATED"
    unknown = user.post(PATH, {**body, "supervisor_code": "H9999"})
    assert [error["code"] for error in unknown.body["errors"]] == ["SUPERVISOR_UNKNOWN"]


def test_what_is_there_is_not_registered_again(admin: Http, user: Http, top: str) -> None:
    """A name or credit code of the directory, or of one's own pending registration, is refused as such."""
    hospital = added(admin, "江城医院", top)
    credit = admin.get(f"/admin/institutions/{hospital}").body["unified_social_credit_code"]
    for body in (
        registration("江城 医院", top),
        registration("汉江医院", top, unified_social_credit_code=credit),
    ):
        answer = user.post(PATH, body)
        assert (answer.status, answer.code) == (409, "INSTITUTION_EXISTS")
        assert answer.body["institution"]["institution_code"] == hospital
    pending = credit_code()
    submitted(user, "汉江医院", top, unified_social_credit_code=pending)
    for body in (
        registration("汉江医院", top),
        registration("别的医院", top, unified_social_credit_code=pending),
    ):
        assert user.post(PATH, body).code == "REGISTRATION_PENDING"


def test_an_administrator_does_not_wait_for_registrations(http: Http, admin: Http, user: Http, top: str) -> None:
    """What a registration asks for is added all the same; the registration is rejected as listed, and may appeal."""
    code = credit_code()
    by_name, by_code = (
        submitted(user, "汉江医院", top),
        submitted(user, "别的医院", top, unified_social_credit_code=code),
    )
    other = http.signed_in(user_with_phone("13900139000")[1])
    renamed_to = submitted(other, "江北医院", top)
    answer = admin.post("/admin/institutions", fields("汉江医院", top, unified_social_credit_code=code))
    assert answer.status == 201, answer.body
    assert [item["registration_id"] for item in admin.get(QUEUE).body["items"]] == [renamed_to]
    assert {item["rejection"]["code"] for item in user.get(PATH).body["items"]} == {"ALREADY_LISTED"}
    assert status_of(http, top, "汉江医院") == "included"
    assert status_of(http, top, "别的医院") == "rejected"
    hospital = added(admin, "江南医院", top)
    body = {**fields("江北医院", top), "supervisor_code": top}
    assert admin.put(f"/admin/institutions/{hospital}", body).status == 200
    assert admin.get(QUEUE).body["items"] == []
    for registration_id in (by_name, by_code, renamed_to):
        stored = Registration.get(*keys.registration(registration_id))
        assert (stored.status, stored.rejection["by"]) == ("rejected", "directory")
    assert user.post(f"{PATH}/{by_name}/appeal", {"comment": "不是同一家"}).code == "INSTITUTION_EXISTS"


def test_equal_registrations_wait_side_by_side(http: Http, admin: Http, user: Http, top: str, clock: Any) -> None:
    """The reviewer sees them together; including one rejects the others, whose name stays with the institution."""
    code = credit_code()
    first = submitted(user, "汉江医院", top, unified_social_credit_code=code)
    clock.forward(60)
    others = [http.signed_in(user_with_phone(f"1390013900{number}")[1]) for number in range(3)]
    second = submitted(others[0], "汉江 医院", top, unified_social_credit_code=code)
    third = submitted(others[1], "汉江医院", top)
    fourth = submitted(others[2], "汉江中医院", top, unified_social_credit_code=code)
    assert {item["equal_count"] for item in admin.get(QUEUE).body["items"]} == {2}
    shown = admin.get(f"{QUEUE}/{first}").body["equal"]
    assert {one["registration_id"]: one["because"] for one in shown} == {
        second: ["name", "credit_code"],
        third: ["name"],
        fourth: ["credit_code"],
    }
    assert decided(admin, third, "reject", comment="x").status == 200
    assert status_of(http, top, "汉江医院") == "pending"
    assert decided(admin, second, "approve").body["status"] == "included"
    statuses = [Registration.get(*keys.registration(one)).status for one in (first, second, third, fourth)]
    assert statuses == ["rejected", "included", "rejected", "rejected"]
    assert admin.get(QUEUE).body["items"] == []
    assert decided(admin, first, "approve").code == "REGISTRATION_DECIDED"
    assert user.put(f"{PATH}/{first}", registration("汉江医院", top)).code == "INSTITUTION_EXISTS"
    assert_consistent()


def test_more_than_fit_into_one_transaction_are_settled_too(http: Http, admin: Http, top: str) -> None:
    """Forty equal registrations: the rest is settled afterwards, or by the next look at the queue."""
    made = [
        submitted(http.signed_in(user_with_phone(f"139001390{number}")[1]), "汉江医院", top) for number in range(10, 50)
    ]
    assert added(admin, "汉江医院", top)
    assert admin.get(QUEUE).body["items"] == []
    kept = [Registration.get(*keys.registration(one)) for one in made]
    assert {(one.status, one.rejection["code"]) for one in kept} == {("rejected", "ALREADY_LISTED")}
    assert_consistent()


def test_a_worker_that_dies_before_it_settles(
    http: Http, admin: Http, top: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left pending beside an institution is settled by anyone who sees it next: in the queue or by itself."""
    made = [
        submitted(http.signed_in(user_with_phone(f"139001390{number}")[1]), "汉江医院", top) for number in range(10, 50)
    ]

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(waiting, "settle_all", killed)
        with pytest.raises(KeyboardInterrupt):
            admin.post("/admin/institutions", fields("汉江医院", top))
    left = [one for one in made if Registration.get(*keys.registration(one)).status == "pending"]
    assert left
    assert status_of(http, top, "汉江医院") == "included"
    seen = admin.get(f"{QUEUE}/{left[0]}").body
    assert (seen["status"], seen["rejection"]["code"]) == ("rejected", "ALREADY_LISTED")
    assert admin.get(f"{QUEUE}?limit=100").body["items"] == []
    assert {Registration.get(*keys.registration(one)).status for one in made} == {"rejected"}
    assert_consistent()


def test_a_rejected_name_is_free(http: Http, admin: Http, user: Http, top: str) -> None:
    """After a rejection anybody may ask for the same; the first that is included has it."""
    first = submitted(user, "汉江医院", top)
    decided(admin, first, "reject", reason_code="INFORMATION_INCOMPLETE")
    other = http.signed_in(user_with_phone("13900139000")[1])
    second = submitted(other, "汉江医院", top)
    assert user.put(f"{PATH}/{first}", registration("汉江医院", top)).status == 200
    assert (
        decided(admin, second, "approve", institution_code="h-8888").body["institution"]["institution_code"] == "H8888"
    )
    assert user.put(f"{PATH}/{first}", registration("汉江医院", top)).code == "INSTITUTION_EXISTS"
    assert user.put(f"{PATH}/{first}", registration("汉江二院", top)).status == 200
    assert status_of(http, top, "汉江医院") == "included"


def test_the_public_status_of_several(http: Http, admin: Http, user: Http, top: str) -> None:
    """Pending while one waits, rejected while one was and was not amended, none when all were amended to others."""
    other = http.signed_in(user_with_phone("13900139000")[1])
    first, second = submitted(user, "汉江医院", top), submitted(other, "汉江医院", top)
    decided(admin, first, "reject", comment="x")
    assert status_of(http, top, "汉江医院") == "pending"
    decided(admin, second, "reject", comment="x")
    assert user.put(f"{PATH}/{first}", registration("江北医院", top)).status == 200
    assert status_of(http, top, "汉江医院") == "rejected"
    assert other.put(f"{PATH}/{second}", registration("江南医院", top)).status == 200
    assert status_of(http, top, "汉江医院") == "none"


def test_a_decision_is_on_what_was_seen(admin: Http, user: Http, top: str) -> None:
    """What was rejected by a colleague and amended meanwhile is not included under a name that was never seen."""
    first = submitted(user, "汉江医院", top)
    seen = admin.get(f"{QUEUE}/{first}").body["revision"]
    decided(admin, first, "reject", comment="x")
    assert user.put(f"{PATH}/{first}", registration("三级甲等假医院", top)).status == 200
    for decision in ("approve", "reject"):
        assert decided(admin, first, decision, revision=seen, comment="x").code == "REVISION_STALE"
    assert decided(admin, first, "approve", revision=admin.get(f"{QUEUE}/{first}").body["revision"]).status == 200


def test_every_look_at_a_contact_is_recorded(admin: Http, user: Http, top: str) -> None:
    """Each time the contact is shown there is an event that says to whom, of which revision."""
    first = submitted(user, "汉江医院", top)
    for _ in range(2):
        assert admin.get(f"{QUEUE}/{first}").body["contact_name"] == "李四"
    stored = Registration.get(*keys.registration(first))
    events = list(AuditEvent.query(stored.pk, AuditEvent.sk.startswith(keys.audit_prefix(stored.key))))
    assert [event.event for event in events] == ["registration_submitted", *["registration_viewed"] * 2]
    assert events[1].detail == {"revision": 1}
    assert audit.first_invalid_version(events, stored) is None


def test_only_a_rejected_one_is_amended(admin: Http, user: Http, top: str) -> None:
    """Pending and included registrations stay as they are."""
    first = submitted(user, "汉江医院", top)
    assert user.put(f"{PATH}/{first}", registration("汉江二院", top)).code == "REGISTRATION_NOT_REJECTED"
    decided(admin, first, "approve")
    assert user.put(f"{PATH}/{first}", registration("汉江二院", top)).code == "REGISTRATION_NOT_REJECTED"


def test_a_decision_is_made_once(admin: Http, user: Http, top: str) -> None:
    """What is decided cannot be decided again; a rejection needs a reason or a comment."""
    first = submitted(user, "汉江医院", top)
    for nothing in ({}, {"comment": " \u3000\n"}):
        why = decided(admin, first, "reject", **nothing)
        assert [error["field"] for error in why.body["errors"]] == ["reason_code"]
    assert decided(admin, first, "approve", institution_code="?").status == 422
    assert decided(admin, first, "approve", institution_code=top).code == "INSTITUTION_CODE_TAKEN"
    assert decided(admin, first, "approve").status == 200
    for decision in ("approve", "reject"):
        assert decided(admin, first, decision, comment="又一次").code == "REGISTRATION_DECIDED"


def test_nobody_reviews_their_own(http: Http, admin: Http, top: str) -> None:
    """Neither the submitting user nor anybody with the same phone decides."""
    user_id, token = user_with_phone()
    first = submitted(http.signed_in(token), "汉江医院", top)
    appoint(user_id)
    assert decided(http.signed_in(token), first, "approve").code == "OWN_REGISTRATION"
    other_id, other = user_with_phone()
    appoint(other_id)
    assert decided(http.signed_in(other), first, "reject", comment="x").code == "OWN_REGISTRATION"
    assert decided(admin, first, "approve").status == 200


def test_the_seventh_level_is_not_included(admin: Http, user: Http, top: str) -> None:
    """An inclusion that the shape of the directory cannot take is refused and changes nothing."""
    chain = [top]
    for level in range(5):
        chain.append(added(admin, f"第{level}级单位", chain[-1]))
    first = submitted(user, "汉江医院", chain[-1])
    assert decided(admin, first, "approve").code == "HIERARCHY_REFUSED"
    assert admin.get(f"{QUEUE}/{first}").body["status"] == "pending"


def test_a_phone_registers_so_many_a_day(http: Http, user: Http, top: str, clock: Any) -> None:
    """Twenty a day per phone number; refused ones are not counted, and other people have their own twenty."""
    for number in range(20):
        submitted(user, f"第{number}医院", top)
        assert user.post(PATH, registration(f"第{number}医院", top)).code == "REGISTRATION_PENDING"
    heir, other = (http.signed_in(user_with_phone(phone)[1]) for phone in ("13800138000", "13900139000"))
    for client in (user, heir):
        refused = client.post(PATH, registration("汉江医院", top))
        assert (refused.status, refused.code) == (429, "REGISTRATION_LIMIT")
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert status_of(http, top, "汉江医院") == "none"
    submitted(other, "汉江医院", top)
    clock.forward(86_400)
    submitted(heir, "汉江二院", top)


def test_amending_counts_and_an_appeal_does_not(admin: Http, user: Http, top: str) -> None:
    """An amended one takes a name as a new one does; an appeal asks for the same as before. The limit is a setting."""
    with configured(registrations_per_day="2"):
        first = submitted(user, "汉江医院", top)
        decided(admin, first, "reject", comment="x")
        assert user.put(f"{PATH}/{first}", registration("汉江二院", top)).status == 200
        decided(admin, first, "reject", comment="x")
        refused = user.put(f"{PATH}/{first}", registration("汉江三院", top))
        assert (refused.status, refused.code) == (429, "REGISTRATION_LIMIT")
        assert admin.get(f"{QUEUE}/{first}").body["status"] == "rejected"
        assert user.post(f"{PATH}/{first}/appeal", {"comment": "请再核对。"}).status == 200


def test_a_person_registers_so_many_a_day(http: Http, top: str) -> None:
    """Another phone does not give the same person another twenty."""
    from functions.shared.personal_data import keyed_hash
    from functions.shared.table.auth import User

    user_id, token = user_with_phone()
    person = http.signed_in(token)
    with configured(registrations_per_day="2"):
        for number in range(2):
            submitted(person, f"第{number}医院", top)
        User.new(keys.user(user_id)).update(actions=[User.phone_hash.set(keyed_hash("phone", "13900139000"))])
        assert person.post(PATH, registration("汉江医院", top)).code == "REGISTRATION_LIMIT"


def test_registrations_follow_an_account_that_is_joined(http: Http, admin: Http, top: str) -> None:
    """What a blank account submitted belongs to the account that it was joined to."""
    from functions.shared.table.auth import User

    before, token = user_with_phone()
    first = submitted(http.signed_in(token), "汉江医院", top)
    decided(admin, first, "reject", comment="x")
    after, token = user_with_phone()
    User.new(keys.user(before)).update(actions=[User.merged_into.set(after)])
    person = http.signed_in(token)
    assert person.get(PATH).body["items"][0]["name"] == "汉江医院"
    assert person.put(f"{PATH}/{first}", registration("汉江二院", top)).status == 200
    assert_consistent()


# --- from before registrations were counted ---------------------------------------------------------------------------


@pytest.fixture
def old(user: Http, top: str) -> str:
    """A pending registration as it was stored before: its claims hold it, and no list of a person has it."""
    first = submitted(user, "汉江医院", top)
    registration_ = Registration.get(*keys.registration(first))
    for item in table_items():
        if item["kind"]["S"] in {"pending_registration", "user_registration"}:
            Item.new(keys.Key(item["pk"]["S"], item["sk"]["S"])).delete()
    for key in waiting.asked_by(registration_):
        Claim.new(key, status="pending", registration_id=first).save()
    registration_.update(actions=[Registration.counted.remove(), Registration.revision.remove()])
    return first


def test_an_old_claim_blocks_nobody(http: Http, admin: Http, user: Http, top: str, old: str) -> None:
    """Another person's waits beside it, one's own is refused; an administrator's institution rejects both."""
    assert user.post(PATH, registration("汉江医院", top)).code == "REGISTRATION_PENDING"
    other = http.signed_in(user_with_phone("13900139000")[1])
    second = submitted(other, "汉江医院", top)
    assert [one["registration_id"] for one in admin.get(f"{QUEUE}/{second}").body["equal"]] == [old]
    assert [one["registration_id"] for one in admin.get(f"{QUEUE}/{old}").body["equal"]] == [second]
    assert added(admin, "汉江医院", top)
    assert {Registration.get(*keys.registration(one)).status for one in (old, second)} == {"rejected"}
    assert_consistent()


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_an_old_registration_is_decided(admin: Http, user: Http, top: str, old: str, decision: str) -> None:
    """Its claim goes with the decision, and from then on it is counted."""
    assert status_of(user, top, "汉江医院") == "pending"
    assert decided(admin, old, decision, comment="x").status == 200
    assert status_of(user, top, "汉江医院") == {"approve": "included", "reject": "rejected"}[decision]
    if decision == "reject":
        assert user.put(f"{PATH}/{old}", registration("汉江二院", top)).status == 200
        assert status_of(user, top, "汉江医院") == "none"
    assert_consistent()


def test_an_old_rejected_one_is_amended(admin: Http, user: Http, top: str, old: str) -> None:
    """The name that its old claim shows as rejected is free afterwards."""
    stored = Registration.get(*keys.registration(old))
    for key in waiting.asked_by(stored):
        Claim.new(key, status="rejected", registration_id=old).save()
    gone = [Registration.gsi1pk.remove(), Registration.gsi1sk.remove()]
    rejection = Registration.rejection.set({"code": "OTHER", "comment": None, "by": "somebody"})
    stored.update(actions=[Registration.status.set("rejected"), rejection, *gone])
    assert status_of(user, top, "汉江医院") == "rejected"
    assert user.put(f"{PATH}/{old}", registration("汉江二院", top)).status == 200
    assert (status_of(user, top, "汉江医院"), status_of(user, top, "汉江二院")) == ("none", "pending")
    assert decided(admin, old, "approve").status == 200
    assert_consistent()
