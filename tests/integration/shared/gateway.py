"""Events as API Gateway sends them, for what Chalice's own test client cannot send."""

import json
from typing import Any

from tests.integration.client import Answer


def send(  # noqa: PLR0913 - an event has these parts
    app: Any,
    method: str,
    resource: str,
    body: Any = None,
    *,
    headers: dict[str, str] | None = None,
    query: dict[str, list[str]] | None = None,
    path: dict[str, str] | None = None,
    address: str = "203.0.113.7",
    base64_encoded: bool = False,
    received_at_ms: int = 1_795_334_400_000,
) -> Answer:
    """One request; `body` is sent as it is when it is text, and as JSON otherwise."""
    event = {
        "resource": resource,
        "path": resource,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": query,
        "pathParameters": path,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/api{resource}",
            "requestId": "0b2c7b6e-gateway",
            "requestTimeEpoch": received_at_ms,
            "identity": {"sourceIp": address, "userAgent": "test"},
        },
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": base64_encoded,
    }
    answer = app(event, None)
    headers_out = {name.lower(): str(value) for name, value in answer["headers"].items()}
    return Answer(answer["statusCode"], headers_out, json.loads(answer["body"]) if answer["body"] else None)
