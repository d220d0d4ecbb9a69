"""Directory files, read with line numbers and written: XLSX, and CSV in UTF-8 or in GB 18030 as Excel writes it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
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
    """Every filled line with its number. Raises `SheetRefused`."""
    lines = _xlsx_lines(path) if _is_xlsx(path) else _csv_lines(path)
    _, headings = next(lines, (0, ()))
    columns = _columns(headings)
    rows = []
    for number, values in lines:
        if any(values):
            cells = dict(zip(columns, [*values, *[""] * len(columns)], strict=False))
            rows.append((number, msgspec.convert({**cells, "supervisor_code": cells["supervisor_code"] or None}, Row)))
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
    try:
        for values in reader:
            yield reader.line_num, [value.strip() for value in values]
    except csv.Error as error:
        raise SheetRefused(f"{path.name}, line {reader.line_num}: {error}.") from error


def _xlsx_lines(path: Path) -> Iterator[Line]:
    try:
        workbook = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl lets whatever zip and XML raise through
        raise SheetRefused(f"{path.name} is not an XLSX file.") from error
    try:
        for number, values in enumerate(workbook.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, [_text(value) for value in values]
    finally:
        workbook.close()


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
