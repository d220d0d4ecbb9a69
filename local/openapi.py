"""The OpenAPI 3.1 document, generated from the declared routes: `python -m local.openapi` writes `docs/openapi.json`.

Paths, bodies and answers come from the areas' `Routes`; refusals from each route and from what every route may answer.
A test fails when the file in `docs/` is not what the code says.
"""

import inspect
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec

from functions.shared.admission import PUBLIC, refusals_of
from functions.shared.errors import (
    AppError,
    Invalid,
    Malformed,
    SessionExpired,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from functions.shared.http import Route, public
from functions.shared.parsing import Nothing, PayloadTooLarge, UnsupportedMediaType
from functions.shared.problems import InternalError
from local.openapi_examples import ID, Examples
from local.openapi_links import links_of
from local.template import ROOT, Template

PATH = ROOT / "docs" / "openapi.json"
WITHOUT_EXAMPLE = {"cursor"}  # only a list's own one is good for anything
NAMED_ELSEWHERE = {"X-Poll-Secret": "poll_secret", "Idempotency-Key": "job_id"}  # fields whose example does for these
PROBLEM = {"$ref": "#/components/schemas/Problem"}
FIELD_ERROR = {
    "type": "object",
    "required": ["field", "code", "detail"],
    "properties": {
        "field": {"type": "string", "description": "The field's name in the body or query"},
        "code": {"type": "string", "description": "Stable, upper snake case"},
        "detail": {"type": "string", "description": "What to do about it, in the caller's language"},
    },
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is for the person at the phone.",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
        "request_id": {"type": "string"},
    },
}


# What is typed about an institution is folded before it is judged, and each field has a code of its own
# (`institutions.details`), so its shape takes any short text. This is what is best sent.
BEST_SENT = {
    "category": {"maxLength": 20},
    "institution_code": {"minLength": 4, "maxLength": 20, "pattern": "^[0-9A-Z]{4,20}$"},
    "region_code": {"minLength": 6, "maxLength": 6, "pattern": "^[1-9][0-9]{5}$"},
    "supervisor_code": {"minLength": 4, "maxLength": 20, "pattern": "^[0-9A-Z]{4,20}$"},
    "unified_social_credit_code": {
        "minLength": 18,
        "maxLength": 18,
        "pattern": "^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$",
    },
}
INSTITUTIONS_TYPED = ("AmendedInstitution", "NewInstitution", "NewRegistration", "RegistrationDecision")


def document() -> dict[str, Any]:
    """The whole document, the same at every call."""
    from app import app

    routes = sorted(app.declared, key=lambda route: (route.path, route.method))
    taken = {route.takes for route in routes if route.method not in {"GET", "DELETE"}} - {Nothing}
    given = {shape for route in routes for shape in (route.gives, route.accepts) if shape}
    ordered = sorted(taken | given, key=lambda shape: shape.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    unclear = {shape.__name__ for shape in ordered} - schemas.keys()
    if unclear:
        raise ValueError(f"Two shapes of the contract have the same name: {', '.join(sorted(unclear))}")
    for schema in schemas.values():
        if "description" in schema:  # Python 3.13 takes the indentation out of docstrings, earlier ones leave it in
            schema["description"] = inspect.cleandoc(schema["description"])
    for shape in taken:
        schemas[shape.__name__]["additionalProperties"] = False
    for name in INSTITUTIONS_TYPED:
        for field, described in schemas[name]["properties"].items():
            text = next((one for one in described.get("anyOf", ()) if one.get("type") == "string"), described)
            text.update(BEST_SENT.get(field, {}))
    examples = Examples(schemas)
    shown = {shape.__name__: examples.of_shape(shape.__name__) for shape in ordered}
    for name, example in shown.items():
        schemas[name]["examples"] = [example]
    bodies = {route.view.__name__: shown.get(route.takes.__name__) for route in routes}
    problems = _problems(routes, shown)
    paths: dict[str, Any] = {}
    for route in routes:
        operation = _operation(route, examples)
        if links := links_of(route.view.__name__, bodies):
            operation["responses"][str(route.status)]["links"] = links
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Health Talent",
            "version": "1",
            "summary": "What the mini-program, the portal and the console call.",
            "description": "JSON in UTF-8; times are RFC 3339 in UTC; ids are opaque. `Accept-Language` chooses "
            "between Chinese and English texts. Unknown fields are refused.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _problem_schema(routes), "FieldError": FIELD_ERROR},
            "examples": {name: {"value": problem} for name, problem in problems.items()},
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
    }


def _refusals(routes: Sequence[Route]) -> list[type[AppError]]:
    refusals = {refusal for route in routes for refusal in (*_common(route), *route.refusals)}
    return sorted(refusals, key=lambda one: (one.code, one.status, one.__module__, one.__name__))


def _problem_schema(routes: Sequence[Route]) -> dict[str, Any]:
    """With the members that some refusals have beside the standard ones."""
    members = {
        name: {"$ref": f"#/components/schemas/{shape}", "description": f"With `{refusal.code}`"}
        for refusal in _refusals(routes)
        for name, shape in refusal.extra_shapes.items()
    }
    return {**PROBLEM_SCHEMA, "properties": {**PROBLEM_SCHEMA["properties"], **members}}


def _problems(routes: Sequence[Route], shown: Mapping[str, Any]) -> dict[str, Any]:
    """An example of each refusal, as somebody who speaks English gets it."""
    made: dict[str, Any] = {}
    for refusal in _refusals(routes):  # where two say the same code with other words, the first of them is shown
        members = {name: shown[shape] for name, shape in refusal.extra_shapes.items()}
        made.setdefault(_example_name(refusal.status, refusal.code), {**_problem(refusal), **members})
    return made


def _example_name(status: int, code: str) -> str:
    return f"{status}-{code}"


def _problem(refusal: type[AppError]) -> dict[str, Any]:
    field = {"field": "phone", "code": "FORMAT", "detail": "This is not in the right form."}
    return {
        "type": "about:blank",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.text.en,
        "errors": [field] if issubclass(refusal, Invalid) else [],
        "request_id": ID,
    }


def _operation(route: Route, examples: Examples) -> dict[str, Any]:
    from functions.shared.idempotency import SHORTEST_PUBLIC

    summary, _, more = inspect.cleandoc(route.view.__doc__ or "").partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": route.view.__name__,
        "summary": summary,
        "tags": [route.area],
        "responses": _responses(route),
    }
    if described := "\n\n".join(part for part in (more, _admission(route)) if part):
        operation["description"] = described
    if route.clients != PUBLIC:
        operation["security"] = [{"session": []}]
        operation["x-clients"] = list(route.clients)
        operation["x-assurance"] = route.assurance
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.method in {"GET", "DELETE"}:
        parameters += _query(route)
    elif route.takes is not Nothing:
        schema = {"$ref": f"#/components/schemas/{route.takes.__name__}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    parameters += [
        {"name": name, "in": "header", "required": True, "description": described, "schema": {"type": "string"}}
        for name, described in route.headers.items()
    ]
    if route.method == "POST":
        shortest = SHORTEST_PUBLIC if route.guard is public else 1
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key and body within 24 hours give the first answer again. Best a random UUID.",
                "schema": {"type": "string", "minLength": shortest, "maxLength": 128},
            }
        )
    for parameter in parameters:
        if parameter["name"] not in WITHOUT_EXAMPLE:
            parameter["example"] = examples.of_field(
                NAMED_ELSEWHERE.get(parameter["name"], parameter["name"]), parameter["schema"]
            )
    if parameters:
        operation["parameters"] = parameters
    return operation


def _admission(route: Route) -> str:
    """Which sessions the route admits, in words."""
    if route.clients == PUBLIC:
        return ""
    clients = ", ".join(f"`{client}`" for client in route.clients)
    return f"For sessions of: {clients}. Assurance: `{route.assurance}`."


def _query(route: Route) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([route.takes])
    schema = components[route.takes.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": described}
        for name, described in schema["properties"].items()
    ]


def _responses(route: Route) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if route.gives is None:
        responses[str(route.status)] = {"description": "Done"}
    else:
        schema = {"$ref": f"#/components/schemas/{route.gives.__name__}"}
        described = (route.gives.__doc__ or "").strip().splitlines()[0]
        responses[str(route.status)] = {"description": described, "content": {"application/json": {"schema": schema}}}
    if route.accepts is not None:
        schema = {"$ref": f"#/components/schemas/{route.accepts.__name__}"}
        described = (route.accepts.__doc__ or "").strip().splitlines()[0]
        responses["202"] = {"description": described, "content": {"application/json": {"schema": schema}}}
    by_status: dict[int, dict[str, str]] = {}
    timed: dict[int, set[str]] = {}
    for refusal in [*_common(route), *route.refusals]:
        by_status.setdefault(refusal.status, {})[refusal.code] = refusal.text.en
        if refusal.retry_after_s is not None or issubclass(refusal, TooManyRequests):
            timed.setdefault(refusal.status, set()).add(refusal.code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "\n".join(f"- `{code}`: {text}" for code, text in sorted(codes.items())),
            "content": {"application/problem+json": {"schema": PROBLEM, "examples": _examples_of(status, codes)}},
        }
        if status in timed:
            responses[str(status)]["headers"] = {"Retry-After": _retry_after(timed[status])}
    return responses


def _retry_after(codes: Iterable[str]) -> dict[str, Any]:
    told = ", ".join(f"`{code}`" for code in sorted(codes))
    return {
        "description": f"Seconds after which it makes sense to try again, with {told}",
        "schema": {"type": "integer", "minimum": 0},
    }


def _examples_of(status: int, codes: Iterable[str]) -> dict[str, Any]:
    return {code: {"$ref": f"#/components/examples/{_example_name(status, code)}"} for code in sorted(codes)}


def _common(route: Route) -> list[type[AppError]]:
    """What a route may answer whatever it does."""
    from functions.shared.idempotency import IdempotencyKeyReused, RequestInProgress

    refusals: list[type[AppError]] = [Invalid, Unavailable, InternalError]
    if route.method not in {"GET", "DELETE"}:
        refusals += [Malformed, PayloadTooLarge, UnsupportedMediaType]
    if route.method == "POST":
        refusals += [IdempotencyKeyReused, RequestInProgress]
    if route.guard is not public:
        refusals += [Unauthenticated, SessionExpired, *refusals_of(route.clients, route.assurance)]
    return refusals


def written(described: dict[str, Any]) -> bytes:
    """The document as the file holds it."""
    return msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n"


def main(path: Path = PATH) -> int:
    """Write the file; the exit code."""
    os.environ.update(Template().environment())
    described = document()
    path.write_bytes(written(described))
    print(f"{path}: {sum(map(len, described['paths'].values()))} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
