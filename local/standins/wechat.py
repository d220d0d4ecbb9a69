"""WeChat's server API in the local run, in WeChat's wire format: always 200, errors as `errcode`.

Instead of codes from a phone it takes spoken ones, any number of times:
`local-<name>` is the WeChat user of that name, `local-once-<name>` too but only once, as on a real phone (then 40163);
`local-<phone>` is that phone, `local-<country>-<phone>` one abroad; `error-<number>` answers that WeChat error.
A face check is open until `end_face_check` says how it ends on the phone (`wx.requestFacialVerify`).
Source: WeChat mini-program server API (code2Session, getStableAccessToken, getPhoneNumber, getUnlimitedQRCode,
getVerifyId, queryVerifyInfo).
"""

import base64
import hashlib
import json
import re
import secrets
import struct
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN_S = 7200
MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40029: "invalid code",
    40097: "invalid args",
    40125: "invalid appsecret",
    40163: "code been used",
    40169: "invalid length for scene, or the data is not json string",
    40226: "code blocked",
    45011: "api minute-quota reach limit  mustslower  retry next minute",
    47001: "data format error",
    48001: "api unauthorized",
    84001: "invalid identify id",
}

VERIFY_S = 3600
STILL_OPEN = 10005

Answer = tuple[str, bytes]  # media type, body


class WechatError(Exception):
    """WeChat's refusal by its number."""

    def __init__(self, errcode: int) -> None:
        super().__init__(errcode)
        self.errcode = errcode


@dataclass
class FaceCheck:
    """One of WeChat's face checks: whom it is of, and how it ended."""

    out_seq_no: str
    cert_hash: str
    openid: str
    ends: float
    verify_ret: int | None = None


def cert_hash(person: Mapping[str, Any]) -> str:
    """WeChat's digest of a person, computed as its reference says, not as the product does."""
    fields = ("cert_type", "cert_name", "cert_no")
    text = "&".join(f"{field}=" + base64.b64encode(str(person.get(field)).encode()).decode() for field in fields)
    return hashlib.sha256(text.encode()).hexdigest()


def openid_of(name: str) -> str:
    """The account of the WeChat user of that name: 28 characters, always the same."""
    return "o" + base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode()[:27]


class Wechat:
    """WeChat for one mini-program; safe to share between threads."""

    def __init__(self, app_id: str, secret: str) -> None:
        self._app_id, self._secret = app_id, secret
        self._lock = threading.Lock()
        self._used: set[str] = set()
        self._tokens: dict[str, float] = {}  # token → the moment of its end
        self._face_checks: dict[str, FaceCheck] = {}  # verify_id → its check
        self._seq_numbers: set[str] = set()
        self._faces_refused: int | None = None

    def answer(self, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """Media type and body for one of WeChat's paths; None for any other path."""
        calls: dict[str, Callable[[], dict[str, Any] | bytes]] = {
            "/sns/jscode2session": lambda: self._session(query),
            "/cgi-bin/stable_token": lambda: self._token(_fields(body)),
            "/wxa/business/getuserphonenumber": lambda: self._phone(query, _fields(body)),
            "/wxa/getwxacodeunlimit": lambda: self._code_image(query, _fields(body)),
            "/cityservice/face/identify/getverifyid": lambda: self._verify_id(query, _fields(body)),
            "/cityservice/face/identify/queryverifyinfo": lambda: self._verify_info(query, _fields(body)),
        }
        if path not in calls:
            return None
        try:
            answered = calls[path]()
        except WechatError as error:
            message = f"{MESSAGES.get(error.errcode, 'error')}, rid: {secrets.token_hex(4)}"
            answered = {"errcode": error.errcode, "errmsg": message}
        if isinstance(answered, bytes):
            return "image/png", answered
        return "application/json; encoding=utf-8", json.dumps(answered, ensure_ascii=False).encode()

    def end_face_check(self, verify_id: str, verify_ret: int, name: str | None = None) -> bool:
        """End a face check as its phone would, of the WeChat user `name` where it is another one; whether it was open.

        The phone of another account cannot do it: then it is over without a result, as WeChat has it.
        """
        with self._lock:
            check = self._face_checks.get(verify_id)
            if check is None or check.verify_ret is not None or check.ends < time.time():
                return False
            if name is not None and openid_of(name) != check.openid:
                return False
            check.verify_ret = verify_ret
        return True

    def refuse_face_checks(self, errcode: int | None) -> None:
        """Answer face checks with this error from now on, as without the capability; None: do them again."""
        self._faces_refused = errcode

    def forget_tokens(self) -> None:
        """Refuse every access token issued so far, as WeChat does when its secret is reset."""
        with self._lock:
            self._tokens.clear()

    def _session(self, query: Mapping[str, str]) -> dict[str, Any]:
        self._check_app(query)
        if query.get("grant_type") != "authorization_code":
            raise WechatError(40002)
        name = self._spoken(query.get("js_code", ""))
        return {"openid": openid_of(name), "session_key": base64.b64encode(secrets.token_bytes(16)).decode()}

    def _token(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if given.get("grant_type") != "client_credential":
            raise WechatError(40002)
        self._check_app(given)
        now = time.time()
        with self._lock:
            good = [token for token, end in self._tokens.items() if end > now]
            if good and not given.get("force_refresh"):
                token = good[-1]
            else:
                token = secrets.token_urlsafe(96)
                self._tokens[token] = now + TOKEN_S
            return {"access_token": token, "expires_in": int(self._tokens[token] - now)}

    def _phone(self, query: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
        self._check_token(query)
        match = re.fullmatch(r"(?:(\d{1,4})-)?(\d{5,15})", self._spoken(str(given.get("code", ""))))
        if match is None:
            raise WechatError(40029)
        country, phone = match[1] or "86", match[2]
        info = {
            "phoneNumber": phone if country == "86" else f"+{country}{phone}",
            "purePhoneNumber": phone,
            "countryCode": country,
            "watermark": {"timestamp": int(time.time()), "appid": self._app_id},
        }
        return {"errcode": 0, "errmsg": "ok", "phone_info": info}

    def _code_image(self, query: Mapping[str, str], given: Mapping[str, Any]) -> bytes:
        self._check_token(query)
        scene = given.get("scene")
        if not isinstance(scene, str) or not re.fullmatch(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}", scene):
            raise WechatError(40169)
        return _pattern(scene)

    def _verify_id(self, query: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
        self._check_token(query)
        self._check_capability()
        number, person, openid = given.get("out_seq_no"), given.get("cert_info"), given.get("openid")
        if not isinstance(number, str) or not re.fullmatch(r"[0-9A-Za-z_-]{5,32}", number):
            raise WechatError(40097)
        if not isinstance(person, dict) or person.get("cert_type") != "IDENTITY_CARD":
            raise WechatError(40097)
        if not isinstance(openid, str) or not re.fullmatch(r"[0-9A-Za-z_-]{20,64}", openid):
            raise WechatError(40003)
        verify_id = secrets.token_urlsafe(48)
        with self._lock:
            if number in self._seq_numbers:
                raise WechatError(40097)
            self._seq_numbers.add(number)
            check = FaceCheck(number, cert_hash(person), openid, time.time() + VERIFY_S)
            self._face_checks[verify_id] = check
        return {"errcode": 0, "errmsg": "ok", "verify_id": verify_id, "expires_in": VERIFY_S}

    def _verify_info(self, query: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
        self._check_token(query)
        self._check_capability()
        with self._lock:
            check = self._face_checks.get(str(given.get("verify_id")))
        asked = (given.get("out_seq_no"), given.get("cert_hash"), given.get("openid"))
        if check is None or asked != (check.out_seq_no, check.cert_hash, check.openid):
            raise WechatError(84001)
        verify_ret = STILL_OPEN if check.verify_ret is None else check.verify_ret
        return {"errcode": 0, "errmsg": "ok", "verify_ret": verify_ret}

    def _check_capability(self) -> None:
        if self._faces_refused is not None:
            raise WechatError(self._faces_refused)

    def _spoken(self, code: str) -> str:
        """What a spoken code says after `local-`."""
        error = re.fullmatch(r"error-(-?\d+)", code)
        if error:
            raise WechatError(int(error[1]))
        if not code.startswith("local-") or code == "local-":
            raise WechatError(40029)
        name = code.removeprefix("local-")
        if name.startswith("once-"):
            with self._lock:
                if code in self._used:
                    raise WechatError(40163)
                self._used.add(code)
            name = name.removeprefix("once-")
        return name

    def _check_app(self, given: Mapping[str, Any]) -> None:
        if given.get("appid") != self._app_id:
            raise WechatError(40013)
        if given.get("secret") != self._secret:
            raise WechatError(40125)

    def _check_token(self, query: Mapping[str, str]) -> None:
        with self._lock:
            if self._tokens.get(query.get("access_token", ""), 0) <= time.time():
                raise WechatError(40001)


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body or b"{}")
    except ValueError:
        raise WechatError(47001) from None
    if not isinstance(fields, dict):
        raise WechatError(47001)
    return fields


def _pattern(scene: str, side: int = 29, scale: int = 8) -> bytes:
    """A picture that differs with the scene, standing for the code that only WeChat can draw: a grey PNG."""
    bits = hashlib.shake_256(scene.encode()).digest(side * side)
    rows = b""
    for y in range(side):
        row = b"".join(bytes([255 if bits[y * side + x] & 1 else 0]) * scale for x in range(side))
        rows += (b"\x00" + row) * scale

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side * scale, side * scale, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
