"""What a file's cells say, and where a spreadsheet may have made something else of what was meant.

Such a cell is never taken as it is: it is reported with its line, as every other problem of the file.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

EXACT_DIGITS = 15  # of a number, in Excel

# What errors look like, as a cell of XLSX or as text of CSV; `####` is a column that was too narrow for its dates.
_ERROR = re.compile(r"#(?:N/A|GETTING_DATA|[A-Z0-9_/]+[!?]|#*)")
# Parts of a number format that show nothing of their own: colours and conditions, and space as wide as a character.
_UNSEEN = re.compile(r"\[[^\]]*\]|_.|\*.")


class SheetRefused(ValueError):
    """The file cannot be read at all; the message is for the operator."""


class CellProblem(NamedTuple):
    """Why a cell cannot be taken as it is."""

    code: str
    text: str


class Line(NamedTuple):
    """A line with the number that it begins at, its cells as text, and what is odd about them, by their place."""

    number: int
    values: Sequence[str]
    odd: Mapping[int, CellProblem]


NO_VALUE = CellProblem(
    "FORMULA_CELL", "The file has no result of this formula. Open it in a spreadsheet and save it again."
)
DATE = CellProblem("DATE_CELL", "The spreadsheet has made a date of it. Make the cell text and write it again.")
BOOLEAN = CellProblem(
    "BOOLEAN_CELL", "The spreadsheet has made TRUE or FALSE of it. Make the cell text and write it again."
)
INEXACT = CellProblem(
    "INEXACT_CELL",
    f"Spreadsheets keep {EXACT_DIGITS} digits of a number. Make the cell text and write it again.",
)


def error(text: str) -> CellProblem | None:
    """What is odd about the text of a cell that shows an error."""
    return CellProblem("ERROR_CELL", f"{text} is an error of the spreadsheet.") if _ERROR.fullmatch(text) else None


def merged(cells: str) -> CellProblem:
    """What is odd about a cell of several that are one."""
    return CellProblem("MERGED_CELL", f"{cells} is one merged cell. Unmerge it and fill in every cell.")


def number(value: float, number_format: str) -> tuple[str, CellProblem | None]:
    """The code that a number was meant to be, as its cell shows it: `000000` shows 1234 as 001234."""
    text = str(int(value)) if float(value).is_integer() else str(value)
    if abs(value) >= 10**EXACT_DIGITS:
        return text, INEXACT
    shown = _UNSEEN.sub("", number_format.partition(";")[0])
    if shown and not shown.strip("0 -"):  # blanks and hyphens mean nothing in codes
        return text.zfill(shown.count("0")), None
    if '"' in shown or "\\" in shown:
        return text, CellProblem(
            "FORMAT_CELL", f"{text} is shown in the format {number_format}. Make it text as it is shown."
        )
    return text, None
