"""XLSX files, read line by line and written; a spreadsheet's own ideas of cells are told and not taken."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from operations import cell_problems
from operations.cell_problems import CellProblem, Line, SheetRefused

Hidden = Mapping[int, Mapping[int, CellProblem]]  # by line number and place in the line

_ROW, _FORMULA, _VALUE, _MERGED = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("row", "f", "v", "mergeCell"))


def read_workbook(path: Path) -> Iterator[Line]:
    """The lines of the first sheet, blank ones included. Raises `SheetRefused`."""
    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as workbook:
            sheet = workbook.worksheets[0]
            hidden = _hidden(sheet)
            sheet.reset_dimensions()  # what a file says of its own size may be wrong
            for number, row in enumerate(sheet.iter_rows(), start=1):
                texts, odd = [], dict(hidden.get(number, {}))
                for place, cell in enumerate(row):
                    text, what = _read(cell)
                    texts.append(text)
                    if what is not None:
                        odd.setdefault(place, what)
                yield Line(number, texts, odd)
    except OSError:
        raise
    except Exception as error:  # openpyxl lets whatever zip and XML raise through
        raise SheetRefused(f"{path.name} is not an XLSX file that can be read: {error}.") from error


def write_workbook(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """Write lines of text."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("institutions")
    for line in lines:
        written = [WriteOnlyCell(sheet, value=value) for value in line]
        for cell in written:
            cell.data_type = "s"  # a name that begins with = is no formula
        sheet.append(written)
    workbook.save(path)


def _read(cell: Any) -> tuple[str, CellProblem | None]:
    """A cell's text, and what is odd about it."""
    value = cell.value
    if value is None:
        return "", None
    if isinstance(value, bool):
        return str(value), cell_problems.BOOLEAN
    if cell.data_type == "d":
        return str(value), cell_problems.DATE
    if isinstance(value, int | float):
        return cell_problems.number(value, cell.number_format)
    return str(value).strip(), None


def _hidden(sheet: Any) -> Hidden:
    """Cells that a line by line reading (openpyxl 3.1) takes for empty: merged ones, and formulas without a result."""
    last, merged = 0, []
    found: dict[int, dict[int, CellProblem]] = {}
    with sheet._get_source() as xml:  # noqa: SLF001 - with the parser and out of the part that openpyxl reads
        for _, element in iterparse(xml):
            if element.tag == _ROW:
                last = int(element.get("r") or last + 1)
                for place, cell in enumerate(element):
                    # Of type `str`, an empty value is the result.
                    if cell.find(_FORMULA) is not None and not cell.findtext(_VALUE) and cell.get("t") != "str":
                        at = cell.get("r")
                        found.setdefault(last, {})[coordinate_to_tuple(at)[1] - 1 if at else place] = (
                            cell_problems.NO_VALUE
                        )
                element.clear()  # a big sheet is not kept
            elif element.tag == _MERGED:
                merged.append(element.get("ref"))
    for cells_of_it in map(CellRange, merged):
        odd = dict.fromkeys(
            range(cells_of_it.min_col - 1, cells_of_it.max_col), cell_problems.merged(cells_of_it.coord)
        )
        for line in range(cells_of_it.min_row, min(cells_of_it.max_row, last) + 1):
            found.setdefault(line, {}).update(odd)
    return found
