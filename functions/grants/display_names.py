"""How businesses and institutions are called, remembered for a minute in each process: names, never authority."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from functions.grants.domain import BusinessState, business_state
from functions.institutions.domain.hierarchy import LEVELS
from functions.institutions.summaries import InstitutionSummary, Supervisor
from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.grants import Business
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import get_many

REMEMBERED_S = 60
MAX_REMEMBERED = 2_000
_BATCH_GET_LIMIT = 100
_remembered: dict[keys.Key, tuple[datetime, Item]] = {}


class BusinessView(msgspec.Struct):
    """A business as its managers see it; `entry_url` only while it is open."""

    business: str
    name: str
    entry_url: str | None
    state: BusinessState
    opens_on: date
    closes_on: date


def clear_cache() -> None:
    """Read everything again from now on."""
    _remembered.clear()


def _find(wanted: Iterable[keys.Key]) -> dict[keys.Key, Item]:
    now = clock.now()
    keys_wanted = list(dict.fromkeys(wanted))
    found = {key: kept[1] for key in keys_wanted if (kept := _remembered.get(key)) and kept[0] > now}
    missing = [key for key in keys_wanted if key not in found]
    if len(_remembered) + len(missing) > MAX_REMEMBERED:
        clear_cache()
    for start in range(0, len(missing), _BATCH_GET_LIMIT):
        read = get_many(*missing[start : start + _BATCH_GET_LIMIT])
        _remembered.update({key: (clock.after(REMEMBERED_S), item) for key, item in read.items()})
        found |= read
    return found


class Names:
    """The names of some businesses and institutions."""

    def __init__(self, found: dict[keys.Key, Item]) -> None:
        self._found = found

    def business(self, code: str) -> BusinessView:
        """The business; without an item only its code is known, and nothing is open."""
        item = self._found.get(keys.business(code))
        if not isinstance(item, Business):
            return BusinessView(code, code, None, "closed", date.min, date.min)
        return business_view(code, item.name, item.entry_url, item.opens_on, item.closes_on)

    def institution(self, code: str) -> InstitutionSummary:
        """The institution with its supervisor."""
        item = self._found.get(keys.institution(code))
        if not isinstance(item, Institution):
            return InstitutionSummary(code, code, None, "")
        above = self._found.get(keys.institution(item.supervisor_code or ""))
        supervisor = Supervisor(above.institution_code, above.name) if isinstance(above, Institution) else None
        return InstitutionSummary(code, item.name, supervisor, item.category)


def find_names(businesses: Iterable[str], institutions: Iterable[str], hints: Iterable[str | None] = ()) -> Names:
    """The names of these. One BatchGetItem for what is not remembered.

    `hints` are where the institutions probably belong; a second read follows where one has moved since.
    """
    below = [keys.institution(code) for code in institutions]
    above = [keys.institution(code) for code in hints if code is not None]
    found = _find([*(keys.business(code) for code in businesses), *below, *above])
    moved = {
        keys.institution(item.supervisor_code)
        for key in below
        if isinstance(item := found.get(key), Institution) and item.supervisor_code is not None
    }
    return Names(found | _find(moved - found.keys()))


def path_to(institution: Institution) -> list[Supervisor]:
    """Return an institution and those above it, the topmost first. One read for each above that is not remembered."""
    path = [Supervisor(institution.institution_code, institution.name)]
    above = institution.supervisor_code
    while above is not None and len(path) < LEVELS:
        item = _find([keys.institution(above)]).get(keys.institution(above))
        if not isinstance(item, Institution):
            break
        path.insert(0, Supervisor(item.institution_code, item.name))
        above = item.supervisor_code
    return path


def business_view(code: str, name: str, entry_url: str, opens_on: str, closes_on: str) -> BusinessView:
    """A business today."""
    first, last = date.fromisoformat(opens_on), date.fromisoformat(closes_on)
    state = business_state(first, last, clock.today())
    return BusinessView(code, name, entry_url if state == "open" else None, state, first, last)


def names_of_face_check(shown: Any) -> tuple[BusinessView, InstitutionSummary] | None:
    """The names that a face check carries (`grants.face_subjects`), or None where it carries none."""
    if shown is None:
        return None
    of_business, of_institution, above = shown["business"], shown["institution"], shown["supervisor"]
    view = business_view(
        of_business["business"],
        of_business["name"],
        of_business["entry_url"],
        of_business["opens_on"],
        of_business["closes_on"],
    )
    supervisor = Supervisor(above["institution_code"], above["name"]) if above else None
    code, name, category = of_institution["institution_code"], of_institution["name"], of_institution["category"]
    return view, InstitutionSummary(code, name, supervisor, category)
