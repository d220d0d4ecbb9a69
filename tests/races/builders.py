"""People, applications and institutions brought into the state that a race begins with, each of them fresh."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import msgspec
from pynamodb.expressions.update import Action

from functions.auth.accounts import sign_in_or_register
from functions.grants import businesses
from functions.identity import applications, consent, evidence, gateways
from functions.identity.domain.documents import DocumentType
from functions.identity.domain.documents.resident_id import check_character
from functions.identity.domain.evidence import PassedFace, SideScan
from functions.institutions import details, directory
from functions.institutions.domain import credit_code
from functions.institutions.domain.codes import new_institution_code
from functions.shared import audit, clock, ids
from functions.shared.http import Caller
from functions.shared.personal_data import keyed_hash, seal
from functions.shared.table import keys
from functions.shared.table.auth import Administrator, Owner, User
from functions.shared.table.identity import FaceCheck, Identity
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import Transaction, get
from functions.shared.vocabulary import Side

REGION = "420102"
LONG_ENOUGH_S = 600


class Phone(NamedTuple):
    """A phone and the hash it is found under."""

    number: str
    hash: str


def new_phone() -> Phone:
    """A phone that no one has."""
    number = f"13{secrets.randbelow(10**9):09d}"
    return Phone(number, keyed_hash("phone", number))


def wechat_user() -> tuple[Caller, str]:
    """Somebody who signed in by WeChat, and their WeChat account."""
    openid = ids.new_id()
    session, user, _ = sign_in_or_register(
        keys.wechat_owner(openid), {"wechat_openid": openid}, "mini_program", by="wechat"
    )
    return Caller(user.user_id, "mini_program", ids.fingerprint(session.token)), openid


def phone_user() -> tuple[Caller, Phone]:
    """Somebody who signed in by phone, and the phone."""
    phone = new_phone()
    account = {"phone": phone.number, "phone_hash": phone.hash}
    session, user, _ = sign_in_or_register(keys.phone_owner(phone.hash), account, "portal", by="phone")
    return Caller(user.user_id, "portal", ids.fingerprint(session.token)), phone


def document_number() -> str:
    """A resident ID number that follows the standard."""
    birth = date.fromordinal(date(1960, 1, 1).toordinal() + secrets.randbelow(15_000))
    body = f"{REGION}{birth:%Y%m%d}{secrets.randbelow(1_000):03d}"
    return body + check_character(body)


def application(number: str, name: str = "李明") -> applications.ApplicationInput:
    """What is typed to apply with a resident ID."""
    return applications.ApplicationInput(DocumentType.RESIDENT_ID, name, number)


def applicant(number: str | None = None) -> str:
    """A user whose application is in draft."""
    caller, _ = wechat_user()
    consent.accept_consent(caller.user_id, consent.VERSION)
    applications.save_application(caller.user_id, application(number or document_number()))
    return caller.user_id


def scanned_applicant(number: str | None = None) -> str:
    """An applicant whose scans are accepted."""
    user_id = applicant(number)
    front, back = _accepted(user_id, "front"), _accepted(user_id, "back")
    _change(user_id, [Identity.front.set(evidence.to_attribute(front)), Identity.back.set(evidence.to_attribute(back))])
    return user_id


def ready_applicant(number: str | None = None, *, area_code_known: bool = True) -> str:
    """An applicant whose scans are accepted and whose face check has passed: only the submission is left.

    An area code that is not known sends the submission to review.
    """
    user_id = applicant(number)
    check_id = passed_face_check(user_id, f"identity:{user_id}:1")
    for name in ("front", "portrait", "back", "selfie"):
        gateways.write_image(f"{name}/{user_id}.jpg", b"a picture")
    front, back = _accepted(user_id, "front"), _accepted(user_id, "back")
    face = PassedFace(check_id, clock.after(LONG_ENOUGH_S), f"selfie/{user_id}.jpg", front.scan_id)
    actions = [
        Identity.front.set(evidence.to_attribute(front)),
        Identity.back.set(evidence.to_attribute(back)),
        Identity.face.set(evidence.to_attribute(face)),
        Identity.area_code_known.set(area_code_known),
    ]
    _change(user_id, actions)
    return user_id


def passed_face_check(user_id: str, subject: str) -> str:
    """A passed face check of the user; its id."""
    check_id = ids.new_id()
    _passed(user_id, check_id, subject).save()
    return check_id


def verified_user() -> str:
    """A user who is verified, as far as the account shows it."""
    caller, _ = wechat_user()
    User.new(keys.user(caller.user_id)).update(actions=[User.identity_status.set("verified")])
    return caller.user_id


def institution_details(supervisor_code: str | None) -> details.Details:
    """What an institution below a supervisor is registered with."""
    body = f"12{REGION}" + "".join(secrets.choice(credit_code.ALPHABET) for _ in range(9))
    return details.Details(
        name=f"第{secrets.token_hex(6)}医院",
        supervisor_code=supervisor_code,
        category="综合医院",
        credit_code=body + credit_code.check_character(body),
        region_code=REGION,
        institution_code=f"{new_institution_code(REGION)}{secrets.randbelow(10**6):06d}",
    )


def institution(supervisor_code: str | None = None) -> Institution:
    """A new institution."""
    return directory.create(institution_details(supervisor_code), actor="races")


def institutions_below(supervisor_code: str, count: int) -> list[str]:
    """This many institutions below one, as far as grants look at them; their codes in order."""
    began = ids.new_id()[:8].upper()
    codes = [f"{REGION}{began}{number:05d}" for number in range(count)]
    with Institution.batch_write() as batch:
        for code in codes:
            batch.save(
                Institution.new(
                    keys.institution(code),
                    institution_code=code,
                    name=f"机构{code}",
                    supervisor_code=supervisor_code,
                    category="综合医院",
                    region_code=REGION,
                    credit_code=f"CREDIT{code}",
                    children=[],
                    confirmation_nonce="0" * 32,
                    confirmation_code_rotated_at=clock.now(),
                    created_at=clock.now(),
                    gsi1pk=keys.children(supervisor_code),
                    gsi1sk=code,
                )
            )
    return codes


def verified_users(count: int) -> list[str]:
    """This many users who are verified, as far as their accounts show it."""
    user_ids = [ids.new_id() for _ in range(count)]
    with User.batch_write() as batch:
        for user_id in user_ids:
            batch.save(
                User.new(
                    keys.user(user_id),
                    user_id=user_id,
                    created_at=clock.now(),
                    identity_status="verified",
                    name_masked="李*",
                )
            )
    return user_ids


class NamedPerson(NamedTuple):
    """A verified user and the number they can be found by."""

    user_id: str
    number: str


def named_person(name: str = "李明") -> NamedPerson:
    """A new verified user who can be found by name and number."""
    (user_id,) = verified_users(1)
    checked = applications.check(application(number := document_number(), name))
    sealed = seal(msgspec.json.encode(checked.person), purpose=applications.PURPOSE, user_id=user_id)
    Identity.new(keys.identity(user_id), user_id=user_id, status="verified", verified_person_sealed=sealed).save()
    Owner.new(keys.document_owner(keyed_hash("document", checked.person_key)), user_id=user_id).save()
    return NamedPerson(user_id, number)


def passed_face_checks(user_ids: Sequence[str], subject: str) -> list[str]:
    """A passed face check of each user for one subject; their ids."""
    check_ids = [ids.new_id() for _ in user_ids]
    with FaceCheck.batch_write() as batch:
        for user_id, check_id in zip(user_ids, check_ids, strict=True):
            batch.save(_passed(user_id, check_id, subject))
    return check_ids


def administrator() -> str:
    """An administrator."""
    (user_id,) = verified_users(1)
    User.new(keys.user(user_id)).update(actions=[User.is_administrator.set(True)])
    Administrator.new(keys.administrator(user_id), user_id=user_id).save()
    return user_id


def business() -> str:
    """A business that is open."""
    code = f"races-{ids.new_id()[:8]}"
    today = clock.today()
    open_now = businesses.Details("职称评审", "https://example.com/review", today, today + timedelta(days=30))
    businesses.create(code, open_now, actor="races")
    return code


def _passed(user_id: str, check_id: str, subject: str) -> FaceCheck:
    """The subject begins with the purpose."""
    return FaceCheck.new(
        keys.face_check(user_id, check_id),
        face_check_id=check_id,
        user_id=user_id,
        purpose=subject.partition(":")[0],
        subject=subject,
        status="passed",
        valid_until=clock.after(LONG_ENOUGH_S),
    )


def _accepted(user_id: str, side: Side) -> SideScan:
    portrait_key = f"portrait/{user_id}.jpg" if side == "front" else None
    return SideScan(ids.new_id(), side, "accepted", [], f"{side}/{user_id}.jpg", portrait_key=portrait_key)


def _change(user_id: str, actions: list[Action]) -> None:
    identity = get(Identity, keys.identity(user_id))
    assert identity is not None
    tx = Transaction()
    audit.change(tx, identity, actions, "brought_into_state", actor="races")
    tx.commit()
