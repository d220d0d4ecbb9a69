"""The reviewers' list of registrations, and what they compare a registration with."""

from typing import Any

import pytest

from tests.integration.client import Http
from tests.integration.institutions.builders import added, credit_code, registration, user_with_phone
from tests.integration.institutions.test_registrations import PATH, QUEUE, decided, submitted

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def user(http: Http) -> Http:
    """A client with the session of a user who has bound a phone."""
    return http.signed_in(user_with_phone()[1])


@pytest.fixture
def top(admin: Http) -> str:
    """The code of a supervisor."""
    return added(admin, "省卫健委")


def ids(page: dict[str, Any]) -> list[str]:
    """The ids on a page."""
    return [item["registration_id"] for item in page["items"]]


def test_the_list_has_counts_and_every_status(http: Http, admin: Http, user: Http, top: str, clock: Any) -> None:
    """Pending ones oldest first with their counts; decided ones by when they were decided, newest first."""
    made = []
    for name in ("汉江医院", "江北医院", "江南医院", "江东医院"):
        made.append(submitted(user, name, top))
        clock.forward(60)
    decided(admin, made[0], "reject", reason_code="INFORMATION_WRONG")
    clock.forward(60)
    decided(admin, made[1], "reject", reason_code="NOT_AN_INSTITUTION")
    clock.forward(60)
    assert decided(admin, made[2], "approve").status == 200
    assert user.post(f"{PATH}/{made[0]}/appeal", {"comment": "请再核对。"}).status == 200
    assert admin.post(f"{QUEUE}/{made[3]}/claim").status == 200
    page = admin.get(f"{QUEUE}?limit=1").body
    assert ids(page) == [made[3]]
    assert page["counts"] == {
        "pending": 2,
        "mine": 1,
        "appeals": 1,
        "oldest_at": "2026-11-22T08:03:00Z",
        "more": False,
    }
    rest = admin.get(f"{QUEUE}?limit=1&cursor={page['next_cursor']}").body
    assert (ids(rest), rest["next_cursor"], rest["counts"]) == ([made[0]], None, None)
    assert rest["items"][0]["on_appeal"] is True
    assert ids(admin.get(f"{QUEUE}?status=rejected").body) == [made[1]]
    included = admin.get(f"{QUEUE}?status=included").body
    assert (ids(included), included["items"][0]["decided_at"]) == ([made[2]], "2026-11-22T08:06:00Z")
    assert user.put(f"{PATH}/{made[1]}", registration("江北医院", top)).status == 200
    assert ids(admin.get(f"{QUEUE}?status=rejected").body) == []
    cursor = page["next_cursor"]
    assert admin.get(f"{QUEUE}?status=rejected&cursor={cursor}").code == "CURSOR_INVALID"


def test_decided_ones_are_paged_newest_first(admin: Http, user: Http, top: str, clock: Any) -> None:
    """Each once, the newest decision first."""
    made = [submitted(user, f"第{number}医院", top) for number in "一二三"]
    for registration_id in made:
        clock.forward(60)
        decided(admin, registration_id, "reject", reason_code="INFORMATION_WRONG")
    listed, cursor = [], ""
    while True:
        page = admin.get(f"{QUEUE}?status=rejected&limit=1{cursor}").body
        listed += ids(page)
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert listed == made[::-1]


def test_a_case_is_found_by_name_or_credit_code(admin: Http, user: Http, top: str, clock: Any) -> None:
    """Any part of the name in any width and case, and the credit code; decided ones within their status."""
    code = credit_code()
    first = submitted(user, "汉江Ａ区医院", top, unified_social_credit_code=code)
    clock.forward(1)
    second = submitted(user, "江北医院", top)
    for query, expected in (("江a区", [first]), ("医院", [first, second]), (code, [first]), ("没有", [])):
        page = admin.get(f"{QUEUE}?query={query}").body
        assert ids(page) == expected, query
        assert page["counts"]["pending"] == len(expected)
    paged = admin.get(f"{QUEUE}?query=医院&limit=1").body
    assert ids(admin.get(f"{QUEUE}?query=医院&limit=1&cursor={paged['next_cursor']}").body) == [second]
    decided(admin, first, "reject", reason_code="INFORMATION_WRONG")
    assert ids(admin.get(f"{QUEUE}?status=rejected&query=江a").body) == [first]
    assert ids(admin.get(f"{QUEUE}?query=江a").body) == []
    short = admin.get(f"{QUEUE}?query=江")
    assert [error["code"] for error in short.body["errors"]] == ["QUERY_TOO_SHORT"]


def test_similar_institutions_are_beside_the_form(admin: Http, user: Http, top: str) -> None:
    """Names with a word more, less or in between, the most similar first, below the same supervisor before others."""
    elsewhere = added(admin, "江楚市卫生局")
    near = added(admin, "江楚市第一医院", top)
    far = added(admin, "江楚市第一人民医院", elsewhere)
    added(admin, "云梦县中医医院", top)
    made = submitted(user, "江楚市第一人民医院", top)
    similar = admin.get(f"{QUEUE}/{made}").body["similar"]
    assert [(one["institution"]["institution_code"], one["because"]) for one in similar] == [
        (near, ["name"]),
        (far, ["name"]),
    ]
    assert similar[1]["institution"]["supervisor"] == {"institution_code": elsewhere, "name": "江楚市卫生局"}
    included = decided(admin, made, "approve").body["institution"]["institution_code"]
    again = admin.get(f"{QUEUE}/{made}").body
    assert included not in [one["institution"]["institution_code"] for one in again["similar"]]
    assert again["institution"]["institution_code"] == included


def test_the_holder_of_the_credit_code_is_named(admin: Http, user: Http, top: str) -> None:
    """A registration that was rejected because its credit code is listed shows which institution has it."""
    code = credit_code()
    made = submitted(user, "随便什么诊所", top, unified_social_credit_code=code)
    holder = added(admin, "江楚市第九医院", top, unified_social_credit_code=code)
    seen = admin.get(f"{QUEUE}/{made}").body
    assert (seen["status"], seen["rejection"]["code"]) == ("rejected", "ALREADY_LISTED")
    assert [(one["institution"]["institution_code"], one["because"]) for one in seen["similar"]] == [
        (holder, ["credit_code"])
    ]
    assert [(one["code"], one["by_masked"]) for one in seen["earlier"]] == [("ALREADY_LISTED", None)]


def test_earlier_decisions_stay_in_sight(admin: Http, user: Http, top: str, clock: Any) -> None:
    """After an amendment the reviewer still sees what was rejected before, by whom, and why."""
    made = submitted(user, "汉江医院", top)
    decided(admin, made, "reject", reason_code="OTHER", comment="请上传许可证号。", fields=["name", "address"])
    clock.forward(60)
    assert user.put(f"{PATH}/{made}", registration("汉江区医院", top)).status == 200
    decided(admin, made, "reject", reason_code="INFORMATION_WRONG")
    clock.forward(60)
    assert user.put(f"{PATH}/{made}", registration("汉江新区医院", top)).status == 200
    earlier = admin.get(f"{QUEUE}/{made}").body["earlier"]
    assert [(one["at"], one["code"], one["comment"]) for one in earlier] == [
        ("2026-11-22T08:01:00Z", "INFORMATION_WRONG", None),
        ("2026-11-22T08:00:00Z", "OTHER", "请上传许可证号。"),
    ]


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"reason_code": "OTHER"}, "comment"), ({"reason_code": "OTHER", "comment": " "}, "comment"), ({}, "reason_code")],
)
def test_a_rejection_says_what_to_do(admin: Http, user: Http, top: str, sent: dict[str, Any], field: str) -> None:
    """`OTHER` alone tells the applicant nothing, so it needs a comment; a rejection without either needs a reason."""
    made = submitted(user, "汉江医院", top)
    answer = decided(admin, made, "reject", **sent)
    assert answer.status == 422
    assert [(error["field"], error["code"]) for error in answer.body["errors"]] == [(field, "MISSING")]
    assert decided(admin, made, "reject", reason_code="OTHER", comment="请补充材料").status == 200
