"""Pending registrations beside the directory: what they ask for, who asks for the same, what happens when it is listed.

A pending registration claims nothing, so equal ones wait side by side. When an institution takes a name or credit code,
by a reviewer, an administrator or an import, the registrations that ask for it are rejected as `ALREADY_LISTED` in the
same transaction, as far as it has room. The others are settled afterwards, one transaction each. That step needs no
memory: the claim says that there is an institution, and that registrations still wait. So after a crash it is continued
by anyone who sees such a registration next, in the queue or by itself.
"""

from collections.abc import Iterable, Mapping, Sequence

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.institutions import store
from functions.institutions.claims import ClaimChanges, claim_keys
from functions.institutions.details import Details
from functions.institutions.domain.registrations import RejectionCode, next_status
from functions.institutions.errors import RegistrationPending
from functions.shared import audit, clock, reviews
from functions.shared.table import keys
from functions.shared.table.institutions import Claim, PendingRegistration, Registration
from functions.shared.table.transactions import MAX_WRITES, Transaction, get_many, retry_on_conflict
from functions.shared.vocabulary import RegistrationState

DIRECTORY = "directory"  # who rejects what is listed: no reviewer, so any reviewer may decide an appeal
_WRITES_EACH = 6  # of one rejection: the registration, its event, what it asked for twice, and a claim or two
_AT_ONCE = 25
DECISIONS_KEPT = 10  # of one registration, the newest


def details_of(registration: Registration, institution_code: str | None = None) -> Details:
    """The institution that was asked for."""
    return Details(
        name=registration.name,
        supervisor_code=registration.supervisor_code,
        category=registration.category,
        credit_code=registration.credit_code,
        region_code=registration.region_code,
        institution_code=institution_code,
    )


def asked_by(registration: Registration) -> tuple[keys.Key, keys.Key]:
    """The claims of the name and of the credit code that a registration asks for."""
    return claim_keys(details_of(registration))


# --- one registration -------------------------------------------------------------------------------------------------


def ask_in(tx: Transaction, changes: ClaimChanges, wanted: Details, registration_id: str, user_id: str) -> None:
    """Add to a transaction that a person's registration waits for a name and a credit code, which are free.

    Raises `RegistrationPending` where another one of the same person asks for one of them, at once or from the commit.
    """
    for key in claim_keys(wanted):
        claim = changes.standing.get(key)
        if claim is not None and claim.uncounted not in {None, registration_id}:
            before = store.registration(str(claim.uncounted))
            if before is not None and before.submitted_by == user_id:
                raise RegistrationPending
        changes.arrive(key)
        asking = PendingRegistration.new(keys.pending_registration(key, user_id), registration_id=registration_id)
        tx.create(asking, on_failure=RegistrationPending)


def pending_of(wanted: Details, user_id: str) -> str | None:
    """The id of a person's pending registration that asks for the same name or credit code, or None. One round trip."""
    read = get_many(*(keys.pending_registration(key, user_id) for key in claim_keys(wanted)))
    return next((item.registration_id for item in read.values() if isinstance(item, PendingRegistration)), None)


def stop_asking_in(tx: Transaction, changes: ClaimChanges, registration: Registration) -> None:
    """Add to a transaction that a registration that is pending waits no longer."""
    for key in asked_by(registration):
        if registration.counted:
            changes.leave(key)
            tx.delete(PendingRegistration.new(keys.pending_registration(key, registration.submitted_by)))
        else:
            changes.clear(key, registration.registration_id)


def reopen_in(changes: ClaimChanges, registration: Registration) -> None:
    """The name of a registration that was rejected is no longer shown as rejected on its account."""
    name, credit_code = asked_by(registration)
    if registration.counted:
        changes.count_rejected(name, -1)
    else:
        changes.clear(name, registration.registration_id)
        changes.clear(credit_code, registration.registration_id)


def decided_actions(registration: Registration, status: RegistrationState) -> list[Action]:
    """When a registration was decided, and its place among those that were decided so."""
    now = clock.now()
    return [
        Registration.decided_at.set(now),
        Registration.gsi1pk.set(keys.decided_registrations(status)),
        Registration.gsi1sk.set(keys.review_position(clock.rfc3339(now), registration.registration_id)),
    ]


def reject_in(  # noqa: PLR0913 - a rejection has these parts
    tx: Transaction,
    changes: ClaimChanges,
    registration: Registration,
    code: RejectionCode,
    *,
    by: str,
    actor: str,
    comment: str | None = None,
    institution_code: str | None = None,
    condition: Condition | None = None,
    fields: Sequence[str] = (),
) -> None:
    """Add the rejection of a pending registration to a transaction; `by` is whom an appeal would be against."""
    if not registration.counted:
        changes.standing = {**store.claims(*asked_by(registration)), **changes.standing}
    stop_asking_in(tx, changes, registration)
    changes.count_rejected(asked_by(registration)[0], 1)
    rejection = {"code": code, "comment": comment, "by": by} | ({"fields": list(fields)} if fields else {})
    earlier = [*(registration.decisions or []), {**rejection, "at": clock.rfc3339(clock.now())}]
    actions = [
        Registration.status.set(next_status(registration.status, "reject")),
        Registration.rejection.set(rejection),
        Registration.decisions.set(earlier[-DECISIONS_KEPT:]),
        *decided_actions(registration, "rejected"),
        Registration.counted.set(True),
        *reviews.clear_claim(),
    ]
    detail = {"code": code} | ({"institution_code": institution_code} if institution_code else {})
    audit.change(tx, registration, actions, "registration_rejected", actor=actor, detail=detail, condition=condition)


# --- equal ones -------------------------------------------------------------------------------------------------------


def equal_count(registration: Registration, standing: Mapping[keys.Key, Claim]) -> int:
    """How many other pending registrations ask for the same name, or for the same credit code if those are more."""
    own = 1 if registration.counted and registration.status == "pending" else 0
    return max(_count(standing.get(key), registration.registration_id) - own for key in asked_by(registration))


def _count(claim: Claim | None, registration_id: str) -> int:
    if claim is None:
        return 0
    return int(claim.waiting or 0) + (claim.uncounted not in {None, registration_id})


def asking(
    wanted: Iterable[keys.Key], standing: Mapping[keys.Key, Claim], besides: Registration | None = None
) -> list[Registration]:
    """Pending registrations that ask for one of these, `besides` one; up to 25 for each name and code.

    Nothing is read where the claims say that there is none. One Query for each that is asked for, one BatchGetItem.
    """
    own = asked_by(besides) if besides is not None and besides.counted and besides.status == "pending" else ()
    found: dict[str, None] = {}
    for key in wanted:
        claim = standing.get(key)
        if claim is None:
            continue
        if claim.uncounted is not None:
            found[claim.uncounted] = None
        if int(claim.waiting or 0) > own.count(key):
            found |= dict.fromkeys(item.registration_id for item in store.pending_registrations(key, _AT_ONCE))
    if besides is not None:
        found.pop(besides.registration_id, None)
    if not found:
        return []
    read = get_many(*map(keys.registration, found))
    listed = [item for item in read.values() if isinstance(item, Registration) and item.status == "pending"]
    return sorted(listed, key=lambda one: (one.submitted_at, one.registration_id))


# --- what is listed ---------------------------------------------------------------------------------------------------


def displace_in(
    tx: Transaction,
    changes: ClaimChanges,
    taken: Mapping[keys.Key, str],
    *,
    actor: str,
    besides: Registration | None = None,
) -> bool:
    """Reject all that ask for what institutions take, as far as the transaction has room; whether that was all of them.

    `taken` are the institution codes by claim; `besides` is the registration that becomes the institution.
    """
    found = asking(taken, changes.standing, besides)
    room = max(0, (MAX_WRITES - tx.size - len(changes) - changes.to_come) // _WRITES_EACH)
    for registration in found[:room]:
        code = next(taken[key] for key in asked_by(registration) if key in taken)
        reject_in(
            *(tx, changes, registration, "ALREADY_LISTED"),
            by=DIRECTORY,
            actor=actor,
            institution_code=code,
        )
    rest = {key: _left(changes, key) for key in taken}
    return not any(rest.values())


def _left(changes: ClaimChanges, key: keys.Key) -> int:
    claim = changes.standing.get(key)
    return int(claim.waiting or 0) + changes.waiting_change(key) if claim is not None else 0


def settle_all(taken: Iterable[keys.Key], most: int = _AT_ONCE) -> int:
    """Settle registrations that ask for what institutions have, up to this many for each; how many were."""
    settled = 0
    for key in taken:
        for item in store.pending_registrations(key, most):
            settled += settle(item.registration_id)
    return settled


@retry_on_conflict
def settle(registration_id: str) -> bool:
    """Reject a pending registration whose name or credit code an institution has; whether it was so."""
    registration = store.registration(registration_id)
    if registration is None or registration.status != "pending":
        return False
    changes = ClaimChanges(store.claims(*asked_by(registration)))
    listed = {key: claim for key, claim in changes.standing.items() if claim.has_institution}
    if not listed:
        return False
    tx = Transaction()
    code = next(iter(listed.values())).institution_code
    reject_in(*(tx, changes, registration, "ALREADY_LISTED"), by=DIRECTORY, actor=DIRECTORY, institution_code=code)
    for key in listed:
        changes.keep(key)
    changes.write_in(tx)
    tx.commit()
    return True


def settle_listed(registrations: Sequence[Registration]) -> tuple[list[Registration], dict[keys.Key, Claim]]:
    """Registrations of a page that wait in earnest, and the claims of what they ask for; the others are settled.

    One BatchGetItem for each fifty; settling is rare, since it is left over only where a worker died in between.
    """
    wanted = sorted({key for registration in registrations for key in asked_by(registration)})
    standing = store.many_claims(wanted)
    kept = []
    for registration in registrations:
        claimed = [standing[key] for key in asked_by(registration) if key in standing]
        if any(claim.has_institution for claim in claimed) and settle(registration.registration_id):
            continue
        kept.append(registration)
    return kept, standing
