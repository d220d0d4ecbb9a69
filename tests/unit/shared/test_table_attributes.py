"""The attributes that PynamoDB lacks, and keys."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.personal_data import mask_phone
from functions.shared.table import keys
from functions.shared.table.base import Choice, Item, Timestamp

# Hypothesis wants bounds without a time zone, and adds it itself.
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(MOMENTS, st.integers(-14, 14))
def test_timestamp_keeps_the_second(moment: datetime, hours: int) -> None:
    """A moment from any time zone comes back as the same second in UTC."""
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    back = Timestamp().deserialize(Timestamp().serialize(elsewhere))
    assert back == moment.replace(microsecond=0)
    assert back.tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_timestamps_compare_as_numbers(one: datetime, other: datetime) -> None:
    """What is stored is a number whose order is that of time, so that conditions and the TTL can compare it."""
    stored = [int(Timestamp().serialize(moment)) for moment in (one, other)]
    if (one - other) >= timedelta(seconds=1):
        assert stored[0] > stored[1]
    assert Timestamp.attr_type == "N"


@pytest.mark.parametrize("word", ["front", "back"])
def test_choice_is_its_word(word: Literal["front", "back"]) -> None:
    """A choice is stored as its word."""
    choice = Choice[Literal["front", "back"]]()
    assert (choice.attr_type, choice.serialize(word), choice.deserialize(word)) == ("S", word, word)


def test_item_knows_its_key() -> None:
    """A new item stands at the key it was made for."""
    key = keys.user("u1")
    assert Item.new(key).key == key


def test_key_templates() -> None:
    """The templates put strings together as their examples say."""
    assert keys.user("5f0c") == ("USER#5f0c", "PROFILE")
    assert keys.user_session("5f0c", "9d41") == ("USER#5f0c", "SESSION#9d41")
    assert keys.session("9d41") == ("SESSION#9d41", "SESSION")
    assert keys.wechat_owner("oX4f") == ("WECHAT#oX4f", "OWNER")
    assert keys.phone_owner("b0aa") == ("PHONE#b0aa", "OWNER")
    assert keys.sms_challenge("b0aa", "sign_in") == ("PHONE#b0aa", "SMS#sign_in")
    assert keys.wechat_access_token("wx12") == ("WECHAT_APP#wx12", "ACCESS_TOKEN")
    assert keys.audit_event(keys.user("5f0c"), 7) == ("USER#5f0c", "AUDIT#PROFILE#00000007")
    assert keys.limit("sms_phone_hour", "b0aa", 494512) == ("LIMIT#sms_phone_hour#b0aa", "494512")
    assert keys.idempotent_answer("IDEMPOTENCY#4fd2") == ("IDEMPOTENCY#4fd2", "ANSWER")


def test_masked_phone() -> None:
    """A phone is shown by its first three and last four digits."""
    assert mask_phone("13800138000") == "138****8000"
