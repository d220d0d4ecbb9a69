"""What one attacker can reach in a day, computed from the settings and the list prices: `docs/security.md` shows it."""

from functions.shared.config import settings

# List prices of us-east-1 in USD, November 2026; that of a message to +86 depends on the route and is rounded up.
MESSAGE, REKOGNITION_IMAGE, GIGABYTE_MONTH = 0.05, 0.001, 0.023
CODES = 10**6  # as many as six digits make
HOURS = 24
REKOGNITION_CALLS = 2  # of one comparison: is there one face, and is it the portrait's
STORAGE_DAYS = {"scans": 180, "selfies": 8}  # the longest that a copy is kept; a version goes a day later


def wrong_codes_per_address() -> int:
    """Codes of SMS that one address may try wrongly in a day, at phones it knows and at others."""
    return settings().sms_wrong_per_network_day + settings().sms_wrong_known_per_network_day


def guessed_accounts_per_address() -> float:
    """The expected number of accounts that one address guesses its way into in a day."""
    return wrong_codes_per_address() / CODES


def guessed_accounts_by_all() -> float:
    """The same of any number of addresses together."""
    return HOURS * (settings().sms_wrong_total_hour + settings().sms_wrong_known_total_hour) / CODES


def messages_per_address() -> int:
    """Text messages that one address can have sent in a day to phones that are not its own."""
    return 2 * settings().sms_unused_per_network_day


def messages_per_user() -> int:
    """Text messages that one signed-in user can have sent in a day, to bind phones."""
    return settings().sms_per_user_day


def comparisons_per_user() -> int:
    """Comparisons of faces that one user can ask for in a day: one for each form."""
    return HOURS * settings().uploads_per_hour


def stored_gigabytes_per_user(kind: str) -> float:
    """What one user can have kept in a day, where each form is used to its largest size."""
    assert kind in STORAGE_DAYS
    return HOURS * settings().uploads_per_hour * settings().upload_max_bytes / 1024**3


def rows() -> list[str]:
    """The rows of the table in `docs/security.md`."""
    address, user, everybody = "an address", "a signed-in user", "any number of them"
    comparisons, kept = comparisons_per_user(), {kind: stored_gigabytes_per_user(kind) for kind in STORAGE_DAYS}
    stored_usd = sum(gigabytes * STORAGE_DAYS[kind] / 30 for kind, gigabytes in kept.items()) * GIGABYTE_MONTH
    accounts = "accounts, expected"
    return [
        _row(address, "wrong SMS codes", wrong_codes_per_address(), f"{guessed_accounts_per_address():.1e} {accounts}"),
        _row(
            everybody,
            "wrong SMS codes",
            round(guessed_accounts_by_all() * CODES),
            f"{guessed_accounts_by_all():.1e} {accounts}",
        ),
        _row(address, "text messages", messages_per_address(), _usd(messages_per_address() * MESSAGE)),
        _row(user, "text messages", messages_per_user(), _usd(messages_per_user() * MESSAGE)),
        _row(everybody, "text messages", settings().sms_total_day, _usd(settings().sms_total_day * MESSAGE)),
        _row(user, "comparisons of faces", comparisons, _usd(comparisons * REKOGNITION_CALLS * REKOGNITION_IMAGE)),
        _row(user, "gigabytes of images kept", round(sum(kept.values()), 1), _usd(stored_usd)),
    ]


def _row(attacker: str, what: str, most: float, outcome: str) -> str:
    return f"| {attacker} | {what} | {most:,} | {outcome} |"


def _usd(amount: float) -> str:
    return f"{amount:,.2f} USD"
