"""Rows of a directory file: what a line says, and everything that is wrong with a file before anything is written.

A file may hold supervisors and subordinates in any order, and supervisors that are in the directory already.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from functions.institutions.details import Details, InstitutionInput, check
from functions.institutions.domain.codes import parse_institution_code
from functions.institutions.domain.names import normalize
from functions.shared.errors import Invalid


class Row(msgspec.Struct, frozen=True):
    """One institution as a file gives it."""

    institution_code: str
    name: str
    supervisor_code: str | None
    category: str
    region_code: str
    unified_social_credit_code: str


# Column headings: those of the API, and the Chinese ones of the operating manual.
COLUMNS: Mapping[str, str] = {
    "institution_code": "机构编码",
    "name": "机构名称",
    "supervisor_code": "主管单位编码",
    "category": "机构类别",
    "region_code": "行政区划代码",
    "unified_social_credit_code": "统一社会信用代码",
}


class Problem(NamedTuple):
    """What is wrong with one line."""

    line: int
    field: str
    code: str
    detail: str

    def __str__(self) -> str:
        return ": ".join([f"line {self.line}", *filter(None, self[1:])])


class Entry(NamedTuple):
    """A line that is in order."""

    line: int
    code: str
    details: Details


def check_rows(rows: Sequence[tuple[int, Row]], known: Sequence[Problem] = ()) -> tuple[list[Entry], list[Problem]]:
    """The lines in canonical form, and every problem that a file has in itself, with those `known` of its cells.

    Whether supervisors outside of the file exist is not checked.
    """
    entries: list[Entry] = []
    problems = list(known)
    told = {(problem.line, problem.field) for problem in known}
    wrong = {problem.line for problem in known}
    for line, row in rows:
        if (line, "") in told:
            continue  # the cells are not where they belong
        try:
            details = check(
                InstitutionInput(
                    name=row.name,
                    supervisor_code=row.supervisor_code or None,
                    category=row.category,
                    unified_social_credit_code=row.unified_social_credit_code,
                    region_code=row.region_code,
                    institution_code=row.institution_code,
                )
            )
        except Invalid as invalid:
            problems += [
                Problem(line, error.field, error.code, error.detail.en)
                for error in invalid.errors
                if (line, error.field) not in told
            ]
        else:
            if line not in wrong:
                entries.append(Entry(line, details.institution_code or "", details))
    return entries, sorted([*problems, *_repeated(entries)])


def codes_of(rows: Sequence[tuple[int, Row]]) -> set[str]:
    """The institution codes that a file gives, of lines that are in order or not."""
    codes = {parse_institution_code(row.institution_code) for _, row in rows}
    return {code for code in codes if code is not None}


def _repeated(entries: Sequence[Entry]) -> list[Problem]:
    """Lines that claim what another line of the file has claimed."""
    problems: list[Problem] = []
    first: dict[tuple[str, ...], int] = {}
    for line, code, details in entries:
        claimed = {
            "institution_code": (code,),
            "unified_social_credit_code": (details.credit_code,),
            "name": (details.supervisor_code or "", normalize(details.name)),
        }
        for field, value in claimed.items():
            other = first.setdefault((field, *value), line)
            if other != line:
                problems.append(Problem(line, field, "REPEATED", f"Line {other} has the same."))
    return problems
