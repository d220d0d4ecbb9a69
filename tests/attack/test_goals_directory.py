"""Goals of somebody who is after the directory: to block others, to hold reviewers up, to stay where they were let in.

Each test is one way that was taken on the running product, over several calls; it must lead nowhere. The last one tries
sequences of calls at random: no request of a stranger refuses an administrator, an import or the hospital, and anyone
who joined by an old code can be removed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from functions.institutions import agreement, directory, members, registrations, review, work_units
from functions.institutions.confirmation_codes import rotate_in
from functions.institutions.details import Details, InstitutionInput
from functions.institutions.errors import InstitutionExists, RegistrationPending
from functions.shared import memberships
from functions.shared.errors import AppError
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import Registration
from functions.shared.table.transactions import Transaction, get
from operations.importing import carry_out
from operations.planning import plan_import
from operations.rows import Row
from tests.integration.client import Http, new_user
from tests.integration.grants import job_queue
from tests.integration.grants.builders import EXAM, HOSPITAL, Tree, tree
from tests.integration.institutions.builders import (
    added,
    credit_code,
    fields,
    registration,
    user_with_phone,
    verified_user,
)
from tests.integration.institutions.test_directory import assert_consistent
from tests.integration.shared.configured import configured

PATH, QUEUE = "/institutions/registrations", "/admin/institution-registrations"
EXAMPLES, STEPS = 5, 30
CROWD = 20  # more than one transaction rejects


@pytest.fixture
def admin(http: Http) -> Http:
    """The only administrator."""
    return http.signed_in(new_user(administrator=True)[1])


@pytest.fixture
def top(admin: Http) -> str:
    """The code of a supervisor."""
    return added(admin, "省卫健委")


@pytest.fixture
def stranger(http: Http) -> Http:
    """Somebody with a phone, and no identity."""
    return http.signed_in(user_with_phone("13900139000")[1])


@pytest.fixture
def hospital(http: Http) -> Http:
    """The person who registers the hospital in earnest."""
    return http.signed_in(user_with_phone()[1])


# --- someone else blocked ---------------------------------------------------------------------------------------------


def test_a_public_credit_code_blocks_nobody(http: Http, admin: Http, top: str, stranger: Http, hospital: Http) -> None:
    """A stranger registers with the hospital's code: the hospital, the administrator and the import go on."""
    codes = [credit_code() for _ in range(3)]
    for code in codes:
        taken = registration("随便什么诊所", top, unified_social_credit_code=code)
        stranger.post(PATH, {**taken, "name": f"随便什么诊所{code[-4:]}"})
    mine = hospital.post(PATH, registration("人民医院", top, unified_social_credit_code=codes[0]))
    assert mine.status == 201
    case = f"{QUEUE}/{mine.body['registration_id']}"
    approval = {"decision": "approve", "revision": admin.get(case).body["revision"]}
    assert admin.post(f"{case}/decision", approval).body["status"] == "included"
    listed = admin.post("/admin/institutions", fields("中医医院", top, unified_social_credit_code=codes[1]))
    assert listed.status == 201
    row = Row("H0001", "妇幼保健院", top, "综合医院", "420100", codes[2])
    plan = plan_import([(2, row)], workers=1)
    assert plan.problems == []
    assert carry_out(plan, lambda _: None, workers=1) == []
    assert {item["status"] for item in stranger.get(PATH).body["items"]} == {"rejected"}


def test_amending_within_the_second_blocks_nobody(admin: Http, top: str, stranger: Http) -> None:
    """A script amends each rejection at once: the administrator's next try is not refused either."""
    wanted = registration("人民医院", top)
    first = stranger.post(PATH, wanted).body["registration_id"]
    case = f"{QUEUE}/{first}"
    for _ in range(3):
        reject = {"decision": "reject", "reason_code": "OTHER", "revision": admin.get(case).body["revision"]}
        assert admin.post(f"{case}/decision", {**reject, "comment": "x"}).status == 200
        assert stranger.put(f"{PATH}/{first}", wanted).status == 200
    code = wanted["unified_social_credit_code"]
    assert admin.post("/admin/institutions", fields("人民医院", top, unified_social_credit_code=code)).status == 201
    assert stranger.put(f"{PATH}/{first}", wanted).code == "INSTITUTION_EXISTS"


def test_an_appeal_does_not_lock_the_only_administrator_out(admin: Http, top: str, stranger: Http) -> None:
    """They can list the institution beside the appeal, and decide an appeal where there is no one else."""
    listed, decided = (stranger.post(PATH, registration(name, top)).body for name in ("人民医院", "中医医院"))
    for one in (listed, decided):
        case = f"{QUEUE}/{one['registration_id']}"
        assert admin.post(f"{case}/decision", {"decision": "reject", "comment": "x", "revision": 1}).status == 200
        assert stranger.post(f"{PATH}/{one['registration_id']}/appeal", {"comment": "请再看"}).status == 200
    assert admin.post("/admin/institutions", fields("人民医院", top)).status == 201
    case = f"{QUEUE}/{decided['registration_id']}"
    approval = {"decision": "approve", "revision": admin.get(case).body["revision"]}
    assert admin.post(f"{case}/decision", approval).body["status"] == "included"


def test_another_number_gives_no_more_registrations(top: str, http: Http) -> None:
    """The limit counts the person and the phone: neither a new number nor a new account goes around it."""
    from functions.shared.personal_data import keyed_hash

    user_id, token = user_with_phone()
    person = http.signed_in(token)
    with configured(registrations_per_day="2"):
        for name in ("甲医院", "乙医院"):
            assert person.post(PATH, registration(name, top)).status == 201
        again = http.signed_in(user_with_phone()[1])
        assert again.post(PATH, registration("丙医院", top)).code == "REGISTRATION_LIMIT"
        User.new(keys.user(user_id)).update(actions=[User.phone_hash.set(keyed_hash("phone", "13700137000"))])
        assert person.post(PATH, registration("丙医院", top)).code == "REGISTRATION_LIMIT"


def test_a_careless_script_does_not_hold_the_queue(http: Http, admin: Http, top: str) -> None:
    """A reviewer who claims whatever there is holds ten cases, and a colleague takes any of them over."""
    script = http.signed_in(new_user(administrator=True)[1])
    people = [http.signed_in(user_with_phone(f"1390013910{number}")[1]) for number in range(2)]
    made = [people[number % 2].post(PATH, registration(f"第{number}医院", top)) for number in range(12)]
    claims = [f"{QUEUE}/{one.body['registration_id']}/claim" for one in made]
    assert [script.post(claim).status for claim in claims] == [200] * 10 + [429] * 2
    assert admin.post(claims[-1]).status == admin.post(claims[0], {"take_over": True}).status == 200


# --- staying where one was let in -------------------------------------------------------------------------------------


def test_an_old_code_is_no_way_to_stay(http: Http) -> None:
    """Anyone who joined by a code that a former manager gave away is out after a rotation that forgets."""
    world = tree(http)
    manager, friends = world.manager(HOSPITAL), [world.person() for _ in range(3)]
    code = manager.console.get(f"/console/institutions/{HOSPITAL}/confirmation-code").body["confirmation_code"]
    for friend in friends:
        body = {"institution_code": HOSPITAL, "confirmation_code": code}
        assert friend.phone.put("/institutions/work-unit", body).status == 200
    world.admin.revoke(HOSPITAL)
    assert manager.phone.get("/institutions/work-unit").body["work_unit"] is None
    after = world.manager(HOSPITAL)
    path = f"/console/institutions/{HOSPITAL}"
    assert after.console.get(f"{path}/confirmation-code").body["rotation_advised"]
    job_queue.waiting()
    assert after.console.post(f"{path}/confirmation-code", {"forget_older": True}).status == 200
    for message in job_queue.waiting():
        assert job_queue.deliver(message)
    assert [one["user_id"] for one in after.console.get(f"{path}/members").body["items"]] == [after.user_id]
    assert [friend.phone.get("/institutions/work-unit").body["work_unit"] for friend in friends] == [None] * 3


def test_a_stale_page_does_not_change_where_a_business_leads(http: Http) -> None:
    """An administrator's old page does not undo the entry link that a colleague has set."""
    world: Tree = tree(http)
    path = f"/admin/businesses/{EXAM}"
    (seen,) = [one for one in world.admin.phone.get("/businesses").body["items"] if one["business"] == EXAM]
    del seen["state"]
    assert world.admin.phone.put(path, {**seen, "entry_url": "https://new.test/"}).status == 200
    assert world.admin.phone.put(path, {**seen, "name": "旧页面"}).code == "REVISION_STALE"


# --- any sequence -----------------------------------------------------------------------------------------------------

NAMES, CODES, PEOPLE = 3, 3, 3
name, code, person = st.integers(0, NAMES - 1), st.integers(0, CODES - 1), st.integers(0, PEOPLE - 1)
some = st.integers(0, 20)
_rounds = itertools.count(1)


class Directory(RuleBasedStateMachine):
    """Strangers who register, amend and appeal; an administrator who lists, renames and reviews; people who join."""

    people: list[str]
    crowd: list[str]
    admin: str
    joiners: list[str]
    reached: set[str]

    @initialize()
    def begin(self) -> None:
        """An empty place below a supervisor of its own, so that sequences do not meet."""
        number = next(_rounds)
        self.top = directory.create(Details(f"第{number}卫健委", None, "机关", credit_code(), "420100"), actor="t")
        self.codes = [credit_code() for _ in range(CODES)]
        self.asked: list[str] = []
        self.listed: list[str] = []
        self.taken: set[str] = set()
        for called in range(2):
            self.register(called, called, called)
        self.decide(0, approve=True)
        self.register(2, 0, 2)  # what was just listed
        self.create(0, 2)
        self.join(0, 0)
        self.rotate_and_forget(0)
        if self.crowd:
            self.more_than_a_transaction_rejects()

    def more_than_a_transaction_rejects(self) -> None:
        """Once: this many ask for one name that those who are left over are rejected after it is listed."""
        asked, self.people = self.asked, self.crowd
        type(self).crowd, self.asked = [], []
        for who in range(len(self.people)):
            self.register(who, 2, 2)
        self.create(2, 1)
        self.nothing_waits_for_what_is_listed()
        assert {self._read(one).status for one in self.asked} == {"rejected"}
        del self.people  # those of the class again
        self.asked = asked

    # --- strangers ----------------------------------------------------------------------------------------------------

    @rule(who=person, called=name, coded=code)
    def register(self, who: int, called: int, coded: int) -> None:
        """Refused only for what is listed, or what the same person already waits for."""
        user_id, wanted = self.people[who], self._wanted(called, coded)
        taken, own = self._is_taken(called, coded), self._waits(user_id, called, coded)
        made = self._try(lambda: registrations.register(user_id, wanted), InstitutionExists, RegistrationPending)
        assert (made is None) == (taken or own)
        if made is not None:
            self.asked.append(made.registration_id)
            self.reached.add("register")

    @rule(which=some, called=name, coded=code)
    def amend(self, which: int, called: int, coded: int) -> None:
        """The one who submitted it amends what was rejected, to anything."""
        if self.asked:
            one = self._one(which)
            wanted = self._wanted(called, coded)
            if self._try(lambda: registrations.amend(one.submitted_by, one.registration_id, wanted), AppError):
                self.reached.add("amend")

    @rule(which=some)
    def appeal(self, which: int) -> None:
        """The one who submitted it appeals."""
        if self.asked:
            one = self._one(which)
            if self._try(lambda: registrations.appeal(one.submitted_by, one.registration_id, "请再看"), AppError):
                self.reached.add("appeal")

    # --- the administrator --------------------------------------------------------------------------------------------

    @rule(called=name, coded=code)
    def create(self, called: int, coded: int) -> None:
        """Never refused but for what is listed."""
        details = Details(self._name(called), self.top.institution_code, "综合医院", self.codes[coded], "420100")
        taken = self._is_taken(called, coded)
        made = self._try(lambda: directory.create(details, actor=self.admin), InstitutionExists)
        assert (made is None) == taken
        if made is not None:
            self._list(made.institution_code, called, coded)
            self.reached.add("create")

    @rule(which=some, called=name)
    def rename(self, which: int, called: int) -> None:
        """Never refused but for what is listed; what was the name before is free again."""
        if self.listed:
            now = directory.find(self.listed[which % len(self.listed)])
            details = directory.details_of(now)
            if now.name == self._name(called):
                return
            wanted = Details(self._name(called), details.supervisor_code, "综合医院", details.credit_code, "420100")
            taken = self._name(called) in self.taken
            done = self._try(lambda: directory.amend(now.institution_code, wanted, actor=self.admin), InstitutionExists)
            assert (done is None) == taken
            if done is not None:
                self.taken -= {now.name}
                self.taken |= {self._name(called)}

    @rule(which=some, approve=st.booleans())
    def decide(self, which: int, approve: bool) -> None:
        """Whatever waits can be decided, once; what is included is listed, what is equal to it rejected."""
        if not self.asked:
            return
        one = self._one(which)
        revision = int(one.revision)
        pending = one.status == "pending"
        if approve:
            done: Any = self._try(
                lambda: review.include(self.admin, one.registration_id, revision, None, None), AppError
            )
            if done is not None:
                self.listed.append(done[1].institution_code)
                self.taken |= {one.name, one.credit_code}
                self.reached.add("include")
        else:
            done = self._try(lambda: review.reject(self.admin, one.registration_id, revision, "OTHER", "x"), AppError)
        assert (done is not None) == pending

    # --- members ------------------------------------------------------------------------------------------------------

    @rule(which=some, who=person)
    def join(self, which: int, who: int) -> None:
        """By the current code, which an older one is not."""
        if self.listed:
            institution = directory.find(self.listed[which % len(self.listed)])
            current = institution.current_confirmation_code()
            work_units.choose_work_unit(self.joiners[who], institution.institution_code, current)

    @rule(which=some)
    def rotate_and_forget(self, which: int) -> None:
        """Anyone who joined by an older code can be removed: afterwards no one of them is there."""
        if self.listed:
            institution = directory.find(self.listed[which % len(self.listed)])
            tx = Transaction()
            rotate_in(tx, institution, actor=self.admin, forget_older=True)
            tx.commit()
            assert members.forget_older(institution.institution_code, lambda: 300.0)
            now = directory.find(institution.institution_code)
            assert now.forget_before is None
            found, _ = members.members(now.institution_code, 100, None)
            assert not [one for one in found if memberships.is_older(one, memberships.version_of(now))]
            self.reached.add("forget")

    # --- what holds ---------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_waits_for_what_is_listed(self) -> None:
        """A pending registration asks for nothing that an institution has."""
        for one in map(self._read, self.asked):
            if one.status == "pending":
                assert not {one.name, one.credit_code} & self.taken

    def teardown(self) -> None:
        """Claims, counts and lists are what the registrations and institutions say, and every trail is whole."""
        assert_consistent()

    def _name(self, called: int) -> str:
        return f"{self.top.name}第{called}医院"

    def _wanted(self, called: int, coded: int) -> registrations.NewRegistration:
        typed = InstitutionInput(self._name(called), self.top.institution_code, "综合医院", self.codes[coded], "420100")
        contact = registrations.Contact("李四", "027-87654321")
        return registrations.NewRegistration(agreement.VERSION, typed, "长江路 1 号", contact)

    def _is_taken(self, called: int, coded: int) -> bool:
        return bool({self._name(called), self.codes[coded]} & self.taken)

    def _waits(self, user_id: str, called: int, coded: int) -> bool:
        asks = {self._name(called), self.codes[coded]}
        waiting_ones = [one for one in map(self._read, self.asked) if one.status == "pending"]
        return any(one.submitted_by == user_id and asks & {one.name, one.credit_code} for one in waiting_ones)

    def _list(self, institution_code: str, called: int, coded: int) -> None:
        self.listed.append(institution_code)
        self.taken |= {self._name(called), self.codes[coded]}

    def _one(self, which: int) -> Registration:
        return self._read(self.asked[which % len(self.asked)])

    def _read(self, registration_id: str) -> Registration:
        found = get(Registration, keys.registration(registration_id))
        assert found is not None
        return found

    def _try(self, call: Callable[[], Any], *expected: type[AppError]) -> Any:
        refused: AppError | None = None
        try:
            return call()
        except expected as error:
            refused = error
        assert refused.status < 500, refused
        return None


def test_no_sequence_of_calls_blocks_anybody(
    aws: None, clock: Any, whole: bool, record_property: Callable[[str, Any], None]
) -> None:
    """Five sequences of 30 calls, always the same ones; sixty at random where all attacks run."""
    Directory.people = [user_with_phone(f"1390013920{number}")[0] for number in range(PEOPLE)]
    Directory.crowd = [user_with_phone(f"13900139{number}")[0] for number in range(300, 300 + CROWD)]
    Directory.joiners = [verified_user()[0] for _ in range(PEOPLE)]
    Directory.admin, Directory.reached = new_user(administrator=True)[0], set()
    examples = 60 if whole else EXAMPLES
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=not whole,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    with configured(registrations_per_day="1000000"):
        run_state_machine_as_test(Directory, settings=chosen)
    record_property("attacks", examples * STEPS)
    surely = {"register", "include", "forget"}
    assert surely | ({"create", "amend", "appeal"} if whole else set()) <= Directory.reached, Directory.reached
