"""The bucket with Object Lock: what is written there can neither be changed nor removed for years, by anybody.

A record is the name of an empty object, so that one listing of a chain is all that is known of it, and writing it again
changes nothing. Versions are listed, not objects: a delete marker, which Object Lock allows, would hide an object.

| key | says |
| --- | --- |
| `chains/GRANT!exam!420000/GRANT/00000007-5b1f…` | the MAC of the seventh event of this grant |
| `chains/GRANT!exam!420000/GRANT/plain-00000003-9c2e…` | the third event was the last plain one, with this hash |
| `hours/2026-11-22T08/5f0c…` | what one batch of the stream recorded in this hour (UTC) |
| `heads/2026-11-22T08` | the newest record of each chain that grew in this hour, and the hash of the hour before |
| `migration/complete` | no plain chain is attested any more |
"""

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from functions.shared.clients import s3
from functions.shared.config import settings
from functions.shared.table.keys import Key

CHAINS, HOURS, HEADS, MIGRATED = "chains/", "hours/", "heads/", "migration/complete"
_PLAIN = "plain-"


class Kept(NamedTuple):
    """An object of the bucket: its first version, which no one can have removed, and whether a later one differs."""

    name: str
    version_id: str
    is_written_again: bool


class Record(NamedTuple):
    """What is kept of one event: its MAC, or the hash of the last plain one of its chain."""

    key: Key
    version: int
    hash: str
    plain: bool = False

    @property
    def name(self) -> str:
        """The name of its object."""
        return f"{chain_name(self.key)}{_PLAIN if self.plain else ''}{self.version:08d}-{self.hash}"


def chain_name(key: Key) -> str:
    """What the names of all records of a chain begin with: no id of ours holds a `!` or `/`."""
    return f"{CHAINS}{key.pk}/{key.sk}/".replace("#", "!")


def record_of(name: str) -> Record:
    """The record of that name."""
    pk, sk, kept = name.removeprefix(CHAINS).replace("!", "#").split("/")
    version, _, hash_ = kept.removeprefix(_PLAIN).partition("-")
    return Record(Key(pk, sk), int(version), hash_, kept.startswith(_PLAIN))


def write(name: str, content: bytes = b"") -> None:
    """Keep an object; its retention is the bucket's."""
    s3().put_object(Bucket=settings().evidence_bucket, Key=name, Body=content)


def read(name: str) -> bytes:
    """The content of an object that was listed."""
    return s3().get_object(Bucket=settings().evidence_bucket, Key=name)["Body"].read()


def read_first(kept: Kept) -> bytes:
    """The content of the first version of an object."""
    return s3().get_object(Bucket=settings().evidence_bucket, Key=kept.name, VersionId=kept.version_id)["Body"].read()


def names(prefix: str, after: str = "") -> Iterator[str]:
    """The names of all objects below a prefix that come after one, in order, each once. One call for each thousand."""
    for name, _ in itertools.groupby(_versions(prefix, after), lambda version: version["Key"]):
        yield name


def kept(prefix: str, after: str = "") -> Iterator[Kept]:
    """The objects below a prefix that come after one, in order. One call for each thousand versions."""
    for name, found in itertools.groupby(_versions(prefix, after), lambda version: version["Key"]):
        versions = list(found)  # newest first
        yield Kept(name, versions[-1]["VersionId"], len({version["ETag"] for version in versions}) > 1)


def _versions(prefix: str, after: str) -> Iterator[Any]:
    place: dict[str, Any] = {"KeyMarker": after} if after else {}
    while True:
        page = s3().list_object_versions(Bucket=settings().evidence_bucket, Prefix=prefix, **place)
        yield from (version for version in page.get("Versions", []) if version["Key"] > after)
        if not page.get("IsTruncated"):
            return
        place = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


def records(prefix: str, after: str = "") -> Iterator[Record]:
    """The records below a prefix, chain by chain."""
    return map(record_of, names(prefix, after))


def is_migrated() -> bool:
    """Whether the migration of plain chains is over."""
    return next(names(MIGRATED), None) is not None
