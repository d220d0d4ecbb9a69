"""The demo administrators: two verified people, WeChat users whose `js_code` is `local-admin` and `local-admin-two`.

Two, because an appeal goes to another reviewer, and because two decide whose account an identity is. Their portrait in
force is the person of `samples/selfie_other_person.jpg`, so `samples/selfie_administrator.jpg` passes a face check.
"""

from datetime import date

import msgspec

from functions.auth import store
from functions.auth.accounts import sign_in_or_register
from functions.identity import consent, gateways
from functions.identity.applications import PURPOSE
from functions.identity.domain.applications import Person
from functions.identity.domain.documents import DocumentType, parse_number
from functions.identity.domain.documents.numbers import mask_number
from functions.identity.domain.names import mask_name
from functions.shared import audit, clients, clock
from functions.shared.config import settings
from functions.shared.personal_data import keyed_hash, seal
from functions.shared.table import keys
from functions.shared.table.auth import Administrator, Owner, User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction
from local.demo.people import Demo
from local.standins.wechat import openid_of
from local.template import ROOT

ACTOR = "local_run"
PORTRAIT = ROOT / "local" / "samples" / "selfie_other_person.jpg"


ADMINISTRATORS = (
    Demo("admin", "管理员", "420100197503080010"),
    Demo("admin-two", "复核员", "420100197611250021"),
)


def make_administrators() -> None:
    """Make both accounts, verify their identities and appoint them, each with its audit event."""
    for demo in ADMINISTRATORS:
        _make(demo)


def make_verified(person: Demo) -> None:
    """Make an account with a verified identity, as an administrator's is, without the office."""
    _make(person, appoint=False)


def _make(demo: Demo, *, appoint: bool = True) -> None:
    openid = openid_of(demo.wechat_name)
    _, user, _ = sign_in_or_register(keys.wechat_owner(openid), {"wechat_openid": openid}, "mini_program", by="wechat")
    current = store.user(user.user_id)
    if current is None:
        raise LookupError(user.user_id)
    identity = _verified(demo, user.user_id)
    clients.s3().put_object(
        Bucket=settings().upload_bucket,
        Key=str(identity.portrait_key),
        Body=PORTRAIT.read_bytes(),
        ContentType="image/jpeg",
    )
    tx = Transaction()
    audit.create(tx, identity, "identity_verified", actor=ACTOR)
    tx.create(Owner.new(keys.document_owner(str(identity.verified_person_hash)), user_id=user.user_id))
    verified = [User.identity_status.set("verified"), User.name_masked.set(identity.name_masked)]
    if appoint:
        verified.append(User.is_administrator.set(True))
        tx.create(Administrator.new(keys.administrator(user.user_id), user_id=user.user_id))
    audit.change(tx, current, verified, "administrator_appointed" if appoint else "identity_verified", actor=ACTOR)
    tx.commit()


def _verified(demo: Demo, user_id: str) -> Identity:
    parsed = parse_number(DocumentType.RESIDENT_ID, demo.number, today=clock.today(), nationality=None)
    person = Person(DocumentType.RESIDENT_ID, demo.name, demo.number, valid_until=date(2040, 1, 1))
    sealed = seal(msgspec.json.encode(person), purpose=PURPOSE, user_id=user_id)
    person_hash = keyed_hash("document", f"{parsed.type}:{parsed.person_key}")
    masked = mask_name(demo.name)
    return Identity.new(
        keys.identity(user_id),
        user_id=user_id,
        status="verified",
        revision=1,
        consent_version=consent.VERSION,
        consented_at=clock.now(),
        document_type=person.document_type.value,
        person_sealed=sealed,
        person_hash=person_hash,
        name_masked=masked,
        number_masked=mask_number(demo.number),
        route="manual",
        verified_at=clock.now(),
        verified_document_type=person.document_type.value,
        verified_person_hash=person_hash,
        verified_person_sealed=sealed,
        verified_name_masked=masked,
        portrait_key=gateways.kept_key(user_id, 1, "portrait"),
    )
