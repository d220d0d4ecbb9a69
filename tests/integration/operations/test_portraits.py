"""People who were verified before portraits were cut out: the operator lists them and has their portraits cut out."""

import json
from pathlib import Path

import pytest

from functions.identity import gateways
from functions.identity.portrait_recheck import recheck_portrait
from functions.shared import clients, clock
from functions.shared.config import settings
from functions.shared.table.identity import Identity
from operations.cli import main
from operations.portraits import old_portraits
from tests.conftest import Clock
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, Applicant, deliver, message
from tests.integration.identity.conftest import comparison_service, faces, text_models  # noqa: F401 - fixtures
from tests.integration.identity.fake_faces import FakeFaces

DATA = Path(__file__).resolve().parents[2] / "data"
pytestmark = pytest.mark.usefixtures("aws", "clock", "faces", "text_models")


def verified_before(http: Http, photo: str, shows: str = "front") -> Applicant:
    """Collins, verified with a picture of the whole document as portrait."""
    person = Applicant.new(http, COLLINS)
    key = gateways.kept_key(person.user_id, 1, shows)
    gateways.write_image(key, (DATA / photo).read_bytes())
    sealed = person.identity.person_sealed
    person.identity.update(
        actions=[
            Identity.status.set("verified"),
            Identity.verified_at.set(clock.now()),
            Identity.verified_person_sealed.set(sealed),
            Identity.portrait_key.set(key),
        ]
    )
    return person


def deliver_rechecks() -> list[str]:
    """Take the messages that ask for a recheck to the function; whose portraits they are about."""
    received = clients.sqs().receive_message(QueueUrl=settings().scans_queue_url, MaxNumberOfMessages=10)
    bodies = [one["Body"] for one in received.get("Messages", []) if "recheck" in one["Body"]]
    assert deliver(*(message(body=body, message_id=str(number)) for number, body in enumerate(bodies))) == []
    return [json.loads(body)["recheck"] for body in bodies]


def test_a_portrait_is_cut_out_afterwards(http: Http, capsys: pytest.CaptureFixture[str]) -> None:
    """The person is listed, rechecked by a message, and then compared with the cut-out; nothing is left to do."""
    person = verified_before(http, "collins_front_phone.jpg")
    assert [(one.user_id, one.compared_with) for one in old_portraits()] == [(person.user_id, "document")]
    with pytest.raises(SystemExit) as ended:
        main(["people", "portraits", "--recheck"])
    assert (ended.value.code, f"{person.user_id} document" in capsys.readouterr().out) == (0, True)
    assert deliver_rechecks() == [person.user_id]
    assert person.identity.portrait_key == f"verified/{person.user_id}/1-portrait.jpg"
    assert person.events()[-1].event == "portrait_cut_out"
    assert list(old_portraits()) == []
    before = person.identity.version
    recheck_portrait(person.user_id)
    assert person.identity.version == before


def test_a_portrait_that_cannot_be_cut_out(http: Http, capsys: pytest.CaptureFixture[str]) -> None:
    """What was verified from a staged photo stays as it is, and the operator sees why."""
    person = verified_before(http, "staged/face_larger_beside.jpg")
    recheck_portrait(person.user_id)
    assert person.identity.portrait_key.endswith("1-front.jpg")
    (listed,) = old_portraits()
    assert listed.reasons == ["MORE_THAN_ONE_FACE"]
    with pytest.raises(SystemExit):
        main(["people", "portraits"])
    assert f"{person.user_id} document MORE_THAN_ONE_FACE" in capsys.readouterr().out


def test_a_document_that_is_gone_or_expired(http: Http, clock: Clock) -> None:
    """A lost image changes nothing; that a document expired since does not matter."""
    person = verified_before(http, "collins_front_phone.jpg")
    clock.forward(20 * 365 * 86_400)
    recheck_portrait(person.user_id)
    assert person.identity.portrait_key.endswith("1-portrait.jpg")
    other = verified_before(http, "collins_front_phone.jpg")
    clients.s3().delete_object(Bucket=settings().upload_bucket, Key=other.identity.portrait_key)
    recheck_portrait(other.user_id)
    assert [one.reasons for one in old_portraits() if one.user_id == other.user_id] == [["NOT_AN_IMAGE"]]


def test_faces_that_cannot_be_looked_for(http: Http, faces: FakeFaces) -> None:  # noqa: F811
    """The message comes again, and nothing has changed."""
    person = verified_before(http, "collins_front_phone.jpg")
    before = person.identity.version
    faces.faults = [(500, "InternalServerError")] * 3
    assert deliver(message(body=json.dumps({"recheck": person.user_id}))) == ["m1"]
    assert person.identity.version == before


def test_who_needs_no_recheck(http: Http) -> None:
    """A selfie is listed and not rechecked; people who are not verified are not listed."""
    by_selfie = verified_before(http, "selfie_collins.jpg", "selfie")
    assert [(one.user_id, one.compared_with) for one in old_portraits()] == [(by_selfie.user_id, "selfie")]
    for user_id in (by_selfie.user_id, "nobody"):
        recheck_portrait(user_id)
    assert by_selfie.identity.portrait_key.endswith("1-selfie.jpg")
