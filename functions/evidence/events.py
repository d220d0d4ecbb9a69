"""Events of the evidence function: batches of the table's stream, the hourly rule, and the operator's commands."""

from collections.abc import Mapping
from typing import Any

import msgspec

from functions.evidence import migration, recording, verification
from functions.shared.table.keys import Key
from functions.shared.table_stream import changes


class VerifyChain(msgspec.Struct, tag="verify_chain", tag_field="command", forbid_unknown_fields=True):
    """The verdict on one thing."""

    key: Key


class VerifyPage(msgspec.Struct, tag="verify_page", tag_field="command", forbid_unknown_fields=True):
    """The verdicts on the next chains of a kind."""

    kind: str
    after: str | None


class WriteHeads(msgspec.Struct, tag="write_heads", tag_field="command", forbid_unknown_fields=True):
    """The heads of the hours that have none."""


class Attest(msgspec.Struct, tag="attest", tag_field="command", forbid_unknown_fields=True):
    """Attest the plain beginnings of chains."""

    keys: list[Key]


class CloseMigration(msgspec.Struct, tag="close_migration", tag_field="command", forbid_unknown_fields=True):
    """Attest none any more."""


class AdoptCodes(msgspec.Struct, tag="adopt_codes", tag_field="command", forbid_unknown_fields=True):
    """Replace codes in clear by nonces."""

    keys: list[Key]


Command = VerifyChain | VerifyPage | WriteHeads | Attest | CloseMigration | AdoptCodes


def keep_evidence(event: Mapping[str, Any], _: Any = None) -> dict[str, Any]:
    """Record a batch of the stream, or carry out a command; its answer as JSON. What raises comes again."""
    if "Records" in event:
        return {"recorded": recording.record(changes(event))}
    answer: dict[str, Any] = msgspec.to_builtins(_answer(msgspec.convert(event, Command)))
    return answer


def _answer(command: Command) -> Mapping[str, Any]:
    match command:
        case VerifyChain():
            return {"verdict": verification.verify_chain(command.key)}
        case VerifyPage():
            page = verification.verify_page(command.kind, command.after)
            return {"verdicts": page.verdicts, "following": page.following}
        case WriteHeads():
            return {"hours": recording.write_heads()}
        case _:
            return _migrate(command)


def _migrate(command: Attest | CloseMigration | AdoptCodes) -> Mapping[str, Any]:
    match command:
        case Attest():
            return {"broken": migration.attest(command.keys)}
        case AdoptCodes():
            return {"adopted": migration.adopt_codes(command.keys)}
        case CloseMigration():
            migration.close()
            return {}
