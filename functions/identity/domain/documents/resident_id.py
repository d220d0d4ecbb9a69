"""The 18-character numbers made per GB 11643: resident ID cards, residence permits, foreign permanent residents.

All three end in an ISO 7064 MOD 11-2 check character and carry the birth date as YYYYMMDD in characters 7 to 14.
"""

from datetime import date

from functions.identity.domain.documents.errors import wrong_birth_date, wrong_checksum

# The oldest example in GB 11643 itself is born in 1880; no one born before 1800 was alive to receive a number.
EARLIEST_BIRTH = date(1800, 1, 1)


def check_character(body: str) -> str:
    """The MOD 11-2 check character, `0` to `9` or `X`, of 17 digits (ISO 7064; GB 11643 weights 2^(18-i) mod 11)."""
    remainder = 0
    for digit in body:
        remainder = (remainder + int(digit)) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def check_agrees(number: str) -> bool:
    """Whether a number of 17 digits and a check character ends in the right one."""
    return number[-1] == check_character(number[:-1])


def checked_birth_date(number: str, *, today: date, as_printed: bool = False) -> date:
    """The birth date inside a number of 17 digits and a check character.

    `as_printed` accepts another check character: the person says that the document has it so.
    Raises DocumentRefused: ID_CHECKSUM, or ID_BIRTH_DATE if the day does not exist or lies after `today`.
    """
    if not as_printed and not check_agrees(number):
        raise wrong_checksum()
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise wrong_birth_date() from None
    if not EARLIEST_BIRTH <= birth <= today:
        raise wrong_birth_date()
    return birth
