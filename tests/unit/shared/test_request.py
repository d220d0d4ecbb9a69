"""One request, parsed: language, headers, path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.errors import Text, Unauthenticated
from functions.shared.http import Request

HELLO = Text("您好", "hello")


def request(headers: dict[str, str] | None = None, **more: Any) -> Request:
    """A request with these headers."""
    context = {"resourcePath": "/a", "httpMethod": "GET", "identity": {}}
    return Request(
        {
            "requestContext": context,
            "headers": headers,
            "pathParameters": None,
            "multiValueQueryStringParameters": None,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        (None, "您好"),
        ("", "您好"),
        ("en", "hello"),
        ("EN-us", "hello"),
        ("zh-CN", "您好"),
        ("zh, en", "您好"),
        ("en, zh", "您好"),
        ("en;q=0.9, zh;q=0.8", "hello"),
        ("en;q=0.8, zh;q=0.9", "您好"),
        ("zh-Hans-CN;q=0.5, en-GB ; q=0.501", "hello"),
        ("fr, de;q=0.5", "您好"),
        ("*", "您好"),
        ("en;q=0", "您好"),
        ("zh;q=0, en;q=0.001", "hello"),
        ("en;q=2", "您好"),
        ("en;q=0.1234", "您好"),
        ("en;q=x, zh;q=0.1", "您好"),
        ("en-US,en;q=0.9,zh-CN;q=0.8,zh;q=0.7", "hello"),
        ("fr," * 30 + "en", "您好"),
    ],
)
def test_language(accepted: str | None, said: str) -> None:
    """English where `Accept-Language` prefers it to Chinese by its q values; otherwise Chinese."""
    assert request(None if accepted is None else {"Accept-Language": accepted}).localize(HELLO) == said


@given(st.text(max_size=300))
def test_any_language_header_is_answered(accepted: str) -> None:
    """No header value makes it fail."""
    assert request({"accept-language": accepted}).localize(HELLO) in HELLO


def test_path_parameters_are_decoded() -> None:
    """Chalice leaves path parameters encoded; bytes that are not UTF-8 become replacement characters."""
    path = {"id": "a%2Fb%20%E5%8D%AB", "bad": "%FF%00"}
    assert request(pathParameters=path).path == {"id": "a/b 卫", "bad": "\ufffd\0"}


def test_request_without_id_gets_one() -> None:
    """Without API Gateway's request id there is one of our own."""
    assert len(request().id) == 32


def test_nobody_is_calling_before_a_guard() -> None:
    """On a route without a guard that found out, there is no caller."""
    with pytest.raises(Unauthenticated):
        _ = request().user_id
