"""Staged photos: what somebody photographs to be verified as somebody else, and honest photos that look alike.

A photo is a scene: sheets laid on a table, one after the other. `expect` lists the answers that are right for an
application with the details of `typed`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sample_documents as documents
import sample_effects as effects
from PIL import Image, ImageDraw, ImageFont
from sample_plan import DEMO, OTHER, PEOPLE

ROWS, COLUMNS = 1200, 1600
ACCEPTED = ("accepted",)
SECOND_FACE = ("MORE_THAN_ONE_FACE",)
SECOND_DOCUMENT = ("MORE_THAN_ONE_DOCUMENT",)
NO_PORTRAIT = ("PORTRAIT_MISSING",)
VICTIM = "ouyang"
PORTRAITS = Path(__file__).parent / "portraits"


@dataclass(frozen=True)
class Laid:
    """A sheet on the table: its width as part of the picture's, its middle relative to the picture's, its turn."""

    sheet: Callable[[], Any]
    width: float
    at: tuple[float, float] = (0.0, 0.0)
    degrees: float = 0.0
    tilt: float = 0.03


@dataclass(frozen=True)
class Staged:
    """One staged photo: whose details are typed, which side it is sent as, what is laid, and the right answers."""

    file: str
    typed: str
    laid: tuple[Laid, ...]
    expect: tuple[str, ...]
    side: str = "front"
    behind: str = ""  # somebody who holds it
    turn: int = 0
    white: bool = False

    def drawn(self, rng: np.random.Generator) -> Image.Image:
        """The photo."""
        ground = effects.table(COLUMNS, ROWS, rng)
        if self.white:
            ground = np.full_like(ground, 222)
        if self.behind:
            figure = np.asarray(Image.open(PORTRAITS / f"{self.behind}.png").convert("RGBA"))
            ground = effects.stand(figure, effects.room(COLUMNS, ROWS, rng, (188, 192, 186)), 0.9, (0.5, 0.5), 2.0)
        for one in self.laid:
            ground = effects.lay(one.sheet(), ground, one.width, one.degrees, one.tilt, one.at)
        picture = effects.lamp(ground, 0.03, 0.97, 0.25, (0.4, 0.3))
        picture = effects.noise(effects.defocus(picture, 0.7), 2.0, rng)
        return Image.fromarray(picture).rotate(self.turn, expand=True)

    def entry(self) -> dict[str, Any]:
        """The line of the manifest."""
        person = PEOPLE[self.typed]
        return {
            "file": self.file,
            "typed": self.typed,
            "side": self.side,
            "name": person.name.replace(", ", " "),
            "number": person.number,
            "nationality": person.nationality,
            "expect": list(self.expect),
        }


def card(key: str) -> Callable[[], Any]:
    """The front of a card."""
    return lambda: documents.rounded(documents.resident_front(PEOPLE[key], 14.0), 45)


def back(key: str) -> Callable[[], Any]:
    """The back of a card."""
    return lambda: documents.rounded(documents.resident_back(PEOPLE[key], 14.0), 45)


def covered(key: str) -> Callable[[], Any]:
    """A card with a piece of paper on its portrait."""

    def drawn() -> Any:
        page = documents.resident_front(PEOPLE[key], 14.0)
        ImageDraw.Draw(page).rectangle([round(14 * value) for value in (56, 6, 81, 41)], fill=(236, 234, 228))
        return documents.rounded(page, 45)

    return drawn


def with_ghost(page: Callable[[], Image.Image], portrait: str, box: tuple[float, float, float, float]) -> Any:
    """A page with a pale second print of its portrait; the box is in parts of its sides."""

    def drawn() -> Any:
        made = page()
        left, top, right, bottom = (
            round(value * side) for value, side in zip(box, (made.width, made.height) * 2, strict=True)
        )
        ghost = documents.head_and_shoulders(portrait, (right - left) / (bottom - top))
        ghost = ghost.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
        ghost.putalpha(ghost.getchannel("A").point(lambda value: round(value * 0.65)))
        made.paste(ghost, (left, top), ghost)
        return documents.rounded(made, 45)

    return drawn


def face(name: str, width: int = 500, height: int = 640) -> Callable[[], Any]:
    """A printed photo of a face."""

    def drawn() -> Any:
        sheet = Image.new("RGBA", (width, height), (206, 216, 226, 255))
        cut = documents.head_and_shoulders(name, width / height).resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(cut, (0, 0), cut)
        return np.asarray(sheet)

    return drawn


def paper(lines: tuple[str, ...], size: tuple[int, int], text: int = 46, leading: float = 1.6) -> Callable[[], Any]:
    """A sheet of white paper with lines of text."""

    def drawn() -> Any:
        sheet = Image.new("RGBA", size, (238, 237, 233, 255))
        pen = ImageDraw.Draw(sheet)
        font = ImageFont.truetype(documents.CJK, text, index=documents.SIMPLIFIED)
        for row, line in enumerate(lines):
            pen.text((text, text * (0.5 + row * leading)), line, font=font, fill=(26, 26, 30))
        return np.asarray(sheet)

    return drawn


def overlaid(key: str, victim: str) -> Callable[[], Any]:
    """A genuine card whose name and number rows are covered by strips with another person's."""

    def drawn() -> Any:
        page = documents.resident_front(PEOPLE[key], 14.0)
        pen = ImageDraw.Draw(page)
        for box, text, size, at in (
            ((15.5, 4.5, 55, 12), PEOPLE[victim].name, 4.0, (17.0, 5.6)),
            ((27.5, 43, 82, 51), PEOPLE[victim].number, 4.2, (29.0, 44.2)),
        ):
            pen.rectangle([round(14 * value) for value in box], fill=(238, 237, 233))
            font = ImageFont.truetype(documents.CJK, round(size * 14), index=documents.SIMPLIFIED)
            pen.text((at[0] * 14, at[1] * 14), text, font=font, fill=(24, 24, 28))
        return documents.rounded(page, 45)

    return drawn


def form() -> Any:
    """An application form with empty labels."""
    lines = (
        "卫生健康人才考试报名申请表",
        "姓名：________  性别：____  民族：____",
        "出生年月：__________  联系电话：____________",
        "工作单位：______________________________",
        "身份证号码：____________________________",
        "身份证复印件粘贴处（请将证件正面放于此处）",
        *([""] * 9),
        "本人签名：__________  日期：____年__月__日",
        "注：填写前请仔细阅读说明，复印件须清晰完整。",
    )
    return paper(lines, (1500, 1500), 50, 1.55)()


def poster() -> Any:
    """A poster with faces."""
    sheet = Image.new("RGBA", (1500, 1100), (70, 104, 150, 255))
    for place, name in enumerate((OTHER, DEMO, OTHER, DEMO)):
        cut = documents.head_and_shoulders(name, 0.78).resize((312, 400), Image.Resampling.LANCZOS)
        sheet.paste(cut, (40 + place * 365, 40), cut)
    return np.asarray(sheet)


def sheet_of(card_page: Callable[[], Any], name: str) -> Callable[[], Any]:
    """One sheet of paper on which a card and a face beside it are printed."""

    def drawn() -> Any:
        sheet = Image.new("RGBA", (1900, 1000), (240, 240, 238, 255))
        printed = Image.fromarray(card_page())
        sheet.paste(printed, (60, 120), printed)
        beside = Image.fromarray(face(name)())
        sheet.paste(beside, (1340, 180))
        return np.asarray(sheet)

    return drawn


def both_sides(key: str) -> Callable[[], Any]:
    """A page with both sides of one card, as a copier makes it."""

    def drawn() -> Any:
        sheet = Image.new("RGBA", (1400, 1720), (242, 242, 240, 255))
        for top, one in ((60, card(key)), (900, back(key))):
            printed = Image.fromarray(one())
            sheet.paste(printed, (100, top), printed)
        return np.asarray(sheet)

    return drawn


def strip(key: str) -> tuple[str, ...]:
    """What a strip says of a person."""
    return (f"姓名 {PEOPLE[key].name}", f"公民身份号码 {PEOPLE[key].number}")


def on_a_phone(card_page: Callable[[], Any], name: str = "") -> Callable[[], Any]:
    """A phone whose screen shows a card, and a face below it."""

    def drawn() -> Any:
        sheet = Image.new("RGBA", (1000, 1500), (14, 14, 16, 255))
        ImageDraw.Draw(sheet).rectangle((40, 80, 960, 1420), fill=(244, 244, 246))
        shown = Image.fromarray(card_page()).resize((880, 555), Image.Resampling.LANCZOS)
        sheet.paste(shown, (60, 220), shown)
        if name:
            sheet.paste(Image.fromarray(face(name, 300, 384)()), (350, 900))
        return np.asarray(sheet)

    return drawn


def imitated(key: str, portrait: str) -> Callable[[], Any]:
    """A coloured sheet with the rows of a card about where a card has them, and a photo."""

    def drawn() -> Any:
        person = PEOPLE[key]
        sheet = Image.new("RGBA", (2000, 1400), (236, 244, 250, 255))
        pen = ImageDraw.Draw(sheet)
        font = ImageFont.truetype(documents.CJK, 64, index=documents.SIMPLIFIED)
        born = f"{person.birth.year} 年 {person.birth.month} 月 {person.birth.day} 日"
        rows = (f"姓名 {person.name}", "性别 女   民族 汉", f"出生 {born}", f"住址 {person.address}")
        for row, text in enumerate(rows):
            pen.text((120, 120 + row * 170), text, font=font, fill=(30, 30, 30))
        pen.text((120, 1150), f"公民身份号码 {person.number}", font=font, fill=(30, 30, 30))
        sheet.paste(Image.fromarray(face(portrait, 480, 640)()), (1360, 230))
        return np.asarray(sheet)

    return drawn


def staged() -> Iterator[Staged]:
    """Every staged photo."""
    yield from _faces()
    yield from _texts()
    yield from _screens_and_sheets()
    yield from _honest()


def _screens_and_sheets() -> Iterator[Staged]:
    yield Staged("phone_with_a_face.jpg", DEMO, (Laid(on_a_phone(card(DEMO), OTHER), 0.48),), SECOND_FACE)
    yield Staged(
        "sheet_like_a_card.jpg", VICTIM, (Laid(imitated(VICTIM, OTHER), 0.9),), (*NO_PORTRAIT, "TEXT_MISMATCH")
    )
    on_it = (Laid(card(DEMO), 0.8), Laid(face(OTHER), 0.12, (0.02, 0.09)))
    yield Staged("face_on_the_card.jpg", DEMO, on_it, SECOND_FACE)
    small = (Laid(card(DEMO), 0.62, (0, -0.14)), Laid(card(OTHER), 0.36, (0.05, 0.33), 2.0))
    yield Staged("small_card_below.jpg", DEMO, small, (*SECOND_DOCUMENT, *SECOND_FACE))
    other = (Laid(back(DEMO), 0.5, (0, -0.24)), Laid(card(OTHER), 0.5, (0.02, 0.24)))
    yield Staged("back_with_another_front.jpg", DEMO, other, SECOND_DOCUMENT, side="back")
    permit = lambda: documents.rounded(documents.hk_macau_permit(PEOPLE["chan"], "CHAN, MEI LING", 14.0), 45)  # noqa: E731
    beside = (Laid(permit, 0.56, (-0.2, 0.0)), Laid(face(OTHER), 0.34, (0.3, 0.0)))
    yield Staged("permit_face_beside.jpg", "chan", beside, SECOND_FACE)
    printed = (Laid(permit, 0.8), Laid(face(OTHER), 0.2, (0.2, 0.02)))
    yield Staged("permit_face_on_it.jpg", "chan", printed, SECOND_FACE)


def _faces() -> Iterator[Staged]:
    own = face(OTHER)
    small = Laid(card(DEMO), 0.52, (-0.22, 0.0), 2.0)
    yield Staged("face_larger_beside.jpg", DEMO, (small, Laid(own, 0.36, (0.28, 0.0))), SECOND_FACE)
    yield Staged("face_smaller_beside.jpg", DEMO, (small, Laid(own, 0.1, (0.2, 0.1))), SECOND_FACE)
    low = Laid(card(DEMO), 0.62, (0.0, 0.2), -2.0)
    yield Staged("face_above.jpg", DEMO, (low, Laid(own, 0.2, (-0.1, -0.32))), SECOND_FACE)
    high = Laid(card(DEMO), 0.62, (0.0, -0.22), -2.0)
    yield Staged("face_below.jpg", DEMO, (high, Laid(own, 0.2, (0.12, 0.32))), SECOND_FACE)
    full = Laid(card(DEMO), 0.72, (0.0, 0.0), 1.0)
    yield Staged("face_overlapping.jpg", DEMO, (full, Laid(own, 0.14, (0.06, -0.26))), SECOND_FACE)
    over = Laid(own, 0.34, (0.27, -0.12))
    yield Staged("face_over_portrait.jpg", DEMO, (full, over), (*NO_PORTRAIT, *SECOND_FACE))
    printed = Laid(sheet_of(card(DEMO), OTHER), 0.95, (0.0, 0.0), 1.0)
    yield Staged("face_printed_beside.jpg", DEMO, (printed,), SECOND_FACE)
    yield Staged("card_on_poster.jpg", DEMO, (Laid(poster, 0.98), Laid(card(DEMO), 0.55, (0, 0.22))), SECOND_FACE)
    yield Staged("covered_portrait.jpg", DEMO, (Laid(covered(DEMO), 0.75),), NO_PORTRAIT)
    moved = (Laid(covered(DEMO), 0.6, (-0.1, 0.15)), Laid(own, 0.18, (0.36, -0.2)))
    yield Staged("covered_portrait_face_beside.jpg", DEMO, moved, (*NO_PORTRAIT, *SECOND_FACE))
    yield Staged(
        "held_before_a_face.jpg", DEMO, (Laid(card(DEMO), 0.55, (-0.05, 0.27), 4.0),), SECOND_FACE, behind=OTHER
    )
    passport = Laid(
        lambda: documents.rounded(documents.passport(PEOPLE["harper"], 11.0, "UNITED KINGDOM"), 30), 0.62, (-0.17, 0)
    )
    yield Staged("passport_face_beside.jpg", "harper", (passport, Laid(face(DEMO), 0.24, (0.34, 0.0))), SECOND_FACE)


def _texts() -> Iterator[Staged]:
    own, paper_strip = card(OTHER), paper(strip(VICTIM), (1150, 180))
    yield Staged(
        "strip_above.jpg", VICTIM, (Laid(own, 0.66, (0, 0.13)), Laid(paper_strip, 0.66, (0, -0.36))), SECOND_DOCUMENT
    )
    yield Staged(
        "strip_below.jpg", VICTIM, (Laid(own, 0.66, (0, -0.13)), Laid(paper_strip, 0.66, (0, 0.36))), SECOND_DOCUMENT
    )
    narrow = paper((*textwrap.wrap(strip(VICTIM)[0], 10), "公民身份号码", PEOPLE[VICTIM].number), (620, 320))
    yield Staged(
        "strip_beside.jpg", VICTIM, (Laid(own, 0.56, (-0.2, 0)), Laid(narrow, 0.38, (0.3, 0.0))), SECOND_DOCUMENT
    )
    yield Staged(
        "strip_over_the_address.jpg", VICTIM, (Laid(own, 0.72), Laid(paper_strip, 0.42, (-0.08, 0.06))), SECOND_DOCUMENT
    )
    over_top = (Laid(own, 0.7, (0, 0.06)), Laid(paper_strip, 0.66, (0, -0.3)))
    yield Staged("strip_over_the_edge.jpg", VICTIM, over_top, SECOND_DOCUMENT)
    yield Staged("strips_over_name_and_number.jpg", VICTIM, (Laid(overlaid(OTHER, VICTIM), 0.75),), ("TEXT_MISMATCH",))
    two = (Laid(card(DEMO), 0.5, (0, -0.24), 1.0), Laid(card(OTHER), 0.5, (0.02, 0.24), -1.0))
    yield Staged("two_cards.jpg", DEMO, two, SECOND_DOCUMENT)
    person = PEOPLE[DEMO]
    born = f"{person.birth.year}年{person.birth.month}月{person.birth.day}日"
    details = (f"姓名 {person.name}", "性别 女   民族 汉", f"出生 {born}", f"住址 {person.address}")
    typed = paper((*details, f"公民身份号码 {person.number}"), (1300, 760), 50, 2.4)
    yield Staged("typed_sheet.jpg", DEMO, (Laid(typed, 0.8),), NO_PORTRAIT)
    beside = (Laid(typed, 0.62, (-0.17, 0)), Laid(face(OTHER), 0.26, (0.32, 0)))
    yield Staged("typed_sheet_with_face.jpg", DEMO, beside, (*NO_PORTRAIT, *SECOND_FACE))
    validity = paper(("有效期限 2020.01.01-2040.01.01",), (1000, 110))
    renewed = (Laid(back(OTHER), 0.66, (0, -0.12)), Laid(validity, 0.6, (0, 0.34)))
    yield Staged("validity_below.jpg", OTHER, renewed, SECOND_DOCUMENT, side="back")


def _honest() -> Iterator[Staged]:
    on_form = (Laid(form, 0.98, (0, 0.18), 0.5, 0.0), Laid(card(DEMO), 0.6, (0.0, 0.17), 1.5))
    yield Staged("honest_on_a_form.jpg", DEMO, on_form, ACCEPTED)
    yield Staged("honest_on_a_form_turned.jpg", DEMO, on_form, ACCEPTED, turn=90)
    tilted = (Laid(form, 0.98, (0, 0.18), -3.0, 0.0), Laid(card(OTHER), 0.58, (0.02, 0.15), 7.0, 0.06))
    yield Staged("honest_on_a_form_tilted.jpg", OTHER, tilted, ACCEPTED)
    page = (Laid(both_sides(DEMO), 0.55, (0, 0), 0.5, 0.0),)
    yield Staged("honest_both_sides_front.jpg", DEMO, page, ACCEPTED)
    yield Staged("honest_both_sides_back.jpg", DEMO, page, ACCEPTED, side="back")
    yield Staged(
        "honest_on_white.jpg", "wang", (Laid(card("wang"), 0.7, (0.05, 0.02), -6.0, 0.05),), ACCEPTED, white=True
    )
    yield Staged("honest_on_a_screen.jpg", DEMO, (Laid(on_a_phone(card(DEMO)), 0.62),), ACCEPTED)
    chan, harper = PEOPLE["chan"], PEOPLE["harper"]
    permit = with_ghost(lambda: documents.hk_macau_permit(chan, "CHAN, MEI LING", 14.0), DEMO, (0.84, 0.55, 0.97, 0.78))
    yield Staged("honest_permit_with_ghost.jpg", "chan", (Laid(permit, 0.78, (0, 0), 3.0),), ACCEPTED)
    passport = with_ghost(lambda: documents.passport(harper, 11.0, "UNITED KINGDOM"), OTHER, (0.86, 0.36, 0.97, 0.58))
    yield Staged("honest_passport_with_ghost.jpg", "harper", (Laid(passport, 0.88, (0, 0), -2.0),), ACCEPTED)
