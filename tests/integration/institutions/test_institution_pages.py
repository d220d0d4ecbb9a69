"""What pages show of institutions: exact codes, the path to the top, children, the administrators' list, history."""

from typing import Any

import pytest

from tests.integration.client import Http
from tests.integration.institutions.builders import added, confirmation_code, fields, names, verified_user

ADMIN = "/admin/institutions"
pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def tree(admin: Http) -> dict[str, str]:
    """A province, two cities and the hospitals of one; their codes."""
    province = added(admin, "江楚省卫健委", institution_code="420000000001", region_code="420000")
    city = added(admin, "江城市卫健局", province, institution_code="420100000001")
    other = added(admin, "云城市卫健局", province, institution_code="420200000001", region_code="420200")
    return {
        "province": province,
        "city": city,
        "other": other,
        "first": added(admin, "江城市第一医院", city, institution_code="420100000002"),
        "second": added(admin, "江城市第二医院", city, institution_code="420100000003", category="专科医院"),
        "third": added(admin, "江城市第三医院", city, institution_code="420100000004"),
        "elsewhere": added(admin, "云城市第一医院", other, institution_code="420200000002", region_code="420200"),
    }


def codes(page: Any) -> list[str]:
    """The codes on a page."""
    return [item["institution_code"] for item in page.body["items"]]


def test_an_exact_code_finds_its_institution(http: Http, tree: dict[str, str]) -> None:
    """In any width, with blanks; nothing else is found by it, and no registration is offered."""
    for query in (tree["first"], " 4201 0000 0002 ", "４２０１０００００００２"):
        found = http.get(f"/institutions?query={query}").body
        assert [item["name"] for item in found["items"]] == ["江城市第一医院"]
        assert found["items"][0]["region"] == {"region_code": "420100", "name": "武汉市"}
        assert (found["next_cursor"], "registration" in found) == (None, False)
    unknown = http.get("/institutions?query=420199999999").body
    assert (unknown["items"], "registration" in unknown) == ([], True)


def test_results_have_a_region_and_say_that_there_are_more(http: Http, tree: dict[str, str]) -> None:
    """Equal names are told apart by their region; the first page says that more were found."""
    first = http.get("/institutions?query=第一医院&limit=1").body
    assert first["more_than"] == 1
    rest = http.get(f"/institutions?query=第一医院&limit=1&cursor={first['next_cursor']}").body
    assert rest["more_than"] is None
    found = [*first["items"], *rest["items"]]
    assert {item["name"]: item["region"]["region_code"] for item in found} == {
        "江城市第一医院": "420100",
        "云城市第一医院": "420200",
    }


def test_a_changed_region_is_shown_at_once(http: Http, admin: Http, tree: dict[str, str]) -> None:
    """What search shows is written again when only the region changes."""
    now = admin.get(f"{ADMIN}/{tree['first']}").body
    body = {name: now[name] for name in ("name", "category", "unified_social_credit_code")}
    body |= {"supervisor_code": tree["city"], "region_code": "420300"}
    assert admin.put(f"{ADMIN}/{tree['first']}", body).body["region"]["name"] == "十堰市"
    (item,) = http.get("/institutions?query=江城市第一").body["items"]
    assert item["region"]["region_code"] == "420300"


def test_the_path_leads_to_the_top(http: Http, tree: dict[str, str]) -> None:
    """The topmost first; who is at the top has none."""
    shown = http.get(f"/institutions/{tree['first']}").body
    assert [one["institution_code"] for one in shown["path"]] == [tree["province"], tree["city"]]
    assert shown["supervisor"] == shown["path"][-1] == {"institution_code": tree["city"], "name": "江城市卫健局"}
    assert (shown["children_count"], shown["closed_at"], shown["successor"]) == (0, None, None)
    top = http.get(f"/institutions/{tree['province']}").body
    assert (top["path"], top["supervisor"], top["children_count"]) == ([], None, 2)


def test_children_are_listed_and_searched(http: Http, tree: dict[str, str]) -> None:
    """By code, page by page; by a part of the name or an exact code only those directly below."""
    path = f"/institutions/{tree['city']}/children"
    first = http.get(f"{path}?limit=2")
    assert codes(first) == [tree["first"], tree["second"]]
    assert codes(http.get(f"{path}?limit=2&cursor={first.body['next_cursor']}")) == [tree["third"]]
    assert first.body["items"][0]["supervisor"] == {"institution_code": tree["city"], "name": "江城市卫健局"}
    assert codes(http.get(f"{path}?query=第一医院")) == [tree["first"]]
    assert codes(http.get(f"{path}?query={tree['second']}")) == [tree["second"]]
    assert codes(http.get(f"{path}?query={tree['elsewhere']}")) == []
    assert codes(http.get("/institutions/420199999999/children")) == []
    assert http.get("/institutions/x/children").status == 404
    searched = http.get(f"{path}?query=医院&limit=1").body["next_cursor"]
    assert http.get(f"/institutions?query=医院&limit=1&cursor={searched}").code == "CURSOR_INVALID"


def test_administrators_list_what_they_look_for(admin: Http, tree: dict[str, str]) -> None:
    """The top without anything; below a supervisor, of a category, by name or code, in any combination."""
    assert codes(admin.get(ADMIN)) == codes(admin.get(f"{ADMIN}?supervisor=root")) == [tree["province"]]
    below = admin.get(f"{ADMIN}?supervisor={tree['city']}")
    assert codes(below) == [tree["first"], tree["second"], tree["third"]]
    assert below.body["items"][0]["unified_social_credit_code"]
    assert codes(admin.get(f"{ADMIN}?supervisor={tree['city']}&category=专科医院")) == [tree["second"]]
    page = admin.get(f"{ADMIN}?supervisor={tree['city']}&category=综合医院&limit=1")
    assert codes(page) == [tree["first"]]
    more = f"{ADMIN}?supervisor={tree['city']}&category=综合医院&limit=1&cursor={page.body['next_cursor']}"
    assert codes(admin.get(more)) == [tree["third"]]
    found = admin.get(f"{ADMIN}?query=第一医院")
    assert sorted(codes(found)) == sorted([tree["first"], tree["elsewhere"]])
    assert codes(admin.get(f"{ADMIN}?query=第一医院&supervisor={tree['other']}")) == [tree["elsewhere"]]
    assert codes(admin.get(f"{ADMIN}?query=医院&category=专科医院")) == [tree["second"]]
    assert codes(admin.get(f"{ADMIN}?query=卫健&supervisor=root")) == [tree["province"]]
    (only,) = admin.get(f"{ADMIN}?query={tree['city']}").body["items"]
    assert (only["institution_code"], only["children_count"]) == (tree["city"], 3)
    assert [error["field"] for error in admin.get(f"{ADMIN}?supervisor=??").body["errors"]] == ["supervisor"]


def test_a_list_that_has_not_changed_is_not_sent_again(admin: Http, tree: dict[str, str]) -> None:
    """With its ETag the list is 304 until something in it changes; no cache keeps it."""
    path = f"{ADMIN}?supervisor={tree['city']}"
    first = admin.get(path)
    assert first.headers["cache-control"] == "no-store"
    known = {"If-None-Match": first.headers["etag"]}
    assert admin.get(path, **known).status == 304
    added(admin, "江城市第四医院", tree["city"])
    assert admin.get(path, **known).status == 200


def test_the_history_is_told_in_sentences(admin: Http, tree: dict[str, str], clock: Any) -> None:
    """Newest first, with what changed and who did it."""
    clock.forward(60)
    now = admin.get(f"{ADMIN}/{tree['first']}").body
    renamed = fields(
        "江城市人民医院",
        tree["city"],
        unified_social_credit_code=now["unified_social_credit_code"],
        category="中医医院",
    )
    assert admin.put(f"{ADMIN}/{tree['first']}", renamed).status == 200
    newest = admin.get(f"{ADMIN}/{tree['first']}/history?limit=1").body
    (event,) = newest["items"]
    assert (event["event"], event["text"], event["at"]) == (
        "institution_amended",
        "机构信息已修改。",
        "2026-11-22T08:01:00Z",
    )
    assert event["changes"] == [
        {"field": "name", "before": "江城市第一医院", "after": "江城市人民医院"},
        {"field": "category", "before": "综合医院", "after": "中医医院"},
    ]
    older = admin.get(f"{ADMIN}/{tree['first']}/history?cursor={newest['next_cursor']}").body
    assert [(one["event"], one["changes"]) for one in older["items"]] == [("institution_created", [])]
    assert admin.get(f"{ADMIN}/420199999999/history").code == "NOT_FOUND"


def test_the_work_unit_says_since_when_and_how(http: Http, tree: dict[str, str], clock: Any) -> None:
    """The answers to choosing and to looking are the same; without a list of members there is no date."""
    clock.forward(60)
    person = http.signed_in(verified_user()[1])
    body = {"institution_code": tree["first"], "confirmation_code": confirmation_code(tree["first"])}
    chosen = person.put("/institutions/work-unit", body).body
    assert chosen["work_unit"] == {
        "institution_code": tree["first"],
        "name": "江城市第一医院",
        "supervisor": {"institution_code": tree["city"], "name": "江城市卫健局"},
        "since": "2026-11-22T08:01:00Z",
        "by": "code",
    }
    clock.forward(60)
    assert person.get("/institutions/work-unit").body == chosen
    wrong = person.put("/institutions/work-unit", {**body, "confirmation_code": "BBBBBBBB"})
    assert (wrong.code, wrong.body["attempts_left"]) == ("CONFIRMATION_CODE_INVALID", 4)
    assert names(http.get("/institutions?query=江城市第一")) == ["江城市第一医院"]
