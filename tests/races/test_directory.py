"""The directory changed from many sides: nothing is registered twice, nothing is above itself."""

from __future__ import annotations

from functools import partial

import msgspec

from functions.institutions import agreement, details, directory, registrations
from functions.institutions.claims import claim_keys
from functions.institutions.domain.hierarchy import LEVELS, NO_CHILDREN
from functions.institutions.members import members
from functions.institutions.store import claims, pending_registrations
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.institutions import Institution, Registration
from functions.shared.table.transactions import get, get_many
from tests.races import use_cases
from tests.races.builders import (
    administrator,
    institution,
    institution_details,
    phone_user,
    verified_user,
    verified_users,
)
from tests.races.callers import CALLERS, FEW_ROUNDS, HALF_THE_ROUNDS, ROUNDS, Callers
from tests.races.trails import events_of

HALF = CALLERS // 2


def test_equal_registrations(callers: Callers) -> None:
    """Of equal registrations that arrive at once one of each person waits for review, side by side, all counted."""
    supervisor = institution()
    for _ in range(ROUNDS):
        people = [phone_user()[0] for _ in range(4)]
        wanted = _registration(institution_details(supervisor.institution_code))
        outcomes = callers.race(
            [partial(use_cases.register, caller.user_id, wanted) for caller in people] * (CALLERS // len(people))
        )
        assert outcomes.refusals == {"RegistrationPending": CALLERS - len(people)}
        for registration_id in outcomes.values:
            assert events_of(Registration, keys.registration(registration_id)) == {"registration_submitted": 1}
        asked = claim_keys(details.check(wanted.institution))
        assert [int(claims(key)[key].waiting) for key in asked] == [len(people)] * 2
        assert [len(pending_registrations(key, CALLERS)) for key in asked] == [len(people)] * 2


def test_two_inclusions_of_equal_registrations(callers: Callers) -> None:
    """Of equal registrations that reviewers include at once one becomes the institution; the others are listed."""
    reviewers = [administrator() for _ in range(2)]
    supervisor = institution().institution_code
    for _ in range(HALF_THE_ROUNDS):
        wanted = _registration(institution_details(supervisor))
        equal = [registrations.register(phone_user()[0].user_id, wanted).registration_id for _ in range(4)]
        decisions = [partial(use_cases.include, reviewer, one) for reviewer in reviewers for one in equal]
        outcomes = callers.race(decisions * (CALLERS // len(decisions)))
        (code,) = outcomes.values
        assert set(outcomes.refusals) <= {"RegistrationDecided", "InstitutionExists"}
        kept = [get(Registration, keys.registration(one)) for one in equal]
        assert sorted(one.status for one in kept) == ["included", *["rejected"] * 3]
        assert {one.rejection["code"] for one in kept if one.status == "rejected"} == {"ALREADY_LISTED"}
        asked = claim_keys(details.check(wanted.institution))
        standing = claims(*asked)
        assert {(claim.institution_code, int(claim.waiting)) for claim in standing.values()} == {(code, 0)}


def test_an_institution_that_is_amended_to(callers: Callers) -> None:
    """Amending to a name while an administrator adds it: the name is the institution's, the registration rejected."""
    for _ in range(ROUNDS):
        caller, _ = phone_user()
        supervisor = institution().institution_code
        first = registrations.register(caller.user_id, _registration(institution_details(supervisor))).registration_id
        use_cases.turn_down(administrator(), first)
        wanted = institution_details(supervisor)
        amend = partial(use_cases.amend_registration, caller.user_id, first, _registration(wanted))
        outcomes = callers.race([partial(use_cases.create, wanted), amend] * HALF)
        assert set(outcomes.refusals) <= {"InstitutionExists", "RegistrationNotRejected"}
        standing = claims(*claim_keys(wanted))
        assert {claim.has_institution for claim in standing.values()} == {True}
        assert {int(claim.waiting or 0) for claim in standing.values()} == {0}
        assert get(Registration, keys.registration(first)).status == "rejected"
        assert len(outcomes.values) in {1, 2}


def test_a_registration_is_decided_once(callers: Callers) -> None:
    """Of many who include and reject a registration one decides, and what follows from it is whole."""
    reviewers = [administrator() for _ in range(2)]
    supervisor = institution().institution_code
    included = 0
    for _ in range(HALF_THE_ROUNDS):
        caller, _ = phone_user()
        wanted = _registration(institution_details(supervisor))
        registration_id = registrations.register(caller.user_id, wanted).registration_id
        decisions = [
            call(reviewer, registration_id)
            for reviewer in reviewers
            for call in (partial(partial, use_cases.include), partial(partial, use_cases.turn_down))
        ]
        outcomes = callers.race(decisions * (CALLERS // len(decisions)))
        assert len(outcomes.values) == 1
        assert outcomes.refusals == {"RegistrationDecided": CALLERS - 1}
        registration = get(Registration, keys.registration(registration_id))
        events = events_of(Registration, registration.key)
        assert events["registration_included"] + events["registration_rejected"] == 1
        name, credit_code = claim_keys(registrations.details_of(registration))
        standing = claims(name, credit_code)
        assert {claim.has_institution for claim in standing.values()} == {registration.status == "included"}
        assert {int(claim.waiting) for claim in standing.values()} == {0}
        assert bool(standing[name].rejected) == (registration.status == "rejected")
        if registration.status == "included":
            included += 1
            made = Institution.new(keys.institution(registration.institution_code))
            assert events_of(Institution, made.key) == {"institution_created": 1}
    assert sum(map(int, directory.find(supervisor).children)) == included


def test_moves_make_no_cycle(callers: Callers) -> None:
    """When each of two institutions is moved below the other at once, one move happens."""
    for _ in range(ROUNDS):
        first, second = institution(), institution()
        codes = (first.institution_code, second.institution_code)
        below = [_moved(first, codes[1]), _moved(second, codes[0])]
        outcomes = callers.race([partial(use_cases.amend, *change) for change in below] * HALF)
        # The same move again changes nothing, so all who wanted the one that happened have it.
        (supervisor,) = set(outcomes.values)
        assert set(outcomes.refusals) == {"HierarchyRefused"}
        assert len(outcomes.values) == HALF
        above, moved = directory.find(supervisor), directory.find(next(code for code in codes if code != supervisor))
        assert above.supervisor_code is None
        assert moved.supervisor_code == supervisor
        assert list(map(int, above.children)) == [1, *NO_CHILDREN[1:]]
        assert events_of(Institution, above.key) == {"institution_created": 1}
        assert events_of(Institution, moved.key) == {"institution_created": 1, "institution_amended": 1}


def test_moves_make_nothing_too_deep(callers: Callers) -> None:
    """Of two moves at once that each fit into six levels, and together do not, one happens, with its whole subtree."""
    for _ in range(HALF_THE_ROUNDS):
        (_, foot), (second, second_foot), (third, _) = (_chain(LEVELS // 2) for _ in range(3))
        moves = [_moved(second, foot.institution_code), _moved(third, second_foot.institution_code)]
        outcomes = callers.race([partial(use_cases.amend, *move) for move in moves] * HALF)
        assert outcomes.refusals == {"HierarchyRefused": HALF}
        assert len(set(outcomes.values)) == 1
        above = [directory.find(one.institution_code).supervisor_code for one in (second, third)]
        assert above in ([foot.institution_code, None], [None, second_foot.institution_code])


def test_children_begin_below_what_moves(callers: Callers) -> None:
    """While an institution moves, others begin below it: all of it happens, and is counted where it stands then."""
    for _ in range(HALF_THE_ROUNDS):
        west, east = institution().institution_code, institution().institution_code
        moving = institution(west)
        wanted = [institution_details(moving.institution_code) for _ in range(4)]
        creations = [partial(use_cases.create, one) for one in wanted] * (HALF // len(wanted))
        outcomes = callers.race([partial(use_cases.amend, *_moved(moving, east))] * HALF + creations)
        assert outcomes.refusals == {"InstitutionExists": HALF - len(wanted)}
        assert {outcome.value for outcome in outcomes[:HALF]} == {east}
        counts = [_children(code) for code in (west, east, moving.institution_code)]
        assert counts == [[*NO_CHILDREN], [0, 1, *NO_CHILDREN[2:]], [len(wanted), *NO_CHILDREN[1:]]]


def test_renames_to_one_name(callers: Callers) -> None:
    """When two institutions below one supervisor are given the same name at once, one of them has it."""
    for _ in range(ROUNDS):
        supervisor = institution().institution_code
        both = [institution(supervisor) for _ in range(2)]
        name = institution_details(supervisor).name
        outcomes = callers.race([partial(use_cases.amend, *_renamed(one, name)) for one in both] * HALF)
        assert outcomes.refusals == {"InstitutionExists": HALF}
        now = {one.institution_code: directory.find(one.institution_code) for one in both}
        assert sorted(one.name == name for one in now.values()) == [False, True]
        for before in both:
            code = before.institution_code
            standing = claims(*claim_keys(directory.details_of(now[code])))
            assert [claim.institution_code for claim in standing.values()] == [code] * 2
            if now[code].name == name:
                assert not claims(claim_keys(directory.details_of(before))[0])


def test_a_rename_to_what_is_registered(callers: Callers) -> None:
    """A name that an institution is given while it is registered below the same supervisor is the institution's."""
    for _ in range(ROUNDS):
        caller, _ = phone_user()
        supervisor = institution().institution_code
        renamed, details_wanted = institution(supervisor), institution_details(supervisor)
        wanted = _registration(details_wanted)
        rename = partial(use_cases.amend, *_renamed(renamed, details_wanted.name))
        outcomes = callers.race([rename, partial(use_cases.register, caller.user_id, wanted)] * HALF)
        now = directory.find(renamed.institution_code)
        (claim,) = claims(claim_keys(details_wanted)[0]).values()
        assert now.name == details_wanted.name
        assert set(outcomes.refusals) <= {"InstitutionExists", "RegistrationPending"}
        assert (claim.institution_code, int(claim.waiting or 0)) == (renamed.institution_code, 0)
        assert len(claims(*claim_keys(directory.details_of(now)))) == 2


def test_children_are_counted(callers: Callers) -> None:
    """Below one supervisor many institutions begin at once: those that do are counted, and equal ones begin once."""
    for _ in range(FEW_ROUNDS):
        supervisor = institution().institution_code
        wanted = [institution_details(supervisor) for _ in range(8)]
        outcomes = callers.race([partial(use_cases.create, one) for one in wanted] * (CALLERS // len(wanted)))
        assert sorted(outcomes.values) == sorted({one.institution_code for one in wanted})
        assert outcomes.refusals == {"InstitutionExists": CALLERS - len(wanted)}
        assert list(map(int, directory.find(supervisor).children)) == [len(wanted), *NO_CHILDREN[1:]]


def test_confirmation_codes_are_tried_five_times(callers: Callers) -> None:
    """Of many wrong confirmation codes at once five are compared; then even the right one is not."""
    place = institution()
    wrong = "BBBBBBBB" if place.current_confirmation_code() != "BBBBBBBB" else "CCCCCCCC"
    for _ in range(ROUNDS):
        user_id = verified_user()
        outcomes = callers.race([partial(use_cases.choose, user_id, place.institution_code, wrong)] * CALLERS)
        assert outcomes.refusals == {"ConfirmationCodeInvalid": 5, "ConfirmationLimit": CALLERS - 5}


def test_nobody_joins_by_a_code_that_was_rotated(callers: Callers) -> None:
    """Who joins while the confirmation code is replaced has joined by then; by the old one no one joins afterwards."""
    admin = administrator()
    for _ in range(ROUNDS):
        place = institution()
        code, people = place.current_confirmation_code(), verified_users(CALLERS - 1)
        choices = [partial(use_cases.choose, one, place.institution_code, code) for one in people]
        outcomes = callers.race([partial(use_cases.rotate_and_look, admin, place.institution_code, people), *choices])
        joined = outcomes[0].value
        assert [one for one, outcome in zip(people, outcomes[1:], strict=True) if outcome.refusal is None] == [
            one for one in people if one in joined
        ]
        assert set(outcomes.refusals) <= {"ConfirmationCodeInvalid"}
        for user_id in people:
            events = events_of(User, keys.user(user_id))
            assert events == ({"work_unit_chosen": 1} if user_id in joined else {})


def test_joining_while_the_code_is_rotated_and_older_members_are_forgotten(callers: Callers) -> None:
    """No one is left who joined by an older code, no matter who came when; the list is what the accounts say."""
    admin = administrator()
    for _ in range(ROUNDS):
        place = institution()
        code, people = place.current_confirmation_code(), verified_users(CALLERS - 1)
        choices = [partial(use_cases.choose, one, place.institution_code, code) for one in people]
        outcomes = callers.race([partial(use_cases.rotate_and_forget, admin, place.institution_code), *choices])
        assert outcomes[0].value is True
        assert set(outcomes.refusals) <= {"ConfirmationCodeInvalid"}
        assert members(place.institution_code, CALLERS, None) == ([], None)
        accounts = get_many(*map(keys.user, people)).values()
        assert {one.work_unit_code for one in accounts} == {None}
        assert directory.find(place.institution_code).forget_before is None


def _chain(length: int) -> tuple[Institution, Institution]:
    """The first and the last of institutions that stand one below the other."""
    first = last = institution()
    for _ in range(length - 1):
        last = institution(last.institution_code)
    return first, last


def _registration(wanted: details.Details) -> registrations.NewRegistration:
    typed = details.InstitutionInput(
        wanted.name, wanted.supervisor_code, wanted.category, wanted.credit_code, wanted.region_code
    )
    contact = registrations.Contact("李明", "13800138000")
    return registrations.NewRegistration(agreement.VERSION, typed, "中山路1号", contact)


def _renamed(one: Institution, name: str) -> tuple[str, details.Details]:
    return one.institution_code, msgspec.structs.replace(directory.details_of(one), name=name)


def _children(code: str) -> list[int]:
    return list(map(int, directory.find(code).children))


def _moved(one: Institution, supervisor: str) -> tuple[str, details.Details]:
    return one.institution_code, msgspec.structs.replace(directory.details_of(one), supervisor_code=supervisor)
