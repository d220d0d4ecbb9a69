"""How claims of pictures are kept: small, sealed, and readable whichever version wrote them."""

import base64
import secrets

import boto3
import pytest

from functions.identity import picture_store
from functions.identity.domain.picture_claims import ClaimedPicture
from functions.shared.table.base import Item
from functions.shared.table.identity import PictureClaim
from functions.shared.table.transactions import Transaction
from tests.call_costs.sizes import WRITE_BYTES, Sizes

pytestmark = pytest.mark.usefixtures("aws")
MARK = b"band:0:abcdef"


def picture(fingerprint: bytes | None = None) -> ClaimedPicture:
    """One whose fingerprint is as long as they are."""
    return ClaimedPicture(secrets.token_hex(32), fingerprint or secrets.token_bytes(576))


def claim(one: ClaimedPicture) -> None:
    """Claim it beside what is claimed."""
    _, claims = picture_store.identity_and_claims("u", [MARK])
    tx = Transaction()
    picture_store.claim_in(tx, MARK, one.hash, picture_store.sealed(one), claims.get(MARK))
    tx.commit()


def claimed() -> list[ClaimedPicture]:
    """What is claimed, as it is read."""
    return picture_store.claimed_pictures(picture_store.identity_and_claims("u", [MARK])[1][MARK])


def test_a_claim_is_one_write_unit() -> None:
    """A picture that is alone under its mark, as nearly every one is at first, stays below a kilobyte."""
    one = picture()
    claim(one)
    client = boto3.client("dynamodb")
    (item,) = client.scan(TableName=Item.Meta.table_name)["Items"]
    client.close()
    assert Sizes().item(item) < WRITE_BYTES
    assert one.fingerprint is not None
    assert one.fingerprint not in item["pictures"]["L"][0]["B"]
    assert claimed() == [one]


def test_the_latest_four_are_kept() -> None:
    """Newest first."""
    pictures = [picture() for _ in range(6)]
    for one in pictures:
        claim(one)
    assert claimed() == pictures[:1:-1]


def test_what_was_kept_as_text_is_known() -> None:
    """As earlier versions wrote it; also without a fingerprint, and beside what is written now."""
    old, older, new = picture(), ClaimedPicture(secrets.token_hex(32), None), picture()
    claim(old)
    item = PictureClaim.get(*picture_store.identity_and_claims("u", [MARK])[1][MARK].key)
    texts = [f"{one.hash}.{base64.b64encode(picture_store.sealed(one)[32:]).decode()}" for one in (old, older)]
    item.update(actions=[PictureClaim.pictures.set(texts)])
    assert claimed() == [old, older]
    claim(new)
    assert claimed() == [new, old, older]
    item.update(actions=[PictureClaim.pictures.remove()])
    assert claimed() == [ClaimedPicture(new.hash, None)]
