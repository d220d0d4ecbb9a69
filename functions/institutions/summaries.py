"""An institution as every answer shows it: code, name, supervisor, category."""

from collections.abc import Mapping

import msgspec

from functions.institutions import store
from functions.shared.table.institutions import Institution


class Supervisor(msgspec.Struct, frozen=True):
    """The institution directly above."""

    institution_code: str
    name: str


class InstitutionRef(msgspec.Struct, frozen=True):
    """An institution by its code and name."""

    institution_code: str
    name: str


class InstitutionSummary(msgspec.Struct, frozen=True):
    """An institution of the directory."""

    institution_code: str
    name: str
    supervisor: Supervisor | None
    category: str


def summary(institution: Institution) -> InstitutionSummary:
    """The institution with its supervisor's name. At most one round trip."""
    names = store.names([institution.supervisor_code] if institution.supervisor_code else [])
    supervisor = supervisor_of(institution.supervisor_code, names)
    return InstitutionSummary(institution.institution_code, institution.name, supervisor, institution.category)


def supervisor_of(code: str | None, names: Mapping[str, str]) -> Supervisor | None:
    """The supervisor with its name, out of the names that were read; None without one."""
    return Supervisor(code, names[code]) if code is not None and code in names else None
