"""In which order institutions change that take names and credit codes from one another.

Anyone who takes something waits for anyone who has it. Where they wait for one another in a circle, as of two that
exchange their names, one of them gives its own up first and has a placeholder meanwhile: whenever that is interrupted,
the file says of it what it says of any other, and the next run finds what is wanted free.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from functions.institutions.details import Details
from functions.institutions.domain.credit_code import ALPHABET, check_character

Waits = Mapping[str, Mapping[str, str]]  # institution → what it takes → who has it
_NOWHERE = "000000"  # no region has this number
_OWN_CHARACTERS = 9


def in_order(waits: Waits) -> tuple[dict[str, set[str]], dict[str, int]]:
    """Who gives up what at first, and in which round each of those that wait, or are waited for, can be changed."""
    given_up: dict[str, set[str]] = defaultdict(set)
    rounds: dict[str, int] = {}
    for start in waits:
        path = [start]
        left: dict[str, Iterator[tuple[str, str]]] = {}  # of those on the path
        while path:
            code = path[-1]
            if code not in rounds:
                for what, holder in left.setdefault(code, iter(waits.get(code, {}).items())):
                    if holder in left:
                        given_up[holder].add(what)
                    elif holder not in rounds:
                        path.append(holder)
                        break
                else:
                    behind = [rounds[holder] for holder in waits.get(code, {}).values() if holder in rounds]
                    rounds[code] = max(behind, default=-1) + 1
                    del left[code]
            if code in rounds:
                path.pop()
    return given_up, rounds


def without(code: str, details: Details, given_up: set[str]) -> Details:
    """The details of an institution that has given up its name or credit code, and has a placeholder."""
    if "name" in given_up:
        details = msgspec.structs.replace(details, name=interim_name(code))
    if "unified_social_credit_code" in given_up:
        details = msgspec.structs.replace(details, credit_code=_interim_credit_code(code))
    return details


def interim_name(code: str) -> str:
    """A name that no one else has, short enough to be changed again together with the supervisor."""
    return f"{code} 更名中"


def _interim_credit_code(code: str) -> str:
    number, own = int.from_bytes(hashlib.sha256(code.encode()).digest()), ""
    for _ in range(_OWN_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        own += ALPHABET[digit]
    body = f"00{_NOWHERE}{own}"
    return body + check_character(body)
