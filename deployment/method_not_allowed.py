"""405 for a method that a path does not have.

API Gateway answers 403 there (`MISSING_AUTHENTICATION_TOKEN`, which our gateway responses make a 404, since it is also
what unknown paths get). So each path has one more entry for any other method, which API Gateway answers by itself with
the problem document: no function is called. A body that is not JSON is 415 before it comes to that.
"""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

ANY: Final = "x-amazon-apigateway-any-method"
MEDIA_TYPE: Final = "application/problem+json"
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")


def allowed(methods: Iterable[str]) -> str:
    """The `Allow` header of a path with these methods, in any case."""
    return ", ".join(sorted(method.upper() for method in methods))


def problem(request_id: str) -> dict[str, Any]:
    """The problem document."""
    status = HTTPStatus.METHOD_NOT_ALLOWED
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "code": "METHOD_NOT_ALLOWED",
        "detail": "该地址不支持此请求方法。",
        "errors": [],
        "request_id": request_id,
    }


def refuse_unknown_methods(definition: dict[str, Any], headers: Mapping[str, Any]) -> None:
    """Give every path of a Swagger definition its answer for any other method.

    `headers` are those of every answer that API Gateway makes by itself, as its parameter mappings.
    """
    for methods in definition["paths"].values():
        methods[ANY] = _answer({**headers, "Allow": f"'{allowed(name for name in methods if name in _METHODS)}'"})


def _answer(headers: Mapping[str, Any]) -> dict[str, Any]:
    status = str(HTTPStatus.METHOD_NOT_ALLOWED.value)
    mapped = {f"method.response.header.{name}": value for name, value in headers.items()}
    return {
        "consumes": ["application/json"],
        "produces": [MEDIA_TYPE],
        "responses": {status: {"description": "", "headers": {name: {"type": "string"} for name in headers}}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "contentHandling": "CONVERT_TO_TEXT",
            "passthroughBehavior": "never",
            "requestTemplates": {"application/json": json.dumps({"statusCode": int(status)})},
            "responses": {
                "default": {
                    "statusCode": status,
                    "responseParameters": mapped,
                    "responseTemplates": {
                        MEDIA_TYPE: json.dumps(problem("$context.requestId"), ensure_ascii=False),
                    },
                }
            },
        },
    }
