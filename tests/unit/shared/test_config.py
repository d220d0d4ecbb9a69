"""Settings, read once from the environment."""

import os

import msgspec
import pytest

from functions.shared.config import Settings, settings
from tests.integration.shared.configured import configured


def test_numbers_are_read_from_text() -> None:
    """A number in the environment takes the place of its default; unnamed ones keep theirs."""
    with configured(sms_code_tries="7", face_similarity="97.5"):
        assert (settings().sms_code_tries, settings().face_similarity) == (7, 97.5)
        assert settings().sms_code_s == 300


def test_defaults_are_the_domains_values() -> None:
    """The defaults are those of the domain's table of values."""
    known = settings()
    assert known.mini_program_session_s == 30 * 86_400
    assert known.console_session_s == 7_200
    assert (known.sms_code_s, known.sms_code_tries, known.sms_resend_s) == (300, 5, 60)
    assert (known.sms_per_phone_hour, known.sms_per_phone_day, known.sms_unused_per_phone_day) == (5, 10, 3)
    assert (known.wrong_confirmation_codes_per_day_per_institution, known.wrong_confirmation_codes_per_day) == (5, 10)
    assert known.registrations_per_day == 20
    assert (known.grant_code_s, known.wrong_grant_codes_per_day, known.invitation_s) == (30 * 86_400, 10, 86_400)


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(Settings) if field.required])
def test_missing_setting_is_named(name: str) -> None:
    """A missing setting stops the function with its name; an empty one is as good as missing."""
    with configured(**{name: ""}), pytest.raises(msgspec.ValidationError, match=name):
        settings()


def test_wrong_type_is_named() -> None:
    """A setting of another type stops the function with its name."""
    with configured(sms_code_s="five"), pytest.raises(msgspec.ValidationError, match="sms_code_s"):
        settings()


def test_settings_are_read_once() -> None:
    """A change of the environment later changes nothing."""
    with configured(sms_code_s="11"):
        first = settings()
        os.environ["SMS_CODE_S"] = "12"
        assert settings() is first
