"""What somebody with a script and one account wants: the operator's bill for faces and text recognition.

Each test is one aim over several calls: what costs money is counted before it is asked for, by user and in total.
"""

from collections import Counter as Tally

from functions.shared.limits import Limit
from tests.attack.test_goals_abuse import counted_before
from tests.attack.test_goals_persons import reissued, scan, verified
from tests.integration.client import Http
from tests.integration.identity.applicant import Applicant, resident
from tests.integration.identity.conftest import comparison_service, faces
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.shared.configured import configured

__all__ = ["comparison_service", "faces"]

FACE_CHECK, SCAN = {"purpose": "identity"}, {"side": "front", "content_type": "image/jpeg", "size": 1_000}


def test_a_script_asks_for_face_checks_all_day(http: Http) -> None:
    """As many forms a day as a user may have, and all users together an hour; the next user has their own."""
    script, person, late = (Applicant.new(http, resident(number)) for number in (31, 32, 33))
    for one in (script, person, late):
        one.close_scanning()
    with configured(face_checks_per_day="3", face_checks_total_hour="4"):
        asked = Tally(script.http.post("/identity/face-checks", FACE_CHECK).code for _ in range(6))
        assert asked == {None: 3, "FACE_LIMIT": 3}
        assert person.http.post("/identity/face-checks", FACE_CHECK).status == 201
        refused = late.http.post("/identity/face-checks", FACE_CHECK)
        assert (refused.status, refused.code) == (429, "FACE_LIMIT")
        assert int(refused.headers["retry-after"]) > 0


def test_a_script_asks_for_scans_all_day(http: Http) -> None:
    """The same of forms for scans."""
    script, person, late = (Applicant.new(http, resident(number)) for number in (34, 35, 36))
    with configured(scans_per_day="3", scans_total_hour="4"):
        asked = Tally(script.http.post("/identity/scans", SCAN).code for _ in range(6))
        assert asked == {None: 3, "SCAN_BUDGET": 3}
        assert person.http.post("/identity/scans", SCAN).status == 201
        assert late.http.post("/identity/scans", SCAN).code == "SCAN_BUDGET"


def test_a_submission_that_is_refused_is_not_compared_without_end(http: Http, faces: FakeFaces) -> None:
    """A changed document is compared with the portrait in force as often as the user's face checks of a day allow."""
    person = verified(http)
    assert person.apply_as_owner(reissued(12)).status == 200
    scan(person, "hopper")
    faces.calls.clear()
    counted_before(Limit("review_submissions_week", person.user_id, 1, 7 * 86_400), 5)
    with configured(face_checks_per_day="8"):  # of which five are left
        ended = Tally(person.submit().code for _ in range(20))
    assert ended == {"SUBMISSION_LIMIT": 5, "FACE_LIMIT": 15}
    assert faces.calls == ["CompareFaces"] * 5
