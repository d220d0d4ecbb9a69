"""Problems in the document: their schema, what each operation may answer by status, and an example of each."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args

from contract.examples import ID
from contract.schemas import REF, Schema, enum_of
from functions.shared.admission import refusals_of
from functions.shared.errors import (
    TEXTS,
    AppError,
    FieldCode,
    Invalid,
    Malformed,
    SessionEnded,
    SessionExpired,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from functions.shared.http import Route, public
from functions.shared.parsing import PayloadTooLarge, UnsupportedMediaType
from functions.shared.problems import InternalError

TEXT = "string"  # the shape of a member that is an id


def problem_schemas(routes: Sequence[Route]) -> dict[str, Schema]:
    """Return the schema of problems, with the members that some have beside the standard ones, and those it needs."""
    errors = _errors(routes)
    members = {
        name: {**_member(shape), "description": f"With `{error.code}`"}
        for error in errors
        for name, shape in error.extra_shapes.items()
    }
    return {
        "Problem": {
            "type": "object",
            "description": "RFC 9457. `code` is stable; `detail` is for people, in the language of the request.",
            "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"$ref": f"{REF}ProblemCode"},
                "detail": {"type": "string"},
                "errors": {"type": "array", "items": {"$ref": f"{REF}FieldError"}},
                "request_id": {"type": "string"},
                "attempts_left": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "With a wrong code: how many more tries there are",
                },
                "retry_at": {
                    "type": "string",
                    "format": "date-time",
                    "description": "With `Retry-After`: the same as a time",
                },
                **members,
            },
        },
        "ProblemCode": enum_of({error.code for error in errors}, "Every code of a problem."),
        "FieldError": {
            "type": "object",
            "required": ["field", "code", "detail"],
            "properties": {
                "field": {"type": "string", "description": "The field's name in the body or query"},
                "code": {"$ref": f"{REF}FieldCode"},
                "detail": {"type": "string", "description": "What to do about it, in the language of the request"},
            },
        },
        "FieldCode": enum_of(get_args(FieldCode), "What is wrong with a field."),
    }


def shapes_of_problems(routes: Sequence[Route]) -> set[str]:
    """Return the components that problems refer to beside their standard members."""
    return {shape for error in _errors(routes) for shape in error.extra_shapes.values()} - {TEXT, TEXTS}


def _member(shape: str) -> Schema:
    """The schema of a member of a problem: an id, a list of texts, or a component."""
    if shape == TEXT:
        return {"type": "string"}
    if shape == TEXTS:
        return {"type": "array", "items": {"type": "string"}}
    return {"$ref": f"{REF}{shape}"}


def _example_of(shape: str, shown: Mapping[str, Any]) -> Any:
    return {TEXT: ID, TEXTS: ["name"]}[shape] if shape in {TEXT, TEXTS} else shown[shape]


def problem_examples(routes: Sequence[Route], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return an example of each problem, in English. `shown` are examples of shapes."""
    made: dict[str, Any] = {}
    for error in _errors(routes):  # where two have the same code with other words, the first of them is shown
        members = {name: _example_of(shape, shown) for name, shape in error.extra_shapes.items()}
        made.setdefault(_example_name(error.status, error.code), {**_problem(error), **members})
    return made


def problem_responses(route: Route) -> dict[str, Any]:
    """Return the problems that a route may answer, by status."""
    texts: dict[int, dict[str, str]] = {}
    timed: dict[int, set[str]] = {}
    for error in [*_common(route), *route.errors]:
        texts.setdefault(error.status, {})[error.code] = error.text.en
        if error.retry_after_s is not None or issubclass(error, TooManyRequests):
            timed.setdefault(error.status, set()).add(error.code)
    responses: dict[str, Any] = {}
    for status, codes in sorted(texts.items()):
        responses[str(status)] = {
            "description": "\n".join(f"- `{code}`: {text}" for code, text in sorted(codes.items())),
            "content": {
                "application/problem+json": {"schema": _of_codes(codes), "examples": _examples_of(status, codes)}
            },
        }
        if status in timed:
            responses[str(status)]["headers"] = {"Retry-After": _retry_after(timed[status])}
    return responses


def _errors(routes: Sequence[Route]) -> list[type[AppError]]:
    errors = {error for route in routes for error in (*_common(route), *route.errors)}
    return sorted(errors, key=lambda one: (one.code, one.status, one.__module__, one.__name__))


def _of_codes(codes: Iterable[str]) -> Schema:
    narrowed = {
        "type": "object",
        "required": ["code"],
        "properties": {"code": {"type": "string", "enum": sorted(codes)}},
    }
    return {"allOf": [{"$ref": f"{REF}Problem"}, narrowed]}


def _problem(error: type[AppError]) -> dict[str, Any]:
    field = {"field": "phone", "code": "FORMAT", "detail": "The format is not valid."}
    return {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.text.en,
        "errors": [field] if issubclass(error, Invalid) else [],
        "request_id": ID,
    }


def _example_name(status: int, code: str) -> str:
    return f"{status}-{code}"


def _examples_of(status: int, codes: Iterable[str]) -> dict[str, Any]:
    return {code: {"$ref": f"#/components/examples/{_example_name(status, code)}"} for code in sorted(codes)}


def _retry_after(codes: Iterable[str]) -> dict[str, Any]:
    sent_with = ", ".join(f"`{code}`" for code in sorted(codes))
    return {
        "description": f"Seconds after which it makes sense to try again, with {sent_with}",
        "schema": {"type": "integer", "minimum": 0},
    }


def _common(route: Route) -> list[type[AppError]]:
    """Return what every route of this kind may answer."""
    from functions.shared.idempotency import IdempotencyKeyReused, RequestInProgress  # needs the environment

    errors: list[type[AppError]] = [Invalid, Unavailable, InternalError]
    if route.method not in {"GET", "DELETE"}:
        errors += [Malformed, PayloadTooLarge, UnsupportedMediaType]
    if route.method == "POST":
        errors += [IdempotencyKeyReused, RequestInProgress]
    if route.guard is not public:
        errors += [Unauthenticated, SessionExpired, SessionEnded, *refusals_of(route.clients, route.assurance)]
    return errors
