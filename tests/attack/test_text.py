"""Text of every kind in every place of every route: each field of a body, each part of a path and of a query, headers.

Whatever it is, it is taken or refused by name: no 500, and an answer that is JSON. What a refusal changed is put back.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.attack.authorization_matrix import Try, tries
from tests.attack.fixtures import Scene
from tests.attack.test_deputies import filled, holder
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, Applicant, numbered

pytestmark = pytest.mark.xdist_group("attack")  # one scene for all
Tell = Callable[[str, Any], None]
TEXTS = {
    "nothing": "",
    "NUL": "a\0b",
    "zero width": "柯\u200b爱\u200d琳\ufeff",
    "Arabic-Indic digits": "٤٢٠١٠٦١٩٨٦١١١٩٠٠٢٥",
    "mathematical digits": "𝟒𝟐𝟎𝟏𝟎𝟔𝟏𝟗𝟖𝟔𝟏𝟏𝟏𝟗𝟎𝟎𝟐𝟓",
    "beyond the BMP": "𠮷𡈽𫝆",
    "half a character": "\ud800",
    "no character": "\uffff\ufffe",
    "middle dots": "买买提·‧•∙⋅阿布",
    "grows when it is folded": "\ufdfa" * 90,
    "very long": "柯" * 20_000,
    "a path": "../../etc/passwd",
    "a header": "x\r\nSet-Cookie: a=b",
}
ROWS = list({row.route: row for row in tries()}.values())


def requests(row: Try, scene: Scene, text: str) -> Iterator[tuple[str, str, Any, dict[str, str]]]:
    """The requests of a row with the text in each place in turn."""
    method, path, body, headers = filled(row, scene)
    for name, value in (body or {}).items():
        if isinstance(value, str):
            yield method, path, {**body, name: text}, headers
    if body:
        yield method, path, {**body, text: text}, headers
    address, _, query = path.partition("?")
    spelled = quote(text, safe="", errors="surrogatepass")
    template = row.route.partition(" ")[2].split("/")
    if spelled:
        parts = address.split("/")
        for at, part in enumerate(template):
            if part.startswith("{"):
                yield method, "/".join([*parts[:at], spelled, *parts[at + 1 :]]), body, headers
    for pair in filter(None, query.split("&")):
        yield method, f"{address}?{query.replace(pair, pair.partition('=')[0] + '=' + spelled)}", body, headers
    if method == "GET":
        for more in ("cursor", "limit", "status"):
            yield method, f"{address}?{query}&{more}={spelled}", body, headers


@pytest.mark.attack
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.route)
def test_text_in_every_place(scene: Scene, row: Try, record_property: Tell) -> None:
    """Every route takes it or refuses it by name; WeChat, which is not there, is the only one to be unavailable."""
    client, wrong, tried = holder(row, scene), [], 0
    for kind, text in TEXTS.items():
        for method, path, body, headers in requests(row, scene, text):
            tried += 1
            with scene.untouched_after():
                answer = client.call(method, path, body, **headers)
            if (
                answer.status >= 400
                and (not answer.code or answer.status >= 500)
                and answer.code != "WECHAT_UNAVAILABLE"
            ):
                wrong.append((kind, method, path[:80], answer.status, answer.code))
    record_property("attacks", tried)
    assert wrong == []


HEADERS = ("Authorization", "Accept-Language", "Content-Type", "Idempotency-Key", "X-Poll-Secret", "User-Agent")
VALUES = (
    "",
    " ",
    "Bearer",
    "Bearer \xff\xfe",
    "Basic QTpB",
    "x" * 7_000,
    "\xe9;q=\xb2",
    "zh;q=1e999",
    ",;,;q=",
    "a\tb",
)


@pytest.mark.parametrize("name", HEADERS)
def test_text_in_headers(http: Http, name: str) -> None:
    """Headers of any content: an answer of the contract, with an id."""
    asked = {"phone": "13800138000", "purpose": "sign_in"}
    for value in VALUES:
        for call in (
            lambda value: http.post("/auth/sms-codes", asked, **{name: value}),
            lambda value: http.get("/auth/me", **{name: value}),
        ):
            answer = call(value)
            assert answer.status < 500, (value[:40], answer)
            assert answer.headers["x-request-id"]


def born(birth: str) -> str:
    """A number with this birth date."""
    return numbered(f"420106{birth}002")


# What somebody types as a resident ID's number and name, the clock standing at 2026-11-22 16:00 in Shanghai.
TYPED = [
    ("number", COLLINS["number"], None),
    ("number", "４２０１０６１９８６１１１９００２５", None),
    ("number", " 420106 19861119 0025 ", None),
    ("number", born("19800101").replace("X", "x"), None),
    ("number", born("20000229"), None),
    ("number", born("19000229"), "ID_BIRTH_DATE"),
    ("number", born("20230229"), "ID_BIRTH_DATE"),
    ("number", born("18000101"), None),
    ("number", born("17991231"), "ID_BIRTH_DATE"),
    ("number", born("20261122"), None),
    ("number", born("20261123"), "ID_BIRTH_DATE"),
    ("number", born("20990101"), "ID_BIRTH_DATE"),
    ("number", born("19861301"), "ID_BIRTH_DATE"),
    ("number", "420106198611190026", "ID_CHECKSUM"),
    ("number", TEXTS["Arabic-Indic digits"], "ID_FORMAT"),
    ("number", TEXTS["mathematical digits"], "ID_FORMAT"),
    ("number", "420106\u200b198611190025", "ID_FORMAT"),
    ("number", "420106198611190025\0", "ID_FORMAT"),
    ("number", "420106861119002", "ID_FORMAT"),
    ("number", "H12345678", "ID_WRONG_TYPE"),
    ("name", "𠮷𡈽", None),
    ("name", "买买提•阿布都热合曼", None),
    ("name", "柯" * 50, None),
    ("name", "柯" * 51, "NAME_FORMAT"),
    ("name", "柯", "NAME_FORMAT"),
    ("name", "柯爱\u200b琳", "NAME_FORMAT"),
    ("name", "柯爱琳\0", "NAME_FORMAT"),
    ("name", "柯٤琳", "NAME_FORMAT"),
    ("name", "··", "NAME_FORMAT"),
    ("name", "a" + "\u0301" * 150, "NAME_FORMAT"),
    ("name", TEXTS["grows when it is folded"], "NAME_FORMAT"),
]


def test_what_is_typed_as_number_and_name(http: Http, record_property: Tell) -> None:
    """Each is taken, or refused on its field with its code, and the answer does not repeat it."""
    applicant = Applicant.new(http, COLLINS)
    for field, typed, code in TYPED:
        answer = applicant.apply({**COLLINS, field: typed})
        codes = [(one["field"], one["code"]) for one in answer.body.get("errors", [])]
        assert codes == ([(field, code)] if code else []), (typed, answer)
        assert answer.status == (422 if code else 200)
        assert len(typed) < 5 or typed not in json.dumps(answer.body, ensure_ascii=False)
    record_property("attacks", len(TYPED))


def test_midnight_in_shanghai(http: Http, clock: Any) -> None:
    """Anyone who is born tomorrow is refused until it is midnight in Shanghai, and not until it is in Greenwich."""
    applicant = Applicant.new(http, COLLINS)
    tomorrow = {**COLLINS, "number": born("20261123")}
    clock.forward(8 * 3_600 - 1)
    assert applicant.apply(tomorrow).status == 422
    clock.forward(1)
    assert applicant.apply(tomorrow).status == 200
