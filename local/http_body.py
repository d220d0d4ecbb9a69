"""Request bodies off the wire, for the local servers: the standard library leaves lengths and chunks to its users."""

from http.server import BaseHTTPRequestHandler

MAX_BYTES = 10 * 1024 * 1024  # API Gateway's limit
_MAX_LINE = 1024


class BodyRefused(Exception):
    """The body cannot be read, so neither can what follows on the connection: answer and close it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    """The whole body, empty where there is none, by its length or in chunks (RFC 9112 sections 6 and 7).

    Raises `BodyRefused` with 400 for a wrong or short body, 413 for one over `MAX_BYTES`.
    """
    coding = handler.headers.get("Transfer-Encoding")
    if coding is not None:
        if coding.strip().lower() != "chunked":
            raise BodyRefused(400)
        return _read_chunks(handler)
    stated = handler.headers.get("Content-Length", "0").strip()
    if not (stated.isascii() and stated.isdigit()):
        raise BodyRefused(400)
    return _read(handler, int(stated), already=0)


def _read(handler: BaseHTTPRequestHandler, length: int, already: int) -> bytes:
    if already + length > MAX_BYTES:
        raise BodyRefused(413)
    body = handler.rfile.read(length)
    if len(body) < length:
        raise BodyRefused(400)
    return body


def _read_chunks(handler: BaseHTTPRequestHandler) -> bytes:
    body = bytearray()
    while True:
        size = handler.rfile.readline(_MAX_LINE).partition(b";")[0].strip()
        try:
            length = int(size, 16)
        except ValueError:
            raise BodyRefused(400) from None
        if length < 0:
            raise BodyRefused(400)
        if length == 0:
            break
        body += _read(handler, length, already=len(body))
        if handler.rfile.readline(_MAX_LINE) not in {b"\r\n", b"\n"}:
            raise BodyRefused(400)
    while handler.rfile.readline(_MAX_LINE) not in {b"\r\n", b"\n", b""}:
        pass  # trailers
    return bytes(body)
