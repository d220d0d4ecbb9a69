"""Reads and writes of what pictures are known by: those used for a face check, of all users, and cuts of scans."""

import base64
import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence

from pynamodb.expressions.condition import Condition

from functions.identity.domain.picture_claims import ClaimedPicture
from functions.identity.domain.picture_hash import BITS
from functions.identity.domain.portrait_cuts import packed, unpacked
from functions.shared.derived_keys import derived_mac
from functions.shared.table import keys
from functions.shared.table.identity import FaceCheck, Identity, PictureClaim, PortraitCuts
from functions.shared.table.keys import Key
from functions.shared.table.transactions import Transaction, get_many

_PURPOSE = "picture-claim/1"
_HASH, _NONCE = BITS // 8, 16
_KEPT = 4  # pictures under one mark; an older one has other marks

PictureClaims = Mapping[bytes, PictureClaim]
CutsBySlot = Mapping[int, PortraitCuts]


def identity_and_claims(user_id: str, marks: Sequence[bytes]) -> tuple[Identity | None, PictureClaims]:
    """The user's identity, and which of up to 99 marks of pictures are claimed. One round trip."""
    wanted = {mark: _key(mark) for mark in marks}
    found = get_many(keys.identity(user_id), *wanted.values())
    claims = {mark: claim for mark, key in wanted.items() if isinstance(claim := found.get(key), PictureClaim)}
    identity = found.get(keys.identity(user_id))
    return identity if isinstance(identity, Identity) else None, claims


def claimed_pictures(claim: PictureClaim) -> list[ClaimedPicture]:
    """Return the pictures that are claimed under a mark, newest first."""
    if not claim.pictures:
        return [ClaimedPicture(claim.picture_hash, None)]
    return [_unsealed(one) for one in claim.pictures]


def sealed(picture: ClaimedPicture) -> bytes:
    """Return a picture as it is kept, so that a claim of one is below 1 KB: only the functions read its fingerprint."""
    nonce = secrets.token_bytes(_NONCE)
    return bytes.fromhex(picture.hash) + nonce + _masked(nonce, picture.fingerprint or b"")


def claim_in(tx: Transaction, mark: bytes, picture_hash: str, kept: bytes, claimed: PictureClaim | None) -> None:
    """Claim a sealed picture under one of its marks, beside the latest others that have the mark too.

    The transaction fails with `VersionConflict` where another picture came in between.
    """
    unchanged = (
        PictureClaim.pk.does_not_exist()
        if claimed is None
        else (PictureClaim.picture_hash == claimed.picture_hash) & _same_pictures(claimed)
    )
    earlier = [] if claimed is None else claimed.pictures or [sealed(one) for one in claimed_pictures(claimed)]
    tx.put(PictureClaim.new(_key(mark), picture_hash=picture_hash, pictures=[kept, *earlier[: _KEPT - 1]]), unchanged)


def identity_check_and_cuts(user_id: str, face_check_id: str) -> tuple[Identity | None, FaceCheck | None, CutsBySlot]:
    """The user's identity, a face check and all cuts around portraits, as far as they are there. One round trip."""
    of_identity, of_check = keys.identity(user_id), keys.face_check(user_id, face_check_id)
    slots = {slot: keys.portrait_cuts(user_id, slot) for slot in keys.CUTS_SLOTS}
    found = get_many(of_identity, of_check, *slots.values())
    identity, check = found.get(of_identity), found.get(of_check)
    cuts = {slot: one for slot, key in slots.items() if isinstance(one := found.get(key), PortraitCuts)}
    return (
        identity if isinstance(identity, Identity) else None,
        check if isinstance(check, FaceCheck) else None,
        cuts,
    )


def sealed_cuts(cuts: Sequence[int]) -> bytes | None:
    """Return the hashes of cuts around a portrait as they are kept, None where there are none.

    Together they show a coarse outline of the face, so that only the functions can read them.
    """
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _masked(nonce, packed(cuts)) if cuts else None


def unsealed_cuts(kept: PortraitCuts) -> list[int]:
    """Return the hashes of cuts that are kept."""
    content = kept.sealed
    return unpacked(_masked(content[:_NONCE], content[_NONCE:]))


def keep_cuts_in(tx: Transaction, user_id: str, slot: int, scan_id: str, sealed_cuts: bytes) -> None:
    """Add that the cuts of a scan are kept, instead of what was in the slot."""
    tx.put(PortraitCuts.new(keys.portrait_cuts(user_id, slot), scan_id=scan_id, sealed=sealed_cuts))


def forget_cuts_in(tx: Transaction, user_id: str, slots: Collection[int]) -> None:
    """Add that cuts are kept no longer."""
    for slot in sorted(slots):
        tx.delete(PortraitCuts.new(keys.portrait_cuts(user_id, slot)))


def _same_pictures(claimed: PictureClaim) -> Condition:
    same: Condition = PictureClaim.pictures == claimed.pictures
    return same if claimed.pictures else same | PictureClaim.pictures.does_not_exist()


def _unsealed(kept: bytes | str) -> ClaimedPicture:
    if isinstance(kept, str):  # of an earlier version: the same as text
        picture_hash, _, rest = kept.partition(".")
        kept = bytes.fromhex(picture_hash) + base64.b64decode(rest)
    picture_hash, nonce, masked = kept[:_HASH].hex(), kept[_HASH:][:_NONCE], kept[_HASH + _NONCE :]
    return ClaimedPicture(picture_hash, _masked(nonce, masked) or None)


def _masked(nonce: bytes, content: bytes) -> bytes:
    """A content combined with as many bytes that only the functions can compute; twice gives the content back."""
    stream = hashlib.shake_256(derived_mac(_PURPOSE, b"fingerprint:" + nonce)).digest(len(content))
    return bytes(one ^ other for one, other in zip(content, stream, strict=True))


def _key(mark: bytes) -> Key:
    return keys.picture_claim(derived_mac(_PURPOSE, mark).hex())
