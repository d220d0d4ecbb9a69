"""What tests of the importer are made of: rows, directories before and after, and imports in one thread."""

from collections.abc import Callable
from typing import Any

import msgspec

from functions.institutions.domain.credit_code import check_character
from operations.exporting import export_rows
from operations.importing import carry_out
from operations.planning import plan_import
from operations.rows import Row
from tests.integration.institutions import builders


def numbered(rows: list[Row]) -> list[tuple[int, Row]]:
    """Rows as a file would give them."""
    return list(enumerate(rows, start=2))


def imported(rows: list[Row], progress: Callable[[int], object] = lambda _: None) -> int:
    """Import rows in one thread, since moto's writes are not isolated; how many institutions were done."""
    plan = plan_import(numbered(rows), workers=1)
    assert plan.problems == []
    done: list[int] = []

    def told(count: int) -> None:
        done.append(count)
        progress(count)

    assert carry_out(plan, told, workers=1) == []
    return sum(done)


def exported() -> list[Row]:
    """The directory."""
    return export_rows(lambda _: None, workers=1)


def by_code(rows: list[Row]) -> list[Row]:
    """Rows in the order of an export."""
    return sorted(rows, key=lambda row: row.institution_code)


def row(code: str, name: str, supervisor_code: str | None = None, **changed: Any) -> Row:
    """An institution whose credit code follows from its own code."""
    credit = changed.pop("credit", None) or credit_code(code)
    return msgspec.structs.replace(Row(code, name, supervisor_code, "综合医院", "420100", credit), **changed)


def credit_code(code: str) -> str:
    """A unified social credit code for each of the codes that tests give."""
    body = f"12420000{int.from_bytes(code.encode()) % 10**9:09d}"
    return body + check_character(body)


def problems(rows: list[Row], **options: Any) -> list[tuple[int, str, str]]:
    """Line, field and code of what is wrong with an import."""
    plan = plan_import(numbered(rows), workers=1, **options)
    return [(problem.line, problem.field, problem.code) for problem in plan.problems]


def registered(name: str, supervisor_code: str) -> str:
    """The id of a stranger's registration that waits for review."""
    from functions.institutions import agreement, registrations
    from functions.institutions.details import InstitutionInput

    typed = InstitutionInput(name, supervisor_code, "综合医院", builders.credit_code(), "420100")
    wanted = registrations.NewRegistration(
        agreement.VERSION, typed, "长江路 1 号", registrations.Contact("李四", "027-87654321")
    )
    return registrations.register(builders.user_with_phone()[0], wanted).registration_id
