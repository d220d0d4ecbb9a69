"""Every link of `docs/openapi.json` followed: from each answer to the calls that it leads to, and on from theirs.

Schemathesis follows links as well, but its random bodies rarely get beyond the first call. Here a chain begins with a
call that succeeds in the scene and continues with what the real answer holds, and with the document's own examples for
the rest. Anyone who calls: the answer is one that the document names, and within its schema.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from contract.document import PATH
from contract.links import LINKS
from tests.attack.authorization_matrix import tries
from tests.attack.fixtures import CONSOLE, PHONE, Scene
from tests.attack.test_deputies import filled
from tests.attack.test_keys import POSTS
from tests.integration.client import Answer

pytestmark = [pytest.mark.attack, pytest.mark.xdist_group("attack")]  # one scene for all
MAX_LENGTH = 4
WHO = ("administrator", "superior", "hospital_manager", "owner", "newcomer", "nobody")
# The institutions of the scene cannot be searched for: nothing leads on from an empty list.
NOT_REACHED = {
    ("searchInstitutions", "chooseWorkUnit"),
    ("searchInstitutions", "showInstitution"),
}
# Chains that lead through: each of these links was followed to a success.
REACHED = {
    ("showConsent", "acceptConsent"),
    ("acceptConsent", "saveApplication"),
    ("saveApplication", "createScan"),
    ("createScan", "showScan"),
    ("createQrLogin", "scanQrLogin"),
    ("createQrLogin", "showQrLogin"),
    ("createInstitution", "showInstitution"),
    ("createRegistration", "showRegistration"),
    ("listApplications", "showApplication"),
    ("showApplication", "decideApplication"),
    ("claimApplication", "releaseApplication"),
    ("claimRegistration", "releaseRegistration"),
    ("issueCode", "revokeGrant"),
    ("createInvitation", "deleteInvitation"),
    ("issueCodes", "showJob"),
}
DOCUMENT = json.loads(PATH.read_bytes())
BY_NAME = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
ROWS = {row.route: row for row in tries()} | {row.route: row for row in tries() if isinstance(row.answer, int)} | POSTS


class Call(NamedTuple):
    """A call that is made: which operation, its parameters by name, and its body."""

    operation: str
    parameters: dict[str, str]
    body: Any


def resolved(expression: Any, call: Call, answer: Answer) -> Any:
    """What an expression of a link stands for; raises LookupError where the answer does not hold it."""
    if not str(expression).startswith("$"):
        return expression
    if expression.startswith("$request.path."):
        return call.parameters[expression.rpartition(".")[2]]
    place, _, pointer = expression.partition("#/")
    found = answer.body if place == "$response.body" else call.body
    for step in pointer.split("/"):
        found = found[int(step) if step.isdigit() else step]
    return found


def example(operation: str) -> Any:
    """The document's example of what an operation takes."""
    content = BY_NAME[operation][2].get("requestBody", {}).get("content", {})
    if not content:
        return None
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return DOCUMENT["components"]["schemas"][name]["examples"][0]


def next_key(call: Call, answer: Answer) -> Iterator[Call]:
    """The calls that an answer leads to; those whose values it does not hold are left out."""
    response = BY_NAME[call.operation][2]["responses"].get(str(answer.status), {})
    for link in response.get("links", {}).values():
        try:
            parameters = {name: resolved(one, call, answer) for name, one in link.get("parameters", {}).items()}
            body = {name: resolved(one, call, answer) for name, one in link.get("requestBody", {}).items()}
        except LookupError:
            continue
        yield Call(link["operationId"], parameters, body or example(link["operationId"]))


def made(scene: Scene, who: str, call: Call) -> Answer:
    """The answer to a call, checked against the document."""
    method, path, operation = BY_NAME[call.operation]
    headers = {}
    for name, value in call.parameters.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", value)
        else:
            headers[name] = value
    session = (
        CONSOLE if who != "nobody" and ROWS[f"{method} {BY_NAME[call.operation][1]}"].entrance == "console" else PHONE
    )
    answer = scene.callers[who, session].call(method, path, call.body, **headers)
    assert answer.status < 500, (call, answer)
    content = operation["responses"][str(answer.status)].get("content")
    if content is None:
        assert answer.body is None
    else:
        [media] = content.values()
        Draft202012Validator({**media["schema"], "components": DOCUMENT["components"]}).validate(answer.body)
    return answer


def first(scene: Scene, operation: str) -> tuple[Call, str, Any]:
    """How a chain begins: the call of the row that succeeds, its whole path, and its body."""
    method, template, _ = BY_NAME[operation]
    _, path, body, _ = filled(ROWS[f"{method} {template}"], scene)
    parts = zip(template.split("/"), path.partition("?")[0].split("/"), strict=True)
    return Call(operation, {name[1:-1]: value for name, value in parts if name.startswith("{")}, body), path, body


def test_every_link_is_followed(scene: Scene, record_property: Callable[[str, Any], None]) -> None:
    """Each link leads to an answer of the contract, for everybody who can get as far as its beginning."""
    followed: list[tuple[str, str]] = []
    arrived: set[tuple[str, str]] = set()

    def follow(who: str, call: Call, answer: Answer, chain: frozenset[tuple[str, str]]) -> None:
        for after in next_key(call, answer):
            link = (call.operation, after.operation)
            if link in chain or len(chain) == MAX_LENGTH:
                continue
            came = made(scene, who, after)
            followed.append(link)
            if came.status < 300:
                arrived.add(link)
                follow(who, after, came, chain | {link})

    for operation in LINKS:
        for who in WHO:
            with scene.untouched_after():
                call, path, body = first(scene, operation)
                row = ROWS[f"{BY_NAME[operation][0]} {BY_NAME[operation][1]}"]
                session = CONSOLE if who != "nobody" and row.entrance == "console" else PHONE
                answer = scene.callers[who, session].call(BY_NAME[operation][0], path, body)
                follow(who, call, answer, frozenset())
    declared = {(source, link.to) for source, links in LINKS.items() for link in links}
    record_property("attacks", len(followed))
    assert declared - set(followed) == NOT_REACHED
    assert arrived >= REACHED
