"""Grant codes: issued by the superior, told to the institution, good for thirty days; a new one ends the one before.

An assistant leaves a code that was issued in the last hour as it is, revoked meanwhile or not: the institution may be
about to use it. The manager decides otherwise.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from functions.grants import authority, authority_store, store, superior_notices
from functions.grants.authority import Authority
from functions.grants.domain import GrantEventName, next_epoch, next_status
from functions.grants.errors import BusinessClosed, GrantActive, ReissueLimit
from functions.shared import audit, clock, ids
from functions.shared.config import settings
from functions.shared.crockford import format_code
from functions.shared.derived_codes import GRANT_CODE, derive_code
from functions.shared.errors import NotFound
from functions.shared.table import keys
from functions.shared.table.grants import Grant, GrantCode
from functions.shared.table.transactions import Transaction, retry_on_conflict
from functions.shared.transitions import InvalidTransition


class IssuedCode(msgspec.Struct, frozen=True):
    """A grant code for an institution."""

    grant_code: str
    expires_at: datetime


@retry_on_conflict
def issue_code(caller_id: str, business_code: str, institution_code: str, reason: str | None = None) -> IssuedCode:
    """A new code for an institution directly below. Three round trips, two at the top.

    Below the top an administrator's is notified to the superior's manager: three round trips more.

    Raises `NotFound` (business or institution), `Forbidden`, `ReasonRequired`, `BusinessClosed`, `GrantActive`,
    `ReissueLimit`.
    """
    context = store.grant_context(caller_id, business_code, institution_code)
    if context.business is None or context.institution is None:
        raise NotFound
    held = authority.over(context, authority_store.superior_of(context), caller_id, reason)
    if context.business.is_closed:
        raise BusinessClosed
    wait_s = reissue_wait_s(context.grant, held)
    if wait_s and context.grant.status != "active" and not authority_store.dismissed([context.grant]):
        raise ReissueLimit(wait_s)
    tx = Transaction()
    authority.require_authority_over_in(tx, context, held)
    store.require_not_closed_in(tx, business_code, BusinessClosed)
    issued = issue_in(tx, context.grant, held)
    tx.create(issued.code_item)
    concerned = superior_notices.passed_over(held)
    tx.commit()
    superior_notices.notify(concerned, "administrator_acted", actor=caller_id)
    return issued.issued


def reissue_wait_s(grant: Grant, held: Authority) -> int:
    """How many seconds it is until the holder of this authority may issue a code again; 0 where they may now."""
    if held.role != "assistant" or grant.last_issued_at is None:
        return 0
    if grant.has_dead_code(held.supervisor_code, held.superior):
        return 0  # no one can use it
    open_from = grant.last_issued_at + timedelta(seconds=settings().grant_code_reissue_s)
    return clock.seconds_until(open_from) if open_from > clock.now() else 0


class NewGrantCode(NamedTuple):
    """A new code: as it is told, and the item that makes it good for something once the grant names it."""

    issued: IssuedCode
    code_item: GrantCode


def issue_in(tx: Transaction, grant: Grant, held: Authority, *, job_id: str | None = None) -> NewGrantCode:
    """Add a new code for a grant, as it was read, to a transaction: two writes, three when it ends another code.

    The code's item is left to the caller, to write with this or before: alone it is invalid, since redeeming
    requires that the grant names it. Raises `GrantActive`; the commit raises `VersionConflict` when the grant has
    changed since.
    """
    try:
        status = next_status(grant.status, "issue")
    except InvalidTransition as error:
        raise GrantActive from error
    nonce, epoch, valid_until = (
        ids.new_id(),
        next_epoch(int(grant.epoch), "issue"),
        clock.after(settings().grant_code_s),
    )
    code = derive_code(GRANT_CODE, grant.business, grant.institution_code, epoch, nonce=nonce)
    fingerprint = ids.fingerprint(code)
    event: GrantEventName = "grant_code_issued" if grant.status == "vacant" else "grant_code_reissued"
    actor = held.caller_id
    detail = {"epoch": epoch} | held.detail | ({"job": job_id} if job_id is not None else {})
    changed = {
        "status": status,
        "epoch": epoch,
        "code_nonce": nonce,
        "code_fingerprint": fingerprint,
        "code_expires_at": valid_until,
        "origin": list(held.origin),
        "issued_at": clock.now(),
        "last_issued_at": clock.now(),
        "gsi1pk": keys.grants_below(grant.business, held.supervisor_code),
        "gsi1sk": grant.institution_code,
    }
    store.delete_code(tx, grant.code_fingerprint)
    if int(grant.version) == 0:
        begun = Grant.new(grant.key, business=grant.business, institution_code=grant.institution_code, **changed)
        audit.create(tx, begun, event, actor=actor, detail=detail)
        version, chain_hash = int(begun.version), begun.chain_hash
    else:
        actions = [getattr(Grant, name).set(value) for name, value in changed.items()]
        actions += [Grant.code.remove(), Grant.code_offset.remove()]  # of an older one
        next_event = audit.change(tx, grant, actions, event, actor=actor, detail=detail)
        version, chain_hash = int(next_event.version), next_event.hash
    code_item = GrantCode.new(
        keys.grant_code(fingerprint),
        business=grant.business,
        institution_code=grant.institution_code,
        supervisor_code=held.supervisor_code,
        epoch=epoch,
        origin=list(held.origin),
        grant_version=version,
        grant_chain_hash=chain_hash,
        valid_until=valid_until,
        expires_at=valid_until,
    )
    return NewGrantCode(IssuedCode(format_code(code), valid_until), code_item)
