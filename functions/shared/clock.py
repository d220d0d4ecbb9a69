"""The one clock: whole seconds, always in UTC. Call it as `clock.now()`, so that a test can set it."""

from datetime import UTC, date, datetime, timedelta, timezone

# China has one time zone and no summer time (GB/T 7408 local time), so no time zone database is packaged.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def now() -> datetime:
    """This second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def today() -> date:
    """Today's date where the documents are from (Asia/Shanghai)."""
    return now().astimezone(SHANGHAI).date()


def after(seconds: int) -> datetime:
    """The moment that many seconds from now."""
    return now() + timedelta(seconds=seconds)


def seconds_until(moment: datetime) -> int:
    """Whole seconds from now until then, at least 1: what `Retry-After` wants."""
    return max(1, int((moment - now()).total_seconds()))


def rfc3339(moment: datetime) -> str:
    """A moment as the API writes it: `2026-11-22T08:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
