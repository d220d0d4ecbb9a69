"""Exports as spreadsheets read them: every cell a text, no cell a formula, in both formats the same."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from functions.grants.jobs.export_files import HEADINGS, WIDTHS, Row, file_of, local_time

ROW = Row(
    "资格考试", "420100000001", "江汉一医院", "综合医院", "待激活", "7K3M-0ABC-DEFG-H1JK", "2026-12-22 16:00", "", ""
)


def csv_rows(content: bytes) -> list[list[str]]:
    """What a program reads."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def xlsx_cells(content: bytes) -> list[list[tuple[object, str, str]]]:
    """Value, type and format of every cell."""
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [[(cell.value, cell.data_type, cell.number_format) for cell in row] for row in sheet.iter_rows()]


def test_csv_opens_in_excel() -> None:
    """UTF-8 with its mark, Chinese headings, and a code of digits that stays one."""
    content = file_of([ROW], "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    headings, row = csv_rows(content)
    assert tuple(headings) == HEADINGS
    assert row == [ROW.business, f"{ROW.institution_code}\t", *ROW[2:]]


def test_xlsx_opens_in_excel() -> None:
    """Every cell is a text in the text format, so that codes keep their zeros."""
    headings, row = xlsx_cells(file_of([ROW._replace(institution_code="0042")], "xlsx"))
    assert tuple(value for value, _, _ in headings) == HEADINGS
    assert len(WIDTHS) == len(HEADINGS)
    assert row[1] == ("0042", "s", "@")
    assert {kind for value, kind, _ in row if value} == {"s"}
    assert {form for value, _, form in row if value} == {"@"}


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("x")'])
def test_no_name_becomes_a_formula(evil: str) -> None:
    """In CSV it is set off with an apostrophe; in XLSX the cell is a text whatever it says."""
    (_, row) = csv_rows(file_of([ROW._replace(name=evil)], "csv"))
    assert row[2] == f"'{evil}"
    (_, cells) = xlsx_cells(file_of([ROW._replace(name=evil)], "xlsx"))
    assert cells[2][1] == "s"
    assert str(cells[2][0]).strip() == evil.strip()


def test_no_separator_makes_two_cells_of_one() -> None:
    """Where a program parts cells by semicolons and tabs too, those within a name are in quotes."""
    content = file_of([ROW._replace(name="a;=1+1", category="b\t=1+1")], "csv").decode("utf-8-sig")
    assert ',"a;=1+1","b\t=1+1",' in content


@settings(max_examples=50, deadline=None)  # a loaded machine writes spreadsheets slowly
@given(st.text(max_size=20))
def test_any_name_can_be_written(name: str) -> None:
    """Controls that XML does not know, surrogates excepted: no name breaks the file."""
    row = ROW._replace(name=name.encode(errors="ignore").decode())
    assert len(csv_rows(file_of([row], "csv"))) == len(xlsx_cells(file_of([row], "xlsx"))) == 2


@pytest.mark.parametrize(("code", "written"), [("4201E5", "4201E5\t"), ("0042", "0042\t"), ("420101A", "420101A")])
def test_codes_that_excel_would_read_as_numbers(code: str, written: str) -> None:
    """A tab keeps them texts; what is a text anyway stays as it is."""
    assert csv_rows(file_of([ROW._replace(institution_code=code)], "csv"))[1][1] == written


def test_times_are_those_of_china() -> None:
    """The clock of the people who are handed the codes."""
    assert local_time(datetime(2026, 12, 22, 20, 5, tzinfo=UTC)) == "2026-12-23 04:05"
    assert local_time(None) == ""
