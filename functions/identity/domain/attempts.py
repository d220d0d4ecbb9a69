"""How many failures are allowed in a stretch of time, counted over the last this many seconds."""

from collections.abc import Iterable


def recent(moments: Iterable[int], now: int, window_s: int) -> list[int]:
    """Those of the moments (seconds since 1970) that still count."""
    return [int(moment) for moment in moments if moment > now - window_s]


def attempts_left(moments: Iterable[int], now: int, window_s: int, most: int) -> int:
    """How many more failures there may be before it is closed."""
    return max(0, most - len(recent(moments, now, window_s)))


def opens_at(moments: Iterable[int], now: int, window_s: int, most: int) -> int | None:
    """The moment at which one more failure is allowed again, in seconds since 1970; None while it is allowed."""
    counted = sorted(recent(moments, now, window_s))
    return None if len(counted) < most else counted[-most] + window_s
