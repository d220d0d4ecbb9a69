"""The published contract is what the code says."""

from openapi_spec_validator import validate

from local.openapi import PATH, document, written


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
