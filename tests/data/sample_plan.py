"""What is drawn: the invented people, and every photo and selfie with its effects and the answer it should get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from sample_documents import Person, resident_number

DEMO, OTHER = "collins", "hopper"


def _resident(  # noqa: PLR0913, PLR0917
    key: str,
    name: str,
    area: str,
    birth: date,
    sequence: str,
    valid: tuple[date, date | None],
    address: str,
    authority: str,
    portrait: str = DEMO,
    ethnicity: str = "汉",
) -> Person:
    number = resident_number(area, birth, sequence)
    return Person(key, name, portrait, number, "女", birth, *valid, ethnicity, address, authority)


PEOPLE = {
    person.key: person
    for person in (
        _resident(
            DEMO, "柯爱琳", "420106", date(1986, 11, 19), "002", (date(2018, 3, 5), date(2038, 3, 5)),
            "湖北省武汉市武昌区样例路18号3栋2单元501室", "武汉市公安局武昌分局",
        ),
        _resident(
            OTHER, "何慧", "420102", date(1966, 12, 9), "346", (date(2016, 7, 18), None),
            "湖北省武汉市江岸区样例街6号", "武汉市公安局江岸分局", OTHER,
        ),
        _resident(
            "ouyang", "欧阳若兰", "420502", date(1992, 2, 29), "004", (date(2019, 8, 12), date(2039, 8, 12)),
            "湖北省宜昌市西陵区样例大道205号7栋1102室", "宜昌市公安局西陵分局",
        ),
        _resident(
            "ayiguli", "阿依古丽·买买提", "653101", date(1995, 5, 20), "128", (date(2021, 9, 1), date(2041, 9, 1)),
            "新疆喀什市样例乡3村21号", "喀什市公安局", ethnicity="维吾尔",
        ),
        _resident(
            "zhao", "赵喆", "420922", date(1990, 7, 7), "048", (date(2017, 1, 20), date(2037, 1, 20)),
            "湖北省大悟县样例镇中街77号", "大悟县公安局", OTHER,
        ),
        # 䶮 is in Unicode's extension A and outside GB 2312: fonts and recognizers often lack it.
        _resident(
            "wang", "王䶮", "110108", date(1988, 10, 1), "222", (date(2020, 12, 31), date(2040, 12, 31)),
            "北京市海淀区样例园9号楼4门302", "北京市公安局海淀分局",
        ),
        # 422201 (the old county-level Xiaogan) was abolished in 1993; numbers that begin with it are still in use.
        _resident(
            "liu", "刘桂英", "422201", date(1978, 4, 15), "066", (date(2004, 6, 1), date(2024, 6, 1)),
            "湖北省孝感市样例区槐荫大道1号", "孝感市公安局", OTHER,
        ),
        _resident(
            "tao", "陶晓云", "420103", date(1991, 3, 14), "268", (date(2026, 10, 20), date(2027, 1, 19)),
            "湖北省武汉市江汉区样例路9号", "武汉市公安局江汉分局",
        ),
        Person(
            "harper", "HARPER, GRACE ANNE", OTHER, "925076473", "女", date(1966, 12, 9), date(2024, 5, 14),
            date(2034, 5, 14), authority="HMPO", nationality="GBR",
        ),
        Person(
            "eriksson", "ERIKSSON, ANNA MARIA", DEMO, "L898902C3", "女", date(1974, 8, 12), date(2023, 4, 15),
            date(2033, 4, 15), authority="UTOPIA", nationality="UTO",
        ),
        # The specimen of ICAO 9303 part 4, to the letter.
        Person(
            "lapsed", "ERIKSSON, ANNA MARIA", DEMO, "L898902C3", "女", date(1974, 8, 12), date(2002, 4, 15),
            date(2012, 4, 15), authority="UTOPIA", nationality="UTO",
        ),
        Person(
            "chan", "陳美玲", DEMO, "H12345678", "女", date(1985, 3, 8), date(2021, 6, 10), date(2031, 6, 9),
            authority="公安部出入境管理局", nationality="HKG",
        ),
        Person(
            "ieong", "楊嘉欣", OTHER, "M00456701", "女", date(1979, 9, 30), date(2022, 2, 22), date(2032, 2, 21),
            authority="公安部出入境管理局", nationality="MAC",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Photo:
    """One document photo. `turn` rotates the finished picture counter-clockwise; `orientation` is EXIF's."""

    file: str
    kind: str
    person: str
    effects: tuple[str, ...]
    expect: str = "accepted"
    size: tuple[int, int] = (1600, 1200)
    flat: bool = False
    fill: float = 0.80
    degrees: float = 2.0
    tilt: float = 0.04
    shift: tuple[float, float] = (0.0, 0.0)
    turn: int = 0
    table: tuple[int, int, int] = (66, 48, 36)
    warmth: float = 0.03
    exposure: float = 0.97
    falloff: float = 0.35
    glare: tuple[tuple[float, float], tuple[float, float], float, float] | None = None
    blur: float = 0.7
    shake: tuple[int, float] | None = None
    noise: float = 2.5
    quality: int = 82
    orientation: int = 1
    issuer: str = ""
    personal: str = ""
    second_name: str = ""


def _everyday(photo: Photo) -> Iterator[Photo]:
    """The effects both sides of the demo card are drawn with; `photo` names side and person."""
    side = photo.file

    def variant(name: str, *labels: str, **changes: object) -> Photo:
        return replace(photo, file=f"{side}_{name}.jpg", effects=labels, **changes)  # type: ignore[arg-type]

    yield variant("flat", "flat", flat=True, size=(1284, 810), quality=85)
    yield variant("phone", "phone", degrees=-3.5, tilt=0.06)
    yield variant("perspective", "phone", "perspective", degrees=5, tilt=0.2, fill=0.84)
    yield variant("skewed", "phone", "rotated_12", degrees=12, fill=0.74)
    yield variant("turned_90", "phone", "rotated_90", turn=90)
    yield variant("turned_180", "phone", "rotated_180", turn=180, degrees=-1)
    yield variant("turned_270", "phone", "rotated_270", turn=270, degrees=1.5)
    yield variant("soft", "phone", "blur_mild", blur=1.8, quality=80)
    yield variant("blurred", "phone", "blur_strong", expect="IMAGE_BLURRED", blur=12.0)
    yield variant("shaken", "phone", "motion_blur", expect="IMAGE_BLURRED", shake=(45, 25.0))
    yield variant("dim", "phone", "dark", exposure=0.5, warmth=0.08, noise=4)
    yield variant("cut_off", "phone", "cropped", expect="TEXT_UNREADABLE", shift=(0.03, 0.43), fill=0.9)
    yield variant("small", "phone", "small", expect="IMAGE_TOO_SMALL", size=(320, 240), blur=0.4)


def photos() -> Iterator[Photo]:
    """Every document photo, the demo person's first."""
    front = Photo("collins_front", "resident_front", DEMO, ())
    back = Photo("collins_back", "resident_back", DEMO, ())
    yield from _everyday(front)
    yield from _everyday(back)
    yield replace(front, file="collins_front_flat.png", effects=("flat", "png"), flat=True, size=(856, 540))
    mild, strong = 0.8, 3.0
    for side, gleam, veil in (
        (front, ((0.62, 0.70), (0.13, 0.05)), ((0.47, 0.62), (0.34, 0.24))),
        (back, ((0.22, 0.57), (0.12, 0.05)), ((0.55, 0.70), (0.34, 0.20))),
    ):
        yield replace(side, file=f"{side.file}_gleam.jpg", effects=("phone", "glare_mild"), glare=(*gleam, mild, 20.0))
        yield replace(
            side, file=f"{side.file}_glare.jpg", effects=("phone", "glare_strong"), expect="IMAGE_GLARE",
            glare=(*veil, strong, 15.0),
        )  # fmt: skip
    for side, orientation in ((front, 6), (back, 8)):
        yield replace(
            side, file=f"{side.file}_12mp.jpg", effects=("phone", "12_megapixels", f"exif_orientation_{orientation}"),
            size=(3024, 4032), fill=0.88, degrees=2.5, tilt=0.05, blur=1.1, noise=2.5, quality=86,
            orientation=orientation,
        )  # fmt: skip
    yield replace(
        front, file="squared_paper.jpg", person="", effects=("phone", "no_document"), expect="TEXT_UNREADABLE"
    )
    yield from _others()
    yield from _travel_documents()


def _others() -> Iterator[Photo]:
    tables = ((40, 44, 52), (78, 60, 44), (52, 58, 46), (30, 30, 34), (84, 70, 58), (60, 40, 34))
    for place, key in enumerate((OTHER, "ouyang", "ayiguli", "zhao", "wang", "liu")):
        turn = (-4.0, 3.0, 6.5, -2.0, 1.5, -7.0)[place]
        common = replace(
            Photo("", "resident_front", key, ("phone",)),
            degrees=turn, tilt=0.02 + 0.02 * place, table=tables[place], fill=0.82 - 0.02 * place,
            warmth=(0.05, -0.02, 0.02, -0.04, 0.0, 0.06)[place],
        )  # fmt: skip
        yield replace(
            common, file=f"{key}_front_phone.jpg",
            effects=("phone", "rare_character") if key in ("wang", "zhao") else ("phone",),
        )  # fmt: skip
        yield replace(
            common, file=f"{key}_back_phone.jpg", kind="resident_back", degrees=-turn,
            expect="DOCUMENT_EXPIRED" if key == "liu" else "accepted",
            effects=("phone", "expired") if key == "liu" else ("phone", "long_term") if key == OTHER else ("phone",),
        )  # fmt: skip


def _travel_documents() -> Iterator[Photo]:
    yield Photo("tao_temporary_phone.jpg", "temporary_resident_id", "tao", ("phone",), degrees=-2.5, tilt=0.05)
    page = Photo("", "passport", "harper", ("phone",), quality=80, size=(1800, 1350), fill=0.88)
    page = replace(page, issuer="UNITED KINGDOM")
    yield replace(page, file="harper_passport_flat.jpg", effects=("flat",), flat=True, size=(1100, 0))
    yield replace(page, file="harper_passport_phone.jpg", degrees=-3, tilt=0.06)
    yield replace(
        page, file="harper_passport_blurred.jpg", effects=("phone", "blur_strong"), expect="IMAGE_BLURRED", blur=13.0
    )
    utopia = replace(page, person="eriksson", issuer="UTOPIA", table=(40, 44, 52))
    yield replace(utopia, file="eriksson_passport_phone.jpg", degrees=4, tilt=0.05)
    yield replace(
        utopia, file="lapsed_passport_phone.jpg", person="lapsed", personal="ZE184226B", degrees=1,
        effects=("phone", "expired"), expect="DOCUMENT_EXPIRED",
    )  # fmt: skip
    permit = Photo("", "hk_macau_permit", "chan", ("phone",), second_name="CHAN, MEI LING")
    yield replace(permit, file="chan_permit_flat.jpg", effects=("flat",), flat=True, size=(1284, 0), quality=85)
    yield replace(permit, file="chan_permit_phone.jpg", degrees=-4, tilt=0.07)
    yield replace(
        permit, file="ieong_permit_phone.jpg", person="ieong", second_name="IEONG, KA IAN", degrees=5,
        table=(40, 44, 52),
    )  # fmt: skip


@dataclass(frozen=True)
class Selfie:
    """One selfie. A figure is (portrait, height as part of the picture, middle, degrees)."""

    file: str
    figures: tuple[tuple[str, float, tuple[float, float], float], ...]
    effects: tuple[str, ...]
    expect: str = "accepted"
    against: str = DEMO
    size: tuple[int, int] = (720, 960)
    wall: tuple[int, int, int] = (188, 192, 186)
    gamma: float = 1.0
    warmth: float = 0.0
    exposure: float = 1.0
    falloff: float = 0.2
    light: tuple[float, float] = (0.5, 0.4)
    blur: float = 0.0
    noise: float = 2.0
    mirrored_room: bool = False


def selfies() -> Iterator[Selfie]:
    """Every selfie; `expect` is the face check's reason when compared with the document of `against`."""
    collins = (DEMO, 0.98, (0.52, 0.60), -4.0)
    hopper = (OTHER, 0.84, (0.49, 0.62), 3.0)
    yield Selfie(
        "selfie_collins.jpg", (collins,), ("same_person", "warm", "rotated"),
        gamma=0.92, warmth=0.06, falloff=0.5, light=(0.25, 0.25), blur=0.8, noise=3,
    )  # fmt: skip
    yield Selfie(
        "selfie_collins_cool.jpg", ((DEMO, 1.12, (0.46, 0.60), 6.0),), ("same_person", "cool", "underexposed"),
        wall=(120, 134, 150), gamma=1.15, warmth=-0.06, exposure=0.85, light=(0.8, 0.3), blur=1.0, noise=4,
    )  # fmt: skip
    yield Selfie(
        "selfie_hopper.jpg", (hopper,), ("same_person", "warm", "rotated"), against=OTHER,
        wall=(202, 190, 170), gamma=0.95, warmth=0.05, falloff=0.4, light=(0.7, 0.3), blur=0.8, noise=3,
    )  # fmt: skip
    yield Selfie(
        "selfie_other_person.jpg", ((OTHER, 0.90, (0.52, 0.60), -2.0),), ("other_person",), "FACE_MISMATCH",
        warmth=-0.02, noise=2.5,
    )  # fmt: skip
    yield Selfie("selfie_nobody.jpg", (), ("no_face",), "FACE_COUNT")
    pair = ((OTHER, 0.62, (0.73, 0.72), 2.0), (DEMO, 0.66, (0.28, 0.68), -2.0))
    yield Selfie("selfie_two_people.jpg", pair, ("two_faces",), "FACE_COUNT", size=(1100, 825))
    yield Selfie(
        "selfie_far_away.jpg", ((DEMO, 0.16, (0.55, 0.76), 0.0),), ("tiny_face", "blur_strong"), "FACE_QUALITY",
        blur=1.6,
    )  # fmt: skip
    yield Selfie("selfie_blurred.jpg", (collins,), ("blur_strong",), "FACE_QUALITY", blur=11.0)
    yield from _more_selfies()
    yield Selfie("selfie_dark.jpg", (collins,), ("dark",), "FACE_QUALITY", exposure=0.13, gamma=1.3, noise=3, blur=0.8)


# Height, middle, degrees, wall, picture, light, warmth, exposure: a picture counts once, so a journey needs several.
_POSES = (
    (0.70, (0.40, 0.66), -9.0, (150, 170, 190), (720, 960), (0.2, 0.2), 0.04, 0.95),
    (1.18, (0.56, 0.58), 7.0, (206, 196, 176), (720, 960), (0.8, 0.3), -0.03, 1.0),
    (0.82, (0.62, 0.64), 10.0, (118, 128, 116), (800, 800), (0.5, 0.1), 0.02, 0.9),
    (1.02, (0.42, 0.56), -12.0, (196, 176, 178), (800, 800), (0.3, 0.7), 0.0, 1.05),
    (0.76, (0.30, 0.70), 4.0, (176, 160, 140), (960, 720), (0.7, 0.2), -0.05, 0.92),
    (0.95, (0.66, 0.60), -5.0, (140, 150, 176), (960, 720), (0.2, 0.5), 0.05, 1.0),
    (1.30, (0.48, 0.62), -3.0, (220, 220, 214), (600, 900), (0.6, 0.6), 0.0, 0.96),
    (0.64, (0.55, 0.72), 8.0, (100, 110, 130), (600, 900), (0.4, 0.2), 0.03, 1.0),
)


def _more_selfies() -> Iterator[Selfie]:
    for name in (DEMO, OTHER):
        for number, (tall, middle, degrees, wall, size, light, warmth, exposure) in enumerate(_POSES, 2):
            # The second person is elsewhere in the room, so that the pictures are not alike.
            place, lean = (middle, degrees) if name == DEMO else ((1 - middle[0], middle[1]), -degrees)
            yield Selfie(
                f"selfie_{name}_{number}.jpg", ((name, tall, place, lean),), ("same_person", "another_picture"),
                against=name, size=size, wall=wall, light=light, warmth=warmth, exposure=exposure, falloff=0.4,
                gamma=0.9 + 0.05 * (number % 4), blur=0.6, noise=2.5, mirrored_room=(number % 2 == 0) == (name == DEMO),
            )  # fmt: skip


# What a developer and `make demo` use by hand.
DEVELOPER_SAMPLES = {
    "front.jpg": "collins_front_phone.jpg",
    "back.jpg": "collins_back_phone.jpg",
    "selfie.jpg": "selfie_collins.jpg",
    "selfie_other_person.jpg": "selfie_other_person.jpg",
    **{f"selfie_{number}.jpg": f"selfie_{DEMO}_{number}.jpg" for number in range(2, 10)},
    **{f"selfie_other_person_{number}.jpg": f"selfie_{OTHER}_{number}.jpg" for number in range(2, 10)},
    "selfie_administrator.jpg": "selfie_hopper.jpg",
    "front_blurred.jpg": "collins_front_blurred.jpg",
    "front_12mp.jpg": "collins_front_12mp.jpg",
    "passport.jpg": "harper_passport_phone.jpg",
}
