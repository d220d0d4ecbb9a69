"""The roster of a supervisor: every institution directly below it, with the state of its grant, in one Query.

The state is kept on the institution, in the transaction that changes the grant, so it moves with the institution. It
only says where to look: what a page shows is read from the grants themselves.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from pynamodb.expressions.condition import Condition

from functions.grants.domain import ShownStatus, Status, shown_status
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.base import connection
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import GRANT_STATE, Institution, grant_state
from functions.shared.table.transactions import Refusal, Stale, Transaction, update_if

ANYWHERE: Final = "anywhere"  # instead of a supervisor's code: wherever the institution is
_PROJECTED = ("institution_code", "name", "supervisor_code", "category", "children")


class Entry(NamedTuple):
    """An institution of the roster and the state of its grant; `code_expires_at` is that of a code that was issued."""

    institution_code: str
    name: str
    category: str
    has_children: bool
    status: Status
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


def note_in(  # noqa: PLR0913 - a state has these parts
    tx: Transaction,
    grant: Grant,
    status: Status,
    *,
    code_expires_at: datetime | None = None,
    below: str | None,
    otherwise: Refusal = Stale,
) -> None:
    """Add the new state of a grant to a transaction: one write.

    The institution must be directly below `below` (None: without a supervisor; `ANYWHERE`), or the commit raises
    `otherwise`.
    """
    state = grant_state(grant.business)
    written = _written(status, code_expires_at)
    action = state.remove() if written is None else state.set(written)
    place = Institution.new(keys.institution(grant.institution_code))
    tx.update(place, [action], _is_below(below), otherwise=otherwise)


def note(grant: Grant) -> bool:
    """Note the state of a grant as it was read, where the institution says otherwise; whether it did. One write."""
    state, written = grant_state(grant.business), _written(grant.status, grant.code_expires_at)
    place = Institution.new(keys.institution(grant.institution_code))
    if written is None:
        return update_if(place, [state.remove()], state.exists())
    return update_if(
        place, [state.set(written)], Institution.pk.exists() & (state.does_not_exist() | (state != written))
    )


def _is_below(supervisor_code: str | None) -> Condition:
    there: Condition = Institution.pk.exists()
    if supervisor_code is None:
        there &= Institution.supervisor_code.does_not_exist()
    elif supervisor_code != ANYWHERE:
        there = Institution.supervisor_code == supervisor_code
    return there


def _written(status: Status, code_expires_at: datetime | None) -> str | None:
    if status == "vacant":
        return None
    return f"{status} {clock.rfc3339(code_expires_at)}" if code_expires_at is not None else status


def entries(business: str, supervisor_code: str | None) -> list[Entry]:
    """Everyone directly below a supervisor, by code. One Query of the index for each megabyte, 1,200 institutions.

    The index follows the table within a moment.
    """
    state = f"{GRANT_STATE}{business}"
    return [_entry(stored, stored.get(state, {}).get("S")) for stored in _children(supervisor_code, [state])]


def of_businesses(businesses: Iterable[str], supervisor_code: str | None) -> dict[str, list[Entry]]:
    """The rosters of several businesses at once, by business. As many calls as for one."""
    states = {business: f"{GRANT_STATE}{business}" for business in businesses}
    stored = _children(supervisor_code, list(states.values()))
    return {
        business: [_entry(one, one.get(state, {}).get("S")) for one in stored] for business, state in states.items()
    }


def count(roster: Iterable[Entry]) -> Counts:
    """How many are in each state now."""
    now, numbers = clock.now(), dict.fromkeys(("vacant", "code_issued", "expired", "active"), 0)
    for entry in roster:
        numbers[entry.shown(now)] += 1
    return Counts(sum(numbers.values()), **numbers)


def _children(supervisor_code: str | None, states: list[str]) -> list[Mapping[str, Any]]:
    # Not by PynamoDB (6.1), which takes ten times as long to make items of a thousand rows.
    found: list[Mapping[str, Any]] = []
    start = None
    while True:
        page = connection().query(
            keys.children(supervisor_code),
            index_name="gsi1",
            attributes_to_get=[*_PROJECTED, *states],
            exclusive_start_key=start,
        )
        found += page["Items"]
        start = page.get("LastEvaluatedKey")
        if start is None:
            return found


def _entry(stored: Mapping[str, Any], state: str | None) -> Entry:
    status, _, expires_at = (state or "vacant").partition(" ")
    return Entry(
        institution_code=stored["institution_code"]["S"],
        name=stored["name"]["S"],
        category=stored["category"]["S"],
        has_children=any(int(number["N"]) for number in stored.get("children", {}).get("L", ())),
        status=msgspec.convert(status, Status),
        code_expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
    )
