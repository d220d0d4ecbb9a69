"""Redeeming a grant code: the person who was told it takes the grant on, after a face check for exactly this epoch.

The code is valid as long as the authority that issued it: the institution is still directly below the superior, whose
grant is active in the same epoch (`activation`). A member of that superior does not redeem it, nor who was one when it
was issued.

The try is counted before the code is looked for, and given back unless the code was wrong. Anyone who comes again with
the code and the face check that they have just redeemed is answered the same: their first answer was lost.
"""

from typing import Any, NamedTuple

from functions.grants import activation, authority_store, face_subjects, store
from functions.grants.errors import (
    GrantCodeInvalid,
    GrantCodeLimit,
    GrantTaken,
    OwnAuthority,
)
from functions.shared import clock, face_proofs, ids
from functions.shared.crockford import parse_code
from functions.shared.errors import FaceCheckRequired, IdentityRequired
from functions.shared.limits import Counter, count_attempt, refund, refund_in
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import CodeOrigin, Grant, GrantCode
from functions.shared.table.identity import FaceCheck
from functions.shared.table.transactions import Transaction, VersionConflict, retry_on_conflict


class Redeemed(NamedTuple):
    """A grant that has just become active, its manager, and how the face check called business and institution.

    `work_unit_set`: the institution has become the manager's work unit by it.
    """

    grant: Grant
    manager: User
    display_names: Any
    work_unit_set: bool


def redeem_grant(user_id: str, typed_code: str, face_check_id: str | None) -> Redeemed:
    """The grant, now the user's. Three round trips.

    Raises `GrantCodeLimit`, `IdentityRequired`, `GrantCodeInvalid`, `GrantTaken`, `OwnAuthority`, `FaceCheckRequired`,
    `BusinessClosed`.
    """
    with count_attempt([face_subjects.grant_code_limit(user_id)], GrantCodeLimit, wrong=GrantCodeInvalid) as (counter,):
        return _redeem(user_id, parse_code(typed_code) or "", face_check_id, counter)


class _AuthorityGone(Exception):
    """The superior's grant is not what the code rests on, or has shown it to the user; the administrator is none."""


@retry_on_conflict
def _redeem(user_id: str, code: str, face_check_id: str | None, counter: Counter) -> Redeemed:
    fingerprint = ids.fingerprint(code)
    given = store.look_up_code(user_id, face_check_id, keys.grant_code(fingerprint))
    user, found = given.user, given.code
    if user is None or not user.is_verified:
        raise IdentityRequired
    origin = CodeOrigin.read(found.origin) if found is not None else None
    if found is None or origin is None or found.valid_until <= clock.now():
        raise GrantCodeInvalid
    subject = face_subjects.redemption_subject(found.business, found.institution_code, int(found.epoch))
    if found.redeemed_by is not None:
        redeemed = _replay_redemption(user, found, given.face_check, subject)
        refund(counter)
        return redeemed
    if given.face_check is None or not face_proofs.is_valid_for(given.face_check, subject):
        raise FaceCheckRequired
    grant = Grant.new(
        keys.grant(found.business, found.institution_code),
        business=found.business,
        institution_code=found.institution_code,
        epoch=found.epoch,
        code_fingerprint=fingerprint,
        version=found.grant_version,
        chain_hash=found.grant_chain_hash,
    )
    tx = Transaction()
    work_unit_set = activation.activate_in(
        tx, grant, user, origin, "redeem", actor=user_id, moved=GrantCodeInvalid, powerless=_AuthorityGone
    )
    store.use_code(tx, fingerprint, user_id)
    face_proofs.consume_in(tx, user_id, given.face_check.face_check_id, subject, on_failure=VersionConflict)
    refund_in(tx, counter)
    try:
        tx.commit()
    except _AuthorityGone as error:
        raise _why_refused(found, origin, user_id) from error
    active = Grant.new(
        grant.key,
        business=found.business,
        institution_code=found.institution_code,
        status="active",
        epoch=found.epoch,
        manager_id=user_id,
        manager_name_masked=user.name_masked,
        members_since={user_id: int(clock.now().timestamp())},
    )
    return Redeemed(active, user, given.face_check.display_names, work_unit_set)


def _replay_redemption(user: User, code: GrantCode, check: FaceCheck | None, subject: str) -> Redeemed:
    """What this user has redeemed with this very face check. Raises `GrantTaken`. One read."""
    if code.redeemed_by != user.user_id or check is None or (check.status, check.subject) != ("consumed", subject):
        raise GrantTaken
    grant = store.grant(code.business, code.institution_code)
    if grant is None or grant.epoch != code.epoch or grant.manager_id != user.user_id:
        raise GrantTaken
    work_unit_set = user.has_work_unit_by_grant(code.business, code.institution_code)
    return Redeemed(grant, user, check.display_names, work_unit_set)


def _why_refused(code: GrantCode, origin: CodeOrigin, user_id: str) -> Exception:
    """Why the superior's grant, or the administrator, did not let this user redeem. One read."""
    behind = authority_store.backing(code.business, code.institution_code, origin)
    if not origin.is_current(*behind):
        return GrantCodeInvalid()
    own = behind.superior is not None and behind.superior.shows_codes_to(user_id, origin)
    return OwnAuthority() if own else VersionConflict()
