"""A made-up province with the shape of a real one.

A health commission stands at the top, one in each prefecture and county, with their hospitals and centres below; every
town has a health centre, with the stations of neighbourhoods and villages below it. The same size and seed give the
same province. Names, codes and regions are invented; credit codes have true check characters. Rows come in no
particular order, as real files do.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

from functions.institutions.domain.credit_code import ALPHABET, check_character
from operations.rows import Row

WHOLE_PROVINCE = 36_000
PROVINCE = "江楚"
REGION = 69  # no province has this number (GB/T 2260)

_FIRST = (
    "安宝昌长常成慈大德定东丰福高固广桂海汉和鹤恒红华怀黄嘉建江金景静九康兰乐利临灵龙洛茂明南宁"
    "平青清庆曲仁荣瑞三山石双顺松太泰天通桐万文武西咸祥新信兴秀宜永玉远云泽郑中竹紫"
)
_SECOND = "安昌城池川德都峰福冈港关贵海河湖化江津康口来岭陵流宁平坪浦泉山善胜石水寿塘田通湾溪县阳义源远泽镇州洲"
_DIRECTIONS = ("东", "西", "南", "北", "中", "新", "上", "下")
_SAINTS = ("仁爱", "博爱", "康宁", "同济", "惠民", "和平", "华康", "益民", "Sunshine", "康复之家")

_OF_PROVINCE = (
    ("人民医院", "综合医院"),
    ("中医院", "中医医院"),
    ("妇幼保健院", "妇幼保健机构"),
    ("疾病预防控制中心", "疾病预防控制机构"),
    ("血液中心", "采供血机构"),
    ("肿瘤医院", "专科医院"),
)
_OF_PREFECTURE = (
    ("第一人民医院", "综合医院"),
    ("第二人民医院", "综合医院"),
    ("中心医院", "综合医院"),
    ("中医医院", "中医医院"),
    ("妇幼保健院", "妇幼保健机构"),
    ("疾病预防控制中心", "疾病预防控制机构"),
    ("精神卫生中心", "专科医院"),
    ("口腔医院", "专科医院"),
    ("中心血站", "采供血机构"),
    ("急救中心（120）", "急救机构"),
    ("卫生健康综合监督执法局", "监督机构"),
)
_OF_COUNTY = (
    ("人民医院", "综合医院"),
    ("中医医院", "中医医院"),
    ("妇幼保健院", "妇幼保健机构"),
    ("疾病预防控制中心", "疾病预防控制机构"),
    ("第二人民医院", "综合医院"),
    ("精神病医院", "专科医院"),
    ("卫生健康综合监督执法局", "监督机构"),
)


_KINDS = ("县", "县", "区", "市")


class _County(NamedTuple):
    """What a county is to become."""

    place: str
    kind: str
    region: int
    size: int


def generate_province(size: int = WHOLE_PROVINCE, seed: int = 1) -> list[Row]:
    """`size` institutions of up to five levels, their names unique below each supervisor."""
    chance = random.Random(f"province-{seed}")  # noqa: S311 - the same every time is wanted # nosec B311
    rows: list[Row] = []
    for row in _province(chance, max(size, 1)):
        rows.append(row)
        if len(rows) >= size:
            break
    chance.shuffle(rows)
    return rows


class _Maker:
    """Numbers the institutions and keeps their names apart."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._made = 0
        self._taken: set[tuple[str | None, str]] = set()

    def make(self, name: str, supervisor: Row | None, category: str, region: int) -> Row:
        below = supervisor.institution_code if supervisor else None
        number, plain = 2, name
        while (below, name) in self._taken:
            name, number = f"{plain}第{number}分院", number + 1
        self._taken.add((below, name))
        self._made += 1
        region_code = f"{region:06d}"
        body = f"12{region_code}{self._organization()}"
        return Row(
            institution_code=f"{region_code}{self._made:06d}",
            name=name,
            supervisor_code=below,
            category=category,
            region_code=region_code,
            unified_social_credit_code=body + check_character(body),
        )

    def _organization(self) -> str:
        """Nine characters that no other institution has: the first four count."""
        number, count = self._made, ""
        for _ in range(4):
            number, digit = divmod(number, len(ALPHABET))
            count += ALPHABET[digit]
        return count + "".join(self._chance.choices(ALPHABET, k=5))


def _province(chance: random.Random, size: int) -> Iterator[Row]:
    """Institutions, always after their supervisor; a small province is a cut through all levels, not only the top."""
    maker = _Maker(chance)
    top = maker.make(f"{PROVINCE}省卫生健康委员会", None, "卫生健康行政部门", REGION * 10_000)
    yield top
    for name, category in _OF_PROVINCE:
        yield maker.make(f"{PROVINCE}省{name}", top, category, REGION * 10_000)
    prefectures = max(1, min(17, size // 100))
    counties = max(1, min(8, size // (prefectures * 60)))
    share = size // (prefectures * counties) + 2  # of each county, whatever there is of it
    cities, county_places = _places(chance, prefectures), _places(chance, prefectures * counties)
    for prefecture, city in enumerate(cities, start=1):
        region = REGION * 10_000 + prefecture * 100
        commission = maker.make(f"{city}市卫生健康委员会", top, "卫生健康行政部门", region)
        yield commission
        for name, category in _OF_PREFECTURE:
            yield maker.make(f"{city}市{name}", commission, category, region)
        for saint in _SAINTS:
            yield maker.make(f"{city}{saint}医院", commission, "综合医院", region)
        for county in range(1, counties + 1):
            yield from _county(
                chance, maker, commission, _County(county_places.pop(), chance.choice(_KINDS), region + county, share)
            )


def _county(chance: random.Random, maker: _Maker, above: Row, county: _County) -> Iterator[Row]:
    place, kind, region, share = county
    commission = maker.make(f"{place}{kind}卫生健康局", above, "卫生健康行政部门", region)
    yield commission
    made = 1
    for name, category in _OF_COUNTY:
        yield maker.make(f"{place}{kind}{name}", commission, category, region)
        made += 1
    while made < share:
        town = chance.choice(_FIRST) + chance.choice(_SECOND)
        word = chance.choice(("镇", "镇", "乡", "街道"))
        name = "社区卫生服务中心" if word == "街道" else chance.choice(("卫生院", "中心卫生院", "卫生院"))
        centre = maker.make(f"{place}{kind}{town}{word}{name}", commission, "基层医疗卫生机构", region)
        yield centre
        made += 1
        for _ in range(chance.randint(6, 20)):
            village = chance.choice(_FIRST) + chance.choice(_SECOND)
            if chance.random() < 0.3:  # noqa: PLR2004 - about a third lie in a part of a village
                village = chance.choice(_DIRECTIONS) + village
            station = "社区卫生服务站" if word == "街道" else "村卫生室"
            yield maker.make(f"{place}{kind}{town}{word}{village}{station}", centre, station, region)
            made += 1


def _places(chance: random.Random, count: int) -> list[str]:
    return chance.sample([first + second for first in _FIRST for second in _SECOND if first != second], count)
