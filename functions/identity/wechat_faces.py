"""WeChat's face check, version 2: a session is opened, the phone goes through it, and its result is queried here.

Nothing that a client says about the result counts. A session belongs to one WeChat account, one name and number and our
own number of it; WeChat answers an `errcode` where any of them differs.
Source: WeChat mini-program server API (getVerifyId, queryVerifyInfo).
"""

import functools
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec

from functions.identity.domain.face_methods import CERT_TYPE, NOT_DONE, cert_hash
from functions.identity.errors import FaceNotDone, FaceUnavailable, WechatCapabilityMissing
from functions.shared import clients
from functions.shared.config import settings
from functions.shared.observability import logger
from functions.shared.wechat import (
    MAX_FETCH_S,
    TOKEN_REFUSED,
    Answer,
    TokenRefused,
    WechatApi,
    WechatUnavailable,
    app_secret,
    refuse,
    with_access_token,
)

# How a check ended takes a read and a write to note down.
MAX_END_S = 2 * (clients.CONNECT_TIMEOUT_S + clients.READ_TIMEOUT_S)
_UNAUTHORIZED = {48001, 48004}  # the mini-program has no, or lost, the permission for this API


AnswerT = TypeVar("AnswerT", bound=Answer)


class CertifiedPerson(msgspec.Struct, frozen=True):
    """A mainland resident as WeChat knows them, and the WeChat account in whose phone the check is done."""

    name: str
    number: str
    openid: str


class _Session(Answer):
    verify_id: Annotated[str, msgspec.Meta(max_length=256)] = ""


class _Result(Answer):
    verify_ret: int | None = None


class WechatFaces(WechatApi):
    """The face checks of WeChat."""

    def open_check(self, person: CertifiedPerson, out_seq_no: str) -> str:
        """Open a session and return its `verify_id`.

        Raises `WechatCapabilityMissing` where the mini-program lacks the capability; `FaceUnavailable`, `WechatLimit`,
        `WechatUserBlocked`.
        """
        body: dict[str, Any] = {
            "out_seq_no": out_seq_no,
            "cert_info": {"cert_type": CERT_TYPE, "cert_name": person.name, "cert_no": person.number},
            "openid": person.openid,
        }
        answer = self._faces("getverifyid", body, _Session)
        if answer.errcode or not answer.verify_id:
            _refuse("getverifyid", answer.errcode)
        return answer.verify_id

    def result(self, person: CertifiedPerson, out_seq_no: str, verify_id: str) -> int:
        """Return the `verify_ret` of a session that is over.

        Raises `FaceNotDone` while there is no result, or where WeChat knows no such session of this person and account;
        `WechatCapabilityMissing` where the mini-program has lost the capability; `FaceUnavailable`, `WechatLimit`,
        `WechatUserBlocked`.
        """
        body: dict[str, Any] = {
            "verify_id": verify_id,
            "out_seq_no": out_seq_no,
            "cert_hash": cert_hash(person.name, person.number),
            "openid": person.openid,
        }
        answer = self._faces("queryverifyinfo", body, _Result)
        if answer.errcode == 45011:  # noqa: PLR2004 - WeChat's number
            _refuse("queryverifyinfo", answer.errcode)
        if answer.errcode:
            logger.error("wechat_refused", call="queryverifyinfo", errcode=answer.errcode)
            raise FaceNotDone
        if answer.verify_ret is None or answer.verify_ret == NOT_DONE:
            raise FaceNotDone
        return answer.verify_ret

    def _fetch(self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None = None) -> bytes:
        """What a call answers. None is made unless there would be time to note down what follows from it."""
        try:
            clients.ensure_time_for(MAX_FETCH_S + MAX_END_S)
        except clients.DeadlineExceeded:
            logger.warning("face_deadline")
            raise WechatUnavailable from None
        return super()._fetch(method, path, query, body)

    def _faces(self, call: str, body: dict[str, Any], shape: type[AnswerT]) -> AnswerT:
        def ask(token: str) -> AnswerT:
            path = f"/cityservice/face/identify/{call}"
            answer = self._call("POST", path, {"access_token": token}, body, shape=shape)
            if answer.errcode in TOKEN_REFUSED:
                raise TokenRefused
            return answer

        try:
            answer = with_access_token(self, ask)
        except WechatUnavailable:
            raise FaceUnavailable from None
        if answer.errcode == -1:
            raise FaceUnavailable
        if answer.errcode in _UNAUTHORIZED:
            logger.error("wechat_refused", call=call, errcode=answer.errcode)
            raise WechatCapabilityMissing
        return answer


def _refuse(call: str, errcode: int) -> NoReturn:
    try:
        refuse(call, errcode)
    except WechatUnavailable:
        raise FaceUnavailable from None


@functools.cache
def wechat_faces() -> WechatFaces:
    """Return the face checks of this mini-program; its secret is read once a process."""
    return WechatFaces(settings().wechat_url, settings().wechat_app_id, app_secret())
