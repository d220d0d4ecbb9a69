"""Where the cuts around portraits are kept: in items of their own, as long as the identity names them."""

import random
from collections.abc import Sequence

import boto3
import pytest

from functions.identity import picture_store
from functions.identity.domain.evidence import Extracted
from functions.identity.photo_check import Verdict
from functions.shared.table import keys
from functions.shared.table.base import Item
from functions.shared.table.identity import PortraitCuts
from functions.shared.table.transactions import get_many
from tests.call_costs.sizes import READ_BYTES, Sizes
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, photo_of, reissued
from tests.integration.identity.fake_faces import FakeFaces

FIRST, SECOND, THIRD = ([int.from_bytes(random.Random(seed).randbytes(32))] * 455 for seed in (1, 2, 3))


def front(person: Applicant, cuts: Sequence[int], *, reasons: Sequence[str] = ()) -> None:
    """Have a front scanned that has these cuts."""
    photo = photo_of("collins")
    comparable = bool(reasons)
    verdict = Verdict(list(reasons), photo, Extracted(), photo, cuts=list(cuts), comparable=comparable)
    person.decide(person.ticket("front"), verdict, photo)


def kept(person: Applicant) -> dict[int, list[int]]:
    """What is in the slots of a person."""
    slots = {keys.portrait_cuts(person.user_id, slot): slot for slot in keys.CUTS_SLOTS}
    found = get_many(*slots)
    return {
        slots[key]: picture_store.unsealed_cuts(item) for key, item in found.items() if isinstance(item, PortraitCuts)
    }


def verify(person: Applicant) -> None:
    person.accept("back")
    assert person.face().body["status"] == "passed"
    assert person.submit().body["status"] == "verified"


def test_no_write_of_the_identity_carries_them(http: Http, faces: FakeFaces) -> None:
    """An identity is one read, and a few writes, whatever was scanned; what is kept is sealed."""
    person = Applicant.new(http, COLLINS)
    front(person, FIRST)
    verify(person)
    client = boto3.client("dynamodb")
    items = client.scan(TableName=Item.Meta.table_name)["Items"]
    client.close()
    (identity,) = [item for item in items if item["kind"] == {"S": "identity"}]
    (cuts,) = [item for item in items if item["kind"] == {"S": "portrait_cuts"}]
    assert Sizes().item(identity) < READ_BYTES
    assert Sizes().item(cuts) > 455 * 32
    assert FIRST[0].to_bytes(32) not in cuts["sealed"]["B"]


def test_the_two_fronts_that_count_are_kept(http: Http, faces: FakeFaces) -> None:
    """Of the front scanned last, and of the one in force; nothing of any other, and nothing after a withdrawal."""
    person = Applicant.new(http, COLLINS)
    front(person, FIRST)
    assert kept(person) == {0: FIRST}
    front(person, SECOND)
    assert kept(person) == {0: SECOND}
    verify(person)
    assert kept(person) == {0: SECOND}
    assert person.apply_as_owner(reissued(2)).status == 200
    assert kept(person) == {0: SECOND}
    front(person, FIRST)
    assert kept(person) == {0: SECOND, 1: FIRST}
    front(person, [])
    assert kept(person) == {0: SECOND}
    front(person, THIRD)
    verify(person)
    assert kept(person) == {1: THIRD}
    assert person.apply_as_owner(reissued(3)).status == 200
    front(person, FIRST)
    assert kept(person) == {0: FIRST, 1: THIRD}
    assert person.http.delete(f"/identity/consent?face_check_id={person.prove()}").status == 204
    assert kept(person) == {}


def test_a_front_that_counts_no_longer(http: Http, faces: FakeFaces) -> None:
    """Its cuts go with it, in the change by which it stops counting; a rejected one that may still do keeps them."""
    person = Applicant.new(http, COLLINS)
    front(person, FIRST, reasons=["TEXT_MISMATCH"])
    assert kept(person) == {0: FIRST}
    front(person, SECOND)
    front(person, FIRST, reasons=["TEXT_MISMATCH"])
    assert kept(person) == {0: SECOND}
    assert person.apply(HARPER).body["scans"]["front"] is None
    assert kept(person) == {}


@pytest.mark.parametrize("lost", [True, False])
def test_no_face_is_compared_beside_other_cuts(http: Http, faces: FakeFaces, lost: bool) -> None:
    """As where a front is scanned between two reads: the comparison starts again, and does without them never."""
    person = Applicant.new(http, COLLINS)
    front(person, FIRST)
    item = PortraitCuts.get(*keys.portrait_cuts(person.user_id, 0))
    if lost:
        item.delete()
    else:
        item.update(actions=[PortraitCuts.scan_id.set("another")])
    assert person.face().status == 503
    assert (person.identity.face, person.seen()["face_attempts_left"]) == (None, 5)
