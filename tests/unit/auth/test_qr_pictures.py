"""What a PC shows to be scanned: our QR code read back by a machine, WeChat's picture and its absence."""

import base64
import re
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from functions.auth import qr_pictures
from functions.auth.errors import WechatLimit, WechatUnavailable
from functions.auth.gateways import Picture, Wechat
from functions.shared.wechat import MAX_ANSWER_BYTES, TokenRefused
from tests.unit.auth.fake_wechat import FakeWechat, Planned

SCENE = "0123456789abcdef0123456789abcdef"
JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n a picture"


@pytest.fixture
def server() -> Iterator[FakeWechat]:
    """WeChat."""
    with FakeWechat() as running:
        yield running


@pytest.fixture
def wechat(server: FakeWechat) -> Wechat:
    """The gateway to it that no one waits for."""
    return Wechat(server.url, "wxapp", "secret", brief=True)


def drawn(svg: str) -> Any:
    """The picture that an SVG of horizontal strokes describes, ten pixels for each of its units."""
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    strokes = re.search(r'class="qrline"[^>]* d="([^"]+)"', svg)
    assert size is not None
    assert strokes is not None
    picture = np.full((int(size[2]), int(size[1])), 255, np.uint8)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-. \d]+)", strokes[1]):
        first, *rest = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        if command == "h":
            picture[int(y), int(x) : int(x + first)] = 0
            x += first
        else:
            x, y = (first, rest[0]) if command == "M" else (x + first, y + rest[0])
    return np.kron(picture, np.ones((10, 10), np.uint8))


def test_qr_code_can_be_read() -> None:
    """A reader finds the link in the QR code, and the link holds the scene."""
    link = qr_pictures.scan_link(SCENE)
    assert re.fullmatch(rf"https?://[^/]+/console-sign-in\?scene={SCENE}", link)
    svg = qr_pictures.qr_svg(link)
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    read, *_ = cv2.QRCodeDetector().detectAndDecode(drawn(svg))
    assert read == link


@pytest.mark.parametrize(("content", "media_type"), [(JPEG, "image/jpeg"), (PNG, "image/png")])
def test_mini_program_code(wechat: Wechat, server: FakeWechat, content: bytes, media_type: str) -> None:
    """WeChat's picture comes as it is, asked for with the scene, whatever kind it is."""
    server.plan(Planned(content))
    assert wechat.mini_program_code(SCENE, "t1") == Picture(media_type, content)
    (asked,) = server.asked
    assert (asked.path, asked.query) == ("/wxa/getwxacodeunlimit", {"access_token": "t1"})
    assert asked.body == {"scene": SCENE, "check_path": False, "width": 280}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"errcode": 40001}, TokenRefused),
        ({"errcode": 42001}, TokenRefused),
        ({"errcode": 45011}, WechatLimit),
        ({"errcode": 45009}, WechatUnavailable),
        ({"errcode": 41030}, WechatUnavailable),
        ({"errcode": -1}, WechatUnavailable),
        ({"errcode": 0}, WechatUnavailable),
        (Planned(b"GIF89a"), WechatUnavailable),
        (Planned(b""), WechatUnavailable),
        (Planned(JPEG, status=500), WechatUnavailable),
        (Planned(JPEG, status=302), WechatUnavailable),
        (Planned(JPEG, hang_up=True), WechatUnavailable),
        (Planned(JPEG + bytes(MAX_ANSWER_BYTES)), WechatUnavailable),
    ],
)
def test_no_picture(wechat: Wechat, server: FakeWechat, answer: Any, error: type[Exception]) -> None:
    """Each way not to give a picture has its error, and is tried once."""
    server.plan(answer)
    with pytest.raises(error):
        wechat.mini_program_code(SCENE, "t1")
    assert len(server.asked) == 1


def test_nobody_waits_for_it(wechat: Wechat, server: FakeWechat) -> None:
    """A silent WeChat is given up after two seconds."""
    server.plan(Planned(JPEG, delay_s=4))
    started = time.monotonic()
    with pytest.raises(WechatUnavailable):
        wechat.mini_program_code(SCENE, "t1")
    assert time.monotonic() - started < 3


def test_connections_are_used_again(wechat: Wechat, server: FakeWechat) -> None:
    """A picture leaves the connection open for the next one."""
    for _ in range(3):
        server.plan(Planned(JPEG))
        wechat.mini_program_code(SCENE, "t1")
    (pool,) = wechat._http.pools._container.values()
    assert pool.num_connections == 1


def test_data_url_holds_the_picture() -> None:
    """What a browser is given decodes to WeChat's bytes."""
    picture = Picture("image/jpeg", JPEG)
    url = qr_pictures.data_url(picture)
    head, _, content = url.partition(",")
    assert (head, base64.b64decode(content)) == ("data:image/jpeg;base64", JPEG)
