"""Rules of QR sign-in: the whole table of acts, expiry, the pace of polling, what a phone shows of a browser."""

import itertools
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.auth.domain import (
    QR_TERMINAL,
    QR_TRANSITIONS,
    USER_AGENT_LENGTH,
    QrAction,
    QrStatus,
    decide_poll,
    qr_status,
    rate_limit_address,
    sanitize_user_agent,
)
from functions.shared.vocabulary import StoredQrStatus

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
KEPT: tuple[StoredQrStatus, ...] = get_args(StoredQrStatus)
ACTS: tuple[QrAction, ...] = get_args(QrAction)

# (scan, confirm, deny, exchange) in each state; None is refused. Written out, not computed.
TABLE: dict[QrStatus, tuple[StoredQrStatus | None, ...]] = {
    "created": ("scanned", None, None, None),
    "scanned": ("scanned", "confirmed", "denied", None),
    "confirmed": ("confirmed", "confirmed", "denied", "exchanged"),
    "exchanged": (None, None, None, None),
    "denied": (None, None, "denied", None),
    "expired": (None, None, None, None),
}


@pytest.mark.parametrize("status", TABLE)
def test_acts(status: QrStatus) -> None:
    """Each act leads where the table says, and everything else is refused."""
    assert tuple(QR_TRANSITIONS.get((status, act)) for act in ACTS) == TABLE[status]


@given(st.lists(st.sampled_from(ACTS), max_size=12))
def test_no_session_without_a_confirmed_scan(acts: list[QrAction]) -> None:
    """Whatever is tried in whatever order, an exchange has a scan and a confirmation before it, and is the end."""
    status: StoredQrStatus = "created"
    done: list[QrAction] = []
    for act in acts:
        next_key = QR_TRANSITIONS.get((status, act))
        if next_key is not None:
            done.append(act)
            status = next_key
    if "exchange" in done:
        assert done.index("scan") < done.index("confirm") < done.index("exchange") == len(done) - 1
        assert "deny" not in done


@given(kept=st.sampled_from(KEPT), left_s=st.integers(-3, 3))
def test_expiry(kept: StoredQrStatus, left_s: int) -> None:
    """What has not ended expires with the last moment of its time; what has ended stays as it is."""
    status = qr_status(kept, NOW + timedelta(seconds=left_s), NOW)
    assert status == ("expired" if left_s <= 0 and kept not in QR_TERMINAL else kept)


@pytest.mark.parametrize("since_s", range(12))
@pytest.mark.parametrize("interval_s", [2, 7])
def test_pace(since_s: int, interval_s: int) -> None:
    """A poll is in time once the interval is over; one that is not makes the interval longer by five seconds."""
    pace = decide_poll(NOW - timedelta(seconds=since_s), interval_s, 5, NOW)
    assert pace == ((True, interval_s) if since_s >= interval_s else (False, interval_s + 5))


def test_first_poll_is_in_time() -> None:
    """A PC may ask as soon as it has its ticket."""
    assert decide_poll(None, 2, 5, NOW) == (True, 2)


@given(st.lists(st.floats(2.0, 4.0), min_size=1, max_size=30))
def test_waiting_the_interval_is_always_in_time(waits: list[float]) -> None:
    """Anyone who waits the interval is never slowed down, although the clock counts whole seconds."""
    moments = [0.9, *(0.9 + passed for passed in itertools.accumulate(waits))]
    seconds = [NOW + timedelta(seconds=int(moment)) for moment in moments]
    for before, now in itertools.pairwise(seconds):
        assert decide_poll(before, 2, 5, now).kept


@given(st.text(max_size=2_000))
def test_user_agent_is_bounded_and_plain(given_text: str) -> None:
    """No control, direction or private character reaches the phone, and never more than fits its screen."""
    shown = sanitize_user_agent(given_text)
    assert len(shown) <= USER_AGENT_LENGTH
    assert not [
        one for one in shown if unicodedata.category(one)[0] == "C" or unicodedata.category(one) in {"Zl", "Zp"}
    ]


def test_user_agent_keeps_what_browsers_say() -> None:
    """An ordinary one is shown as it is; line breaks and text that runs backwards are taken out of others."""
    firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert sanitize_user_agent(firefox) == firefox
    assert sanitize_user_agent(" 浏览器\r\n\u202eX\u2028\ud800\t ") == "浏览器X"


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("", "unknown"),
        ("x", "unknown"),
    ],
)
def test_network(address: str, counted_as: str) -> None:
    """An IPv6 line counts as one address however it numbers itself."""
    assert rate_limit_address(address) == counted_as
