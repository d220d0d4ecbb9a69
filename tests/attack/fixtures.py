"""The scene of the attacks: who there is, what is whose, and the table as it stood, to which every try goes back."""

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.auth import gateways
from functions.auth.sessions import begin_session
from functions.shared import clock as product_clock
from functions.shared import ids
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.base import connection
from functions.shared.table.identity import Identity, Scan
from functions.shared.table.transactions import Transaction
from local.template import ACCOUNT, REGION
from tests.attack.prepared_callers import WECHAT, steppers
from tests.conftest import TEMPLATE, Clock
from tests.integration.client import Http, new_user
from tests.integration.grants.builders import (
    CITY,
    CLINIC,
    EXAM,
    HOSPITAL,
    PROVINCE,
    REVIEW,
    TOWN,
    Someone,
    add_institution,
    basic_of,
    console_of,
    tree,
)
from tests.integration.identity.applicant import HARPER, Applicant
from tests.integration.identity.fake_faces import serving
from tests.integration.institutions.builders import registration
from tests.integration.shared.configured import configured
from tests.unit.auth.fake_wechat import FakeWechat

WAITING = "420103W"  # an institution of the city whose code was issued and not redeemed
PHONE, CONSOLE = "mini_program", "console"
BASIC = "basic"  # a session of the mini-program by an SMS code alone
Items = dict[tuple[str, str], dict[str, Any]]


@dataclass
class Scene:
    """Callers by name and session, those who are just before a step, and the ids and secrets they may be after."""

    callers: dict[tuple[str, str], Http]
    steppers: dict[str, Http]
    things: dict[str, str]
    clock: Clock
    _items: Any
    _before: Items
    _writes: list[str] = field(default_factory=list)

    @contextmanager
    def untouched_after(self) -> Iterator[None]:
        """Whatever happens within, the table is then as it was, and so is the time."""
        self._writes.clear()
        now = self.clock.time
        try:
            yield
        finally:
            self.clock.time = now
            if self._writes:
                table = _table()
                table.items.clear()
                table.items.update(copy.deepcopy(self._items))

    def changed(self) -> bool:
        """Whether anything is other than it was, but for the counters: a refusal may count."""
        return self.changed_by_now()()

    def changed_by_now(self) -> Callable[[], bool]:
        """The same of this moment, to be found out when it matters: that takes long."""
        if not self._writes:
            return lambda: False
        items = copy.deepcopy(_table().items)
        return lambda: _stored(items) != self._before

    def note(self, model: Any, **_: Any) -> None:
        """Hear of a call to DynamoDB."""
        if model.name not in {"GetItem", "BatchGetItem", "Query"}:
            self._writes.append(model.name)


def stored() -> Items:
    """All items by key, but for the counters."""
    return _stored(_table().items)


def _stored(partitions: Mapping[str, Mapping[str, Any]]) -> Items:
    found = {}
    for item in itertools.chain.from_iterable(partition.values() for partition in partitions.values()):
        attributes = item.to_json()["Attributes"]
        place = (attributes["pk"]["S"], attributes["sk"]["S"])
        if not place[0].startswith("LIMIT#"):
            found[place] = attributes
    return found


def _table() -> Any:
    from moto.dynamodb.models import dynamodb_backends

    return dynamodb_backends[ACCOUNT][REGION].tables[TEMPLATE.name_of("Table")]


@pytest.fixture(scope="module")
def scene(account: None) -> Iterator[Scene]:
    """A province with a manager or an assistant in every place from which somebody might reach for the hospital."""
    from app import app
    from functions.grants import display_names

    standing = Clock()
    gateways.wechat.cache_clear()
    with (
        pytest.MonkeyPatch.context() as patch,
        FakeWechat(WECHAT) as wechat,
        configured(wechat_url=wechat.url),
        serving(),
    ):
        patch.setattr(product_clock, "now", standing.now)
        display_names.clear_cache()
        _table().items.clear()
        built = _built(Http(app), standing)
        events = connection().connection.client.meta.events
        events.register("before-call", built.note, unique_id="scene")
        yield built
        events.unregister("before-call", built.note, unique_id="scene")
        _table().items.clear()
        display_names.clear_cache()
    gateways.wechat.cache_clear()


def _built(http: Http, standing: Clock) -> Scene:
    world = tree(http)
    add_institution(WAITING, CITY)
    people: dict[str, Someone] = {
        "administrator": world.admin,
        "verified": world.person(),
        "owner": world.person(),
        "grandparent": world.manager(PROVINCE),
        "superior": world.manager(CITY),
        "elsewhere": world.manager(TOWN),
        "hospital_manager": world.manager(HOSPITAL),
        "sibling": world.manager(CLINIC),
        "other_business": world.manager(CITY, REVIEW),
    }
    people["superior_assistant"] = world.assistant(people["superior"], CITY)
    people["hospital_assistant"] = world.assistant(people["hospital_manager"], HOSPITAL)
    newcomer, token = new_user()
    callers = {("nobody", PHONE): http}
    callers["newcomer", PHONE], callers["newcomer", CONSOLE] = http.signed_in(token), console_of(http, newcomer)
    callers["newcomer", BASIC] = basic_of(http, newcomer)
    for name, person in people.items():
        callers[name, PHONE], callers[name, CONSOLE] = person.phone, person.console
        callers[name, BASIC] = basic_of(http, person.user_id)
    user_ids = {"newcomer": newcomer, **{name: person.user_id for name, person in people.items()}}
    for number, user_id in enumerate(user_ids.values()):
        hashed = keyed_hash("phone", f"1380013{number:04d}")
        User.new(keys.user(user_id)).update(actions=[User.phone_hash.set(hashed)])
    things = {f"id_of_{name}": user_id for name, user_id in user_ids.items()}
    things |= _of_the_owner(people["owner"], people["administrator"]) | _of_the_hospital(people)
    things |= _of_the_console(http, people) | _of_an_applicant(http)
    made = steppers(http, people["administrator"])
    return Scene(callers, made.callers, {**things, **made.things}, standing, copy.deepcopy(_table().items), stored())


def _of_the_owner(owner: Someone, admin: Someone) -> dict[str, str]:
    """A scan, a face check, another session, and registrations: one that waits and one that was rejected."""
    scan_id = ids.new_id()
    Scan.new(
        keys.scan(owner.user_id, scan_id),
        scan_id=scan_id,
        user_id=owner.user_id,
        side="front",
        status="awaiting_upload",
        application_revision=1,
        content_type="image/jpeg",
        size=1_000,
        created_at=product_clock.now(),
        expires_at=product_clock.after(600),
    ).save()
    tx = Transaction()
    begin_session(tx, owner.user_id, "portal", by="phone")
    tx.commit()
    sessions = owner.phone.get("/auth/sessions").body["items"]
    pending = owner.phone.post("/institutions/registrations", registration("江北医院", CITY))
    rejected = owner.phone.post("/institutions/registrations", registration("江南医院", CITY))
    assert (pending.status, rejected.status) == (201, 201), (pending, rejected)
    decided = f"/admin/institution-registrations/{rejected.body['registration_id']}/decision"
    refused = admin.phone.post(decided, {"decision": "reject", "reason_code": "INFORMATION_WRONG", "revision": 1})
    assert refused.status == 200, refused
    return {
        "scan_id": scan_id,
        "session_id": next(one["session_id"] for one in sessions if one["client"] == "portal"),
        "pending_registration": pending.body["registration_id"],
        "rejected_registration": rejected.body["registration_id"],
    }


def _of_an_applicant(http: Http) -> dict[str, str]:
    """Somebody else, whose application is in review."""
    applicant = Applicant.new(http, HARPER)
    waiting = [
        Identity.status.set("in_review"),
        Identity.submitted_at.set(product_clock.now()),
        Identity.gsi1pk.set(keys.REVIEW_QUEUE),
        Identity.gsi1sk.set(keys.review_position(product_clock.rfc3339(product_clock.now()), applicant.user_id)),
    ]
    applicant.identity.update(actions=waiting)
    return {"id_of_applicant": applicant.user_id}


def _of_the_hospital(people: dict[str, Someone]) -> dict[str, str]:
    """An invitation that waits, and a face check of the manager's for another one."""
    manager = people["hospital_manager"]
    invitation = manager.invite(HOSPITAL).body
    checked = people["owner"].face_check(purpose="invitation_acceptance", invitation_code=invitation["invitation_code"])
    return {
        "invitation_id": invitation["invitation_id"],
        "invitation_code": invitation["invitation_code"],
        "acceptance_check": checked,
        "invitation_check": manager.face_check(purpose="invitation", business=EXAM, institution_code=HOSPITAL),
    }


def _of_the_console(http: Http, people: dict[str, Someone]) -> dict[str, str]:
    """A code that waits, with a face check of the owner's for it; a job; a sign-in that the superior has scanned."""
    superior, owner = people["superior"], people["owner"]
    code = superior.issue(WAITING).body["grant_code"]
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    requested = owner.phone.post("/identity/face-checks", wanted).body["face_check_id"]
    job = superior.console.post(f"/console/grants/{EXAM}/export-jobs", {"supervisor": CITY, "format": "csv"})
    ticket = http.post("/auth/qr-logins").body
    assert superior.phone.post(f"/auth/qr-logins/{ticket['qr_login_id']}/scan").status == 200
    return {
        "grant_code": code,
        "redemption_check": owner.face_check(**wanted),
        "requested_check": requested,
        "job_id": job.body["job_id"],
        "qr_login_id": ticket["qr_login_id"],
        "poll_secret": ticket["poll_secret"],
        "match_number": ticket["match_number"],
        "name": owner.name,
        "number": owner.number,
    }
