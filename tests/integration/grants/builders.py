"""What tests of grants are made of: a small province, verified people, face checks that passed, console sessions."""

import itertools
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from functions.auth.sessions import begin_session
from functions.grants import businesses
from functions.identity.applications import PURPOSE, ApplicationInput, check
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.documents.resident_id import check_character
from functions.shared import clock
from functions.shared.derived_codes import CONFIRMATION_CODE, adopt_code
from functions.shared.personal_data import keyed_hash, seal
from functions.shared.table import keys
from functions.shared.table.auth import Owner, User
from functions.shared.table.grants import Grant
from functions.shared.table.identity import FaceCheck, Identity
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import Transaction, get, get_many
from tests.integration.client import Answer, Http, new_user

_sequences = itertools.count(1)
EXAM, REVIEW = "exam-2026", "title-review"
PROVINCE, CITY, TOWN = "420000", "420100", "420200"
HOSPITAL, CLINIC, FAR = "420101A", "420102B", "420201C"
SHAPE = {PROVINCE: None, CITY: PROVINCE, TOWN: PROVINCE, HOSPITAL: CITY, CLINIC: CITY, FAR: TOWN}


@dataclass
class Someone:
    """A verified person: their phone's client and a console session of theirs; an administrator's usual reason."""

    user_id: str
    phone: Http
    console: Http
    name: str
    number: str
    reason: str | None = None

    def face_check(self, **wanted: str) -> str:
        """The id of a face check for this that has passed."""
        answer = self.phone.post("/identity/face-checks", wanted)
        assert answer.status == 201, answer
        return passed(self.user_id, answer.body["face_check_id"])

    def redeem(self, code: str, face_check_id: str | None = None) -> Answer:
        """Redeem a code with a face check for it, or with this one."""
        check = face_check_id or self.face_check(purpose="grant_redemption", grant_code=code)
        return self.phone.post("/grants/redemptions", {"grant_code": code, "face_check_id": check})

    def invite(self, institution: str, role: str = "assistant", business: str = EXAM) -> Answer:
        """Invite somebody, with a face check for it."""
        check = self.face_check(purpose="invitation", business=business, institution_code=institution)
        body = {"role": role, "face_check_id": check}
        return self.phone.post(f"/grants/{business}/{institution}/invitations", body)

    def accept(self, code: str) -> Answer:
        """Accept an invitation, with a face check for it."""
        check = self.face_check(purpose="invitation_acceptance", invitation_code=code)
        body = {"invitation_code": code, "face_check_id": check}
        return self.phone.post("/grants/invitations/acceptance", body)

    def issue(self, institution: str, business: str = EXAM) -> Answer:
        """Issue a code from the console."""
        return self.console.post(f"/console/grants/{business}/{institution}/code", self._because({}))

    def revoke(self, institution: str, business: str = EXAM) -> Answer:
        """Revoke from the console."""
        why = f"?reason={quote(self.reason)}" if self.reason is not None else ""
        return self.console.delete(f"/console/grants/{business}/{institution}{why}")

    def name_directly(self, institution: str, name: str, number: str, business: str = EXAM, **more: str) -> Answer:
        """Grant directly from the console."""
        body = self._because({"name": name, "number": number, **more})
        return self.console.post(f"/console/grants/{business}/{institution}/direct-grant", body)

    def list(self, supervisor: str, business: str = EXAM, **query: Any) -> Answer:
        """The children's grants."""
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return self.console.get(f"/console/grants?business={business}&supervisor={supervisor}{more}")

    def job(self, kind: str, supervisor: str, business: str = EXAM, **wanted: Any) -> Answer:
        """Make a bulk job from the console."""
        body = self._because({"supervisor": supervisor, **wanted})
        return self.console.post(f"/console/grants/{business}/{kind}-jobs", body)

    def _because(self, body: dict[str, Any]) -> dict[str, Any]:
        return body if self.reason is None else {**body, "reason": self.reason}


def passed(user_id: str, face_check_id: str) -> str:
    """Let a face check pass; its id."""
    check = FaceCheck.new(keys.face_check(user_id, face_check_id))
    check.update(actions=[FaceCheck.status.set("passed")])
    return face_check_id


def console_of(http: Http, user_id: str) -> Http:
    """A client with a console session of the user."""
    tx = Transaction()
    session = begin_session(tx, user_id, "console", by="qr")
    tx.commit()
    return http.signed_in(session.token)


def basic_of(http: Http, user_id: str) -> Http:
    """A client with a session of the user's phone that an SMS code alone started."""
    tx = Transaction()
    session = begin_session(tx, user_id, "mini_program", by="phone", assurance="basic")
    tx.commit()
    return http.signed_in(session.token)


def someone(http: Http, name: str = "柯爱琳", *, administrator: bool = False) -> Someone:
    """A verified person with a portrait and a document number of their own."""
    user_id, token = new_user(administrator=administrator)
    body = f"42010619861119{next(_sequences) % 1000:03d}"
    number = body + check_character(body)
    verified_by(user_id, ApplicationInput(DocumentType.RESIDENT_ID, name, number))
    reason = "代市卫健委签发" if administrator else None
    return Someone(user_id, http.signed_in(token), console_of(http, user_id), name, number, reason)


def verified_by(user_id: str, typed: ApplicationInput) -> None:
    """Let a user be verified by this document."""
    checked = check(typed)
    person_hash = keyed_hash("document", checked.person_key)
    Identity.new(
        keys.identity(user_id),
        user_id=user_id,
        status="verified",
        verified_at=clock.now(),
        verified_document_type=str(typed.document_type),
        verified_person_hash=person_hash,
        verified_person_sealed=seal(msgspec.json.encode(checked.person), purpose=PURPOSE, user_id=user_id),
        portrait_key=f"verified/{user_id}/1-front.jpg",
    ).save()
    Owner.new(keys.document_owner(person_hash), user_id=user_id).save()
    shown = [User.identity_status.set("verified"), User.name_masked.set(f"{typed.name[0]}**")]
    User.new(keys.user(user_id)).update(actions=shown)


def reachable(person: Someone, phone: str) -> Someone:
    """The person, with a phone bound."""
    sealed = seal(phone.encode(), purpose="phone", user_id=person.user_id)
    User.new(keys.user(person.user_id)).update(actions=[User.phone_sealed.set(sealed)])
    return person


def add_institution(code: str, supervisor: str | None) -> None:
    """An institution of the directory, without what makes it findable."""
    adopted = adopt_code(CONFIRMATION_CODE, "BCDFGHJK", code)
    Institution.new(
        keys.institution(code),
        institution_code=code,
        name=f"机构{code}",
        supervisor_code=supervisor,
        category="综合医院",
        region_code="420000",
        credit_code=f"CREDIT{code}",
        children=[],
        confirmation_nonce=adopted.nonce,
        confirmation_offset=adopted.offset,
        confirmation_code_rotated_at=clock.now(),
        created_at=clock.now(),
        gsi1pk=keys.children(supervisor),
        gsi1sk=code,
    ).save()


def details(opens_on: str = "2026-11-01", closes_on: str = "2026-12-31", name: str = "资格考试") -> businesses.Details:
    """Those of a business."""
    fields = {"name": name, "entry_url": "https://exam.test/in", "opens_on": opens_on, "closes_on": closes_on}
    return msgspec.convert(fields, businesses.Details)


@dataclass
class Tree:
    """A province, its cities and their hospitals, two open businesses, and an administrator."""

    http: Http
    admin: Someone

    def person(self, name: str = "柯爱琳") -> Someone:
        """Somebody verified."""
        return someone(self.http, name)

    def manager(self, institution: str, business: str = EXAM) -> Someone:
        """A new manager of an institution, whose code the administrator issued."""
        person = self.person()
        code = self.admin.issue(institution, business).body["grant_code"]
        answer = person.redeem(code)
        assert answer.status == 201, answer
        return person

    def assistant(self, manager: Someone, institution: str, business: str = EXAM) -> Someone:
        """A new assistant of a manager."""
        person = self.person()
        answer = person.accept(manager.invite(institution, business=business).body["invitation_code"])
        assert answer.status == 200, answer
        return person

    def code(self, institution: str, business: str = EXAM) -> str:
        """A new code of the administrator's."""
        answer = self.admin.issue(institution, business)
        assert answer.status == 201, answer
        issued: str = answer.body["grant_code"]
        return issued


def tree(http: Http) -> Tree:
    """The small province."""
    admin = someone(http, "管理员", administrator=True)
    for code, supervisor in SHAPE.items():
        add_institution(code, supervisor)
    for business in (EXAM, REVIEW):
        businesses.create(business, details(), actor=admin.user_id)
    return Tree(http, admin)


def grant_of(institution: str, business: str = EXAM) -> Grant:
    """A grant as it is stored."""
    found = get(Grant, keys.grant(business, institution))
    assert found is not None
    return found


def kept(*wanted: keys.Key) -> list[str]:
    """The kinds of those items that are there."""
    return sorted(type(item).__name__ for item in get_many(*wanted).values())
