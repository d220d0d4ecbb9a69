"""An adversary who reads a backup of the table, or writes into it: no secret is there, and nothing is forged unseen."""

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from local.template import Template
from tests.attack.stored import holders_of
from tests.integration.client import Answer, Http, private_values
from tests.units.counted import counted

# Free text of administrators, and what WeChat gives a phone once: neither is a secret of an answer.
NOT_SECRET = {"comment", "js_code", "wechat_phone_code"}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Everything secret or personal that any client sends or is answered from now on."""
    seen: set[str] = set()
    call = Http.call

    def watched(client: Http, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        answer = call(client, method, path, body, **headers)
        for part in (body, answer.body):
            seen.update(private_values(_without(part, NOT_SECRET)))
        seen.update({client.token} if client.token else set())
        return answer

    monkeypatch.setattr(Http, "call", watched)
    return seen


def _without(part: Any, names: set[str]) -> Any:
    if isinstance(part, list):
        return [_without(one, names) for one in part]
    if isinstance(part, dict):
        return {name: _without(one, names) for name, one in part.items() if name not in names}
    return part


@pytest.fixture
def items() -> Iterator[Any]:
    """Every item of the table, as a backup holds it."""
    client = boto3.client("dynamodb")

    def read() -> list[dict[str, Any]]:
        pages = client.get_paginator("scan").paginate(TableName=Template().name_of("Table"))
        return [item for page in pages for item in page["Items"]]

    yield read
    client.close()


@pytest.mark.usefixtures("aws")
@pytest.mark.xdist_group("units")
def test_a_backup_holds_no_secret_that_an_answer_ever_held(said: set[str], items: Any) -> None:
    """After one call of every operation: no token, code, poll secret, phone, number or name is in any item."""
    counted()
    kinds = {"grant": r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", "confirmation": "[B-Z]{8}", "sms": r"\d{6}"}
    kinds |= {"number": r"\d{17}[\dX]", "phone": r"1\d{10}", "token": r"[\w-]{43}", "name": r"[一-鿿]{2,}"}
    missing = {kind for kind, form in kinds.items() if not any(re.fullmatch(form, secret) for secret in said)}
    assert missing == set()  # so that nothing is found because nothing was looked for
    assert {secret: found for secret in said if (found := holders_of(secret, items()))} == {}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("secret", ["MEXQ-Q297-0NA5-QQ1Z", "DGHJKLMN", "柯爱琳"])
@pytest.mark.parametrize("form", ["S", "B", "L", "M", "key", "json"])
def test_a_secret_in_clear_is_found_wherever_it_is(items: Any, secret: str, form: str) -> None:
    """In a key, a text, bytes, a list or a map: so the search above would have found it."""
    plain = secret.replace("-", "")
    attribute = {
        "S": {"S": f"x{plain}"},
        "B": {"B": plain.encode()},
        "L": {"L": [{"S": plain}]},
        "M": {"M": {"a": {"S": plain}}},
        "key": {"S": ""},
        "json": {"S": '{"a": ["' + plain.encode("unicode_escape").decode() + '"]}'},
    }[form]
    item = {"pk": {"S": plain if form == "key" else "X"}, "sk": {"S": "Y"}, "odd": attribute}
    client = boto3.client("dynamodb")
    client.put_item(TableName=Template().name_of("Table"), Item=item)
    client.close()
    assert holders_of(secret, items()) == [f"{item['pk']['S']} / Y"]
