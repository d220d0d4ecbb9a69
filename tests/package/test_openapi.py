"""The published contract is what the code says."""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from functions.institutions.details import LONGEST_CATEGORY
from functions.institutions.domain.codes import parse_region_code
from functions.institutions.domain.credit_code import PATTERN
from local.openapi import PATH, document, written
from local.openapi_links import LINKS


def operations() -> Iterator[dict[str, Any]]:
    """All operations of the document."""
    for path in document()["paths"].values():
        yield from path.values()


def example_of(described: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The example of what a request or an answer holds."""
    [media] = described["content"].values()
    return schemas[media["schema"]["$ref"].rpartition("/")[2]]["examples"][0]


def test_the_published_document_is_up_to_date() -> None:
    """`docs/openapi.json` is exactly what the code generates; `make openapi` writes it."""
    assert PATH.read_bytes() == written(document())


def test_it_is_valid_openapi() -> None:
    """The document follows OpenAPI 3.1."""
    validate(document())


def test_every_operation_says_what_it_may_answer() -> None:
    """Each operation has a summary, a success and at least the common refusals."""
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert {"422", "500", "503"} <= operation["responses"].keys(), (method, path)
            assert any(status.startswith("2") for status in operation["responses"]), (method, path)


def test_headers_that_a_call_needs_are_parameters() -> None:
    """The poll secret is a required header parameter, not prose."""
    parameters = document()["paths"]["/auth/qr-logins/{qr_login_id}"]["get"]["parameters"]
    needed = {(one["name"], one["in"], one["required"]) for one in parameters}
    assert needed == {("qr_login_id", "path", True), ("X-Poll-Secret", "header", True)}


def test_refusals_that_say_when_to_come_back_name_the_header() -> None:
    """Every 429 and 503, and 409 where it is a matter of time, documents `Retry-After` with the codes that send it."""
    for operation in operations():
        for status, response in operation["responses"].items():
            told = response.get("headers", {}).get("Retry-After", {}).get("description", "")
            timed = status in {"429", "503"} or "`REQUEST_IN_PROGRESS`" in response["description"]
            assert ("`" in told) == timed, (operation["operationId"], status)
            assert all(f"- {code}:" in response["description"] for code in re.findall(r"`\w+`", told))


def test_an_institution_that_exists_is_shown_by_its_refusal() -> None:
    """The member that the refusal has beside the standard ones is in the schema and in its example."""
    components = document()["components"]
    shape = components["schemas"]["Problem"]["properties"]["institution"]
    assert shape["$ref"] == "#/components/schemas/InstitutionSummary"
    example = components["examples"]["409-INSTITUTION_EXISTS"]["value"]
    assert example["institution"] == components["schemas"]["InstitutionSummary"]["examples"][0]


def test_what_is_typed_about_an_institution_is_described_as_it_is_judged() -> None:
    """Whatever follows the document's lengths and patterns has the right form; what leaves them has not."""
    properties = document()["components"]["schemas"]["NewInstitution"]["properties"]
    region, credit = properties["region_code"], properties["unified_social_credit_code"]
    (code,) = (one for one in properties["institution_code"]["anyOf"] if one["type"] == "string")
    assert properties["category"]["maxLength"] == LONGEST_CATEGORY
    for text in ("420100", "42010", "4201000", "042010", "42O100"):
        assert Draft202012Validator(region).is_valid(text) == (parse_region_code(text) is not None), text
    for text in ("4201", "420", "A" * 20, "A" * 21, "420-1", "42 01x"):
        assert Draft202012Validator(code).is_valid(text) == (text in {"4201", "A" * 20}), text
    for place in range(18):
        for letter in "0AIOSVZ":
            text = "12420000420000001G"[:place] + letter + "12420000420000001G"[place + 1 :]
            assert Draft202012Validator(credit).is_valid(text) == bool(PATTERN.fullmatch(text)), text


def test_every_example_is_of_its_shape() -> None:
    """What stands as an example of a shape, of a parameter or of a refusal is valid there."""
    components = document()["components"]
    resolver = {"components": components}

    def check(schema: dict[str, Any], example: Any) -> None:
        Draft202012Validator({**schema, **resolver}, format_checker=FormatChecker()).validate(example)

    for schema in components["schemas"].values():
        for example in schema.get("examples", []):
            check(schema, example)
    for example in components["examples"].values():
        check(components["schemas"]["Problem"], example["value"])
    for operation in operations():
        for parameter in operation.get("parameters", []):
            if "example" in parameter:
                check(parameter["schema"], parameter["example"])
        for described in (operation.get("requestBody"), *operation["responses"].values()):
            if described and "application/json" in described.get("content", {}):
                assert example_of(described, components["schemas"])


def test_every_code_has_an_example() -> None:
    """Each refusal that an operation names shows what it looks like, with that status and code."""
    components = document()["components"]["examples"]
    for operation in operations():
        for status, response in operation["responses"].items():
            problem = response.get("content", {}).get("application/problem+json")
            if problem is None:
                continue
            told = set(re.findall(r"^- `(\w+)`", response["description"], re.MULTILINE))
            shown = {
                code: components[one["$ref"].rpartition("/")[2]]["value"] for code, one in problem["examples"].items()
            }
            assert {(one["code"], one["status"]) for one in shown.values()} == {(code, int(status)) for code in told}


def test_every_link_leads_somewhere() -> None:
    """Links name operations, and parameters and fields that these have; what they take is there to be taken."""
    by_name = {operation["operationId"]: operation for operation in operations()}
    assert LINKS.keys() <= by_name.keys()
    schemas = document()["components"]["schemas"]
    linked = [
        (operation, response, link)
        for operation in by_name.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert len(linked) == sum(len(links) for links in LINKS.values())
    for operation, response, link in linked:
        target = by_name[link["operationId"]]
        parameters = {one["name"]: one for one in target.get("parameters", [])}
        given = link.get("parameters", {})
        assert {name for name, one in parameters.items() if one["in"] == "path"} <= given.keys() <= parameters.keys()
        for expression in [*given.values(), *link.get("requestBody", {}).values()]:
            assert taken_from(expression, operation, response, schemas)
        if "requestBody" in link:
            shape = schemas[target["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
            assert set(shape.get("required", [])) <= link["requestBody"].keys() <= shape["properties"].keys()


def taken_from(expression: Any, operation: dict[str, Any], response: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """What an expression stands for, when the answer and the request are the examples; a literal stands for itself."""
    if not str(expression).startswith("$"):
        return [expression]
    if expression.startswith("$request.path."):
        name = expression.rpartition(".")[2]
        return next(one["example"] for one in operation["parameters"] if one["name"] == name and one["in"] == "path")
    place, _, pointer = expression.partition("#/")
    found = example_of({"$response.body": response, "$request.body": operation.get("requestBody")}[place], schemas)
    for step in pointer.split("/"):
        found = found[int(step) if step.isdigit() else step]
    return found
