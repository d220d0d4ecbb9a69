"""The table of area codes, against counties whose history is public."""

import subprocess
import sys

import pytest

from functions.identity.domain.documents.area_codes import _known, is_known_area


@pytest.mark.parametrize(
    "code",
    [
        "110101",  # Dongcheng, Beijing
        "110103",  # Chongwen, abolished in 2010
        "110221",  # Changping county, a district since 1999
        "120107",  # Tanggu, abolished in 2009
        "510202",  # Chongqing while it was in Sichuan, until 1997
        "500101",  # Wanzhou
        "441900",  # Dongguan, a city without counties
        "442000",  # Zhongshan
        "460400",  # Danzhou
        "429004",  # Xiantao, directly below its province
        "659012",  # Baiyang, since 2022
        "653229",  # He'an, since 2024
    ],
)
def test_codes_that_were_ever_valid(code: str) -> None:
    """Counties of today, abolished ones, cities without counties and the newest are known."""
    assert is_known_area(code)


@pytest.mark.parametrize("code", ["000000", "110000", "110199", "130171", "999999", "810000", "", "11010", "1101011"])
def test_codes_that_never_were(code: str) -> None:
    """Provinces as a whole, gaps, statistical zones and what is no code are unknown."""
    assert not is_known_area(code)


def test_the_table_is_complete() -> None:
    """Every province is there, with as many codes as the sources hold."""
    assert len(_known()) == 7224
    provinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65"
    assert {code[:2] for code in _known()} == set(provinces.split(" "))


def test_the_table_is_read_when_asked() -> None:
    """Importing the rules does not read the table."""
    code = (
        "import sys, functions.identity.domain.documents;"
        "sys.exit('functions.identity.domain.documents.area_code_table' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
