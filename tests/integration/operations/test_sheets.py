"""Directory files as people have them: encodings, what spreadsheets make of codes, and every odd cell by its line."""

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook

from functions.institutions.domain.credit_code import check_character
from operations.rows import COLUMNS, check_rows
from operations.sample_province import generate_province
from operations.sheets import SheetRefused, read_sheet, write_sheet

LINE = ["H0001", "甲医院", None, "综合医院", 420100, "12420000000000001Y"]


def book(path: Path, *lines: list[Any], change: Callable[[Any], object] = lambda _: None) -> Path:
    """An XLSX file with these lines below the headings."""
    workbook = Workbook()
    for line in (list(COLUMNS), *lines):
        workbook.active.append(line)
    change(workbook.active)
    workbook.save(path)
    return path


def problems_of(path: Path) -> list[tuple[int, str, str]]:
    """Line, field and code of everything that is wrong with a file in itself."""
    return [(problem.line, problem.field, problem.code) for problem in check_rows(*read_sheet(path))[1]]


@pytest.mark.parametrize("name", ["directory.csv", "directory.xlsx"])
def test_files_keep_every_row(tmp_path: Path, name: str) -> None:
    """What is written is read back, from CSV and XLSX alike."""
    rows = [*generate_province(20), msgspec.structs.replace(generate_province(1)[0], name='=1+1"甲,乙"\n医院')]
    write_sheet(tmp_path / name, rows)
    assert [row for _, row in read_sheet(tmp_path / name).rows] == rows


def test_files_as_people_have_them(tmp_path: Path) -> None:
    """Chinese headings, any order of columns, GB 18030, blank lines and short lines are read, with line numbers."""
    path = tmp_path / "目录.csv"
    headings = "机构名称,机构编码,机构类别,行政区划代码,统一社会信用代码,主管单位编码"
    text = f"{headings}\r\n甲医院,H0001,医院,420100,X,\r\n,,\r\n乙医院,H0002\r\n"
    path.write_bytes(text.encode("gb18030"))
    (first, row), (second, short) = read_sheet(path).rows
    assert (first, row.name, row.supervisor_code, second, short.category) == (2, "甲医院", None, 4, "")


def test_numbers_in_excel_are_codes(tmp_path: Path) -> None:
    """Codes that Excel has made numbers of are codes again."""
    workbook = Workbook()
    workbook.active.append(list(COLUMNS))
    workbook.active.append([420100000001, "甲医院", 420100.0, "综合医院", 420100, None])
    workbook.save(tmp_path / "a.xlsx")
    ((_, row),) = read_sheet(tmp_path / "a.xlsx").rows
    assert (row.institution_code, row.supervisor_code, row.region_code) == ("420100000001", "420100", "420100")


HEADINGS = ",".join(COLUMNS)


def test_empty_columns_at_the_end_are_nothing(tmp_path: Path) -> None:
    """Tables have columns without a heading and without content at their end, in CSV and XLSX alike."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADINGS},, ,\nH0001,甲医院,,医院,420100,X,,,\n,,,,,,,,\nH0002,乙医院\n", encoding="utf-8")
    assert [(line, row.name) for line, row in read_sheet(path).rows] == [(2, "甲医院"), (4, "乙医院")]
    workbook = Workbook()
    workbook.active.append([*COLUMNS, None, " "])
    workbook.active.append(["H0001", "甲医院", None, "综合医院", 420100, "X", None, ""])
    workbook.save(tmp_path / "a.xlsx")
    assert [row.name for _, row in read_sheet(tmp_path / "a.xlsx").rows] == ["甲医院"]


def test_a_comma_too_many_moves_no_cells(tmp_path: Path) -> None:
    """Lines with more cells than headings are named beside all other problems, and nothing of their cells is judged."""
    path = tmp_path / "a.csv"
    good = "H0001,甲医院,,综合医院,420100,12420000000000001Y"
    path.write_text(
        f"{HEADINGS}\n{good}\nH2,江楚,人民医院,,医院,420100,X\nH3,院,,,420100,X\n{good},Y\n", encoding="utf-8"
    )
    _, problems = check_rows(*read_sheet(path))
    assert [(problem.line, problem.code) for problem in problems if problem.line != 4] == [
        (3, "TOO_MANY_CELLS"),
        (5, "TOO_MANY_CELLS"),
    ]
    assert {problem.field for problem in problems if problem.line == 4} == {
        *("institution_code", "name", "category", "unified_social_credit_code")
    }
    assert str(problems[-1]).startswith("line 5: TOO_MANY_CELLS: There are more cells")


def test_a_cell_of_several_lines_is_named_by_its_first(tmp_path: Path) -> None:
    """Line numbers are those of the file, also after a cell that holds line ends."""
    path = tmp_path / "a.csv"
    path.write_bytes(f'{HEADINGS}\r\nH1,"甲\r\n医院",,,,\r\nH2,乙,,,,\r\n'.encode("utf-8-sig"))
    assert [(line, row.name) for line, row in read_sheet(path).rows] == [(2, "甲\r\n医院"), (4, "乙")]


def test_a_wrong_size_in_a_file_is_no_matter(tmp_path: Path) -> None:
    """Some programs write XLSX files that say they have one cell; all of them are read."""
    rows = generate_province(5)
    write_sheet(tmp_path / "a.xlsx", rows)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as made, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as wrong:
        for part in made.namelist():
            content = made.read(part)
            if part == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<sheetData>", b'<dimension ref="A1"/><sheetData>', 1)
            wrong.writestr(part, content)
    assert b'<dimension ref="A1"/>' in zipfile.ZipFile(tmp_path / "b.xlsx").read("xl/worksheets/sheet1.xml")
    assert [row for _, row in read_sheet(tmp_path / "b.xlsx").rows] == rows


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b""),
        ("a.csv", b""),
        ("a.csv", b"name,colour\n"),
        ("a.csv", b"\xff\xff\xff"),
        ("a.csv", b"institution_code\nx\n"),
        ("a.xlsx", b"no zip"),
        ("a.csv", HEADINGS.encode("utf-16")),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes) -> None:
    """A file of another kind, encoding or shape is refused with a message."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SheetRefused):
        read_sheet(tmp_path / name)


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    """Of a cell merged over lines only the first has its content, so every one of its lines is told, with the range."""

    def merge(sheet: Any) -> None:
        sheet.merge_cells("C3:C5")
        sheet.merge_cells("H1:J1")  # beside the table
        sheet.merge_cells("A7:F9")  # below it, empty

    lines = [[f"H000{n}", f"{n}号医院", "H0001" if n == 2 else None, "综合医院", 420100, code(n)] for n in range(1, 6)]
    path = book(tmp_path / "a.xlsx", *lines, change=merge)
    assert problems_of(path) == [(line, "supervisor_code", "MERGED_CELL") for line in (3, 4, 5)]
    assert "C3:C5" in str(read_sheet(path).problems[0])


def test_cells_of_other_kinds_are_refused(tmp_path: Path) -> None:
    """Errors, dates, booleans and formulas without a value are reported by line, and no text is made of them."""
    name, category = list(COLUMNS).index("name"), list(COLUMNS).index("category")
    odd = [
        (name, "#N/A"),
        (category, "#REF!"),
        (name, dt.datetime(2026, 1, 1)),  # noqa: DTZ001 - as a spreadsheet has it
        (category, dt.time(8, 30)),
        (category, True),
        (name, "=A1"),
        (5, 124200000000000000),
    ]
    lines = []
    for place, value in odd:
        line: list[Any] = [f"H{len(lines):04d}", f"{len(lines)}号医院", None, "综合医院", 420100, code(len(lines))]
        line[place] = value
        lines.append(line)
    path = book(tmp_path / "a.xlsx", LINE, *lines)
    assert problems_of(path) == [
        (3, "name", "ERROR_CELL"),
        (4, "category", "ERROR_CELL"),
        (5, "name", "DATE_CELL"),
        (6, "category", "DATE_CELL"),
        (7, "category", "BOOLEAN_CELL"),
        (8, "name", "FORMULA_CELL"),
        (9, "unified_social_credit_code", "INEXACT_CELL"),
    ]


def test_a_line_that_is_only_a_formula_is_a_line(tmp_path: Path) -> None:
    """A formula without a result is no empty cell, also where nothing else stands in its line."""
    assert (3, "supervisor_code", "FORMULA_CELL") in problems_of(
        book(tmp_path / "a.xlsx", LINE, [None, None, "=C2", None, None, None])
    )


@pytest.mark.parametrize(
    ("number_format", "read"),
    [
        ("General", "1234"),
        ("0", "1234"),
        ("0_ ", "1234"),
        ("#,##0", "1234"),
        ("000000", "001234"),
        ("000000_);[Red]\\(000000\\)", "001234"),
        ("[$-804]000000", "001234"),
        ("0000-0000", "00001234"),
    ],
)
def test_codes_are_read_as_they_are_shown(tmp_path: Path, number_format: str, read: str) -> None:
    """A number is the code that its cell shows: leading zeros that a number format makes are part of it."""

    def shown(sheet: Any) -> None:
        sheet["A2"].number_format = number_format

    path = book(tmp_path / "a.xlsx", [1234, *LINE[1:]], change=shown)
    assert [row.institution_code for _, row in read_sheet(path).rows] == [read]
    assert problems_of(path) == []


def test_a_format_that_shows_more_is_refused(tmp_path: Path) -> None:
    """Where a number format adds letters of its own, what was meant cannot be known."""

    def shown(sheet: Any) -> None:
        sheet["A2"].number_format = '"H"0000'

    path = book(tmp_path / "a.xlsx", [1234, *LINE[1:]], change=shown)
    assert problems_of(path) == [(2, "institution_code", "FORMAT_CELL")]


def test_errors_in_csv_are_errors(tmp_path: Path) -> None:
    """What a spreadsheet writes to CSV of an error, or of a column that was too narrow, is no name and no category."""
    (tmp_path / "a.csv").write_text(
        f"{HEADINGS}\nH0001,#N/A,,#NAME?,420100,{code(1)}\nH0002,########,,综合医院,420100,{code(2)}\n",
        encoding="utf-8",
    )
    assert problems_of(tmp_path / "a.csv") == [
        (2, "category", "ERROR_CELL"),
        (2, "name", "ERROR_CELL"),
        (3, "name", "ERROR_CELL"),
    ]


@pytest.mark.parametrize(("encoding", "other"), [("utf-8", "gb18030"), ("utf-8-sig", "gb18030"), ("gb18030", "utf-8")])
def test_a_file_in_two_encodings_is_refused(tmp_path: Path, encoding: str, other: str) -> None:
    """Where lines in another encoding were appended, the first of them is named, and nothing is misread."""
    path = tmp_path / "a.csv"
    begins = f"{HEADINGS}\nH0001,甲医院,,医院,420100,X\n".encode(encoding)
    path.write_bytes(begins + "H0002,乙医院,,医院,420100,X\n".encode(other))
    with pytest.raises(SheetRefused, match="line 3"):
        read_sheet(path)


def test_a_line_that_may_be_of_two_encodings(tmp_path: Path) -> None:
    """A file in GB 18030 of which a line happens to be right in UTF-8 is read in GB 18030."""
    path = tmp_path / "a.csv"
    path.write_bytes(f"{','.join(COLUMNS.values())}\nH0001,目目,,目,420100,X\n".encode("gb18030"))
    assert [row.name for _, row in read_sheet(path).rows] == ["目目"]


def code(number: int) -> str:
    """A unified social credit code for each number."""
    body = f"12420000{number:09d}"
    return body + check_character(body)
