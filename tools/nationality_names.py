"""Writes the names of nationalities in Chinese and English, for the list that people choose from.

    pip download --no-deps -d wheels babel==2.18.0
    python tools/nationality_names.py wheels > functions/reference/nationality_table.py

The names are those of Unicode's CLDR, as Babel packages them; the parts of China are named as Chinese documents do,
and the codes that ICAO 9303 adds to ISO 3166 below.
"""

import pickle  # nosec B403
import sys
import zipfile
from pathlib import Path
from typing import Any

from functions.identity.domain.documents.nationalities import NATIONALITIES

CHINA = {
    "HKG": ("中国香港", "Hong Kong, China"),
    "MAC": ("中国澳门", "Macao, China"),
    "TWN": ("中国台湾", "Taiwan, China"),
}
ICAO = {
    "EUE": ("欧洲联盟", "European Union"),
    "GBD": ("英国海外领土公民", "British Overseas Territories citizen"),
    "GBN": ("英国国民（海外）", "British National (Overseas)"),
    "GBO": ("英国海外公民", "British Overseas citizen"),
    "GBP": ("受英国保护者", "British protected person"),
    "GBS": ("英国籍民", "British subject"),
    "NTZ": ("中立区", "Neutral Zone"),
    "RKS": ("科索沃", "Kosovo"),
    "UNA": ("联合国专门机构", "United Nations specialized agency"),
    "UNK": ("联合国科索沃临时行政当局特派团", "United Nations Interim Administration Mission in Kosovo"),
    "UNO": ("联合国", "United Nations"),
    "XBA": ("非洲开发银行", "African Development Bank"),
    "XCC": ("加勒比共同体", "Caribbean Community"),
    "XCE": ("欧洲委员会", "Council of Europe"),
    "XCO": ("东部和南部非洲共同市场", "Common Market for Eastern and Southern Africa"),
    "XDC": ("南部非洲发展共同体", "Southern African Development Community"),
    "XEC": ("西非国家经济共同体", "Economic Community of West African States"),
    "XES": ("东加勒比国家组织", "Organization of Eastern Caribbean States"),
    "XIM": ("非洲进出口银行", "African Export-Import Bank"),
    "XMP": ("地中海议会大会", "Parliamentary Assembly of the Mediterranean"),
    "XOM": ("马耳他骑士团", "Sovereign Military Order of Malta"),
    "XPO": ("国际刑警组织", "Interpol"),
    "XXA": ("无国籍人", "Stateless person"),
    "XXB": ("难民（1951 年公约）", "Refugee (1951 Convention)"),
    "XXC": ("难民（其他）", "Refugee (other)"),
    "XXX": ("国籍不明", "Unspecified nationality"),
}

HEADER = '''"""Names of nationalities by their codes (ISO 3166-1 alpha-3 and ICAO 9303), in Chinese and English.

Written by tools/nationality_names.py from Unicode's CLDR, as Babel 2.18.0 packages it (Unicode License v3; BSD), and
the names in that script. Each line is a code and the two names, with tabs between them.
"""

TABLE = """'''


def main(folder: Path) -> None:
    """Print the table module made from the wheel in `folder`."""
    (wheel,) = folder.glob("babel-2.18.0-*.whl")
    sys.path.insert(0, str(wheel))  # the data are pickled objects of the package
    zh, en, aliases = _cldr(wheel)

    lines = []
    for code in sorted(NATIONALITIES):
        named = CHINA.get(code) or ICAO.get(code)
        if named is None:
            (short,) = aliases[code]
            named = zh[short], en[short]
        lines.append("\t".join((code, *named)))
    sys.stdout.write(HEADER + "\n" + "\n".join(lines) + '\n"""\n')


def _cldr(wheel: Path) -> tuple[dict[str, str], dict[str, str], dict[str, Any]]:
    """Return the Chinese and the English names of territories, and the two letters of each three-letter code."""
    with zipfile.ZipFile(wheel) as archive:

        def read(name: str) -> Any:
            return pickle.loads(archive.read(f"babel/{name}.dat"))

        zh, en = (dict(read(f"locale-data/{language}")["territories"]) for language in ("zh", "en"))
        return zh, en, read("global")["territory_aliases"]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
