"""Two changes of the directory that meet: one comes between the other's reads and its write.

Whatever meets whatever, each one happens as if they had come one after the other, or is refused by name; and what hangs
on the institutions is what they say. `make races` does the same with crowds, where chance decides who comes between.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from functions.institutions import agreement, directory, errors, registration_status, registrations, review, work_units
from functions.institutions.confirmation_codes import rotate_in
from functions.institutions.details import Details, InstitutionInput
from functions.shared.errors import AppError, IdentityRequired
from functions.shared.reviews import CaseClaimed
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.transactions import Transaction
from tests.integration.client import new_user
from tests.integration.institutions.between import between
from tests.integration.institutions.builders import credit_code, user_with_phone, verified_user
from tests.integration.institutions.test_directory import assert_consistent
from tests.integration.shared.configured import configured

WEST, EAST, HOSPITAL, WARD, ROOM = "WEST", "EAST", "HOSPITAL", "WARD", "ROOM"
ALONE, OTHER = "ALONE", "OTHER"
NAME, CREDIT = "江城医院", credit_code()


class Scene:
    """PROVINCE ─ WEST ─ HOSPITAL ─ WARD ─ ROOM, with EAST beside WEST; ALONE and OTHER stand at the top.

    One registration waits for review, another one was rejected, by the same phone: that of `applicant`.
    """

    def __init__(self) -> None:
        above = {"PROVINCE": None, WEST: "PROVINCE", EAST: "PROVINCE", HOSPITAL: WEST, WARD: HOSPITAL, ROOM: WARD}
        for code, supervisor in {**above, ALONE: None, OTHER: None}.items():
            self.create(f"{code}单位", supervisor, institution_code=code)
        self.applicant, self.stranger = (user_with_phone(phone)[0] for phone in ("13800138000", "13900139000"))
        self.reviewers = [new_user(administrator=True)[0] for _ in range(2)]
        self.pending = self.register("待审医院", WEST)
        self.rejected = self.register("被拒医院", WEST)
        review.reject(self.reviewers[0], self.rejected, 1, "OTHER", "x")

    def create(self, name: str, supervisor: str | None, **changed: Any) -> None:
        """A new institution."""
        details = Details(name, supervisor, "医院", credit_code(), "420100")
        directory.create(msgspec.structs.replace(details, **changed), actor="test")

    def amend(self, code: str, revision: int | None = None, **changed: Any) -> None:
        """An institution, otherwise as it is, moved, renamed or corrected."""
        details = msgspec.structs.replace(directory.details_of(directory.find(code)), **changed)
        directory.amend(code, details, actor="test", revision=revision)

    def move(self, code: str, supervisor: str | None) -> None:
        """An institution, below another one."""
        self.amend(code, supervisor_code=supervisor)

    def rename(self, code: str, name: str) -> None:
        """An institution with another name."""
        self.amend(code, name=name)

    def rotate(self, code: str) -> None:
        """A new confirmation code."""
        tx = Transaction()
        rotate_in(tx, directory.find(code), actor="test")
        tx.commit()

    def register(self, name: str, supervisor: str, **changed: Any) -> str:
        """The id of a new registration of the applicant's, or of another `user_id`'s."""
        user_id = changed.pop("user_id", self.applicant)
        return registrations.register(user_id, _registration(name, supervisor, **changed)).registration_id

    def amend_registration(self, name: str, supervisor: str) -> None:
        """The rejected registration, pending again with this name."""
        registrations.amend(self.applicant, self.rejected, _registration(name, supervisor))

    def appeal(self) -> None:
        """The rejected registration, pending again as it was."""
        registrations.appeal(self.applicant, self.rejected, "请再核对。")

    def include(self, institution_code: str | None = None, *, by: int = 0) -> None:
        """The pending registration, included."""
        review.include(self.reviewers[by], self.pending, 1, None, institution_code)

    def reject(self, *, by: int = 0) -> None:
        """The pending registration, rejected."""
        review.reject(self.reviewers[by], self.pending, 1, "OTHER", "x")

    def claim(self, *, by: int) -> None:
        """The pending registration, held by a reviewer."""
        review.claim(self.reviewers[by], self.pending)


def _registration(name: str, supervisor: str, credit: str | None = None) -> registrations.NewRegistration:
    typed = InstitutionInput(name, supervisor, "综合医院", credit or credit_code(), "420100")
    contact = registrations.Contact("李四", "027-87654321")
    return registrations.NewRegistration(agreement.VERSION, typed, "长江路 1 号", contact)


@pytest.fixture
def scene(aws: None, clock: Any) -> Scene:
    """The directory as it is before."""
    return Scene()


Step = Callable[[Scene], object]
Case = tuple[Step, Step, type[AppError] | None]

SHAPE: dict[str, Case] = {
    "create below what moves": (lambda s: s.create(NAME, HOSPITAL), lambda s: s.move(HOSPITAL, EAST), None),
    "create below what gets its first": (lambda s: s.create(NAME, EAST), lambda s: s.create("东院", EAST), None),
    "create below what gets another": (lambda s: s.create(NAME, WEST), lambda s: s.create("西院", WEST), None),
    "create below what loses all": (lambda s: s.create(NAME, HOSPITAL), lambda s: s.move(WARD, None), None),
    "create below what sinks": (
        *(lambda s: s.create(NAME, ROOM), lambda s: s.move("PROVINCE", ALONE)),
        errors.HierarchyRefused,
    ),
    "include below what moves": (lambda s: s.include(), lambda s: s.move(WEST, ALONE), None),
    "move below what moves": (lambda s: s.move(ALONE, HOSPITAL), lambda s: s.move(HOSPITAL, EAST), None),
    "move from below what moves": (lambda s: s.move(WARD, EAST), lambda s: s.move(HOSPITAL, None), None),
    "move what moves elsewhere": (lambda s: s.move(HOSPITAL, EAST), lambda s: s.move(HOSPITAL, ALONE), None),
    "move what gets higher": (lambda s: s.move(ALONE, EAST), lambda s: s.create(NAME, ALONE), None),
    "move what gets too high": (
        *(lambda s: s.move(ALONE, ROOM), lambda s: s.create(NAME, ALONE)),
        errors.HierarchyRefused,
    ),
    "move what gets lower": (lambda s: s.move(HOSPITAL, EAST), lambda s: s.move(WARD, None), None),
    "move below each other": (
        *(lambda s: s.move(ALONE, OTHER), lambda s: s.move(OTHER, ALONE)),
        errors.HierarchyRefused,
    ),
    "move above what is moved above": (
        *(lambda s: s.move("PROVINCE", ALONE), lambda s: s.move(ALONE, WARD)),
        errors.HierarchyRefused,
    ),
    "move below what sinks": (
        *(lambda s: s.move(ALONE, ROOM), lambda s: s.move("PROVINCE", OTHER)),
        errors.HierarchyRefused,
    ),
}
CLAIMS: dict[str, Case] = {
    "create what is created": (
        *(lambda s: s.create(NAME, None), lambda s: s.create(NAME, None)),
        errors.InstitutionExists,
    ),
    "create what is registered": (lambda s: s.create(NAME, WEST), lambda s: s.register(NAME, WEST), None),
    "create with a credit code that is taken": (
        *(lambda s: s.create(NAME, WEST, credit_code=CREDIT), lambda s: s.create("别院", None, credit_code=CREDIT)),
        errors.InstitutionExists,
    ),
    "create with a code that is taken": (
        lambda s: s.create(NAME, WEST, institution_code="H0001"),
        lambda s: s.create("别院", None, institution_code="H0001"),
        errors.InstitutionCodeTaken,
    ),
    "rename to what another is renamed to": (
        *(lambda s: s.rename(WEST, NAME), lambda s: s.rename(EAST, NAME)),
        errors.InstitutionExists,
    ),
    "rename to what is registered": (lambda s: s.rename(HOSPITAL, NAME), lambda s: s.register(NAME, WEST), None),
    "rename what is renamed": (lambda s: s.rename(HOSPITAL, NAME), lambda s: s.rename(HOSPITAL, "别院"), None),
    "move to where the name is taken": (
        *(lambda s: s.move(HOSPITAL, EAST), lambda s: s.create("HOSPITAL单位", EAST)),
        errors.InstitutionExists,
    ),
    "correct to a credit code that is taken": (
        *(lambda s: s.amend(WEST, credit_code=CREDIT), lambda s: s.amend(EAST, credit_code=CREDIT)),
        errors.InstitutionExists,
    ),
    "register what is created": (
        *(lambda s: s.register(NAME, WEST), lambda s: s.create(NAME, WEST)),
        errors.InstitutionExists,
    ),
    "register what another is renamed to": (
        *(lambda s: s.register(NAME, WEST), lambda s: s.rename(HOSPITAL, NAME)),
        errors.InstitutionExists,
    ),
    "register what another person registers": (
        *(lambda s: s.register(NAME, WEST), lambda s: s.register(NAME, WEST, user_id=s.stranger)),
        None,
    ),
    "register what the same person registers": (
        *(lambda s: s.register(NAME, WEST), lambda s: s.register(NAME, WEST)),
        errors.RegistrationPending,
    ),
    "register what was rejected and is appealed for": (
        *(lambda s: s.register("被拒医院", WEST, user_id=s.stranger), lambda s: s.appeal()),
        None,
    ),
    "appeal for what another person registers": (
        *(lambda s: s.appeal(), lambda s: s.register("被拒医院", WEST, user_id=s.stranger)),
        None,
    ),
    "amend to what another person registers": (
        *(lambda s: s.amend_registration(NAME, WEST), lambda s: s.register(NAME, WEST, user_id=s.stranger)),
        None,
    ),
    "amend to what is created": (
        *(lambda s: s.amend_registration(NAME, WEST), lambda s: s.create(NAME, WEST)),
        errors.InstitutionExists,
    ),
    "create what is amended to": (
        *(lambda s: s.create(NAME, WEST), lambda s: s.amend_registration(NAME, WEST)),
        None,
    ),
    "create what is appealed for": (lambda s: s.create("被拒医院", WEST), lambda s: s.appeal(), None),
    "include what another person registers": (
        *(lambda s: s.include(), lambda s: s.register("待审医院", WEST, user_id=s.stranger)),
        None,
    ),
    "include what is created": (
        lambda s: s.include(),
        lambda s: s.create("待审医院", WEST),
        errors.RegistrationDecided,
    ),
    "create what is included": (lambda s: s.create("待审医院", WEST), lambda s: s.include(), errors.InstitutionExists),
    "reject what is created": (lambda s: s.reject(), lambda s: s.create("待审医院", WEST), errors.RegistrationDecided),
    "amend away from what is registered": (
        *(lambda s: s.amend_registration(NAME, WEST), lambda s: s.register("被拒医院", WEST, user_id=s.stranger)),
        None,
    ),
    "amend what is appealed": (
        *(lambda s: s.amend_registration(NAME, WEST), lambda s: s.appeal()),
        errors.RegistrationNotRejected,
    ),
    "include what is rejected": (lambda s: s.include(), lambda s: s.reject(by=1), errors.RegistrationDecided),
    "include what is included": (lambda s: s.include(), lambda s: s.include(by=1), errors.RegistrationDecided),
    "include under a code that is taken": (
        lambda s: s.include("H0001"),
        lambda s: s.create(NAME, None, institution_code="H0001"),
        errors.InstitutionCodeTaken,
    ),
    "include what another claims": (lambda s: s.include(), lambda s: s.claim(by=1), CaseClaimed),
    "reject what is included": (lambda s: s.reject(), lambda s: s.include(by=1), errors.RegistrationDecided),
}
REVISIONS: dict[str, Case] = {
    "correct what is renamed": (
        lambda s: s.amend(HOSPITAL, 1, region_code="420200"),
        lambda s: s.rename(HOSPITAL, NAME),
        errors.InstitutionChanged,
    ),
    "correct what has a new confirmation code": (
        lambda s: s.amend(HOSPITAL, 1, region_code="420200"),
        lambda s: s.rotate(HOSPITAL),
        errors.InstitutionChanged,
    ),
    "correct what gets children": (
        *(lambda s: s.amend(HOSPITAL, 1, region_code="420200"), lambda s: s.create(NAME, HOSPITAL)),
        None,
    ),
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=name) for name, case in {**SHAPE, **CLAIMS, **REVISIONS}.items()]
)
def test_two_changes_meet(scene: Scene, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    """What comes between happens; the other one happens after it, or is refused; the directory is whole."""
    change, other, refusal = case
    happened = between(monkeypatch, lambda: other(scene))
    if refusal is None:
        change(scene)
    else:
        with pytest.raises(refusal):
            change(scene)
    assert happened == ["meanwhile"]
    assert_consistent()


def test_a_phone_that_registers_twice_at_its_limit(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two registrations where there is room for one, one is refused."""
    with configured(registrations_per_day="3"):
        happened = between(monkeypatch, lambda: scene.register(NAME, WEST))
        with pytest.raises(errors.RegistrationLimit):
            scene.register("江北医院", WEST)
    assert happened == ["meanwhile"]
    assert registration_status.public_status(WEST, "江北医院").status is None
    assert_consistent()


def test_joining_meets_a_rotation(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that is rotated before the work unit is written joins no one, and was a wrong one."""
    user_id, _ = verified_user()
    old = directory.find(HOSPITAL).current_confirmation_code()
    happened = between(monkeypatch, lambda: scene.rotate(HOSPITAL))
    with pytest.raises(errors.ConfirmationCodeInvalid):
        work_units.choose_work_unit(user_id, HOSPITAL, old)
    assert happened == ["meanwhile"]
    assert work_units.work_unit(user_id) is None
    with configured(wrong_confirmation_codes_per_day_per_institution="1"), pytest.raises(errors.ConfirmationLimit):
        work_units.choose_work_unit(user_id, HOSPITAL, directory.find(HOSPITAL).current_confirmation_code())


def test_joining_meets_a_rename(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the code counts: an institution that is renamed and moved meanwhile is joined."""
    user_id, _ = verified_user()
    code = directory.find(HOSPITAL).current_confirmation_code()
    happened = between(monkeypatch, lambda: scene.amend(HOSPITAL, name=NAME, supervisor_code=EAST))
    assert work_units.choose_work_unit(user_id, HOSPITAL, code).institution.institution_code == HOSPITAL
    assert happened == ["meanwhile"]
    unit = work_units.work_unit(user_id)
    assert unit is not None
    assert unit.institution.name == NAME


def test_joining_meets_the_end_of_a_verification(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not verified any more when the work unit is written joins nothing."""
    user_id, _ = verified_user()
    code = directory.find(HOSPITAL).current_confirmation_code()
    account = User.new(keys.user(user_id))
    between(monkeypatch, lambda: account.update(actions=[User.identity_status.set("unverified")]))
    with pytest.raises(IdentityRequired):
        work_units.choose_work_unit(user_id, HOSPITAL, code)
    assert work_units.work_unit(user_id) is None
