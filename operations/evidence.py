"""Audit trails, verified and migrated: the evidence function does what needs the functions' keys, for a command.

People may not derive those keys (`kms:GenerateMac` is denied to them), and `kms:VerifyMac` would be a call for each
event, under a key that is not the one events are signed with. So the function verifies and answers with verdicts.
Where there is none, on the local run, the same code runs here.
"""

import functools
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from functions.evidence.events import keep_evidence
from functions.evidence.hours import HourFinding
from functions.evidence.verification import Verdict
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.keys import Key
from functions.shared.table.transactions import get_many

BATCH_SIZE = 50
_WORKERS = 16  # calls of the function at once

# What an operator calls a kind of thing, how many words its id has, and where it is.
KINDS: Mapping[str, tuple[int, Callable[..., Key]]] = {
    "grant": (2, keys.grant),
    "user": (1, keys.user),
    "identity": (1, keys.identity),
    "institution": (1, keys.institution),
    "registration": (1, keys.registration),
    "business": (1, keys.business),
    "job": (1, keys.job),
}


class EvidenceFailed(RuntimeError):
    """The evidence function raised; the message says what."""


def ask(command: str, **parts: Any) -> dict[str, Any]:
    """The answer to a command. Raises `EvidenceFailed`."""
    asked = {"command": command, **parts}
    function = os.environ.get("EVIDENCE_FUNCTION")
    if function is None:
        return keep_evidence(asked)
    answer = _lambda().invoke(FunctionName=function, Payload=msgspec.json.encode(asked))
    content = answer["Payload"].read()
    if "FunctionError" in answer:
        raise EvidenceFailed(content.decode())
    told: dict[str, Any] = msgspec.json.decode(content)
    return told


@functools.cache
def _lambda() -> Any:
    """One client for all calls: making them in threads is not safe."""
    return boto3.client("lambda", config=Config(max_pool_connections=_WORKERS))


_USAGE = {1: "Give one id: {kind} ID.", 2: "Give two codes: {kind} BUSINESS INSTITUTION."}


def verify(kind: str, ids: Sequence[str]) -> Verdict:
    """The verdict on one thing. Raises `ValueError` for an id of another form."""
    words, key_of = KINDS[kind]
    if len(ids) != words:
        raise ValueError(_USAGE[words].format(kind=kind))
    return msgspec.convert(ask("verify_chain", key=key_of(*ids))["verdict"], Verdict)


def verify_all() -> Iterator[Verdict]:
    """The verdict on every chain of which there is evidence. Raises `EvidenceFailed`."""
    with _workers() as pool:
        asked: deque[Future[dict[str, Any]]] = deque()
        for after, until in _pieces():
            asked.append(pool.submit(ask, "verify_piece", after=after, until=until))
            while len(asked) > 2 * _WORKERS:
                yield from _verdicts(asked.popleft())
        while asked:
            yield from _verdicts(asked.popleft())


def _pieces() -> Iterator[tuple[str, str]]:
    """Where each piece of the list of all chains begins and ends."""
    after, more = "", True
    while more:
        listed = ask("list_pieces", after=after)
        for until in listed["ends"]:
            yield after, until
            after = until
        more = listed["more"]


def _verdicts(answer: "Future[dict[str, Any]]") -> list[Verdict]:
    return msgspec.convert(answer.result()["verdicts"], list[Verdict])


def verify_hours(progress: Callable[[int], object]) -> list[HourFinding]:
    """What is wrong with the hourly heads. `progress` receives how many more were compared. Raises `EvidenceFailed`."""
    findings: list[HourFinding] = []
    after: str | None = None
    while True:
        checked = ask("verify_hours", after=after)
        findings += msgspec.convert(checked["findings"], list[HourFinding])
        progress(checked["hours"])
        after = checked["next_hour"]
        if after is None:
            return findings


def attest_all(progress: Callable[[int], object]) -> list[Key]:
    """Attest every plain chain, and close the migration unless there are broken ones, which are returned.

    It reads the table from end to end, once in the life of an installation: no index lists all users or decided
    registrations. `progress` receives how many more things were dealt with. Raises `EvidenceFailed`.
    """
    broken: list[Key] = []
    with _workers() as pool:
        asked: deque[tuple[int, Future[dict[str, Any]]]] = deque()
        for batch in _batches(_things()):
            asked.append((len(batch), pool.submit(ask, "attest", keys=batch)))
            if len(asked) > _WORKERS:  # the table is not read further ahead than that
                broken += _attested(*asked.popleft(), progress)
        while asked:
            broken += _attested(*asked.popleft(), progress)
    if not broken:
        ask("close_migration")
    return broken


def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_WORKERS if "EVIDENCE_FUNCTION" in os.environ else 1)


def _attested(count: int, answer: "Future[dict[str, Any]]", progress: Callable[[int], object]) -> list[Key]:
    broken = [Key(*one) for one in answer.result()["broken"]]
    progress(count)
    return broken


def _batches(things: Iterable[Key]) -> Iterator[list[Key]]:
    left = iter(things)
    while batch := list(itertools.islice(left, BATCH_SIZE)):
        yield batch


def _things() -> Iterator[Key]:
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=Item.Meta.table_name,
            FilterExpression="attribute_exists(chain_hash)",
            ProjectionExpression="pk, sk",
            PaginationConfig={"PageSize": 1_000},
        )
    )
    for page in pages:
        for item in page["Items"]:
            yield Key(item["pk"]["S"], item["sk"]["S"])


def adopt_all(institutions: Sequence[str], businesses: Sequence[str], progress: Callable[[int], object]) -> int:
    """Replace every code in clear by a nonce; how many there were. No Scan: the directory's index lists what there is.

    `progress` receives how many more places were looked at. Raises `EvidenceFailed`.
    """
    places = [keys.institution(code) for code in institutions]
    places += [keys.grant(business, code) for business in businesses for code in institutions]
    adopted = 0
    for start in range(0, len(places), BATCH_SIZE):
        chunk = places[start : start + BATCH_SIZE]
        if any(_holds_clear_code(item) for item in get_many(*chunk).values()):
            adopted += ask("adopt_codes", keys=chunk)["adopted"]
        progress(len(chunk))
    return adopted


def _holds_clear_code(item: Item) -> bool:
    held: str | None = getattr(item, "confirmation_code", None) or getattr(item, "code", None)
    return held is not None
