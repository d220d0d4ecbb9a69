"""Pages of text for tests: the lines that recognition returns for a document, each at its place."""

from collections.abc import Callable
from datetime import date

from functions.identity.domain.text import TextLine

Place = tuple[float, float, float, float]  # left, middle, right, height of a text, in millimetres
Text = tuple[str, Place]

SCALE = 14.0  # pixels for each millimetre
ORIGIN = (180.0, 200.0)
GROWTH = 0.24  # how far recognition's boxes reach beyond the text, in its heights


def lines_of(*texts: Text, to_pixel: Callable[[float, float], tuple[float, float]] | None = None) -> list[TextLine]:
    """The texts as lines on a photo."""
    made = []
    place = to_pixel or (lambda x, y: (ORIGIN[0] + SCALE * x, ORIGIN[1] + SCALE * y))
    for text, (left, middle, right, height) in texts:
        (x, y), (end, other_y) = place(left, middle), place(right, middle)
        tall = height * (end - x) / (right - left)
        grown = GROWTH * tall
        y = (y + other_y) / 2
        made.append(TextLine(text, 0.99, x - grown, y - tall / 2 - grown, end + grown, y + tall / 2 + grown))
    return made


def front(
    name: str | None = "柯爱琳",
    number: str | None = "420106198611190025",
    birth: date | None = date(1986, 11, 19),
    sex: str | None = "女",
) -> list[Text]:
    """The front of a resident ID; what is None is not printed."""
    texts = [
        ("姓名", (6.1, 8.7, 12.3, 2.9)),
        ("性别", (6.1, 15.9, 12.5, 2.9)),
        ("民族", (23.4, 15.9, 30.6, 2.7)),
        ("出生", (6.1, 22.9, 12.6, 3.0)),
        ("住址", (6.1, 30.0, 12.7, 2.8)),
        ("湖北省武汉市武昌区样例", (17.3, 29.8, 54.1, 2.8)),
        ("公民身份号码", (6.3, 47.5, 23.8, 2.5)),
    ]
    if name is not None:
        texts.append((name, (17.1, 8.7, 17.1 + 3.9 * len(name), 3.7)))
    if sex is not None:
        texts.append((sex, (17.1, 15.9, 20.8, 2.5)))
    if birth is not None:
        texts.append((f"{birth.year}年{birth.month}月{birth.day}日", (17.4, 22.9, 47.4, 2.5)))
    if number is not None:
        texts.append((number, (29.2, 47.5, 77.8, 3.0)))
    return texts


def back(period: str | None = "2018.03.05-2038.03.05", issuer: str = "武汉市公安局武昌分局") -> list[Text]:
    """The back of a resident ID."""
    texts = [
        ("中华人民共和国", (28.7, 10.0, 74.6, 4.0)),
        ("居民身份证", (29.2, 21.5, 76.3, 6.4)),
        ("签发机关", (17.2, 39.5, 28.9, 2.6)),
        (issuer, (33.1, 39.5, 66.5, 2.8)),
        ("有效期限", (17.2, 46.7, 29.2, 2.7)),
    ]
    if period is not None:
        texts.append((period, (32.3, 46.8, 67.8, 2.5)))
    return texts


def beside(text: str, x: float, y: float) -> Text:
    """A text anywhere."""
    return text, (x, y, x + 3.4 * len(text), 3.4)


def permit(name: str = "陳美玲", number: str = "H12345678", period: str = "2021.06.10-2031.06.09") -> list[Text]:
    """The front of a Hong Kong permit."""
    return [
        ("港澳居民来往内地通行证", (7.6, 6.2, 55.0, 3.3)),
        ("姓名", (29.0, 13.3, 34.0, 2.7)),
        (name, (42.2, 13.5, 51.3, 2.9)),
        ("出生日期", (29.3, 25.4, 39.3, 2.3)),
        ("性别女", (68.1, 25.5, 78.0, 3.0)),
        ("有效期限", (29.1, 31.3, 39.2, 2.3)),
        (period, (42.4, 31.5, 74.7, 2.2)),
        ("签发机关", (29.1, 37.4, 39.2, 2.4)),
        ("证件号码", (5.7, 46.9, 15.9, 2.3)),
        (number, (20.3, 46.8, 49.2, 2.7)),
    ]


def passport(*zone: str) -> list[Text]:
    """The machine-readable zone of a passport's data page."""
    return [(line, (6.1, middle, 119.4, 2.6)) for line, middle in zip(zone, (71.9, 79.9), strict=True)]
