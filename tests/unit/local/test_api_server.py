"""The local API server: what API Gateway would answer before a function is called, and connections that misbehave."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from chalice import Chalice, CORSConfig

from local.api import make_server

ORIGIN = "https://portal.example.cn"


app = Chalice("trial", configure_logs=False)


@app.route(
    "/things/{thing_id}",
    methods=["POST", "PUT", "DELETE"],
    content_types=["*/*"],
    cors=CORSConfig(allow_origin=ORIGIN),
)
def echo(thing_id: str) -> dict[str, Any]:
    """Answer with the request."""
    event = app.current_request.to_original_event()
    place = event["requestContext"]
    return {
        "thing_id": thing_id,
        "body": event["body"],
        "address": place["identity"]["sourceIp"],
        "request_id": place["requestId"],
    }


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a server with one route listens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_ORIGIN", ORIGIN)
        server = make_server(app, 0)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def http(port: int) -> Iterator[urllib3.HTTPConnectionPool]:
    """One connection that is kept alive."""
    with urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1, block=True, retries=False, timeout=5) as pool:
        yield pool


def raw(port: int, sent: bytes) -> bytes:
    """All that comes back for these bytes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_every_method_brings_its_body(http: urllib3.HTTPConnectionPool, method: str) -> None:
    """Body, address and a request id reach the function, also for PUT and DELETE."""
    answer = http.request(method, "/things/a%20b", body=b'{"n": 1}').json()
    assert (answer["thing_id"], answer["body"], answer["address"]) == ("a%20b", '{"n": 1}', "127.0.0.1")
    assert answer["request_id"]


def test_body_in_chunks_is_put_together(http: urllib3.HTTPConnectionPool) -> None:
    """A client that does not know the length beforehand is understood."""
    assert http.request("POST", "/things/a", body=iter([b"ab", b"c"]), chunked=True).json()["body"] == "abc"


def test_connection_is_kept_for_the_next_request(http: urllib3.HTTPConnectionPool) -> None:
    """Answers of all kinds leave the connection in order."""
    for path, status in (("/things/a", 200), ("/nowhere", 404), ("/things/b", 200)):
        assert http.request("POST", path, body=b"x" * 1000).status == status
    assert http.num_connections == 1


@pytest.mark.parametrize("authorization", [{}, {"Authorization": "Bearer x"}])
def test_unknown_path_is_not_found(http: urllib3.HTTPConnectionPool, authorization: dict[str, str]) -> None:
    """404 NOT_FOUND as a problem that the web origin may read, with or without a token."""
    answer = http.request("GET", "/nowhere", headers=authorization)
    problem = answer.json()
    assert answer.status == problem["status"] == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert problem["code"] == "NOT_FOUND"
    assert problem["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("method", ["GET", "PATCH", "BREW"])
def test_other_method_is_not_allowed(http: urllib3.HTTPConnectionPool, method: str) -> None:
    """405 METHOD_NOT_ALLOWED for a method the path does not have; known methods learn what is allowed."""
    answer = http.request(method, "/things/a")
    assert (answer.status, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    if method != "BREW":
        assert answer.headers["Allow"] == "DELETE, OPTIONS, POST, PUT"


def test_head_has_no_body(http: urllib3.HTTPConnectionPool) -> None:
    """HEAD is not a method of ours, and its refusal has no body that would upset the connection."""
    assert http.request("HEAD", "/things/a").status == 405
    assert http.request("POST", "/things/a").status == 200


def test_preflight_names_origin_and_methods(http: urllib3.HTTPConnectionPool) -> None:
    """A browser's OPTIONS is answered without calling the function."""
    answer = http.request("OPTIONS", "/things/a", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"})
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /things/a HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /things/a HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
        b"POST /things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nshort",
        b"POST /things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
        b"POST /things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        b"POST /things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n",
        b"garbage with many words\r\n\r\n",
    ],
)
def test_broken_request_is_a_bad_request(port: int, request_bytes: bytes) -> None:
    """What cannot be read is answered with 400, and the connection is closed."""
    head, _, body = raw(port, request_bytes).partition(b"\r\n\r\n")
    assert b" 400 " in head.splitlines()[0]
    assert json.loads(body)["code"] == "MALFORMED"


def test_address_that_is_not_percent_encoded_is_a_bad_request(port: int) -> None:
    """Raw UTF-8 in a path or query would reach the function as other letters; encoded, it arrives."""
    for path in ("/things/卫", "/things/a?query=江楚"):
        head, _, body = raw(port, f"POST {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).partition(b"\r\n\r\n")
        assert b" 400 " in head.splitlines()[0]
        assert json.loads(body)["code"] == "MALFORMED"
    assert b" 200 " in raw(port, b"POST /things/%E5%8D%AB HTTP/1.1\r\nHost: x\r\n\r\n").splitlines()[0]


def test_body_over_the_limit_is_too_large(port: int) -> None:
    """More than API Gateway takes is refused from its stated length alone."""
    answer = raw(port, b"POST /things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10485761\r\n\r\n")
    assert b" 413 " in answer.splitlines()[0]
    assert b"PAYLOAD_TOO_LARGE" in answer


def test_client_that_goes_away_does_no_harm(
    port: int, http: urllib3.HTTPConnectionPool, capfd: pytest.CaptureFixture[str]
) -> None:
    """Connections cut at any point leave the server answering others, and nothing is printed."""
    for sent in (b"", b"POST /thi", b"POST /things/a HTTP/1.1\r\nContent-Length: 9\r\n\r\nab"):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            connection.sendall(sent)
    assert http.request("POST", "/things/a").status == 200
    assert capfd.readouterr().err == ""


def test_bytes_that_are_not_text_reach_the_function_as_text(http: urllib3.HTTPConnectionPool) -> None:
    """An event is JSON, so broken UTF-8 is replaced, as API Gateway does."""
    assert http.request("POST", "/things/a", body=b'"\xff"').json()["body"] == '"\ufffd"'
