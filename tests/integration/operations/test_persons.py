"""The operator's commands for somebody who comes back: the API's rules, one word, a reason in the trail."""

from typing import Any

import pytest

from functions.identity.errors import AccountInUse, NotInReview
from functions.shared import account_sessions
from functions.shared.account_sessions import ENDED_WITH_CHANGE
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import Owner, User
from functions.shared.table.transactions import get
from operations import cli, persons
from tests.integration.auth.stage import ask_code, login, more_sessions, phone_user
from tests.integration.client import Http, last_sms, new_session, new_user
from tests.integration.conftest import http
from tests.integration.identity.applicant import COLLINS, Applicant
from tests.integration.identity.conftest import comparison_service, faces
from tests.integration.identity.fake_faces import FakeFaces

__all__ = ["comparison_service", "faces", "http"]

REASON = "护照与工作证当面核验"
PHONE = "13800138099"


def account(user_id: str) -> User:
    found = get(User, keys.user(user_id))
    assert found is not None
    return found


def last_event(user_id: str) -> Any:
    key = keys.user(user_id)
    found = AuditEvent.query(
        key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key)), scan_index_forward=False, limit=1
    )
    return next(iter(found))


@pytest.fixture
def pair(http: Http, faces: FakeFaces) -> tuple[Applicant, Applicant]:
    """Somebody verified, and a second account with the same number in review."""
    older, newer = Applicant.new(http, COLLINS), Applicant.new(http, COLLINS)
    for person in (older, newer):
        person.ready()
        assert person.submit().status == 200
    return older, newer


def test_one_word_of_the_operator_joins_two_accounts(pair: tuple[Applicant, Applicant]) -> None:
    """The person stands before the operator, so no second administrator is needed; the reason is in the trail."""
    older, newer = pair
    assert persons.decide_duplicate(newer.user_id, "same_person", REASON).status == "joined"
    assert account(newer.user_id).merged_into == older.user_id
    assert older.events()[-1].detail["reason"] == REASON
    with pytest.raises(NotInReview):
        persons.decide_duplicate(newer.user_id, "same_person", REASON)


def test_an_impostor_still_has_three_days(pair: tuple[Applicant, Applicant]) -> None:
    """The other account is notified and may object: the operator cannot shorten that."""
    older, newer = pair
    assert persons.decide_duplicate(newer.user_id, "impostor", REASON).status == "takes_effect_at"
    assert persons.carry_out(newer.user_id) == 0
    assert account(older.user_id).is_verified


def test_a_new_wechat_replaces_the_old_one(pair: tuple[Applicant, Applicant]) -> None:
    """By the blank account that the new WeChat made; the old one opens nothing any more, and all sessions end."""
    older, _ = pair
    blank, _ = new_user("oNew")
    before = account(older.user_id).wechat_openid
    persons.replace_entry(older.user_id, blank, REASON)
    assert account(older.user_id).wechat_openid == "oNew"
    assert get(Owner, keys.wechat_owner(str(before))) is None
    assert older.http.get("/auth/me").status == 401
    assert last_event(older.user_id).detail["reason"] == REASON
    assert account(blank).merged_into == older.user_id


def test_an_account_that_holds_something_is_not_absorbed(pair: tuple[Applicant, Applicant]) -> None:
    """Only a blank account can be used up."""
    older, newer = pair
    with pytest.raises(AccountInUse):
        persons.replace_entry(older.user_id, newer.user_id, REASON)
    assert account(newer.user_id).merged_into is None


def test_a_phone_changes_hands(pair: tuple[Applicant, Applicant]) -> None:
    """Anyone who had it keeps the account and loses the number; a number that was replaced is notified."""
    older, newer = pair
    assert not persons.take_phone(older.user_id, PHONE, REASON)
    assert persons.take_phone(newer.user_id, PHONE, REASON)
    assert account(older.user_id).phone_hash is None
    owner = get(Owner, keys.phone_owner(keyed_hash("phone", PHONE)))
    assert owner is not None
    assert owner.user_id == newer.user_id
    assert not persons.take_phone(newer.user_id, "13800138098", REASON)
    assert last_sms()[0] == f"+86{PHONE}"
    assert last_event(older.user_id).detail == {"by": newer.user_id, "reason": REASON, "sessions": 0}


def test_a_phone_that_is_taken_closes_what_it_opened(http: Http) -> None:
    """Sessions by phone, codes under way and QR sign-ins of the former owner end; what WeChat started stays."""
    former, _ = new_user("oFormer")
    persons.take_phone(former, PHONE, REASON)
    wechat_session, phone_session = http.signed_in(new_session(former)), phone_user(http, PHONE)[1]
    taker, _ = new_user("oTaker")
    earlier = ask_code(http, PHONE)
    epoch = account(former).entry_epoch
    assert persons.take_phone(taker, PHONE, REASON)
    assert phone_session.get("/auth/me").status == 401
    assert wechat_session.get("/auth/me").status == 200
    assert account(former).entry_epoch == epoch + 1
    assert login(http, *earlier, phone=PHONE).code == "SMS_CODE_INVALID"


@pytest.mark.parametrize("outcome", ["joined", "replaced", "renumbered"])
def test_no_code_from_before_opens_an_account_that_is_entered_anew(
    pair: tuple[Applicant, Applicant], http: Http, outcome: str
) -> None:
    """Whichever command changes how an account is entered, a code that was under way before is void."""
    older, newer = pair
    persons.take_phone(older.user_id, PHONE, REASON)
    earlier = ask_code(http, PHONE)
    if outcome == "joined":
        persons.decide_duplicate(newer.user_id, "same_person", REASON)
    elif outcome == "replaced":
        persons.replace_entry(older.user_id, new_user("oNew")[0], REASON)
    else:
        persons.take_phone(older.user_id, "13800138098", REASON)
    assert login(http, *earlier, phone=PHONE).code == "SMS_CODE_INVALID"


def test_the_fullest_accounts_are_joined_in_one_transaction(pair: tuple[Applicant, Applicant]) -> None:
    """Both with a phone, a WeChat account and all the sessions that end with a change."""
    older, newer = pair
    persons.take_phone(older.user_id, PHONE, REASON)
    persons.take_phone(newer.user_id, "13800138098", REASON)
    for person in pair:
        more_sessions(person.user_id, ENDED_WITH_CHANGE)
    assert persons.decide_duplicate(newer.user_id, "same_person", REASON).status == "joined"
    assert [account_sessions.fingerprints_of(person.user_id) for person in pair] == [[], []]
    assert last_event(newer.user_id).detail["sessions"] == ENDED_WITH_CHANGE


def test_the_commands_have_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """Without one, or with a blank one, a command does nothing; nor does it for what is not a user id."""
    older, newer = "0" * 32, "1" * 32
    commands = (["same-person", newer], ["impostor", newer], ["replace-sign-in", older, newer], ["take-phone", newer])
    for words in commands:
        for wrong in ([], ["--reason", " "]):
            with pytest.raises(SystemExit) as ended:
                cli.main(["people", *words, *wrong])
            assert ended.value.code == 2
            assert "--reason" in capsys.readouterr().err
        with pytest.raises(SystemExit) as ended:
            cli.main(["people", *words[:-1], "rubbish", "--reason", REASON])
        assert ended.value.code == 2
        assert "'rubbish' is not a user id" in capsys.readouterr().err
