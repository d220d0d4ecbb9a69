"""Face checks for a session and for the account: against the portrait in force, for one subject, used once."""

import pytest

from functions.shared import face_proofs, ids
from functions.shared.config import settings
from functions.shared.errors import FaceCheckRequired
from functions.shared.table import keys
from functions.shared.table.auth import Session
from functions.shared.table.identity import FaceCheck
from functions.shared.table.transactions import Transaction, get
from tests.conftest import Clock
from tests.integration.client import Answer, Http, new_session
from tests.integration.identity.applicant import Applicant, photo_of, put_upload
from tests.integration.identity.fake_faces import FakeFaces


@pytest.fixture
def verified(applicant: Applicant, faces: FakeFaces) -> Applicant:
    """Collins, verified."""
    applicant.ready()
    assert applicant.submit().body["status"] == "verified"
    return applicant


def check(person: Http, purpose: str, shows: str = "collins") -> tuple[str, Answer]:
    """Ask for a check, upload a selfie and compare it."""
    asked = person.post("/identity/face-checks", {"purpose": purpose})
    assert asked.status == 201, asked
    put_upload(asked.body["upload"], photo_of(shows))
    check_id = asked.body["face_check_id"]
    return check_id, person.post(f"/identity/face-checks/{check_id}/comparison")


def stored(person: Applicant, check_id: str) -> FaceCheck:
    return FaceCheck.get(*keys.face_check(person.user_id, check_id), consistent_read=True)


def test_a_session_gets_full_assurance(verified: Applicant, http: Http, clock: Clock) -> None:
    """It is full for twelve hours, no other session is, the check is used up, and the trail says so."""
    token, other = new_session(verified.user_id), new_session(verified.user_id)
    check_id, answer = check(http.signed_in(token), "session")
    session = get(Session, keys.session(ids.fingerprint(token)))
    assert session is not None
    assert session.full_until is not None
    assert (session.full_until - clock.time).total_seconds() == settings().full_assurance_s == 12 * 3_600
    assert answer.body["session"] == {
        "client": "mini_program",
        "assurance": "full",
        "expires_at": session.valid_until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert stored(verified, check_id).status == "consumed"
    assert get(Session, keys.session(ids.fingerprint(other))).full_until is None
    assert verified.events()[-1].event == "session_assurance_raised"


def test_only_the_session_that_asked_is_compared(verified: Applicant, http: Http) -> None:
    """Another session of the same user does not find the check, and gets nothing from it."""
    mine, other = http.signed_in(new_session(verified.user_id)), http.signed_in(new_session(verified.user_id))
    asked = mine.post("/identity/face-checks", {"purpose": "session"}).body
    put_upload(asked["upload"], photo_of("collins"))
    assert other.post(f"/identity/face-checks/{asked['face_check_id']}/comparison").status == 404
    assert mine.post(f"/identity/face-checks/{asked['face_check_id']}/comparison").body["status"] == "passed"


def test_a_session_that_ends_meanwhile(verified: Applicant, http: Http, faces: FakeFaces) -> None:
    """Who signed out during the comparison is not signed in again by it: 401, and the attempt is given back."""
    token = new_session(verified.user_id)
    person = http.signed_in(token)
    asked = person.post("/identity/face-checks", {"purpose": "session"}).body
    put_upload(asked["upload"], photo_of("collins"))
    faces.during = lambda: person.delete("/auth/session") and None
    assert person.post(f"/identity/face-checks/{asked['face_check_id']}/comparison").status == 401
    assert get(Session, keys.session(ids.fingerprint(token))) is None
    assert stored(verified, asked["face_check_id"]).status == "requested"
    assert verified.seen()["face_attempts_left"] == settings().face_failures


def test_another_face_raises_nothing(verified: Applicant, http: Http) -> None:
    """A failed check leaves the session as it was, and is counted."""
    token = new_session(verified.user_id)
    _, answer = check(http.signed_in(token), "session", "hopper")
    assert (answer.body["status"], answer.body["attempts_left"]) == ("failed", 4)
    assert "session" not in answer.body
    assert get(Session, keys.session(ids.fingerprint(token))).full_until is None


def test_an_account_check_allows_one_change(verified: Applicant) -> None:
    """It is valid for this account alone, once, and for five minutes."""
    check_id, answer = check(verified.http, "account")
    assert answer.body == {"status": "passed", "reasons": [], "attempts_left": 5}
    subject = face_proofs.account_subject(verified.user_id)
    passed = face_proofs.find(verified.user_id, check_id)
    assert passed is not None
    assert face_proofs.is_valid_for(passed, subject)
    assert not face_proofs.is_valid_for(passed, face_proofs.account_subject("another"))
    assert face_proofs.find("another", check_id) is None

    def consume(user_id: str, of: str) -> None:
        tx = Transaction()
        face_proofs.consume_in(tx, user_id, check_id, of, on_failure=FaceCheckRequired)
        tx.commit()

    for user_id, of in (("another", subject), (verified.user_id, face_proofs.session_subject("x"))):
        with pytest.raises(FaceCheckRequired):
            consume(user_id, of)
    consume(verified.user_id, subject)
    with pytest.raises(FaceCheckRequired):
        consume(verified.user_id, subject)


def test_an_account_check_expires(verified: Applicant, clock: Clock) -> None:
    """After five minutes a passed check allows nothing."""
    check_id, _ = check(verified.http, "account")
    clock.forward(settings().face_check_s)
    passed = face_proofs.find(verified.user_id, check_id)
    assert passed is not None
    assert not face_proofs.is_valid_for(passed, face_proofs.account_subject(verified.user_id))


@pytest.mark.parametrize("purpose", ["session", "account"])
def test_without_a_portrait_in_force(applicant: Applicant, purpose: str) -> None:
    """An account without a verified identity has nothing to compare with, and no further details are taken."""
    refused = applicant.http.post("/identity/face-checks", {"purpose": purpose})
    assert (refused.status, refused.code) == (403, "IDENTITY_REQUIRED")
    more = applicant.http.post("/identity/face-checks", {"purpose": purpose, "business": "exam"})
    assert (more.status, more.body["errors"][0]["code"]) == (422, "NOT_NEEDED")
