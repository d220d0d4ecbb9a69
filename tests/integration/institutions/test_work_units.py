"""Joining an institution over HTTP: the confirmation code, its limits, changing and leaving."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.institutions import directory
from functions.institutions.confirmation_codes import rotate_in
from functions.shared import audit
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import User
from functions.shared.table.transactions import Transaction
from tests.integration.client import Answer, Http, new_user
from tests.integration.institutions.builders import added, confirmation_code, fields, verified_user
from tests.integration.shared.configured import configured
from tests.integration.shared.faults import answering, dynamodb, dynamodb_error

PATH = "/institutions/work-unit"
WRONG = "BBBBBBBB"


@pytest.fixture
def user(http: Http) -> Http:
    """A client with the session of a verified user."""
    return http.signed_in(verified_user()[1])


def join(client: Http, institution: str, code: str) -> Answer:
    """The answer to choosing a work unit."""
    return client.put(PATH, {"institution_code": institution, "confirmation_code": code})


def test_search_and_join(http: Http, admin: Http) -> None:
    """A verified user finds the institution, joins it with its code, sees it, and leaves; all of it is recorded."""
    hospital = added(admin, "江城市第一医院")
    user_id, token = verified_user()
    user = http.signed_in(token)
    assert user.get(PATH).body == {"work_unit": None}
    code = user.get("/institutions?query=第一医院").body["items"][0]["institution_code"]
    joined = join(user, code, confirmation_code(hospital).lower())
    unit = {"institution_code": hospital, "name": "江城市第一医院"}
    assert joined.status == 200
    assert {name: joined.body["work_unit"][name] for name in unit} == unit
    assert user.get(PATH).body == joined.body
    assert user.get("/auth/me").body["user"]["work_unit"] == unit
    assert User.get(*keys.user(user_id)).work_unit_by == "code"
    assert user.delete(PATH).status == 204
    assert user.delete(PATH).status == 204
    assert user.get("/auth/me").body["user"]["work_unit"] is None
    account = User.get(*keys.user(user_id))
    assert (account.work_unit_code, account.work_unit_by) == (None, None)
    events = list(AuditEvent.query(account.pk, AuditEvent.sk.startswith(keys.audit_prefix(account.key))))
    assert [event.event for event in events][-2:] == ["work_unit_chosen", "work_unit_left"]
    assert events[-2].detail == {"institution_code": hospital, "before": None}
    assert audit.first_invalid_version(events, account) is None


def test_a_changed_work_unit_remembers_the_one_before(http: Http, admin: Http) -> None:
    """Joining another institution takes the place of the first, which stands in the history."""
    first, second = added(admin, "甲医院"), added(admin, "乙医院")
    user_id, token = verified_user()
    user = http.signed_in(token)
    join(user, first, confirmation_code(first))
    assert join(user, second, confirmation_code(second)).body["work_unit"]["name"] == "乙医院"
    account = User.get(*keys.user(user_id))
    last = AuditEvent.get(*keys.audit_event(account.key, int(account.version)))
    assert last.detail == {"institution_code": second, "before": first}


def test_a_renamed_institution_shows_its_new_name(user: Http, admin: Http) -> None:
    """The work unit's name is the institution's name of today."""
    body = fields("甲医院")
    code = admin.post("/admin/institutions", body).body["institution_code"]
    join(user, code, confirmation_code(code))
    assert admin.put(f"/admin/institutions/{code}", {**body, "name": "乙医院"}).status == 200
    assert user.get(PATH).body["work_unit"]["name"] == "乙医院"
    assert user.get("/auth/me").body["user"]["work_unit"]["name"] == "乙医院"


def test_only_verified_users_join(http: Http, admin: Http) -> None:
    """Without a verified identity there is no work unit, whatever the code."""
    code = added(admin, "甲医院")
    assert join(http, code, WRONG).status == 401
    refused = join(http.signed_in(new_user()[1]), code, confirmation_code(code))
    assert (refused.status, refused.code) == (403, "IDENTITY_REQUIRED")


def test_an_unknown_institution_is_not_found(user: Http) -> None:
    """No one joins an institution that is not in the directory, and no try is counted."""
    for code in ("H9999", "??"):
        assert join(user, code, WRONG).status == 404


def test_an_old_code_is_good_for_nothing(user: Http, admin: Http) -> None:
    """After a rotation only the new code works."""
    code = added(admin, "甲医院")
    old = confirmation_code(code)
    tx = Transaction()
    new = rotate_in(tx, directory.find(code), actor="somebody").confirmation_code
    tx.commit()
    assert join(user, code, old).code == "CONFIRMATION_CODE_INVALID"
    assert join(user, code, new).status == 200


def test_five_wrong_codes_a_day_at_one_institution(user: Http, admin: Http, clock: Any) -> None:
    """The sixth try of a day is not compared any more, not even with the right code; others may be joined."""
    code, other = added(admin, "甲医院"), added(admin, "乙医院")
    for wrong in ("", "b", WRONG, "医院", "\u0000" * 200):
        answer = join(user, code, wrong or "?")
        assert (answer.status, answer.code) == (422, "CONFIRMATION_CODE_INVALID")
    refused = join(user, code, confirmation_code(code))
    assert (refused.status, refused.code) == (429, "CONFIRMATION_LIMIT")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert join(user, other, confirmation_code(other)).status == 200
    clock.forward(86_400)
    assert join(user, code, confirmation_code(code)).status == 200


def test_ten_wrong_codes_a_day_over_all(user: Http, admin: Http) -> None:
    """Ten wrong codes at any institutions close all of them for the day."""
    codes = [added(admin, f"第{number}医院") for number in range(3)]
    for number in range(10):
        assert join(user, codes[number % 3], WRONG).status == 422
    assert join(user, codes[2], confirmation_code(codes[2])).code == "CONFIRMATION_LIMIT"


def test_the_limits_are_settings(user: Http, admin: Http) -> None:
    """How many wrong codes a day are compared, at one institution and over all, is configuration."""
    codes = [added(admin, f"第{number}医院") for number in range(3)]
    with configured(wrong_confirmation_codes_per_day_per_institution="1", wrong_confirmation_codes_per_day="2"):
        assert join(user, codes[0], WRONG).status == 422
        assert join(user, codes[0], WRONG).status == 429
        assert join(user, codes[1], WRONG).status == 422
        assert join(user, codes[2], WRONG).status == 429


def test_our_own_faults_use_up_no_tries(user: Http, admin: Http) -> None:
    """However often the change cannot be written, the right code is still taken afterwards."""
    code = added(admin, "甲医院")
    right = confirmation_code(code)
    counted_first = [None, dynamodb_error("InternalServerError")]
    for _ in range(12):
        with answering(dynamodb(), "dynamodb.TransactWriteItems", *counted_first, *counted_first[1:] * 2):
            assert join(user, code, right).status == 503
    assert join(user, code, right).status == 200


def test_right_codes_are_not_counted(user: Http, admin: Http) -> None:
    """Joining again and again uses nothing up; only wrong codes do."""
    code = added(admin, "甲医院")
    right = confirmation_code(code)
    answers: list[Callable[[], Answer]] = [lambda: join(user, code, WRONG), lambda: join(user, code, right)] * 4
    assert [answer().status for answer in answers] == [422, 200] * 4
    for _ in range(8):
        assert join(user, code, right).status == 200
    assert join(user, code, WRONG).status == 422
    assert join(user, code, WRONG).status == 429
