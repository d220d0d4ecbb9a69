"""The directory: institutions begin, change and move, each in one transaction with everything that hangs on them.

With an institution move the suffixes it is found by, its claims to name and credit code, and the counts of children of
the institutions above it. Two changes that contradict each other touch the same items, so one decides again.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from pynamodb.exceptions import PynamoDBException

from functions.institutions import store, waiting
from functions.institutions.claims import ClaimChanges, claim_keys
from functions.institutions.details import Details, supervisor_unknown
from functions.institutions.domain.codes import new_institution_code
from functions.institutions.domain.hierarchy import NO_CHILDREN, Cyclic, Node, TooDeep, with_children, with_move
from functions.institutions.domain.names import normalize, suffixes
from functions.institutions.errors import (
    ChangeTooLarge,
    HierarchyRefused,
    InstitutionChanged,
    InstitutionCodeTaken,
    InstitutionExists,
)
from functions.institutions.summaries import summary
from functions.shared import audit, clock, ids
from functions.shared.errors import Invalid, NotFound, Unavailable
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table.institutions import Claim, Institution, Registration
from functions.shared.table.transactions import MAX_WRITES, Transaction, VersionConflict, retry_on_conflict

WRITES_OF_AN_EVENT = 2  # the entity and its event
WRITES_OF_A_DECISION = WRITES_OF_AN_EVENT + 2  # with what frees the reviewer's claim
LEVELS_WRITTEN = 10  # at most, when an institution moves: the five levels above it, before and after


def find(institution_code: str) -> Institution:
    """The institution. Raises `NotFound`."""
    found = store.institution(institution_code)
    if found is None:
        raise NotFound
    return found


def create(details: Details, *, actor: str) -> Institution:
    """A new institution, findable at once; registrations that ask for the same are rejected as `ALREADY_LISTED`.

    Raises `Invalid` (unknown supervisor), `HierarchyRefused`, `InstitutionExists`, `InstitutionCodeTaken`.
    """
    made = _create(details, actor=actor)
    made.settle()
    return made.institutions[0]


@retry_on_conflict
def _create(details: Details, *, actor: str) -> "Made":
    tx = Transaction()
    made = create_in(tx, [details], actor=actor)
    tx.commit()
    return made


class Made(NamedTuple):
    """New institutions, and what they took that registrations still ask for."""

    institutions: list[Institution]
    unsettled: list[keys.Key]

    def settle(self) -> None:
        """Reject those registrations, once the institutions are there: most of them, the others when they are seen.

        The institutions are there whatever becomes of this, so it does not fail the call.
        """
        try:
            waiting.settle_all(self.unsettled)
        except (Unavailable, PynamoDBException) as error:
            logger.warning("registrations_not_settled", reason=type(error).__name__)


def create_in(
    tx: Transaction, wanted: Sequence[Details], *, actor: str, registration: Registration | None = None
) -> Made:
    """Add new institutions below one and the same supervisor to a transaction; call `settle` of the answer afterwards.

    One round trip, and one more for each institution above the supervisor that gets higher; two or three more where
    registrations ask for the same, which are rejected. `registration` is the pending one that is included by this.
    Raises the same as `create`, `ChangeTooLarge` where several institutions and those registrations are too much for
    one transaction, and `VersionConflict`: decide again.
    """
    supervisor_code = wanted[0].supervisor_code
    claimed = [key for details in wanted for key in claim_keys(details)]
    nodes, standing = store.supervisor_and_claims(supervisor_code, *claimed)
    if supervisor_code is not None and supervisor_code not in nodes:
        raise Invalid(supervisor_unknown())
    if supervisor_code is not None and any(details.institution_code == supervisor_code for details in wanted):
        raise InstitutionCodeTaken  # before DynamoDB refuses two writes of one item
    try:
        after = with_children(nodes, supervisor_code, height=0, count=len(wanted))
    except TooDeep as error:
        raise HierarchyRefused from error
    store.update_child_counts(tx, nodes, after)
    made = [_new(details) for details in wanted]
    taken = {key: one.institution_code for one in made for key in claim_keys(details_of(one))}
    to_come = sum(map(write_count, wanted)) + (WRITES_OF_A_DECISION if registration is not None else 0)
    changes = ClaimChanges(standing, to_come - len(taken))
    registration_id = registration.registration_id if registration is not None else None
    for key, code in taken.items():
        claim = standing.get(key)
        if claim is not None and claim.has_institution and claim.registration_id == registration_id is not None:
            raise VersionConflict  # included between the reads, by another reviewer
        raise_if_taken(claim)
        changes.take(key, code, registration_id)
    if registration is not None:
        waiting.stop_asking_in(tx, changes, registration)
    settled = waiting.displace_in(tx, changes, taken, actor=actor, besides=registration)
    if not settled and len(wanted) > 1:
        raise ChangeTooLarge
    changes.write_in(tx)  # before the institutions: of two equal ones the second is informed that it is there
    for details, one in zip(wanted, made, strict=True):
        _add(tx, details, one, actor=actor)
    return Made(made, [] if settled else list(taken))


def write_count(details: Details) -> int:
    """How many writes of a transaction one new institution takes, without its supervisor's."""
    return 4 + len(suffixes(normalize(details.name)))


def _new(details: Details) -> Institution:
    code = details.institution_code or new_institution_code(details.region_code)
    return Institution.new(
        keys.institution(code),
        institution_code=code,
        name=details.name,
        supervisor_code=details.supervisor_code,
        category=details.category,
        region_code=details.region_code,
        credit_code=details.credit_code,
        children=list(NO_CHILDREN),
        confirmation_nonce=ids.new_id(),
        confirmation_code_rotated_at=clock.now(),
        created_at=clock.now(),
        gsi1pk=keys.children(details.supervisor_code),
        gsi1sk=code,
    )


def _add(tx: Transaction, details: Details, made: Institution, *, actor: str) -> None:
    # A code that was made up is made up again; one that was given is not ours to change.
    taken = InstitutionCodeTaken if details.institution_code else VersionConflict
    audit.create(tx, made, "institution_created", actor=actor, detail=_told(details), on_failure=taken)
    for item in store.suffix_items(made):
        tx.put(item)


def amend(institution_code: str, details: Details, *, actor: str, revision: int | None = None) -> Institution:
    """The institution with these details: renamed, moved or corrected in one transaction.

    `revision` is the version that the details were written from, where only that one is to be changed. The same details
    again change nothing. Registrations that ask for the new name or code are rejected as `ALREADY_LISTED`. Raises
    `NotFound`, `Invalid` (unknown supervisor), `InstitutionChanged`, `HierarchyRefused`, `InstitutionExists`,
    `ChangeTooLarge`.
    """
    amended = _amend(institution_code, details, actor=actor, revision=revision)
    amended.settle()
    return amended.institutions[0]


@retry_on_conflict
def _amend(institution_code: str, details: Details, *, actor: str, revision: int | None) -> Made:
    details = msgspec.structs.replace(details, institution_code=None)
    now = find(institution_code)
    was = details_of(now)
    if was == details:
        return Made([now], [])
    if revision is not None and revision != int(now.version):
        raise InstitutionChanged
    tx = Transaction()
    condition = None
    if details.supervisor_code != was.supervisor_code:
        node = _move(tx, institution_code, details.supervisor_code)
        condition = store.unchanged_shape(node)
    _replace_suffixes(tx, now, details)
    unsettled = _move_claims(tx, institution_code, was, details, actor=actor)
    actions = [
        Institution.name.set(details.name),
        Institution.category.set(details.category),
        Institution.region_code.set(details.region_code),
        Institution.credit_code.set(details.credit_code),
        Institution.gsi1pk.set(keys.children(details.supervisor_code)),
        Institution.supervisor_code.set(details.supervisor_code)
        if details.supervisor_code is not None
        else Institution.supervisor_code.remove(),
        *([Institution.moved.set(ids.new_id())] if details.supervisor_code != was.supervisor_code else []),
    ]
    detail = {"before": _told(was), "after": _told(details)}
    audit.change(tx, now, actions, "institution_amended", actor=actor, detail=detail, condition=condition)
    tx.commit()
    return Made([find(institution_code)], unsettled)


def details_of(institution: Institution) -> Details:
    """What `amend` can change of an institution, as it is."""
    return Details(
        name=institution.name,
        supervisor_code=institution.supervisor_code,
        category=institution.category,
        credit_code=institution.credit_code,
        region_code=institution.region_code,
    )


def raise_if_taken(claim: Claim | None) -> None:
    """Raise `InstitutionExists` for a name or code that an institution has. Nothing else takes one."""
    if claim is not None and claim.has_institution:
        institution = store.institution(claim.institution_code or "")
        if institution is None:
            raise VersionConflict
        raise InstitutionExists(summary(institution))


def _move(tx: Transaction, institution_code: str, supervisor_code: str | None) -> Node:
    """Change the counts of children above; the institution's own node as it was read."""
    nodes = store.nodes_above(institution_code, supervisor_code)
    if institution_code not in nodes:
        raise VersionConflict
    if supervisor_code is not None and supervisor_code not in nodes:
        raise Invalid(supervisor_unknown())
    try:
        after = with_move(nodes, institution_code, supervisor_code)
    except (Cyclic, TooDeep) as error:
        raise HierarchyRefused from error
    store.update_child_counts(tx, nodes, after, leave_out=[institution_code])
    return nodes[institution_code]


def _move_claims(
    tx: Transaction, institution_code: str, was: Details, details: Details, *, actor: str
) -> list[keys.Key]:
    """Give up the name and the credit code that change, and take the new ones; what registrations still ask for."""
    changing = [(old, new) for old, new in zip(claim_keys(was), claim_keys(details), strict=True) if old != new]
    if not changing:
        return []
    changes = ClaimChanges(store.claims(*(key for pair in changing for key in pair)), WRITES_OF_AN_EVENT)
    for old, new in changing:
        held = changes.standing.get(old)
        if held is None or held.institution_code != institution_code:
            raise VersionConflict
        raise_if_taken(changes.standing.get(new))
        changes.free(old)
        changes.take(new, institution_code, held.registration_id)
    taken = dict.fromkeys((new for _, new in changing), institution_code)
    settled = waiting.displace_in(tx, changes, taken, actor=actor)
    changes.write_in(tx)
    return [] if settled else list(taken)


def _replace_suffixes(tx: Transaction, now: Institution, details: Details) -> None:
    """All old suffixes out, all new ones in; one that stays is only written over."""
    shown = (now.name, now.supervisor_code, now.category, now.region_code)
    if shown == (details.name, details.supervisor_code, details.category, details.region_code):
        return
    changed = Institution.new(
        now.key,
        institution_code=now.institution_code,
        name=details.name,
        supervisor_code=details.supervisor_code,
        category=details.category,
        region_code=details.region_code,
    )
    new = {item.key: item for item in store.suffix_items(changed)}
    old = {item.key: item for item in store.suffix_items(now)}
    gone = [item for key, item in old.items() if key not in new]
    others = 6 + (LEVELS_WRITTEN if details.supervisor_code != now.supervisor_code else 0)
    if len(gone) + len(new) + others > MAX_WRITES:
        raise ChangeTooLarge
    for item in gone:
        tx.delete(item)
    for item in new.values():
        tx.put(item)


def _told(details: Details) -> dict[str, str | None]:
    """The details as the audit trail keeps them."""
    return {
        "name": details.name,
        "supervisor_code": details.supervisor_code,
        "category": details.category,
        "region_code": details.region_code,
        "credit_code": details.credit_code,
    }
