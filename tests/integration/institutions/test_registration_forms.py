"""The registration form: every wrong field at once, checked before it is submitted, with lists to choose from."""

from typing import Any

import pytest

from tests.integration.client import Answer, Http
from tests.integration.institutions.builders import added, registration, table_items, user_with_phone
from tests.integration.institutions.test_registrations import PATH, decided, submitted

CHECK = f"{PATH}/check"
pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def user(http: Http) -> Http:
    """A client with the session of a user who has bound a phone."""
    return http.signed_in(user_with_phone()[1])


@pytest.fixture
def top(admin: Http) -> str:
    """The code of a supervisor."""
    return added(admin, "省卫健委")


def errors(answer: Answer) -> dict[str, str]:
    """The codes of the wrong fields."""
    assert answer.status == 422, answer
    return {error["field"]: error["code"] for error in answer.body["errors"]}


WRONG: dict[str, Any] = {
    "category": "火星医院",
    "unified_social_credit_code": "12420000420000001A",
    "region_code": "999999",
    "address": " ",
    "contact_phone": "电话",
}


@pytest.mark.parametrize("path", [PATH, CHECK])
def test_all_errors_at_once(user: Http, path: str) -> None:
    """Shape, rules and the unknown supervisor in one answer; what is missing and what is unknown beside them."""
    wrong = registration("院", "420199999999", **WRONG)
    expected = {
        "name": "NAME_TOO_SHORT",
        "supervisor_code": "SUPERVISOR_UNKNOWN",
        "category": "CATEGORY_UNKNOWN",
        "unified_social_credit_code": "CREDIT_CODE_CHECKSUM",
        "region_code": "REGION_CODE_UNKNOWN",
        "address": "MISSING",
        "contact_phone": "FORMAT",
    }
    assert errors(user.post(path, wrong)) == expected
    del wrong["contact_name"]
    wrong["address"], wrong["unasked"] = 5, "x"
    assert errors(user.post(path, wrong)) == {
        **expected,
        "address": "FORMAT",
        "contact_name": "MISSING",
        "unasked": "UNKNOWN",
    }
    assert not [item for item in table_items() if item["kind"]["S"] == "registration"]


def test_an_amendment_gets_all_errors_too(admin: Http, user: Http, top: str) -> None:
    """The same for a rejected one."""
    made = submitted(user, "汉江医院", top)
    decided(admin, made, "reject", reason_code="INFORMATION_WRONG")
    wrong = registration("院", top, region_code="420100", contact_phone="1")
    del wrong["address"]
    assert errors(user.put(f"{PATH}/{made}", wrong)) == {
        "name": "NAME_TOO_SHORT",
        "address": "MISSING",
        "contact_phone": "FORMAT",
    }


def test_a_check_keeps_and_counts_nothing(http: Http, admin: Http, user: Http, top: str) -> None:
    """What would be taken is 204; what is listed or pending is named; nothing is written."""
    new = registration("汉江医院", top)
    before = table_items()
    assert user.post(CHECK, new).status == 204
    assert table_items() == before
    made = submitted(user, "汉江医院", top, unified_social_credit_code=new["unified_social_credit_code"])
    for path in (CHECK, PATH):
        pending = user.post(path, new)
        assert (pending.status, pending.code, pending.body["registration_id"]) == (409, "REGISTRATION_PENDING", made)
    other = http.signed_in(user_with_phone("13900139000")[1])
    assert other.post(CHECK, new).status == 204
    listed = added(admin, "江北医院", top)
    exists = user.post(CHECK, registration("江北医院", top))
    assert (exists.code, exists.body["institution"]["institution_code"]) == ("INSTITUTION_EXISTS", listed)
    assert user.post(CHECK, {**new, "agreement_version": "2020-01"}).code == "AGREEMENT_OUTDATED"


@pytest.mark.parametrize(
    ("region", "code"),
    [
        ("420100", None),
        ("420199", None),  # a county that is newer than the table
        ("690105", None),  # of the province that the local run adds
        ("810001", None),  # the table names no parts of Hong Kong
        ("999999", "REGION_CODE_UNKNOWN"),
        ("429900", "REGION_CODE_UNKNOWN"),
        ("42010", "REGION_CODE_FORMAT"),
    ],
)
def test_a_region_is_one_there_is(user: Http, top: str, region: str, code: str | None) -> None:
    """Codes of the table, and of its prefectures."""
    answer = user.post(CHECK, registration("汉江医院", top, region_code=region))
    assert answer.status == 204 if code is None else errors(answer) == {"region_code": code}


def test_the_public_status_has_days(http: Http, admin: Http, user: Http, top: str, clock: Any) -> None:
    """When the newest was submitted and decided, as days in Shanghai; an unknown supervisor is an error."""
    path = f"/institutions/registration-status?supervisor_code={top}&name=汉江医院"
    assert http.get(path).body == {"status": "none", "submitted_on": None, "decided_on": None}
    made = submitted(user, "汉江医院", top)
    assert http.get(path).body == {"status": "pending", "submitted_on": "2026-11-22", "decided_on": None}
    clock.forward(20 * 3_600)  # the 23rd in UTC, already in the afternoon in Shanghai
    decided(admin, made, "reject", reason_code="INFORMATION_WRONG")
    assert http.get(path).body == {"status": "rejected", "submitted_on": "2026-11-22", "decided_on": "2026-11-23"}
    clock.forward(86_400)
    assert user.put(f"{PATH}/{made}", registration("汉江医院", top)).status == 200
    assert http.get(path).body == {"status": "pending", "submitted_on": "2026-11-24", "decided_on": None}
    assert decided(admin, made, "approve").status == 200
    assert http.get(path).body == {"status": "included", "submitted_on": "2026-11-24", "decided_on": "2026-11-24"}
    unknown = http.get("/institutions/registration-status?supervisor_code=420199999999&name=汉江医院")
    assert errors(unknown) == {"supervisor_code": "SUPERVISOR_UNKNOWN"}
