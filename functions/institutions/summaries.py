"""An institution as every answer shows it: code, name, supervisor, category."""

from collections.abc import Iterable, Mapping

import msgspec

from functions.institutions import store
from functions.institutions.domain.regions import region_name
from functions.shared.table.institutions import Institution


class Supervisor(msgspec.Struct, frozen=True):
    """An institution by its code and name."""

    institution_code: str
    name: str


class RegionView(msgspec.Struct, frozen=True):
    """An administrative region (GB/T 2260); `name` is its prefecture's where the table lacks it, or null."""

    region_code: str
    name: str | None


class InstitutionSummary(msgspec.Struct, frozen=True):
    """An institution of the directory."""

    institution_code: str
    name: str
    supervisor: Supervisor | None
    category: str


def summary(institution: Institution) -> InstitutionSummary:
    """The institution with its supervisor's name. At most one round trip."""
    return summaries([institution])[institution.institution_code]


def summaries(institutions: Iterable[Institution]) -> dict[str, InstitutionSummary]:
    """The institutions by code, each with its supervisor's name. At most one BatchGetItem for up to 100."""
    shown = list(institutions)
    names = store.names(item.supervisor_code for item in shown if item.supervisor_code)
    return {
        item.institution_code: InstitutionSummary(
            item.institution_code, item.name, supervisor_of(item.supervisor_code, names), item.category
        )
        for item in shown
    }


def supervisor_of(code: str | None, names: Mapping[str, str]) -> Supervisor | None:
    """The institution with this code, out of the names that were read; None without one."""
    return Supervisor(code, names[code]) if code is not None and code in names else None


def region_view(region_code: str) -> RegionView:
    """The region with its name. Nothing is read."""
    return RegionView(region_code, region_name(region_code))
