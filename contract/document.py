"""The OpenAPI 3.1 document, generated from the declared routes: `python -m contract` writes `docs/openapi.json`.

Paths, bodies and answers come from the areas' blueprints; problems from each route and from what every route may
answer. Clients generate their types from the document. A test fails when the file is not up to date.
"""

from pathlib import Path
from typing import Any

import msgspec

from contract.examples import Examples
from contract.links import links_of
from contract.operations import TAGS, operation, operation_id
from contract.problems import problem_examples, problem_schemas, shapes_of_problems
from contract.schemas import component_schemas
from functions.shared.parsing import NoBody

PATH = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
ACCEPT_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "The language of the texts for people: `zh-CN` (also without the header) or `en`.",
    "schema": {"type": "string"},
    "example": "en",
}
SESSION = {
    "type": "http",
    "scheme": "bearer",
    "description": "`session.token` of a sign-in. Mini-program: `POST /auth/wechat-logins`, `POST /auth/phone-logins`. "
    "Portal: `POST /auth/phone-logins`. Console: `GET /auth/qr-logins/{qr_login_id}`, after the person confirmed on "
    "the phone.",
}


def document() -> dict[str, Any]:
    """Return the whole document, the same at every call. It needs the environment of the functions."""
    from app import ROUTES  # importing it reads the environment

    routes = sorted(ROUTES, key=lambda route: (route.path, route.method))
    bodies = {route.request_model for route in routes if route.method not in {"GET", "DELETE"}} - {NoBody}
    answers = {shape for route in routes for shape in (route.response_model, route.accepts) if shape}
    schemas = component_schemas(bodies, answers)
    examples = Examples(schemas)
    named = {shape.__name__ for shape in bodies | answers} | shapes_of_problems(routes)
    shown = {name: examples.of_shape(name) for name in sorted(named)}
    for name, example in shown.items():
        schemas[name]["examples"] = [example]
    linked = {operation_id(route): shown.get(route.request_model.__name__) for route in routes}
    paths: dict[str, Any] = {}
    for route in routes:
        described = operation(route, examples)
        if links := links_of(operation_id(route), linked):
            described["responses"][str(route.status)]["links"] = links
        paths.setdefault(route.path, {})[route.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Health Talent",
            "version": "1",
            "summary": "The API of the mini-program, the portal and the console.",
            "description": "JSON in UTF-8; times are RFC 3339 in UTC; ids are opaque. `Accept-Language` chooses "
            "between Chinese and English texts. Unknown fields are refused.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**dict(sorted(schemas.items())), **problem_schemas(routes)},
            "parameters": {"AcceptLanguage": ACCEPT_LANGUAGE},
            "examples": {name: {"value": problem} for name, problem in problem_examples(routes, shown).items()},
            "securitySchemes": {"session": SESSION},
        },
    }


def encode(described: dict[str, Any]) -> bytes:
    """Return the document as the file holds it."""
    return msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n"
