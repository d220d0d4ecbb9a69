"""Directory files, read with line numbers and written: XLSX, and CSV in UTF-8 or in GB 18030 as Excel writes it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from operations.rows import COLUMNS, Row

Line = tuple[int, Sequence[str]]


class SheetRefused(ValueError):
    """The file cannot be read at all; the message is for the operator."""


def read_sheet(path: Path) -> list[tuple[int, Row]]:
    """Every filled line with the number that it begins at. Raises `SheetRefused`."""
    lines = _xlsx_lines(path) if _is_xlsx(path) else _csv_lines(path)
    _, headings = next(lines, (0, []))
    columns = _columns(_filled(headings))
    rows, too_long = [], []
    for number, values in lines:
        filled = _filled(values)
        if len(filled) > len(columns):
            too_long.append(number)
        elif filled:
            cells = dict(zip(columns, [*filled, *[""] * len(columns)], strict=False))
            rows.append((number, msgspec.convert({**cells, "supervisor_code": cells["supervisor_code"] or None}, Row)))
    if too_long:
        found = ", ".join(map(str, too_long))
        raise SheetRefused(f"More cells than headings, as of a comma without quotation marks, in these lines: {found}.")
    return rows


def write_sheet(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows with the API's column names. Raises `SheetRefused` for another kind of file."""
    lines = ([getattr(row, name) or "" for name in COLUMNS] for row in rows)
    if _is_xlsx(path):
        _write_xlsx(path, lines)
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(lines)


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
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise SheetRefused(f"{path.name} is neither UTF-8 nor GB 18030.") from error
    reader = csv.reader(io.StringIO(text, newline=""))
    begins = 1
    try:
        for values in reader:
            yield begins, [value.strip() for value in values]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SheetRefused(f"{path.name}, line {begins}: {error}.") from error


def _xlsx_lines(path: Path) -> Iterator[Line]:
    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as workbook:
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()  # what a file says of its own size may be wrong
            for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                yield number, [_text(value) for value in values]
    except OSError:
        raise
    except Exception as error:  # openpyxl lets whatever zip and XML raise through
        raise SheetRefused(f"{path.name} is not an XLSX file that can be read: {error}.") from error


def _text(value: Any) -> str:
    """A cell as it was meant: Excel makes numbers of codes."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _write_xlsx(path: Path, lines: Iterable[Sequence[str]]) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("institutions")
    sheet.append(list(COLUMNS))
    for line in lines:
        cells = [WriteOnlyCell(sheet, value=value) for value in line]
        for cell in cells:
            cell.data_type = "s"  # a name that begins with = is no formula
        sheet.append(cells)
    workbook.save(path)
