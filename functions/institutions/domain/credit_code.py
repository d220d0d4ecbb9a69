"""Unified social credit codes (GB 32100): 18 characters, the last a MOD 31 check character.

    1 registering authority · 1 kind of body · 6 digits of its region · 9 organization code · 1 check character

The standard gives each place an open list of values that grows, so only the alphabet, the region's digits and the
check character are judged.
"""

import re

from functions.shared.code_format import normalize_code
from functions.shared.errors import FieldCode, Text

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
PATTERN = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")

MAX_INPUT = 64


class CreditCodeRefused(ValueError):
    """A code that cannot be right; `code` is CREDIT_CODE_FORMAT or CREDIT_CODE_CHECKSUM, `text` says what to do."""

    def __init__(self, code: FieldCode, text: Text) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


def check_character(body: str) -> str:
    """The check character of the first 17 characters of a code (GB 32100, 4.6)."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def parse_credit_code(raw: str) -> str:
    """The code in canonical form: full width folded, upper case, without blanks and hyphens.

    Raises CreditCodeRefused.
    """
    value = normalize_code(raw[: MAX_INPUT + 1])
    if len(raw) > MAX_INPUT or not PATTERN.fullmatch(value):
        raise CreditCodeRefused(
            "CREDIT_CODE_FORMAT",
            Text(
                "统一社会信用代码为 18 位数字或大写字母（不含 I、O、S、V、Z），请对照证书重新填写。",
                "A unified social credit code has 18 digits or letters (never I, O, S, V or Z). "
                "Please copy it from the certificate again.",
            ),
        )
    if check_character(value[:17]) != value[17]:
        raise CreditCodeRefused(
            "CREDIT_CODE_CHECKSUM",
            Text(
                "统一社会信用代码有误，请逐位核对后重新填写。",
                "This unified social credit code is not valid. Please compare it with the certificate.",
            ),
        )
    return value
