"""The published contract is what the code says."""

import ast
import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from contract.document import PATH, document, encode
from contract.forms import FORMS
from contract.links import LINKS
from contract.schemas import NameTaken, describe
from functions.grants.domain import GrantEventName
from functions.institutions.domain.codes import parse_region_code
from functions.institutions.domain.credit_code import PATTERN
from local.template import ROOT


def operations() -> Iterator[dict[str, Any]]:
    """All operations of the document."""
    for path in document()["paths"].values():
        yield from path.values()


def example_of(described: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The example of what a request or an answer holds."""
    [media] = described["content"].values()
    return schemas[media["schema"]["$ref"].rpartition("/")[2]]["examples"][0]


def parameters_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The operation's own parameters, without the one that all share."""
    *own, shared = operation["parameters"]
    assert shared == {"$ref": "#/components/parameters/AcceptLanguage"}
    return own


def parts_of(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """All objects of the document that are not examples, with where they are."""
    if isinstance(value, dict):
        yield path, value
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if name not in {"example", "examples"}:
            yield from parts_of(part, (*path, str(name)))


def test_the_published_document_is_up_to_date() -> None:
    """`docs/openapi.json` is exactly what the code generates; `make openapi` writes it."""
    assert PATH.read_bytes() == encode(document())


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
    parameters = parameters_of(document()["paths"]["/auth/qr-logins/{qr_login_id}"]["get"])
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
        for parameter in parameters_of(operation):
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
        parameters = {one["name"]: one for one in parameters_of(target)}
        given = link.get("parameters", {})
        assert {name for name, one in parameters.items() if one["in"] == "path"} <= given.keys() <= parameters.keys()
        for expression in [*given.values(), *link.get("requestBody", {}).values()]:
            assert taken_from(expression, operation, response, schemas)
        if "requestBody" in link:
            shape = schemas[target["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
            forms = [schemas[one["$ref"].rpartition("/")[2]] for one in shape["oneOf"]] if "oneOf" in shape else [shape]
            sent = link["requestBody"].keys()
            assert any(set(form.get("required", [])) <= sent <= form["properties"].keys() for form in forms)


def taken_from(expression: Any, operation: dict[str, Any], response: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """What an expression stands for, when the answer and the request are the examples; a literal stands for itself."""
    if not str(expression).startswith("$"):
        return [expression]
    if expression.startswith("$request.path."):
        name = expression.rpartition(".")[2]
        return next(one["example"] for one in parameters_of(operation) if one["name"] == name and one["in"] == "path")
    place, _, pointer = expression.partition("#/")
    found = example_of({"$response.body": response, "$request.body": operation.get("requestBody")}[place], schemas)
    for step in pointer.split("/"):
        found = found[int(step) if step.isdigit() else step]
    return found


def test_operations_have_names_for_methods() -> None:
    """Each operation has a name of its own that is an identifier in camel case."""
    names = [operation["operationId"] for operation in operations()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]+([A-Z][a-z]+)+", name) for name in names), names


def test_every_operation_is_tagged_with_its_clients() -> None:
    """The tags of an operation are clients, administrators, or the public, and each tag is described."""
    described = {tag["name"] for tag in document()["tags"]}
    used = {tag for operation in operations() for tag in operation["tags"]}
    assert used == described
    assert all(operation["tags"] for operation in operations())
    by_name = {operation["operationId"]: operation["tags"] for operation in operations()}
    assert by_name["redeemGrant"] == ["mini-program"]
    assert by_name["listSessions"] == ["mini-program", "portal"]
    assert by_name["decideApplication"] == ["administration"]


def test_component_names_are_plain() -> None:
    """No name of a component shows where its code is."""
    components = document()["components"]
    assert all(re.fullmatch("[A-Z][A-Za-z]+", name) for name in components["schemas"])


def test_types_can_be_generated() -> None:
    """No default is null, every `enum` has its type, and no parameter can be null."""
    for path, part in parts_of(document()):
        assert part.get("default", "") is not None, path
        if isinstance(part.get("enum"), list):
            assert part.get("type") == "string", path
        if "in" in part and "schema" in part:
            assert "null" not in str(part["schema"]), path


def test_times_and_addresses_have_their_format() -> None:
    """Fields that are times, and addresses that are answered, say so."""
    for path, part in parts_of(document()["components"]["schemas"]):
        if path[-2:-1] != ("properties",) or "$ref" in part:
            continue
        text = next((one for one in part.get("anyOf", ()) if one.get("type") == "string"), part)
        if path[-1].endswith("_at"):
            assert text["format"] == "date-time", path
        if path[-1] in {"url", "download_url"}:
            assert text["format"] == "uri", path


def test_every_status_has_its_own_codes() -> None:
    """The schema of a problem allows the codes that its description names, and no other one."""
    components = {"components": document()["components"]}
    known = components["components"]["schemas"]["ProblemCode"]["enum"]
    for operation in operations():
        for response in operation["responses"].values():
            problem = response.get("content", {}).get("application/problem+json")
            if problem is None:
                continue
            codes = set(re.findall(r"^- `(\w+)`", response["description"], re.MULTILINE))
            assert problem["schema"]["allOf"][0] == {"$ref": "#/components/schemas/Problem"}
            assert set(problem["schema"]["allOf"][1]["properties"]["code"]["enum"]) == codes
            assert codes <= set(known)
    narrowed = document()["paths"]["/grants/redemptions"]["post"]["responses"]["404"]
    [media] = narrowed["content"].values()
    example = dict(components["components"]["examples"]["404-GRANT_CODE_INVALID"]["value"])
    validator = Draft202012Validator({**media["schema"], **components})
    assert validator.is_valid(example)
    assert not validator.is_valid({**example, "code": "FORBIDDEN"})


def test_codes_are_enumerations() -> None:
    """Reasons, events and failures are closed lists."""
    schemas = document()["components"]["schemas"]
    for name in (
        "ScanReason",
        "FaceReason",
        "ReviewDetail",
        "IdentityRejection",
        "RegistrationRejection",
        "JobFailure",
    ):
        assert len(schemas[name]["properties"]["code"]["enum"]) > 1, name
    assert "grant_code_issued" in schemas["GrantEvent"]["properties"]["event"]["enum"]
    assert "ID_CHECKSUM" in schemas["FieldCode"]["enum"]
    assert schemas["FieldError"]["properties"]["code"] == {"$ref": "#/components/schemas/FieldCode"}
    assert "scan_limit" in schemas["ReviewDetail"]["properties"]["code"]["enum"]


@pytest.mark.parametrize(
    ("shape", "body", "valid"),
    [
        ("NewFaceCheck", {"purpose": "identity"}, True),
        ("NewFaceCheck", {"purpose": "grant_redemption"}, False),
        ("NewFaceCheck", {"purpose": "grant_redemption", "grant_code": "7K3M-Q9XT-2VBN-5HJD"}, True),
        ("NewFaceCheck", {"purpose": "session", "grant_code": "7K3M-Q9XT-2VBN-5HJD"}, False),
        ("PhoneProof", {}, False),
        ("PhoneProof", {"wechat_phone_code": "x"}, True),
        ("PhoneProof", {"challenge_id": "x", "phone": "13800138000"}, False),
        ("PhoneProof", {"challenge_id": "x", "phone": "13800138000", "code": "482913"}, True),
    ],
)
def test_a_body_has_one_of_its_forms(shape: str, body: dict[str, str], valid: bool) -> None:
    """What a purpose or a proof needs is part of its schema."""
    components = document()["components"]
    schema = {"$ref": f"#/components/schemas/{shape}", "components": components}
    assert Draft202012Validator(schema).is_valid(body) == valid


def test_every_field_of_a_body_is_in_one_of_its_forms() -> None:
    """A field that is added to a body with several forms is added to its forms."""
    from functions.auth.routes import PhoneProof
    from functions.grants.face_check_routes import NewFaceCheck

    for shape in (PhoneProof, NewFaceCheck):
        forms = FORMS[shape.__name__].values()
        fields = {form.discriminator for form in forms} | {field for form in forms for field in form.fields}
        assert fields - {None} == set(shape.__struct_fields__)


def test_events_of_a_grant_are_those_of_the_contract() -> None:
    """Every event that the code records for a grant has a name of the contract."""
    recorded = set()
    for path in (ROOT / "functions" / "grants").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in {"audit.change", "audit.create"}:
                continue
            if ast.unparse(call.args[1]) == "grant":
                recorded |= {one.value for one in call.args[2:] if isinstance(one, ast.Constant)}
    assert {"assistant_joined", "invitation_created"} <= recorded <= set(get_args(GrantEventName))


def test_no_two_structs_have_one_name() -> None:
    """A name that two structs have would show their modules: it is refused."""
    twin = msgspec.defstruct("WorkUnit", [("other", str)])
    from functions.shared.memberships import WorkUnit

    with pytest.raises(NameTaken):
        describe([twin, WorkUnit])
