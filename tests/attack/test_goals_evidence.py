"""An adversary who reads a backup of the table, or writes into it: no secret is there, and nothing is forged unseen."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest

from functions.evidence import verification
from functions.evidence.events import keep_evidence
from functions.institutions import confirmation_codes, directory
from functions.shared.audit import event_hash
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.base import Audited, Item
from functions.shared.table.keys import Key
from functions.shared.table.transactions import Transaction
from local.template import Template
from operations.administrators import set_administrator
from operations.evidence import verify_all
from tests.attack.stored import holders_of
from tests.call_costs.counted import counted
from tests.integration.client import SECRET, Answer, Http, private_values
from tests.integration.evidence.streamed import audit_keys, record_everything
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, tree
from tests.integration.shared.configured import configured
from tests.unit.auth.fake_wechat import FakeWechat


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Everything secret or personal that any client sends or is answered from now on, and WeChat's token."""
    seen: set[str] = set()
    call = Http.call

    def watched(client: Http, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        answer = call(client, method, path, body, **headers)
        for part in (body, answer.body):
            seen.update(private_values(part, SECRET))
        seen.update({client.token} if client.token else set())
        return answer

    plan = FakeWechat.plan

    def heard(server: FakeWechat, *answers: Any) -> None:
        seen.update(one["access_token"] for one in answers if isinstance(one, dict) and "access_token" in one)
        plan(server, *answers)

    monkeypatch.setattr(Http, "call", watched)
    monkeypatch.setattr(FakeWechat, "plan", heard)
    return seen


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
    assert len(items()) > 300  # nor because nothing was there to look through
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


# --- the audit trail --------------------------------------------------------------------------------------------------


def events_of(key: Key) -> list[AuditEvent]:
    """All events of a thing."""
    return list(AuditEvent.query(key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key))))


def put_back(key: Key, events: list[AuditEvent]) -> None:
    """Let a thing say that these are all of its events."""
    version, newest = (events[-1].version, events[-1].hash) if events else (0, "")
    head = [Audited.version.set(version), Audited.chain_hash.set(newest)]
    Item.get(key.pk, key.sk).update(actions=head)


def rechain(key: Key, actor: str) -> None:
    """Change who did the first event and compute the whole chain again, as anyone who knows the code can."""
    events = events_of(key)
    events[0].actor = actor
    previous = ""
    for event in events:
        event.previous_hash, event.keyed_by = previous, None
        covered = [event.pk, event.sk, event.event, event.actor, int(event.at.timestamp())]
        covered += [int(event.version), event.detail, event.previous_hash]
        event.hash = previous = hashlib.sha256(msgspec.json.encode(covered, order="deterministic")).hexdigest()
        event.save()
    put_back(key, events)


def cut_newest(key: Key) -> None:
    """Remove the newest event and put the thing's counter back."""
    *left, newest = events_of(key)
    newest.delete()
    put_back(key, left)


def cut_all(key: Key) -> None:
    """Remove a thing together with its chain."""
    for event in events_of(key):
        event.delete()
    Item.get(key.pk, key.sk).delete()


FORGERIES = {"actor changed, chain recomputed": lambda key: rechain(key, "0" * 32), "newest cut": cut_newest}
FORGERIES["cut with its thing"] = cut_all


def _of_every_kind(http: Http) -> dict[str, Key]:
    world = tree(http)
    manager = world.manager(CITY)
    manager.phone.post("/identity/consent", {"version": manager.phone.get("/identity/consent").body["version"]})
    made = manager.console.post(f"/console/grants/{EXAM}/code-jobs", {"supervisor": CITY})
    assert made.status == 202, made
    for _ in range(2):
        tx = Transaction()
        confirmation_codes.rotate_in(tx, directory.find(HOSPITAL), actor=world.admin.user_id)
        tx.commit()
    return {
        "grant": keys.grant(EXAM, CITY),
        "user": keys.user(manager.user_id),
        "identity": keys.identity(manager.user_id),
        "institution": keys.institution(HOSPITAL),
        "business": keys.business(EXAM),
        "job": keys.job(made.body["job_id"]),
    }


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_trail_is_found_for_every_kind_of_thing(http: Http, forgery: str) -> None:
    """Anyone who may write the table changes who did it, takes the newest event back, or removes the item: it shows."""
    things = _of_every_kind(http)
    record_everything()
    assert {kind: verification.verify_chain(key).problem for kind, key in things.items()} == dict.fromkeys(things)
    for key in things.values():
        FORGERIES[forgery](key)
    found = {kind: verification.verify_chain(key).problem for kind, key in things.items()}
    assert None not in found.values(), found
    wrong = {(one.pk, one.sk) for one in verify_all() if one.problem is not None}
    assert wrong == {tuple(key) for key in things.values()}


def test_a_forged_trail_is_found_before_its_record_is_written(http: Http) -> None:
    """Without the evidence too: anyone who has no key cannot change an event and compute the chain again."""
    world = tree(http)
    world.manager(CITY)
    key = keys.grant(EXAM, CITY)
    rechain(key, "0" * 32)
    assert verification.verify_chain(key).problem in {"not_keyed", "not_attested"}


def test_an_operator_cannot_sign_for_a_person(http: Http) -> None:
    """The key of the operator's commands signs what commands did; under it no one is the manager who did something."""
    world = tree(http)
    key = keys.user(world.admin.user_id)
    with configured(audit_signer="operator"):
        set_administrator(world.admin.user_id, appointed=False)
    assert events_of(key)[-1].keyed_by == "operator"
    assert verification.verify_chain(key).problem is None
    newest = events_of(key)[-1]
    newest.actor = world.admin.user_id
    newest.hash = event_hash(newest)
    newest.save()
    put_back(key, events_of(key))
    assert verification.verify_chain(key).problem == "altered"


def test_a_trail_cannot_be_made_plain_after_the_migration(http: Http) -> None:
    """Not even with the command that attests plain trails: it refuses what was keyed, and everything later."""
    world = tree(http)
    world.manager(CITY)
    record_everything()
    key = keys.grant(EXAM, CITY)
    rechain(key, "0" * 32)
    assert keep_evidence({"command": "attest", "keys": [key]})["broken"] == [key]
    keep_evidence({"command": "close_migration"})
    forged = keys.grant(EXAM, HOSPITAL)
    world.code(HOSPITAL)
    rechain(forged, "0" * 32)
    assert keep_evidence({"command": "attest", "keys": [forged]})["broken"] == [forged]
    assert verification.verify_chain(forged).problem is not None
    assert len(audit_keys()) > 2
