"""An adversary who wants an account to be somebody else's: to keep or sell a role, or to be one person twice.

Each test is one aim over several calls, through the public API.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from functions.grants.events import work_off_jobs
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.evidence import Extracted
from functions.identity.photo_check import Verdict
from functions.shared import audit
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import Owner, User
from functions.shared.table.base import Audited
from functions.shared.table.grants import Grant
from functions.shared.table.identity import Identity, NameBirth, PersonStep
from functions.shared.table.transactions import get
from operations.trace import holders
from tests.conftest import Clock
from tests.integration.client import Answer, Http, last_sms, new_session, new_user
from tests.integration.grants.builders import CITY, EXAM, Tree, grant_of, passed, tree
from tests.integration.identity.applicant import (
    HARPER,
    Applicant,
    during,
    numbered,
    photo_of,
    resident,
    review_codes,
)
from tests.integration.identity.conftest import comparison_service, faces
from tests.integration.identity.fake_faces import FakeFaces
from tests.integration.shared.faults import dynamodb, timing_out

__all__ = ["comparison_service", "faces"]

QUEUE = "/admin/identity-applications"
CONTEST_S = 72 * 3_600
MINE = {"document_type": "resident_id", "name": "柯爱琳", "number": numbered("42010619861120002")}
HARPERS_NUMBER = numbered("42010219661209002")
THIEF = {**resident(77), "name": "何慧"}


def reissued(sequence: int) -> dict[str, str]:
    """My details under another number: same name, birth date and sex."""
    return {**MINE, "number": numbered(f"42010619861120{sequence:03d}")}


class Remaining:
    """A Lambda context with time left."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 290_000


def run(body: str) -> list[str]:
    """Hand a message to the jobs function; the ids of messages that come again."""
    record = {"messageId": "m1", "body": body, "eventSource": "aws:sqs"}
    answer = work_off_jobs({"Records": [record]}, Remaining())
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def hourly() -> list[str]:
    return run('{"steps_due": true}')


def admin(http: Http) -> Http:
    return http.signed_in(new_user(administrator=True)[1])


def verified(http: Http, details: dict[str, str] = MINE, shows: str = "collins") -> Applicant:
    """Somebody whom the machine has verified."""
    person = Applicant.new(http, details)
    scan(person, shows)
    assert person.submit().body["status"] == "verified", person.seen()
    return person


def scan(person: Applicant, shows: str, **extracted: Any) -> None:
    """Scan a document with this portrait, and pass the face check."""
    sides = ["front"] if person.seen()["document_type"] == "passport" else ["front", "back"]
    for side in sides:
        ticket = person.ticket(side)
        portrait = photo_of(shows) if side == "front" else None
        person.decide(ticket, Verdict([], photo_of(shows), Extracted(**extracted), portrait), photo_of(shows))
    assert person.face(shows).body["status"] == "passed"


def reasons_of(reviewer: Http, person: Applicant) -> list[str]:
    return review_codes(reviewer.get(f"{QUEUE}/{person.user_id}").body["review_reasons"])


def decide(reviewer: Http, applicant: Applicant, **more: Any) -> Answer:
    body = {"decision": "approve", "revision": int(applicant.identity.revision), **more}
    return reviewer.post(f"{QUEUE}/{applicant.user_id}/decision", body)


def manager(http: Http, world: Tree) -> Applicant:
    """Collins, verified with real pictures, manager of the city."""
    person = verified(http)
    code = world.code(CITY)
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    check = person.http.post("/identity/face-checks", wanted).body["face_check_id"]
    passed(person.user_id, check)
    answer = person.http.post("/grants/redemptions", {"grant_code": code, "face_check_id": check})
    assert answer.status == 201, answer
    return person


def events_of(key: keys.Key) -> list[AuditEvent]:
    return list(AuditEvent.query(key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key)), consistent_read=True))


def whole(kind: type[Audited], key: keys.Key) -> bool:
    item = get(kind, key)
    return item is not None and audit.first_invalid_version(events_of(key), item) is None


def owner_of(number: str) -> str | None:
    owner = get(Owner, keys.document_owner(keyed_hash("document", f"resident_id:{number}")))
    return owner.user_id if owner else None


# --- one account, one person ------------------------------------------------------------------------------------------


def test_a_thief_with_a_session_and_their_own_card(http: Http, faces: FakeFaces) -> None:
    """A stolen session and a genuine card of one's own: nothing begins without the face of the account's person."""
    world = tree(http)
    victim = manager(http, world)
    before = victim.identity
    for proof in ({}, {"face_check_id": "0" * 32}):
        refused = victim.apply({**THIEF, **proof})
        assert (refused.status, refused.code) == (403, "FACE_CHECK_REQUIRED")
        assert victim.http.delete(f"/identity/consent?{'&'.join(f'{n}={v}' for n, v in proof.items())}").status == 403
    ticket = victim.http.post("/identity/face-checks", {"purpose": "account"}).body
    assert victim.identity.revision == before.revision
    assert ticket["attempts_left"] > 0
    assert (grant_of(CITY).status, grant_of(CITY).manager_id) == ("active", victim.user_id)
    assert victim.identity.verified_person_hash == before.verified_person_hash


def test_a_role_is_not_sold_by_another_verification(http: Http, faces: FakeFaces) -> None:
    """Where the manager helps: the buyer's card goes to review, and is not approved while the role is held."""
    world = tree(http)
    seller, reviewer = manager(http, world), admin(http)
    assert seller.apply_as_owner(THIEF).status == 200
    scan(seller, "hopper")
    assert review_codes(seller.submit().body["review_reasons"]) == ["under_review"]
    opened = reviewer.get(f"{QUEUE}/{seller.user_id}").body
    assert review_codes(opened["review_reasons"]) == ["other_person"]
    assert opened["account"]["verified_as"]["application"]["name"] == MINE["name"]
    assert [image["side"] for image in opened["account"]["verified_as"]["images"]] == ["front", "portrait", "back"]
    assert opened["account"]["roles"] == [{"business": EXAM, "institution_code": CITY, "role": "manager"}]
    refused = decide(reviewer, seller)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "person")
    assert decide(reviewer, seller, person="another_person").code == "ROLE_HELD"
    assert grant_of(CITY).manager_id == seller.user_id
    found = holders(DocumentType.RESIDENT_ID, MINE["number"], None)
    assert [one.user_id for one in found] == [seller.user_id]


def test_an_account_without_roles_may_change_hands(http: Http, faces: FakeFaces) -> None:
    """Approved as another person, sessions and work unit end, and the trace finds both numbers."""
    person, reviewer = verified(http), admin(http)
    person.user.update(actions=[User.work_unit_code.set(CITY)])
    other_session = http.signed_in(new_session(person.user_id))
    assert person.apply_as_owner(THIEF).status == 200
    assert other_session.get("/auth/me").status == 401  # ended by the application itself
    scan(person, "hopper")
    person.submit()
    assert decide(reviewer, person, person="another_person").status == 200
    assert person.http.get("/identity").status == 401
    assert (person.user.identity_status, person.user.work_unit_code) == ("verified", None)
    for number in (MINE["number"], THIEF["number"]):
        assert [one.user_id for one in holders(DocumentType.RESIDENT_ID, number, None)] == [person.user_id]
    assert whole(Identity, keys.identity(person.user_id))
    assert whole(User, keys.user(person.user_id))


def test_the_face_in_force_decides_beside_the_name(http: Http, faces: FakeFaces) -> None:
    """A card with the right name, birth date and sex but another face goes to review."""
    person, reviewer = verified(http), admin(http)
    assert person.apply_as_owner(reissued(12)).status == 200
    scan(person, "hopper")
    assert person.submit().body["status"] == "in_review"
    assert reasons_of(reviewer, person) == ["other_person"]


def test_a_changed_name_reaches_the_grants(http: Http, faces: FakeFaces) -> None:
    """Approved as the same person under another name: the grants show it, each with its event."""
    world = tree(http)
    person, reviewer = manager(http, world), admin(http)
    assert person.apply_as_owner({**MINE, "name": "何爱琳"}).status == 200
    scan(person, "collins")
    assert person.submit().body["status"] == "in_review"
    assert reasons_of(reviewer, person) == ["other_person"]
    assert decide(reviewer, person, person="same_person", name="何艾琳").status == 200
    assert person.user.name_masked == "何**"
    assert run(f'{{"steps_of": "{person.user_id}"}}') == []
    assert grant_of(CITY).manager_name_masked == "何**"
    key = keys.grant(EXAM, CITY)
    assert events_of(key)[-1].event == "member_renamed"
    assert whole(Grant, key)
    assert get(PersonStep, keys.person_step(person.user_id, "rename")) is None
    assert hourly() == []
    assert events_of(key)[-1].version == grant_of(CITY).version


def test_an_expired_card_renewed_with_a_colleagues_back(http: Http, faces: FakeFaces) -> None:
    """A back that no card of this person can have goes to review, and the reviewer sees what is printed."""
    reviewer = admin(http)
    person = Applicant.new(http, MINE)
    scan(person, "collins", valid_from=date(2020, 1, 1), long_term=True)  # long-term at 33
    assert review_codes(person.submit().body["review_reasons"]) == ["under_review"]
    opened = reviewer.get(f"{QUEUE}/{person.user_id}").body
    assert review_codes(opened["review_reasons"]) == ["validity_implausible"]
    assert opened["read"]["back"]["valid_from"] == "2020-01-01"


def test_one_person_by_two_documents(http: Http, faces: FakeFaces) -> None:
    """Who is verified by one document and applies with another on a second account is a possible duplicate."""
    first, reviewer = verified(http), admin(http)
    again = Applicant.new(http, reissued(14))
    scan(again, "collins")
    assert review_codes(again.submit().body["review_reasons"]) == ["under_review"]
    opened = reviewer.get(f"{QUEUE}/{again.user_id}").body
    assert review_codes(opened["review_reasons"]) == ["possible_duplicate"]
    assert [one["user_id"] for one in opened["possible_duplicates"]] == [first.user_id]
    assert decide(reviewer, again).status == 200
    held = get(NameBirth, keys.name_birth(str(first.identity.verified_name_birth_hash)))
    assert held is not None
    assert held.user_ids == [first.user_id, again.user_id]
    assert "identity_viewed" in [event.event for event in first.events()]


def test_a_permit_and_a_passport_of_one_person(http: Http, faces: FakeFaces) -> None:
    """A passport's birth date is read from the document: who is verified by a card of that name and date is found."""
    reviewer, birth = admin(http), date(1966, 12, 9)
    first = Applicant.new(http, {"document_type": "resident_id", "name": "Grace Harper", "number": HARPERS_NUMBER})
    scan(first, "harper")
    assert first.submit().body["status"] == "verified"
    again = Applicant.new(http, {**HARPER, "name": "HARPER Grace"})
    verdict = Verdict([], photo_of("harper"), Extracted(), photo_of("harper"), birth=birth)
    again.decide(again.ticket("front"), verdict, photo_of("harper"))
    assert again.face("harper").body["status"] == "passed"
    again.submit()
    assert reasons_of(reviewer, again) == ["document_type", "possible_duplicate"]


def test_two_people_who_share_name_and_birth_at_once(http: Http, faces: FakeFaces) -> None:
    """Of two who submit in the same moment one is verified; the machine never verifies both."""
    first, second = Applicant.new(http, MINE), Applicant.new(http, reissued(16))
    for person in (first, second):
        scan(person, "collins")
    with during(dynamodb(), "dynamodb.TransactWriteItems", first.submit):
        second.submit()
    assert sorted((first.seen()["status"], second.seen()["status"])) == ["in_review", "verified"]


def test_submissions_for_review_are_limited(http: Http, faces: FakeFaces) -> None:
    """Who is rejected again and again waits until the next week, and keeps their first position in the queue."""
    reviewer = admin(http)
    person = Applicant.new(http, HARPER)
    for number in range(5):
        if number:
            assert person.apply(HARPER).status == 200
        scan(person, "harper")
        assert person.submit().status == 200
        revision = int(person.identity.revision)
        reject = {"decision": "reject", "reason_code": "OTHER", "comment": "请补充", "revision": revision}
        assert reviewer.post(f"{QUEUE}/{person.user_id}/decision", reject).status == 200
    person.apply(HARPER)
    scan(person, "harper")
    assert person.submit().code == "SUBMISSION_LIMIT"


# --- a number that is verified on another account ---------------------------------------------------------------------


def duplicates(http: Http) -> tuple[Applicant, Applicant]:
    """Collins verified on one account, and an application with the same number on another one, in review."""
    older = verified(http)
    newer = Applicant.new(http, MINE)
    scan(newer, "collins")
    assert review_codes(newer.submit().body["review_reasons"]) == ["under_review"]
    return older, newer


def with_phone(person: Applicant, phone: str) -> Applicant:
    """The same, with a phone."""
    from functions.shared.personal_data import mask_phone, seal

    hashed = keyed_hash("phone", phone)
    Owner.new(keys.phone_owner(hashed), user_id=person.user_id).save()
    actions = [
        User.phone_hash.set(hashed),
        User.phone_masked.set(mask_phone(phone)),
        User.phone_sealed.set(seal(phone.encode(), purpose="phone", user_id=person.user_id)),
    ]
    person.user.update(actions=actions)
    return person


def test_the_accounts_of_one_person_become_one(http: Http, faces: FakeFaces) -> None:
    """By two reviewers: the older account keeps identity and roles, and is entered by the newer one's WeChat."""
    world = tree(http)
    older = with_phone(manager(http, world), "13800138001")
    newer = Applicant.new(http, MINE)
    scan(newer, "collins")
    newer.submit()
    first, second = admin(http), admin(http)
    opened = first.get(f"{QUEUE}/{newer.user_id}").body
    assert review_codes(opened["review_reasons"]) == ["duplicate_person"]
    assert opened["other"]["user_id"] == older.user_id
    assert opened["other"]["application"]["number"] == MINE["number"]
    refused = decide(first, newer)
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "duplicate")
    proposed = decide(first, newer, duplicate="same_person")
    assert (proposed.status, proposed.body["status"]) == (202, "awaiting_second")
    assert decide(first, newer, duplicate="same_person").body["status"] == "awaiting_second"
    openid = newer.user.wechat_openid
    joined = decide(second, newer, duplicate="same_person")
    assert (joined.status, joined.body["status"]) == (202, "joined")
    assert last_sms()[0] == "+8613800138001"
    assert newer.user.merged_into == older.user_id
    assert (older.user.wechat_openid, older.user.phone_hash) == (openid, None)
    assert get(Owner, keys.wechat_owner(openid)).user_id == older.user_id
    assert get(Owner, keys.phone_owner(keyed_hash("phone", "13800138001"))) is None
    assert (older.user.identity_status, owner_of(MINE["number"])) == ("verified", older.user_id)
    assert grant_of(CITY).manager_id == older.user_id
    for person in (older, newer):
        assert person.http.get("/auth/me").status == 401
        assert whole(User, keys.user(person.user_id))
        assert whole(Identity, keys.identity(person.user_id))
    assert newer.identity.person_sealed is None


def test_an_impostor_loses_the_number_after_three_days(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """Roles and sessions of the older account end, the number moves; both trails are whole, and both are found."""
    world = tree(http)
    older = with_phone(manager(http, world), "13800138002")
    newer = Applicant.new(http, MINE)
    scan(newer, "collins")
    newer.submit()
    first, second = admin(http), admin(http)
    decide(first, newer, duplicate="impostor")
    decided = decide(second, newer, duplicate="impostor")
    assert (decided.status, decided.body["status"]) == (202, "takes_effect_at")
    assert last_sms()[0] == "+8613800138002"
    assert older.seen()["contested_until"] == decided.body["takes_effect_at"]
    assert decide(second, newer, duplicate="impostor").code == "DECISION_PENDING"
    assert hourly() == []
    assert (older.user.identity_status, grant_of(CITY).status) == ("verified", "active")
    clock.forward(CONTEST_S)
    with timing_out(dynamodb(), "dynamodb.TransactWriteItems"):
        hourly()
    assert hourly() == []
    assert (grant_of(CITY).status, grant_of(CITY).manager_id) == ("vacant", None)
    assert older.user.identity_status == "unverified"
    assert older.http.get("/auth/me").status == 401
    assert (newer.seen()["status"], owner_of(MINE["number"])) == ("verified", newer.user_id)
    found = {one.user_id for one in holders(DocumentType.RESIDENT_ID, MINE["number"], None)}
    assert found == {older.user_id, newer.user_id}
    for person in (older, newer):
        assert whole(User, keys.user(person.user_id))
        assert whole(Identity, keys.identity(person.user_id))
    assert whole(Grant, keys.grant(EXAM, CITY))
    before = newer.identity.version
    assert hourly() == []
    assert newer.identity.version == before


def test_the_person_objects_with_their_face(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """An objection puts the case back into review, with its reason; nothing takes effect; it works once."""
    older, newer = duplicates(http)
    first, second = admin(http), admin(http)
    decide(first, newer, duplicate="impostor")
    decide(second, newer, duplicate="impostor")
    without = older.http.post("/identity/objection", {"face_check_id": "0" * 32})
    assert (without.status, without.code) == (403, "FACE_CHECK_REQUIRED")
    proof = {"face_check_id": older.prove()}
    assert older.http.post("/identity/objection", proof).body["contested_until"] is None
    assert older.http.post("/identity/objection", proof).code == "NOTHING_CONTESTED"
    clock.forward(CONTEST_S + 3_600)
    assert hourly() == []
    assert older.user.identity_status == "verified"
    assert reasons_of(first, newer) == ["duplicate_person", "duplicate_objected"]
    assert review_codes(newer.seen()["review_reasons"]) == ["under_review"]
    assert first.get(QUEUE).body["items"][0]["user_id"] == newer.user_id


def test_one_reviewer_alone_moves_nothing(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """However often one reviewer decides, and whatever: a second, different one is needed."""
    older, newer = duplicates(http)
    alone = admin(http)
    for outcome in ("impostor", "same_person", "impostor", "same_person", "same_person"):
        assert decide(alone, newer, duplicate=outcome).body["status"] == "awaiting_second"
    clock.forward(CONTEST_S)
    assert hourly() == []
    assert (older.user.identity_status, newer.user.merged_into) == ("verified", None)


def test_who_withdraws_gives_up_a_pending_decision(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """The newcomer withdraws within the three days: the older account is left alone for good."""
    older, newer = duplicates(http)
    for reviewer in (admin(http), admin(http)):
        decide(reviewer, newer, duplicate="impostor")
    assert newer.http.delete("/identity/consent").status == 204
    assert older.seen()["contested_until"] is None
    clock.forward(CONTEST_S)
    assert hourly() == []
    assert older.user.identity_status == "verified"


@pytest.mark.parametrize("step", range(1, 8))
def test_a_fault_at_every_step_leaves_nothing_half_moved(http: Http, faces: FakeFaces, clock: Clock, step: int) -> None:
    """Whichever call of the move fails, the next hourly run completes it, and all trails are whole."""
    world = tree(http)
    older = manager(http, world)
    newer = Applicant.new(http, MINE)
    scan(newer, "collins")
    newer.submit()
    for reviewer in (admin(http), admin(http)):
        decide(reviewer, newer, duplicate="impostor")
    clock.forward(CONTEST_S)
    _fail_nth_write(step, hourly)
    assert hourly() == []
    assert (older.user.identity_status, newer.seen()["status"]) == ("unverified", "verified")
    assert (grant_of(CITY).status, owner_of(MINE["number"])) == ("vacant", newer.user_id)
    for kind, key in (
        *((User, keys.user(one.user_id)) for one in (older, newer)),
        *((Identity, keys.identity(one.user_id)) for one in (older, newer)),
        (Grant, keys.grant(EXAM, CITY)),
    ):
        assert whole(kind, key)
    assert get(PersonStep, keys.person_step(newer.user_id, "impostor")) is None


def _fail_nth_write(step: int, do: Callable[[], Any]) -> None:
    """Do something while the nth call of DynamoDB has no answer, and none after it: the run dies there."""
    from botocore.exceptions import ReadTimeoutError

    seen: list[int] = []

    def die(**_: Any) -> None:
        seen.append(1)
        if len(seen) >= step:
            raise ReadTimeoutError(endpoint_url="https://aws.test")

    client = dynamodb()
    client.meta.events.register_first("before-call.dynamodb", die, unique_id="die")
    try:
        do()
    finally:
        client.meta.events.unregister("before-call.dynamodb", die, unique_id="die")


# --- the end of a document --------------------------------------------------------------------------------------------


def test_an_expired_document_ends_the_roles(http: Http, faces: FakeFaces, clock: Clock) -> None:
    """The person is asked 90 days before; 90 days after the last day the roles end, and the person stays the same."""
    world = tree(http)
    last_day = date(2026, 11, 22) + timedelta(days=100)
    person = Applicant.new(http, MINE)
    scan(person, "collins", valid_from=last_day - timedelta(days=7305), valid_until=last_day.replace())
    person.submit()
    reviewer = admin(http)
    if person.seen()["status"] == "in_review":
        assert decide(reviewer, person).status == 200
    code = world.code(CITY)
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    check = person.http.post("/identity/face-checks", wanted).body["face_check_id"]
    passed(person.user_id, check)
    assert person.http.post("/grants/redemptions", {"grant_code": code, "face_check_id": check}).status == 201
    assert (person.seen()["verified_until"], person.seen()["renewal_asked"]) == (last_day.isoformat(), False)
    clock.forward(10 * 86_400)
    person.http = http.signed_in(new_session(person.user_id))
    assert person.seen()["renewal_asked"]
    clock.forward(179 * 86_400)
    assert hourly() == []
    assert grant_of(CITY).status == "active"
    clock.forward(3 * 86_400)
    assert hourly() == []
    assert (grant_of(CITY).status, person.user.identity_status) == ("vacant", "unverified")
    assert owner_of(MINE["number"]) == person.user_id
    assert whole(Grant, keys.grant(EXAM, CITY))
