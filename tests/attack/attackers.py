"""What one attacker can reach in a day, computed from the settings and the list prices: `docs/security.md` shows it."""

from functions.shared.config import settings

# List prices of us-east-1 in USD, November 2026; that of a message to +86 depends on the route and is rounded up.
MESSAGE, REKOGNITION_IMAGE, GIGABYTE_MONTH = 0.05, 0.001, 0.023
CODES = 10**6  # as many as six digits make
HOURS = 24
# Images that Rekognition looks at: of a check, is there one face, and is it the portrait's; of a scan, how many faces.
# A submission that is compared with the portrait in force takes one, and counts as a check.
IMAGES_OF_A_CHECK, IMAGES_OF_A_SCAN = 2, 1
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


def face_images_per_user() -> int:
    """Images that Rekognition looks at for one user in a day."""
    return settings().face_checks_per_day * IMAGES_OF_A_CHECK + settings().scans_per_day * IMAGES_OF_A_SCAN


def face_images_of_all() -> int:
    """The same of all users together."""
    hourly = settings().face_checks_total_hour * IMAGES_OF_A_CHECK + settings().scans_total_hour * IMAGES_OF_A_SCAN
    return HOURS * hourly


def stored_gigabytes(photos: int) -> float:
    """What is kept of this many forms, where each brings a photo of the largest size."""
    return photos * settings().upload_max_bytes / 1024**3


def storage_usd(photos: dict[str, int]) -> float:
    """What it costs to keep this many photos of each kind until they leave."""
    months = {kind: stored_gigabytes(many) * STORAGE_DAYS[kind] / 30 for kind, many in photos.items()}
    return sum(months.values()) * GIGABYTE_MONTH


def rows() -> list[str]:
    """The rows of the table in `docs/security.md`."""
    address, user, everybody = "an address", "a signed-in user", "any number of them"
    images, images_of_all = face_images_per_user(), face_images_of_all()
    photos = {"scans": settings().scans_per_day, "selfies": settings().face_checks_per_day}
    photos_of_all = {
        "scans": HOURS * settings().scans_total_hour,
        "selfies": HOURS * settings().face_checks_total_hour,
    }
    kept, kept_of_all = (round(stored_gigabytes(sum(one.values())), 1) for one in (photos, photos_of_all))
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
        _row(
            "a manager, to one person",
            "text messages",
            settings().notices_per_person_day,
            _usd(settings().notices_per_person_day * MESSAGE),
        ),
        _row(everybody, "text messages", settings().sms_total_day, _usd(settings().sms_total_day * MESSAGE)),
        _row(user, "images looked at by Rekognition", images, _usd(images * REKOGNITION_IMAGE)),
        _row(everybody, "images looked at by Rekognition", images_of_all, _usd(images_of_all * REKOGNITION_IMAGE)),
        _row(user, "gigabytes of images kept", kept, _usd(storage_usd(photos))),
        _row(everybody, "gigabytes of images kept", kept_of_all, _usd(storage_usd(photos_of_all))),
    ]


def _row(attacker: str, what: str, most: float, outcome: str) -> str:
    return f"| {attacker} | {what} | {most:,} | {outcome} |"


def _usd(amount: float) -> str:
    return f"{amount:,.2f} USD"
