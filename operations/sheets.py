"""Directory files, read with line numbers and written: XLSX, and CSV in UTF-8 or in GB 18030 as Excel writes it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from operations import cell_problems
from operations.cell_problems import Line, SheetRefused
from operations.rows import COLUMNS, Problem, Row
from operations.workbooks import read_workbook, write_workbook

__all__ = ["Sheet", "SheetRefused", "read_sheet", "write_sheet"]

_FIRST_IDEOGRAPH = "\u2e80"


class Sheet(NamedTuple):
    """Every filled line with the number that it begins at, and what is wrong with cells of it."""

    rows: list[tuple[int, Row]]
    problems: list[Problem]


def read_sheet(path: Path) -> Sheet:
    """What a file says. Raises `SheetRefused`."""
    lines = read_workbook(path) if _is_xlsx(path) else _csv_lines(path)
    columns = _columns(_filled(next(lines, Line(0, [], {})).values))
    sheet = Sheet([], [])
    for number, values, odd in lines:
        filled = _filled(values)
        if not filled and not any(
            place < len(columns) and cell is cell_problems.NO_VALUE for place, cell in odd.items()
        ):
            continue
        texts = dict(zip(columns, [*filled, *[""] * len(columns)], strict=False))
        sheet.rows.append(
            (number, msgspec.convert({**texts, "supervisor_code": texts["supervisor_code"] or None}, Row))
        )
        if len(filled) > len(columns):
            text = "There are more cells than headings, as of a comma without quotation marks."
            sheet.problems.append(Problem(number, "", "TOO_MANY_CELLS", text))
            continue
        for place, column in enumerate(columns):
            what = odd.get(place) or cell_problems.error(texts[column])
            if what is not None:
                sheet.problems.append(Problem(number, column, what.code, what.text))
    return sheet


def write_sheet(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows with the API's column names. Raises `SheetRefused` for another kind of file."""
    lines = [list(COLUMNS), *([getattr(row, name) or "" for name in COLUMNS] for row in rows)]
    if _is_xlsx(path):
        write_workbook(path, lines)
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(lines)


def _is_xlsx(path: Path) -> bool:
    if path.suffix.lower() not in {".csv", ".xlsx"}:
        raise SheetRefused(f"{path.name}: give a .csv or an .xlsx file.")
    return path.suffix.lower() == ".xlsx"


def _filled(values: Sequence[str]) -> Sequence[str]:
    """The cells up to the last one that says something: tables have empty columns at their end."""
    end = len(values)
    while end and not values[end - 1]:
        end -= 1
    return values[:end]


def _columns(headings: Sequence[str]) -> list[str]:
    known = {**{name: name for name in COLUMNS}, **{chinese: name for name, chinese in COLUMNS.items()}}
    unknown = [heading for heading in headings if heading not in known]
    if unknown:
        raise SheetRefused(f"Unknown columns: {', '.join(unknown)}. Known ones: {', '.join(COLUMNS)}.")
    columns = [known[heading] for heading in headings]
    if sorted(columns) != sorted(COLUMNS):
        raise SheetRefused(f"Every one of these columns is needed, once: {', '.join(COLUMNS)}.")
    return columns


def _csv_lines(path: Path) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(_decoded(path), newline=""))
    begins = 1
    try:
        for values in reader:
            yield Line(begins, [value.strip() for value in values], {})
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SheetRefused(f"{path.name}, line {begins}: {error}.") from error


def _decoded(path: Path) -> str:
    """The text of a file that is in one encoding from its first line to its last: the first Chinese line says which.

    Lines of another one can be decoded too, as other characters.
    """
    raw = path.read_bytes()
    texts = [(number, line, _utf8(line)) for number, line in enumerate(raw.split(b"\n"), start=1) if not line.isascii()]
    in_utf8 = not texts or texts[0][2] is not None
    for number, _, text in texts:
        # A line of GB 18030 may happen to be right in UTF-8, but then it has Greek or Cyrillic letters there.
        if text is None if in_utf8 else text is not None and max(text) >= _FIRST_IDEOGRAPH:
            found = "is not in UTF-8 as" if in_utf8 else "is in UTF-8, not in GB 18030 as"
            raise SheetRefused(f"{path.name}: line {number} {found} the lines before it are. Save it in one encoding.")
    try:
        return raw.decode("utf-8-sig" if in_utf8 else "gb18030")
    except UnicodeDecodeError as error:
        raise SheetRefused(f"{path.name} is neither UTF-8 nor GB 18030.") from error


def _utf8(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None
