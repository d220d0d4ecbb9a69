"""What a whole journey leaves behind: a chain of events that holds, and logs without personal data."""

from functions.shared import audit
from tests.integration.client import Http
from tests.integration.identity.applicant import COLLINS, HARPER, Applicant, resident
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.shared.log_lines import LogLines


def journey(http: Http, administrator: Http) -> Applicant:
    """A person who is verified by the machine after some failures, then by a reviewer with another document."""
    person = Applicant.new(http, resident(1))
    person.apply(COLLINS)
    person.scan("front", b"rubbish")
    person.accept("front")
    person.accept("back")
    person.face("hopper")
    person.face()
    person.submit()
    person.apply_as_owner(HARPER)
    person.ready()
    person.submit()
    path = f"/admin/identity-applications/{person.user_id}"
    assert administrator.get(path).status == 200
    rejection = {"decision": "reject", "revision": 3, "reason_code": "OTHER", "comment": "请补充"}
    assert administrator.post(f"{path}/decision", rejection).status == 200
    person.apply_as_owner(HARPER)
    person.ready()
    person.submit()
    approval = {"decision": "approve", "revision": 4, "person": "same_person"}
    assert administrator.post(f"{path}/decision", approval).status == 200
    return person


def test_one_event_for_each_change(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """The chain holds from the first consent to the last approval, and names each step once."""
    person = journey(http, administrator)
    events = person.events()
    assert audit.first_invalid_version(events, person.identity) is None
    scan = ["scan_requested", "scan_accepted"]
    face = ["face_check_requested", "face_comparison_started"]
    assert [event.event for event in events] == [
        *("consent_given", "application_saved", "application_saved"),
        *("scan_requested", "scan_rejected", *scan, *scan),
        *(*face, "face_check_failed", *face, "face_check_passed", "identity_verified"),
        *(*face, "face_check_passed"),
        *("application_saved", *scan, *face, "face_check_passed", "identity_sent_to_review"),
        *("application_viewed", "identity_rejected"),
        *(*face, "face_check_passed"),
        *("application_saved", *scan, *face, "face_check_passed", "identity_sent_to_review", "identity_approved"),
    ]


def test_the_trail_holds_no_personal_data(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """No event says a name or number; who did something is an id, or the function that did it."""
    person = journey(http, administrator)
    for event in person.events():
        said = f"{event.detail} {event.actor} {event.pk} {event.sk}"
        for secret in (COLLINS["number"], COLLINS["name"], HARPER["number"], HARPER["name"]):
            assert secret not in said
        assert event.actor == "scans" or len(event.actor) == 32


def test_the_logs_hold_no_personal_data(http: Http, faces: FakeFaces, administrator: Http) -> None:
    """Neither numbers nor names, not even masked, no tokens, and no link or form to an image."""
    with LogLines() as logs:
        person = journey(http, administrator)
        assert person.apply_as_owner(resident(2)).status == 200
        faces.faults = [(400, "AccessDeniedException")] * 9
        person.accept("front")
        assert person.face().status == 503
        assert person.apply({**COLLINS, "number": "420106198611190026"}).status == 422
    assert len(logs.named("request")) > 30
    assert logs.named("scan_decided")
    assert logs.named("faces_failed")
    secrets = [COLLINS["number"], COLLINS["name"], HARPER["number"], HARPER["name"], "Harper", "420106198611190026"]
    secrets += [person.http.token or "", "X-Amz-Signature", "x-amz-signature", "uploads/selfies", "99.9", "31.41592653"]
    secrets += [str(person.identity.number_masked), str(person.identity.name_masked), "柯**"]
    for secret in secrets:
        assert secret
        assert secret not in logs.text
