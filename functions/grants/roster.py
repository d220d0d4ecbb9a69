"""The roster of a supervisor: every institution directly below it, with the state of its grant of one business.

One Query finds the institutions, another one the grants below the supervisor that are not vacant: a grant is in the
index by the supervisor that its institution had when it was issued or activated. An institution that has moved since is
marked, and its grant is read by key until it is filed again (`refile`). The roster only says where to look: what a page
shows is read from the grants themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from functions.grants import store
from functions.grants.domain import ShownStatus, shown_status
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.base import connection
from functions.shared.vocabulary import GrantStatus

_OF_INSTITUTION = ("institution_code", "name", "category", "children", "moved")
_OF_GRANT = ("institution_code", "status", "code_expires_at")


class Entry(NamedTuple):
    """An institution of the roster and the state of its grant; `code_expires_at` is that of a code that was issued."""

    institution_code: str
    name: str
    category: str
    has_children: bool
    status: GrantStatus
    code_expires_at: datetime | None

    def shown(self, now: datetime) -> ShownStatus:
        """The status as it is shown: a code that was issued may have expired."""
        return shown_status(self.status, self.code_expires_at, now)


class Counts(msgspec.Struct, frozen=True):
    """How many grants there are below an institution, and how many in each state."""

    total: int
    vacant: int
    code_issued: int
    expired: int
    active: int


class State(NamedTuple):
    """The state of a grant, and when its code expires."""

    status: GrantStatus
    code_expires_at: datetime | None


_VACANT = State("vacant", None)
Below = Sequence[Mapping[str, Any]]  # institutions, as the index has them


def below(supervisor_code: str | None) -> Below:
    """The institutions directly below one, by code, for `roster`. One Query of the index for each MB, about 1,200."""
    # Not by PynamoDB (6.1), which takes ten times as long to make items of a thousand rows.
    return list(_index(keys.children(supervisor_code), _OF_INSTITUTION))


def roster(business: str, supervisor_code: str | None, institutions: Below) -> list[Entry]:
    """Everyone below a supervisor with the state of their grant. One Query of the index for each MB of grants.

    One read by key for each hundred institutions that have moved here and are not in the index. The index follows the
    table within a moment.
    """
    states = {
        stored["institution_code"]["S"]: _state(stored)
        for stored in _index(keys.grants_below(business, supervisor_code), _OF_GRANT)
    }
    moved = [code for one in institutions if "moved" in one and (code := one["institution_code"]["S"]) not in states]
    for start in range(0, len(moved), store.BATCH_GET_LIMIT):
        grants = store.grants_of(business, moved[start : start + store.BATCH_GET_LIMIT])
        states |= {code: State(grant.status, grant.code_expires_at) for code, grant in grants.items()}
    return [_entry(one, states.get(one["institution_code"]["S"], _VACANT)) for one in institutions]


def count(entries: Iterable[Entry]) -> Counts:
    """How many are in each state now."""
    now, numbers = clock.now(), dict.fromkeys(("vacant", "code_issued", "expired", "active"), 0)
    for entry in entries:
        numbers[entry.shown(now)] += 1
    return Counts(sum(numbers.values()), **numbers)


def active_below(business: str, supervisor_code: str) -> int:
    """How many grants are active directly below an institution, but for those that have moved here. One Query."""
    return sum(
        _state(stored).status == "active" for stored in _index(keys.grants_below(business, supervisor_code), _OF_GRANT)
    )


def _index(partition: str, attributes: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    start = None
    while True:
        page = connection().query(
            partition, index_name="gsi1", attributes_to_get=list(attributes), exclusive_start_key=start
        )
        yield from page["Items"]
        start = page.get("LastEvaluatedKey")
        if start is None:
            return


def _state(stored: Mapping[str, Any]) -> State:
    expires_at = stored.get("code_expires_at", {}).get("N")
    moment = datetime.fromtimestamp(int(expires_at), UTC) if expires_at is not None else None
    return State(msgspec.convert(stored["status"]["S"], GrantStatus), moment)


def _entry(stored: Mapping[str, Any], state: State) -> Entry:
    return Entry(
        institution_code=stored["institution_code"]["S"],
        name=stored["name"]["S"],
        category=stored["category"]["S"],
        has_children=any(int(number["N"]) for number in stored.get("children", {}).get("L", ())),
        status=state.status,
        code_expires_at=state.code_expires_at,
    )
