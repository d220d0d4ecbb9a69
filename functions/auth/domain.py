"""Rules of signing in, as plain Python: who is joined with whom, QR sign-ins, where a session comes from."""

import ipaddress
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

from functions.shared.vocabulary import SmsPurpose, StoredQrStatus

# How a phone was proved: by a code that came to it just now, or by WeChat, which says what it once verified.
PhoneProof = Literal["sms", "wechat_button"]

# What binding a phone or a WeChat account to the caller's account does.
Binding = Literal["claim", "nothing", "join_into_owner", "join_owner_into_me", "take_over", "refuse"]


class Account(NamedTuple):
    """What binding depends on. `blank`: it only holds a way to sign in. `guarded`: an SMS code alone opens little."""

    has_wechat: bool
    has_phone: bool
    blank: bool
    guarded: bool = False


def phone_binding_of(
    me: Account, owner: Account | None, *, owner_is_me: bool, by: PhoneProof = "sms", take_over: bool = False
) -> Binding:
    """What binding a phone to `me` does, when it belongs to `owner` or to no one.

    Two accounts are joined when one of them is blank and neither way of signing in exists twice: the WeChat account of
    the one and the phone of the other then lead to the same user. A guarded account never gets a WeChat account that
    way: its person signs in by phone and binds it with a face check. Otherwise the phone stays where it is, unless it
    is taken over. WeChat's phone button moves no phone that an account has.
    """
    if owner_is_me:
        return "nothing"
    if owner is None:
        return "claim"
    if by != "sms":
        return "refuse"
    if not me.has_phone and not owner.has_wechat:
        if me.blank and not owner.guarded:
            return "join_into_owner"
        if owner.blank:
            return "join_owner_into_me"
    return "take_over" if take_over else "refuse"


def wechat_binding_of(owner: Account | None, *, owner_is_me: bool) -> Binding:
    """What binding a WeChat account does, when it belongs to `owner` or to no one.

    A first sign-in by WeChat makes an account, so the new WeChat of an old account has a blank one: that is joined.
    """
    if owner_is_me:
        return "nothing"
    if owner is None:
        return "claim"
    return "join_owner_into_me" if owner.blank and not owner.has_phone else "refuse"


# --- QR sign-in -----------------------------------------------------------------------------------------------------

QrStatus = StoredQrStatus | Literal["expired"]
QrAction = Literal["scan", "confirm", "deny", "exchange"]

# What each act leads to. What is not here is refused; an act that leads to where the ticket stands changes nothing.
# The scanner may take a confirmation back until the PC has its session.
QR_TRANSITIONS: Mapping[tuple[QrStatus, QrAction], StoredQrStatus] = MappingProxyType(
    {
        ("created", "scan"): "scanned",
        ("scanned", "scan"): "scanned",
        ("scanned", "confirm"): "confirmed",
        ("scanned", "deny"): "denied",
        ("confirmed", "scan"): "confirmed",
        ("confirmed", "confirm"): "confirmed",
        ("confirmed", "deny"): "denied",
        ("confirmed", "exchange"): "exchanged",
        ("denied", "deny"): "denied",
    }
)
QR_TERMINAL: frozenset[QrStatus] = frozenset({"exchanged", "denied", "expired"})

USER_AGENT_LENGTH = 200


def qr_status(kept: StoredQrStatus, valid_until: datetime, now: datetime) -> QrStatus:
    """Where a ticket stands: what has not ended by then has expired."""
    return "expired" if kept not in QR_TERMINAL and now >= valid_until else kept


class PollDecision(NamedTuple):
    """What a poll comes to: whether it is answered, and the seconds to wait before the next one."""

    kept: bool
    interval_s: int


def decide_poll(polled_at: datetime | None, interval_s: int, slow_down_s: int, now: datetime) -> PollDecision:
    """The pace after a poll that follows one at `polled_at`; the first one is always in time.

    A poll that comes too fast counts as a poll too, and makes the interval longer for this one and all that follow (RFC
    8628, section 3.5). Anyone who waits the interval after each answer is in time whatever the second it falls into.
    """
    if polled_at is None or now >= polled_at + timedelta(seconds=interval_s):
        return PollDecision(kept=True, interval_s=interval_s)
    return PollDecision(kept=False, interval_s=interval_s + slow_down_s)


def sanitize_user_agent(given: str) -> str:
    """What a phone shows of a browser's description of itself: bounded, and nothing that hides or turns text around."""
    shown = "".join(
        character
        for character in given[: 4 * USER_AGENT_LENGTH]
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    return shown.strip()[:USER_AGENT_LENGTH]


# --- limits ---------------------------------------------------------------------------------------------------------


def rate_limit_address(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 line is given."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:  # noqa: PLR2004 - IPv4
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)


# --- text messages --------------------------------------------------------------------------------------------------


def sms_lane(purpose: SmsPurpose, *, known: bool) -> str:
    """Where codes take one another's place: by purpose, and by whether the phone has signed in from the network."""
    return f"{purpose}/{'known' if known else 'other'}"


def remembered_networks(networks: str, newest: str, most: int) -> str:
    """Keyed hashes of networks, newest first, with spaces between them; the oldest are forgotten."""
    return " ".join([newest, *(one for one in networks.split() if one != newest)][:most])


def same_network(one: str, other: str) -> bool:
    """Whether two addresses are of one network, such as a phone and a PC behind one hospital's address."""
    return rate_limit_address(one) == rate_limit_address(other) != "unknown"


# --- where a session was started ------------------------------------------------------------------------------------

# What a browser or app says about itself, in the order of looking for it: many name others as well.
_APPS = {
    "MicroMessenger": "WeChat",
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iOS",
    "iPad": "iOS",
    "HarmonyOS": "HarmonyOS",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


class Origin(NamedTuple):
    """Where a sign-in comes from; a session keeps it as coarsely as its user needs to know it by."""

    address: str = ""
    user_agent: str = ""

    @property
    def network(self) -> str | None:
        """The first three bytes of an IPv4 address, or an IPv6 /48; None for what is no address."""
        try:
            parsed = ipaddress.ip_address(self.address)
        except ValueError:
            return None
        if parsed.version == 4:  # noqa: PLR2004 - IPv4
            return f"{str(parsed).rpartition('.')[0]}.*"
        return f"{ipaddress.ip_network((parsed, 48), strict=False).network_address}*"

    @property
    def device(self) -> str | None:
        """The app and the system, such as `Firefox · Windows`; None where neither is known."""
        names = [browser_of(self.user_agent), system_of(self.user_agent)]
        return " · ".join(name for name in names if name) or None


NO_ORIGIN = Origin()


def browser_of(user_agent: str) -> str | None:
    """The browser or app that a user agent names, or None."""
    return _first_of(_APPS, user_agent)


def system_of(user_agent: str) -> str | None:
    """The operating system that a user agent names, or None."""
    return _first_of(_SYSTEMS, user_agent)


def _first_of(known: Mapping[str, str], user_agent: str) -> str | None:
    return next((name for sign, name in known.items() if sign in user_agent), None)
