"""One operation of the document, from its declared route: name, tags, parameters, body and answers."""

import inspect
import re
from typing import Any

import msgspec

from contract.examples import Examples
from contract.problems import problem_responses
from contract.schemas import query_schemas, ref
from functions.shared.admission import PUBLIC
from functions.shared.errors import Unauthenticated
from functions.shared.http import Route, public
from functions.shared.parsing import NoBody

# A cursor is only good for its own list, and the same key with another body is refused.
WITHOUT_EXAMPLE = {"cursor", "Idempotency-Key", "If-None-Match"}
EXAMPLE_OF = {"X-Poll-Secret": "poll_secret"}  # the field whose example also suits the parameter
LANGUAGE = {"$ref": "#/components/parameters/AcceptLanguage"}
ETAG = {"description": "Names this answer, for `If-None-Match`", "schema": {"type": "string"}}
ADMINISTRATION = "administration"
TAGS = {
    "mini-program": "For sessions of the mini-program.",
    "portal": "For sessions of the portal.",
    "console": "For sessions of the console.",
    ADMINISTRATION: "For administrators.",
    "public": "Without a session.",
}


def operation_id(route: Route) -> str:
    """Return the name of the view in camel case, as clients call the method."""
    first, *rest = route.view.__name__.split("_")
    return first + "".join(part.capitalize() for part in rest)


def tags_of(route: Route) -> list[str]:
    """Return the clients that the operation is for; administrators have a tag of their own."""
    if route.path.startswith("/admin/"):
        return [ADMINISTRATION]
    return [client.replace("_", "-") for client in route.clients]


def operation(route: Route, examples: Examples) -> dict[str, Any]:
    """Return the operation of a route."""
    summary, _, more = inspect.cleandoc(route.view.__doc__ or "").partition("\n\n")
    made: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": summary,
        "tags": tags_of(route),
        "responses": _responses(route),
    }
    if described := "\n\n".join(part for part in (more, _admission(route)) if part):
        made["description"] = described
    if route.clients != PUBLIC:
        made["security"] = [{"session": []}]
        made["x-clients"] = list(route.clients)
        made["x-assurance"] = route.assurance
    elif Unauthenticated in route.errors:  # some of its calls need a session
        made["security"] = [{}, {"session": []}]
    if route.method not in {"GET", "DELETE"} and route.request_model is not NoBody:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(route.request_model)}}}
    parameters = _parameters(route)
    for parameter in parameters:
        if parameter["name"] not in WITHOUT_EXAMPLE:
            name = EXAMPLE_OF.get(parameter["name"], parameter["name"])
            parameter["example"] = examples.of_field(name, parameter["schema"])
    made["parameters"] = [*parameters, LANGUAGE]
    return made


def _parameters(route: Route) -> list[dict[str, Any]]:
    from functions.shared.idempotency import MIN_PUBLIC  # needs the environment

    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.method in {"GET", "DELETE"}:
        parameters += [
            {"name": name, "in": "query", "required": required, "schema": schema}
            for name, (required, schema) in query_schemas(route.request_model).items()
        ]
    parameters += [
        {"name": name, "in": "header", "required": True, "description": described, "schema": {"type": "string"}}
        for name, described in route.headers.items()
    ]
    if route.etag:
        parameters.append(
            {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "description": "The `ETag` of the answer that the client has: 304 where it has not changed.",
                "schema": {"type": "string"},
            }
        )
    if route.method == "POST":
        shortest = MIN_PUBLIC if route.guard is public else 1
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key and body within 24 hours return the first answer again. Use a new random "
                "UUID for each call.",
                "schema": {"type": "string", "minLength": shortest, "maxLength": 128},
            }
        )
    return parameters


def _admission(route: Route) -> str:
    """Return in words which sessions the route admits."""
    if route.clients == PUBLIC:
        return ""
    clients = ", ".join(f"`{client}`" for client in route.clients)
    return f"For sessions of: {clients}. Assurance: `{route.assurance}`."


def _responses(route: Route) -> dict[str, Any]:
    responses: dict[str, Any] = {str(route.status): _success(route.response_model)}
    if route.etag:
        responses[str(route.status)]["headers"] = {"ETag": ETAG}
        responses["304"] = {"description": "Not changed", "headers": {"ETag": ETAG}}
    if route.accepts is not None:
        responses["202"] = _success(route.accepts)
    return responses | problem_responses(route)


def _success(shape: type[msgspec.Struct] | None) -> dict[str, Any]:
    if shape is None:
        return {"description": "Done"}
    described = (shape.__doc__ or "").strip().splitlines()[0]
    return {"description": described, "content": {"application/json": {"schema": ref(shape)}}}
