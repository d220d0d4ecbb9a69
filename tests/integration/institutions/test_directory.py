"""The directory over HTTP: adding, amending, moving, what search and the shape make of it."""

from collections import Counter, defaultdict

import pytest

from functions.institutions import directory, store, waiting
from functions.institutions.claims import claim_keys
from functions.shared import audit
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.institutions import Claim, Institution, NameSuffix, PendingRegistration, Registration
from tests.integration.client import Answer, Http, new_user
from tests.integration.institutions.builders import added, fields, names, table_items


def found(http: Http, query: str) -> list[str]:
    """The names that a search finds."""
    return names(http.get(f"/institutions?query={query}"))


def heights(code: str) -> list[int]:
    """How many direct children of each height an institution has."""
    institution = store.institution(code)
    assert institution is not None
    return [int(count) for count in institution.children]


def amended(admin: Http, code: str, **changed: object) -> Answer:
    """The answer to changing some of an institution's details."""
    now = admin.get(f"/admin/institutions/{code}").body
    kept = {name: now[name] for name in ("name", "category", "unified_social_credit_code", "region_code")}
    supervisor = now["supervisor"]["institution_code"] if now["supervisor"] else None
    return admin.put(f"/admin/institutions/{code}", {**kept, "supervisor_code": supervisor, **changed})


def assert_consistent() -> None:
    """What hangs on the institutions is exactly what they say: suffixes, claims, children, audit chains."""
    items = table_items()
    stored = {item["pk"]["S"].removeprefix("INSTITUTION#") for item in items if item["kind"]["S"] == "institution"}
    institutions = store.institutions(stored)
    suffixes = {item.key for institution in institutions.values() for item in store.suffix_items(institution)}
    assert {(i["pk"]["S"], i["sk"]["S"]) for i in items if i["kind"]["S"] == "s"} == suffixes
    below: dict[str | None, list[str]] = defaultdict(list)
    for institution in institutions.values():
        below[institution.supervisor_code].append(institution.institution_code)

    def height(code: str) -> int:
        return max((1 + height(child) for child in below[code]), default=0)

    events: dict[str, list[AuditEvent]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item["sk"]["S"]):
        if item["kind"]["S"] == "audit_event":
            events[item["pk"]["S"]].append(AuditEvent.from_raw_data(item))
    for code, institution in institutions.items():
        counts = Counter(height(child) for child in below[code])
        assert [int(count) for count in institution.children] == [counts[each] for each in range(5)]
        assert audit.first_invalid_version(events[institution.pk], institution) is None
    claimed = {key: i.institution_code for i in institutions.values() for key in _claimed(i)}
    asking: dict[keys.Key, list[tuple[str, str]]] = defaultdict(list)
    for item in (Registration.from_raw_data(i) for i in items if i["kind"]["S"] == "registration"):
        assert audit.first_invalid_version(events[item.pk], item) is None
        if item.status == "pending" and item.counted:
            for key in waiting.asked_by(item):
                asking[key].append((item.submitted_by, item.registration_id))
    held = [Claim.from_raw_data(i) for i in items if i["kind"]["S"] == "institution_claim"]
    assert {i.key: i.institution_code for i in held if i.has_institution} == claimed
    assert {i.key: int(i.waiting) for i in held if i.waiting} == {key: len(them) for key, them in asking.items()}
    assert not claimed.keys() & asking.keys()
    listed = [PendingRegistration.from_raw_data(i) for i in items if i["kind"]["S"] == "pending_registration"]
    assert sorted((i.pk, i.sk, i.registration_id) for i in listed) == sorted(
        (*keys.pending_registration(key, user_id), one) for key, them in asking.items() for user_id, one in them
    )


def _claimed(institution: Institution) -> tuple[keys.Key, keys.Key]:
    return claim_keys(directory.details_of(institution))


def test_an_institution_is_findable_at_once(http: Http, admin: Http) -> None:
    """A new institution has a code, shows its supervisor, and every part of its name finds it."""
    top = added(admin, "湖北省卫生健康委员会")
    answer = admin.post("/admin/institutions", fields("武汉市第一医院", top, category="专科医院"))
    assert answer.status == 201
    code = answer.body["institution_code"]
    assert code.startswith("420100")
    shown = {
        "institution_code": code,
        "name": "武汉市第一医院",
        "supervisor": {"institution_code": top, "name": "湖北省卫生健康委员会"},
        "category": "专科医院",
    }
    whole = http.get(f"/institutions/{code}").body
    assert {name: whole[name] for name in shown} == shown
    shown["region"] = {"region_code": "420100", "name": "武汉市"}
    for part in ("武汉", "市第一", "医院", "武汉市第一医院", "武汉 医院", "医院 第一"):
        assert http.get(f"/institutions?query={part}").body["items"] == [shown]
    assert found(http, "武汉市第二") == []
    assert_consistent()


def test_unknown_institutions(http: Http, admin: Http) -> None:
    """A code that no one has, or that cannot be one, is not found."""
    for code in ("420100999999", "x", "ROOT", "%F0%9F%98%80"):
        assert http.get(f"/institutions/{code}").status == 404
        assert admin.get(f"/admin/institutions/{code}").status == 404
        assert admin.put(f"/admin/institutions/{code}", fields("甲医院")).status == 404


def test_a_given_code_is_kept_and_unique(admin: Http) -> None:
    """The administrator may give the code, folded; a second institution cannot have it."""
    assert added(admin, "甲医院", institution_code="ｈ-0001") == "H0001"
    refused = admin.post("/admin/institutions", fields("乙医院", institution_code="H0001"))
    assert (refused.status, refused.code) == (409, "INSTITUTION_CODE_TAKEN")
    assert_consistent()


def test_every_wrong_field_is_named(admin: Http) -> None:
    """All fields that cannot be right are answered together, with a stable code each."""
    wrong = {
        "name": "院",
        "supervisor_code": "?",
        "category": " ",
        "unified_social_credit_code": "123",
        "region_code": "42",
        "institution_code": "no!",
    }
    answer = admin.post("/admin/institutions", wrong)
    assert answer.status == 422
    assert {error["field"]: error["code"] for error in answer.body["errors"]} == {
        "name": "NAME_TOO_SHORT",
        "supervisor_code": "SUPERVISOR_UNKNOWN",
        "category": "CATEGORY_UNKNOWN",
        "unified_social_credit_code": "CREDIT_CODE_FORMAT",
        "region_code": "REGION_CODE_FORMAT",
        "institution_code": "INSTITUTION_CODE_FORMAT",
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("医" * 46, "NAME_TOO_LONG"),
        ("甲\u200b医院", "NAME_FORMAT"),
        ("甲\ufe00医院", "NAME_FORMAT"),
        ("\u3164甲医院", "NAME_FORMAT"),
        ('=HYPERLINK("http://x.example","甲医院")', "NAME_FORMAT"),
        ("＠甲医院", "NAME_FORMAT"),
    ],
)
def test_names_that_cannot_be_kept(admin: Http, name: str, code: str) -> None:
    """Too many characters, characters that no one sees, and what a spreadsheet would calculate are refused."""
    answer = admin.post("/admin/institutions", fields(name))
    assert [error["code"] for error in answer.body["errors"]] == [code]


def test_a_category_is_no_formula(admin: Http) -> None:
    """The other text that stands in an exported table as it was typed is no formula either."""
    answer = admin.post("/admin/institutions", fields("甲医院", category="=1+1"))
    assert [error["code"] for error in answer.body["errors"]] == ["CATEGORY_UNKNOWN"]


def test_an_unknown_supervisor_is_refused(admin: Http) -> None:
    """The supervisor has to be in the directory, for a new institution and for a move."""
    answer = admin.post("/admin/institutions", fields("甲医院", "420100999999"))
    assert [error["code"] for error in answer.body["errors"]] == ["SUPERVISOR_UNKNOWN"]
    code = added(admin, "甲医院")
    answer = amended(admin, code, supervisor_code="420100999999")
    assert [error["code"] for error in answer.body["errors"]] == ["SUPERVISOR_UNKNOWN"]


def test_name_and_credit_code_are_unique(admin: Http) -> None:
    """The same name below the same supervisor, or the same credit code, is refused with the institution that has it."""
    top = added(admin, "省卫健委")
    first = added(admin, "市 医院（本部）", top)
    same_name = admin.post("/admin/institutions", fields("市医院(本部)", top))
    assert (same_name.status, same_name.code) == (409, "INSTITUTION_EXISTS")
    assert same_name.body["institution"]["institution_code"] == first
    credit = admin.get(f"/admin/institutions/{first}").body["unified_social_credit_code"]
    same_credit = admin.post("/admin/institutions", fields("另一医院", top, unified_social_credit_code=credit))
    assert same_credit.code == "INSTITUTION_EXISTS"
    assert added(admin, "市医院本部", added(admin, "别的主管", top))
    assert_consistent()


def test_a_rename_keeps_search_right(http: Http, admin: Http) -> None:
    """After a rename the old name finds nothing, the new one everything, and the old name is free."""
    top = added(admin, "省卫健委")
    code = added(admin, "江城市人民医院", top)
    child = added(admin, "江城门诊部", code)
    answer = amended(admin, code, name="汉江市人民医院", region_code="420200")
    assert (answer.status, answer.body["name"], answer.body["region_code"]) == (200, "汉江市人民医院", "420200")
    assert found(http, "江城市") == []
    assert found(http, "汉江") == ["汉江市人民医院"]
    assert http.get(f"/institutions/{child}").body["supervisor"]["name"] == "汉江市人民医院"
    assert http.get("/institutions?query=门诊").body["items"][0]["supervisor"]["name"] == "汉江市人民医院"
    added(admin, "江城市人民医院", top)
    assert_consistent()


def test_a_name_that_is_taken_stays_with_its_institution(admin: Http) -> None:
    """A rename or a change of credit code onto another's is refused and changes nothing."""
    one, other = added(admin, "甲医院"), added(admin, "乙医院")
    credit = admin.get(f"/admin/institutions/{other}").body["unified_social_credit_code"]
    assert amended(admin, one, name="乙医院").code == "INSTITUTION_EXISTS"
    assert amended(admin, one, unified_social_credit_code=credit).code == "INSTITUTION_EXISTS"
    assert admin.get(f"/admin/institutions/{one}").body["name"] == "甲医院"
    assert_consistent()


def test_a_change_of_the_revision_that_was_seen(admin: Http) -> None:
    """Who says which revision they saw undoes no one's change; what stands already is none."""
    made = admin.post("/admin/institutions", fields("甲医院"))
    code, seen = made.body["institution_code"], made.body["revision"]
    assert amended(admin, code).body["revision"] == admin.get(f"/admin/institutions/{code}").body["revision"] == seen
    renamed = amended(admin, code, name="乙医院", revision=seen)
    assert (renamed.status, renamed.body["revision"]) == (200, seen + 1)
    assert amended(admin, code, revision=seen).status == 200
    late = amended(admin, code, name="甲医院", region_code="420200", revision=seen)
    assert (late.status, late.code) == (409, "REVISION_STALE")
    shown = admin.get(f"/admin/institutions/{code}").body
    assert (shown["name"], shown["region_code"], shown["revision"]) == ("乙医院", "420100", seen + 1)
    assert amended(admin, code, region_code="420200", revision=seen + 1).body["revision"] == seen + 2
    assert amended(admin, code, name="甲医院").status == 200
    assert_consistent()


def test_the_same_details_change_nothing(admin: Http) -> None:
    """Amending without a difference writes nothing."""
    code = added(admin, "甲医院")
    before = table_items()
    assert amended(admin, code).status == 200
    assert table_items() == before


def test_a_move_keeps_children_and_search_right(http: Http, admin: Http) -> None:
    """A moved institution shows its new supervisor everywhere and takes its subtree along."""
    top = added(admin, "省卫健委")
    west, east = added(admin, "西市卫健委", top), added(admin, "东市卫健委", top)
    hospital = added(admin, "联合医院", west)
    added(admin, "联合分院", hospital)
    assert (heights(top), heights(west)) == ([1, 0, 1, 0, 0], [0, 1, 0, 0, 0])
    assert amended(admin, hospital, supervisor_code=east).status == 200
    assert http.get("/institutions?query=联合医院").body["items"][0]["supervisor"]["name"] == "东市卫健委"
    assert [child.name for child in store.children(east, 10, None)[0]] == ["联合医院"]
    assert store.children(west, 10, None)[0] == []
    assert amended(admin, hospital, supervisor_code=None).body["supervisor"] is None
    assert heights(top) == [2, 0, 0, 0, 0]
    assert_consistent()


def test_no_circles_and_six_levels(admin: Http) -> None:
    """Nothing goes below itself or deeper than level six; room that a move makes can be used again."""
    chain: list[str] = []
    for level in range(6):
        chain.append(added(admin, f"第{level}级单位", chain[-1] if chain else None))
    assert admin.post("/admin/institutions", fields("第七级单位", chain[-1])).code == "HIERARCHY_REFUSED"
    assert amended(admin, chain[0], supervisor_code=chain[0]).code == "HIERARCHY_REFUSED"
    assert amended(admin, chain[1], supervisor_code=chain[4]).code == "HIERARCHY_REFUSED"
    other = added(admin, "另一顶级单位")
    assert amended(admin, chain[0], supervisor_code=other).code == "HIERARCHY_REFUSED"
    assert amended(admin, chain[5], supervisor_code=other).status == 200
    assert amended(admin, chain[0], supervisor_code=other).status == 200
    assert heights(other) == [1, 0, 0, 0, 1]
    assert_consistent()


def test_a_long_name_and_a_move_fit_one_after_the_other(admin: Http) -> None:
    """A rename of the longest name is one transaction; together with a move it may be too much, and says so."""
    top = added(admin, "省卫健委")
    code = added(admin, "甲" * 44 + "院")
    assert amended(admin, code, name="乙" * 45, supervisor_code=top).code == "CHANGE_TOO_LARGE"
    assert amended(admin, code, name="乙" * 45).status == 200
    assert amended(admin, code, supervisor_code=top).status == 200
    assert_consistent()


def test_children_are_listed_in_pages(admin: Http) -> None:
    """The institutions directly below one come ordered by code, each once, page after page."""
    top = added(admin, "省卫健委")
    codes = [added(admin, f"第{number}医院", top, institution_code=f"H{number:04d}") for number in range(5)]
    listed, place = [], None
    while True:
        page, place = store.children(top, 2, place)
        listed += [child.institution_code for child in page]
        if place is None:
            break
    assert listed == codes


def test_only_administrators(http: Http) -> None:
    """Everything of the administrators is closed to others."""
    user = http.signed_in(new_user()[1])
    for client, status, code in ((http, 401, "UNAUTHENTICATED"), (user, 403, "ADMINISTRATOR_REQUIRED")):
        answers = [
            client.post("/admin/institutions", fields("甲医院")),
            client.put("/admin/institutions/H0001", fields("甲医院")),
            client.get("/admin/institutions/H0001"),
            client.get("/admin/institution-registrations"),
            client.get("/admin/institution-registrations/1"),
            client.post("/admin/institution-registrations/1/decision", {"decision": "approve", "revision": 1}),
        ]
        assert {(answer.status, answer.code) for answer in answers} == {(status, code)}


def test_suffix_items_are_small(admin: Http) -> None:
    """A suffix keeps the name only where punctuation or case makes it differ from what is searched."""
    code = added(admin, "甲乙丙医院")
    other = added(admin, "甲乙丙医院（East）")
    plain = NameSuffix.get("NAME#丙医", f"丙医院#{code}")
    assert (plain.before, plain.name) == ("甲乙", None)
    spelled = NameSuffix.get("NAME#丙医", f"丙医院east#{other}")
    assert (spelled.before, spelled.name) == ("甲乙", "甲乙丙医院（East）")
