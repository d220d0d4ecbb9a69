"""Drawing of the documents themselves: flat, clean pages at a chosen number of pixels per millimetre.

Everything here is invented: layouts follow the real documents closely enough for text recognition, while emblems and
security print are plain stand-ins and every page says 样例 / SAMPLE in small print.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
CJK = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"  # Debian: fonts-noto-cjk
CJK_BOLD = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
OCR_B = "/usr/share/fonts/opentype/ocr-b/OCRB.otf"  # Debian: fonts-ocr-b
SIMPLIFIED, HONG_KONG = 2, 4  # faces inside the Noto collections
BLUE = (36, 92, 160)
BLACK = (24, 24, 28)

CARD = (85.6, 54.0)  # ISO/IEC 7810 ID-1, millimetres
PASSPORT_PAGE = (125.0, 88.0)  # ISO/IEC 7810 ID-3


@dataclass(frozen=True)
class Person:
    """One invented person with one document; `number` of a resident is made from area, birth and sequence."""

    key: str
    name: str
    portrait: str
    number: str
    sex: str
    birth: dt.date
    valid_from: dt.date
    valid_until: dt.date | None  # None: 长期, without end
    ethnicity: str = "汉"
    address: str = ""
    authority: str = ""
    nationality: str = "CHN"


def resident_number(area: str, birth: dt.date, sequence: str) -> str:
    """The 18 characters of a resident ID number with its ISO 7064 MOD 11-2 check character (GB 11643)."""
    body = f"{area}{birth:%Y%m%d}{sequence}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def check_digit(field: str) -> str:
    """The check digit of ICAO 9303 part 3: weights 7, 3, 1 over 0-9, A-Z as 10-35, filler as 0."""
    values = [0 if char == "<" else int(char, 36) for char in field]
    return str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


def machine_readable_zone(person: Person, personal: str = "") -> tuple[str, str]:
    """The two lines of 44 characters of a TD3 passport (ICAO 9303 part 4). `person.name` is 'SURNAME, GIVEN NAMES'."""
    surname, given = person.name.split(", ")
    names = f"{surname}<<{given}".replace(" ", "<").replace("-", "<")
    if person.valid_until is None:
        raise ValueError("a passport has an end of validity")
    number = person.number.ljust(9, "<")
    birth, expiry = f"{person.birth:%y%m%d}", f"{person.valid_until:%y%m%d}"
    optional = personal.ljust(14, "<")
    number, birth, expiry = (field + check_digit(field) for field in (number, birth, expiry))
    optional += check_digit(optional) if personal else "<"
    composite = check_digit(number + birth + expiry + optional)
    sex = "M" if person.sex == "男" else "F"
    first = f"P<{person.nationality}{names}".ljust(44, "<")[:44]
    return first, f"{number}{person.nationality}{birth}{sex}{expiry}{optional}{composite}"


class Page:
    """A sheet addressed in millimetres."""

    def __init__(self, size: tuple[float, float], scale: float, tint: tuple[int, int, int], seed: int) -> None:
        self.scale = scale
        width, height = round(size[0] * scale), round(size[1] * scale)
        self.image = Image.fromarray(_security_print(width, height, scale, tint, seed))
        self.draw = ImageDraw.Draw(self.image)

    def text(  # noqa: PLR0913
        self,
        at: tuple[float, float],
        text: str,
        size: float,
        *,
        fill: tuple[int, int, int] = BLACK,
        font: str = CJK,
        face: int = SIMPLIFIED,
        spacing: float = 0.0,
    ) -> None:
        """Writes `text` with its left top at `at`; with `spacing` every character takes that many millimetres."""
        loaded = ImageFont.truetype(font, round(size * self.scale), index=face if font.endswith(".ttc") else 0)
        x, y = at[0] * self.scale, at[1] * self.scale
        if not spacing:
            self.draw.text((x, y), text, font=loaded, fill=fill)
            return
        for place, char in enumerate(text):
            self.draw.text((x + place * spacing * self.scale, y), char, font=loaded, fill=fill)

    def portrait(
        self, name: str, box: tuple[float, float, float, float], backdrop: tuple[int, int, int] | None
    ) -> None:
        """Pastes a portrait, cropped to head and shoulders, into `box` (left, top, right, bottom)."""
        left, top, right, bottom = (round(value * self.scale) for value in box)
        cut = head_and_shoulders(name, (right - left) / (bottom - top))
        cut = cut.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
        if backdrop is not None:
            self.draw.rectangle((left, top, right, bottom), fill=backdrop)
        self.image.paste(cut, (left, top), cut)


def head_and_shoulders(name: str, ratio: float) -> Image.Image:
    """The cut-out portrait as RGBA, `ratio` being width through height, with the face in the middle."""
    source = Image.open(HERE / "portraits" / f"{name}.png").convert("RGBA")
    centre, top, height = {"collins": (146, 2, 270), "hopper": (222, 2, 440)}[name]
    width = round(height * ratio)
    return source.crop((centre - width // 2, top, centre - width // 2 + width, top + height))


def _security_print(width: int, height: int, scale: float, tint: tuple[int, int, int], seed: int) -> np.ndarray:
    """A pale ground with fine wavy lines, like guilloche, in two shades around `tint`."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / scale
    phase = rng.uniform(0, 2 * math.pi, 4)
    waves = np.sin(4.2 * (y + 1.6 * np.sin(x / 7 + phase[0])) + phase[1])
    waves += np.sin(3.6 * (x * 0.6 + y * 0.5 + 2.2 * np.sin(y / 9 + phase[2])) + phase[3])
    glow = np.exp(-(((x - width / scale * 0.55) / 40) ** 2 + ((y - height / scale * 0.5) / 24) ** 2))
    ground = np.array(tint, np.float32) + glow[..., None] * np.array([10, -4, -2], np.float32)
    ground = ground + waves[..., None] * np.array([3.4, 2.6, 2.0], np.float32)
    return np.clip(ground, 0, 255).astype(np.uint8)


def _wrapped(text: str, columns: int) -> list[str]:
    """Lines of at most `columns` Chinese characters; ASCII counts half."""
    lines, used = [""], 0.0
    for char in text:
        width = 0.55 if char.isascii() else 1.0
        if used + width > columns:
            lines.append("")
            used = 0.0
        lines[-1] += char
        used += width
    return lines


def squared_paper(scale: float) -> Image.Image:
    """A sharp sheet the size of a card on which nothing is written."""
    page = Page(CARD, scale, (236, 236, 232), 5)
    for step in range(1, 18):
        at = step * 5.0 * scale
        page.draw.line((at, 0, at, page.image.height), fill=(120, 150, 190), width=max(1, round(0.25 * scale)))
        page.draw.line((0, at, page.image.width, at), fill=(120, 150, 190), width=max(1, round(0.25 * scale)))
    return page.image


def resident_front(person: Person, scale: float, seed: int = 1) -> Image.Image:
    """The side of a resident ID card that has the portrait."""
    page = Page(CARD, scale, (226, 233, 238), seed)
    for y, label in ((6.4, "姓 名"), (13.6, "性 别"), (20.6, "出 生"), (27.6, "住 址")):
        page.text((6.0, y), label, 3.0, fill=BLUE)
    page.text((23.5, 13.6), "民 族", 3.0, fill=BLUE)
    page.text((17.0, 5.6), person.name, 4.0)
    page.text((17.0, 13.3), person.sex, 3.4)
    page.text((33.0, 13.3), person.ethnicity, 3.4)
    for x, value, unit, unit_x in (
        (17.0, f"{person.birth.year}", "年", 25.6),
        (31.0, f"{person.birth.month}", "月", 35.6),
        (40.0, f"{person.birth.day}", "日", 44.8),
    ):
        page.text((x, 20.3), value, 3.4)
        page.text((unit_x, 20.6), unit, 3.0, fill=BLUE)
    for row, line in enumerate(_wrapped(person.address, 11)):
        page.text((17.0, 27.2 + row * 4.6), line, 3.4)
    page.text((6.0, 45.2), "公民身份号码", 3.0, fill=BLUE)
    page.text((29.0, 44.2), person.number, 4.2, spacing=2.75, font=CJK_BOLD)
    page.portrait(person.portrait, (57.0, 7.0, 80.0, 40.0), None)
    page.text((77.0, 1.4), "样例 SAMPLE", 1.3, fill=(150, 160, 172))
    return page.image


def resident_back(person: Person, scale: float, seed: int = 2) -> Image.Image:
    """The side of a resident ID card that has issuer and validity; the emblem is a plain disc with a star."""
    page = Page(CARD, scale, (228, 226, 232), seed)
    for x, y in ((4.5, 47.0), (81.0, 47.0)):
        page.draw.ellipse([value * scale for value in (x - 1.5, y - 1.5, x + 1.5, y + 1.5)], outline=(214, 200, 204))
    centre, radius = (14.0, 15.0), 8.0
    box = [value * scale for value in (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)]
    page.draw.ellipse(box, fill=(186, 54, 52))
    star = []
    for corner in range(10):
        reach = 4.8 if corner % 2 == 0 else 1.9
        angle = math.pi * (corner / 5 - 0.5)
        star.append(((centre[0] + reach * math.cos(angle)) * scale, (centre[1] + reach * math.sin(angle)) * scale))
    page.draw.polygon(star, fill=(232, 196, 92))
    page.text((28.0, 6.0), "中华人民共和国", 5.2, spacing=7.0)
    page.text((28.5, 15.5), "居民身份证", 7.6, font=CJK_BOLD, spacing=10.2)
    page.text((17.0, 37.2), "签发机关", 3.0, fill=BLACK, font=CJK_BOLD)
    page.text((33.0, 36.9), person.authority, 3.4)
    page.text((17.0, 44.4), "有效期限", 3.0, fill=BLACK, font=CJK_BOLD)
    until = "长期" if person.valid_until is None else f"{person.valid_until:%Y.%m.%d}"
    page.text((33.0, 44.1), f"{person.valid_from:%Y.%m.%d}-{until}", 3.4)
    page.text((77.0, 1.4), "样例 SAMPLE", 1.3, fill=(160, 158, 168))
    return page.image


def temporary_card(person: Person, scale: float) -> Image.Image:
    """A temporary resident ID: the rows of the resident ID's front, with issuer and validity."""
    page = resident_front(person, scale, 6)
    draw = ImageDraw.Draw(page)
    until = f"{person.valid_until:%Y.%m.%d}" if person.valid_until else "长期"
    for y, label, value in (
        (35.6, "签发机关", person.authority),
        (40.0, "有效期限", f"{person.valid_from:%Y.%m.%d}-{until}"),
    ):
        for x, text, size, fill in ((6.0, label, 2.8, BLUE), (19.0, value, 3.0, BLACK)):
            font = ImageFont.truetype(CJK, round(size * scale), index=SIMPLIFIED)
            draw.text((x * scale, y * scale), text, font=font, fill=fill)
    return page


def passport(person: Person, scale: float, issuer: str, personal: str = "", seed: int = 3) -> Image.Image:
    """The data page of a passport with its machine-readable zone."""
    page = Page(PASSPORT_PAGE, scale, (236, 229, 218), seed)
    surname, given = person.name.split(", ")
    grey = (110, 104, 100)
    page.text((6, 3.5), issuer, 4.0, font=CJK_BOLD, fill=(96, 36, 48))
    page.text((88, 3.8), "PASSPORT / PASSEPORT", 2.6, fill=(96, 36, 48))
    page.portrait(person.portrait, (6.0, 14.0, 38.0, 55.0), (214, 220, 224))

    def dated(day: dt.date | None) -> str:
        return f"{day:%d %b %Y}".upper() if day else ""

    for x, y, label, value in (
        (43, 11, "Type", "P"),
        (58, 11, "Code", person.nationality),
        (86, 11, "Passport No.", person.number),
        (43, 20, "Surname / Nom", surname),
        (43, 29, "Given names / Prénoms", given),
        (43, 38, "Nationality / Nationalité", person.nationality),
        (86, 38, "Sex / Sexe", "M" if person.sex == "男" else "F"),
        (43, 47, "Date of birth", dated(person.birth)),
        (86, 47, "Date of issue", dated(person.valid_from)),
        (43, 56, "Authority", person.authority),
        (86, 56, "Date of expiry", dated(person.valid_until)),
    ):
        page.text((x, y), label, 1.9, fill=grey)
        page.text((x, y + 2.6), value, 3.2)
    page.text((6, 57), "样例 SPECIMEN", 1.8, fill=(150, 140, 136))
    page.draw.rectangle([0, round(66.5 * scale), page.image.width, page.image.height], fill=(246, 243, 238))
    for row, line in enumerate(machine_readable_zone(person, personal)):
        page.text((5.5, 69.5 + row * 8.2), line, 4.1, font=OCR_B, spacing=2.59)
    return page.image


def hk_macau_permit(person: Person, english: str, scale: float, seed: int = 4) -> Image.Image:
    """The front of a mainland travel permit for Hong Kong and Macau residents (card form)."""
    page = Page(CARD, scale, (222, 232, 226), seed)
    page.text((7.0, 2.8), "港澳居民来往内地通行证", 4.4, font=CJK_BOLD, fill=(32, 84, 72))
    page.portrait(person.portrait, (5.5, 12.0, 25.5, 38.0), (224, 230, 234))
    green = (46, 110, 96)
    until = person.valid_until or dt.date.max
    for y, label, value in (
        (11.0, "姓名", person.name),
        (17.2, "", english),
        (23.0, "出生日期", f"{person.birth:%Y.%m.%d}"),
        (29.0, "有效期限", f"{person.valid_from:%Y.%m.%d}-{until:%Y.%m.%d}"),
        (35.0, "签发机关", person.authority),
    ):
        page.text((29.0, y + 0.3), label, 2.6, fill=green)
        page.text((42.0, y), value, 3.2, face=HONG_KONG)
    page.text((68.0, 23.3), "性别", 2.6, fill=green)
    page.text((75.0, 23.0), person.sex, 3.2)
    page.text((5.5, 44.8), "证件号码", 2.6, fill=green)
    page.text((20.0, 43.4), person.number, 4.2, font=CJK_BOLD, spacing=3.4)
    page.text((58.0, 44.8), "换证次数", 2.6, fill=green)
    page.text((71.0, 43.4), "01", 4.4, font=CJK_BOLD, spacing=2.9)
    page.text((77.0, 1.2), "样例 SAMPLE", 1.3, fill=(150, 168, 160))
    return page.image


def rounded(page: Image.Image, radius: float) -> np.ndarray:
    """The page as RGBA with rounded corners, `radius` in pixels, ready to be laid on a table."""
    mask = Image.new("L", page.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, page.width - 1, page.height - 1), radius, fill=255)
    alpha = cv2.GaussianBlur(np.asarray(mask), (0, 0), 0.8)
    return np.dstack([np.asarray(page), alpha])
