"""The files that superiors hand codes out from: CSV and XLSX, every cell a text, none a formula.

Excel reads a CSV's cell that begins with one of a few characters as a formula, and one of digits as a number: the
former gets an apostrophe before it (OWASP, "CSV Injection"), the latter a tab after it. Every cell stands in quotes,
since LibreOffice parts cells by semicolons and tabs too.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from functions.shared import clock
from functions.shared.vocabulary import GrantStatus

FileFormat = Literal["csv", "xlsx"]
CONTENT_TYPES: dict[FileFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HEADINGS = (
    "业务",
    "机构编码",
    "机构名称",
    "机构类别",
    "授权状态",
    "授权码",
    "授权码有效期至（北京时间）",
    "业务负责人",
    "激活时间（北京时间）",
)
WIDTHS = (24, 18, 36, 16, 12, 24, 26, 14, 24)  # characters
STATES: dict[GrantStatus, str] = {"vacant": "未授权", "code_issued": "待激活", "active": "已激活"}
EXPIRED = "授权码已过期"
DEAD = "授权码已失效"  # with the authority that issued it
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NOT_IN_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])  # XML 1.0, section 2.2


class Row(NamedTuple):
    """One institution and its grant, as texts."""

    business: str
    institution_code: str
    name: str
    category: str
    state: str
    grant_code: str
    valid_until: str
    manager: str
    activated_at: str


def local_time(moment: datetime | None) -> str:
    """A moment as a person in China writes it: `2026-12-22 16:00`; nothing for None."""
    return f"{moment.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if moment is not None else ""


def file_of(rows: Iterable[Row], file_format: FileFormat) -> bytes:
    """The whole file, headings first."""
    return _xlsx(rows) if file_format == "xlsx" else _csv(rows)


def _csv(rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)  # with the line ends of RFC 4180
    writer.writerow(HEADINGS)
    writer.writerows([_safe(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel takes it for GB 18030


def _safe(value: str) -> str:
    if value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA):
        return f"'{value}"
    # 4201E5 too is a number to Excel.
    return f"{value}\t" if value.isascii() and value.replace("E", "", 1).isdigit() else value


def _xlsx(rows: Iterable[Row]) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 - only the function that has the layer
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("授权码")
    sheet.freeze_panes = "A2"
    for place, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width

    def cells(values: Sequence[str]) -> list[Any]:
        made = [WriteOnlyCell(sheet, value=value.translate(_NOT_IN_XML)) for value in values]
        for cell in made:
            cell.data_type = "s"  # a name that begins with = is no formula
            cell.number_format = "@"
        return made

    sheet.append(cells(HEADINGS))
    for row in rows:
        sheet.append(cells(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
