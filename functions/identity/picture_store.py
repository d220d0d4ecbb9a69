"""Reads and writes of claims of pictures: which were used for a face check, by whichever user."""

from collections.abc import Mapping, Sequence

from functions.shared.derived_keys import derived_mac
from functions.shared.table import keys
from functions.shared.table.identity import Identity, PictureClaim
from functions.shared.table.keys import Key
from functions.shared.table.transactions import Transaction, get_many

PictureClaims = Mapping[bytes, PictureClaim]


def identity_and_claims(user_id: str, marks: Sequence[bytes]) -> tuple[Identity | None, PictureClaims]:
    """The user's identity, and which of up to 99 marks of pictures are claimed. One round trip."""
    wanted = {mark: _key(mark) for mark in marks}
    found = get_many(keys.identity(user_id), *wanted.values())
    claims = {mark: claim for mark, key in wanted.items() if isinstance(claim := found.get(key), PictureClaim)}
    identity = found.get(keys.identity(user_id))
    return identity if isinstance(identity, Identity) else None, claims


def claim_in(tx: Transaction, mark: bytes, picture_hash: str, claimed: PictureClaim | None) -> None:
    """Claim a picture under one of its marks, in place of another picture that has it by chance.

    The transaction fails with `Stale` where another picture came in between.
    """
    unchanged = (
        PictureClaim.pk.does_not_exist() if claimed is None else PictureClaim.picture_hash == claimed.picture_hash
    )
    tx.put(PictureClaim.new(_key(mark), picture_hash=picture_hash), unchanged)


def _key(mark: bytes) -> Key:
    return keys.picture_claim(derived_mac("picture-claim/1", mark).hex())
