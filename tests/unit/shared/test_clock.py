"""The one clock."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.shared import clock as product_clock
from tests.conftest import Clock


def test_now_is_whole_seconds_in_utc() -> None:
    """The real clock is aware, in UTC and without microseconds."""
    moment = product_clock.now()
    assert (moment.tzinfo, moment.microsecond) == (UTC, 0)
    assert abs(datetime.now(UTC) - moment) < timedelta(seconds=2)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), "2026-11-22"),
        (datetime(2026, 11, 22, 16, 0, 0, tzinfo=UTC), "2026-11-23"),
    ],
)
def test_today_is_shanghais(clock: Clock, utc: datetime, day: str) -> None:
    """The date turns at midnight in Shanghai, eight hours before UTC's."""
    clock.time = utc
    assert product_clock.today().isoformat() == day


def test_seconds_until_is_at_least_one(clock: Clock) -> None:
    """A moment that has passed, or is now, is still one second away: `Retry-After: 0` would invite a storm."""
    assert product_clock.seconds_until(product_clock.after(90)) == 90
    assert product_clock.seconds_until(product_clock.after(0)) == 1
    assert product_clock.seconds_until(product_clock.after(-50)) == 1


def test_rfc3339_is_written_with_z() -> None:
    """Any aware moment is written in UTC with `Z`."""
    moment = datetime(2026, 11, 22, 16, 0, tzinfo=product_clock.SHANGHAI)
    assert product_clock.rfc3339(moment) == "2026-11-22T08:00:00Z"
