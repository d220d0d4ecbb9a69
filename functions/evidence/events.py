"""Events of the evidence function: batches of the table's stream, the hourly rule, and the operator's commands."""

from collections.abc import Mapping
from typing import Any

import msgspec

from functions.evidence import hours, migration, recording, verification
from functions.shared.table.keys import Key
from functions.shared.table_stream import changes


class VerifyChain(msgspec.Struct, tag="verify_chain", tag_field="command", forbid_unknown_fields=True):
    """The verdict on one thing."""

    key: Key


class ListPieces(msgspec.Struct, tag="list_pieces", tag_field="command", forbid_unknown_fields=True):
    """Where the next pieces of the list of all chains end."""

    after: str


class VerifyPiece(msgspec.Struct, tag="verify_piece", tag_field="command", forbid_unknown_fields=True):
    """The verdicts on the chains of a piece."""

    after: str
    until: str


class VerifyHours(msgspec.Struct, tag="verify_hours", tag_field="command", forbid_unknown_fields=True):
    """What is wrong with the heads of the next hours."""

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


Verification = VerifyChain | ListPieces | VerifyPiece | VerifyHours
Command = Verification | WriteHeads | Attest | CloseMigration | AdoptCodes


def keep_evidence(event: Mapping[str, Any], _: Any = None) -> dict[str, Any]:
    """Record a batch of the stream, or carry out a command; its answer as JSON. What raises comes again."""
    if "Records" in event:
        return {"recorded": recording.record(changes(event))}
    answer: dict[str, Any] = msgspec.to_builtins(_answer(msgspec.convert(event, Command)))
    return answer


def _answer(command: Command) -> Mapping[str, Any]:
    match command:
        case VerifyChain() | ListPieces() | VerifyPiece() | VerifyHours():
            return _verify(command)
        case WriteHeads():
            return {"hours": recording.write_heads()}
        case _:
            return _migrate(command)


def _verify(command: Verification) -> Mapping[str, Any]:
    match command:
        case VerifyChain():
            return {"verdict": verification.verify_chain(command.key)}
        case ListPieces():
            return verification.list_pieces(command.after)._asdict()
        case VerifyPiece():
            return {"verdicts": verification.verify_piece(command.after, command.until)}
        case VerifyHours():
            return hours.verify_hours(command.after)._asdict()


def _migrate(command: Attest | CloseMigration | AdoptCodes) -> Mapping[str, Any]:
    match command:
        case Attest():
            return {"broken": migration.attest(command.keys)}
        case AdoptCodes():
            return {"adopted": migration.adopt_codes(command.keys)}
        case CloseMigration():
            migration.close()
            return {}
