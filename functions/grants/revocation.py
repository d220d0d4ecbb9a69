"""Revoking: one grant back to its original state; manager, assistants, code and open invitations go at once."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from functions.grants import authority, authority_store, store, superior_notices
from functions.grants.domain import GrantEventName, next_epoch, next_status
from functions.grants.errors import GrantVacant
from functions.shared import audit, clock
from functions.shared.errors import NotFound
from functions.shared.table.grants import Grant
from functions.shared.table.transactions import Transaction, retry_on_conflict
from functions.shared.transitions import InvalidTransition

_EVENTS: Mapping[Literal["revoke", "resign"], GrantEventName] = {
    "revoke": "grant_revoked",
    "resign": "manager_resigned",
}


@retry_on_conflict
def revoke_grant(caller_id: str, business_code: str, institution_code: str, reason: str | None = None) -> None:
    """Reset the grant of an institution directly below. Three round trips.

    Below the top an administrator's is notified to the superior's manager: three round trips more.

    Raises `NotFound` (business or institution), `Forbidden`, `ReasonRequired`, `GrantVacant`.
    """
    context = store.grant_context(caller_id, business_code, institution_code)
    if context.business is None or context.institution is None:
        raise NotFound
    superior, manager = authority_store.superior_and_manager(context)
    held = authority.over(context, superior, caller_id, reason)
    tx = Transaction()
    authority.require_authority_over_in(tx, context, held)
    revoke_in(tx, context.grant, actor=caller_id, detail=held.detail)
    store.end_work_unit(tx, manager, context.grant, actor=caller_id)
    concerned = superior_notices.passed_over(held)
    tx.commit()
    superior_notices.notify(concerned, "administrator_acted", actor=caller_id)


def revoke_in(  # noqa: PLR0913 - one end has these parts
    tx: Transaction,
    grant: Grant,
    *,
    actor: str,
    step: Literal["revoke", "resign"] = "revoke",
    detail: Mapping[str, Any] = MappingProxyType({}),
    job_id: str | None = None,
) -> None:
    """Add the end of a grant, as it was read, to a transaction: 3 writes for a code that was not redeemed.

    One write more for the manager, each assistant and each invitation. The manager's work unit is left to the caller
    (`store.end_work_unit`). Raises `GrantVacant`; the commit raises `VersionConflict` when the grant has changed since.
    """
    try:
        status = next_status(grant.status, step)
    except InvalidTransition as error:
        raise GrantVacant from error
    epoch = next_epoch(int(grant.epoch), step)
    members = [*([grant.manager_id] if grant.manager_id is not None else []), *grant.assistants]
    told = {"epoch": epoch, "was": grant.status, "manager": grant.manager_id, "assistants": list(grant.assistants)}
    told |= {**detail, **({"job": job_id} if job_id is not None else {})}
    gone = (
        Grant.code,
        Grant.code_nonce,
        Grant.code_offset,
        Grant.code_fingerprint,
        Grant.code_expires_at,
        Grant.origin,
        Grant.issued_at,
        Grant.activated_at,
        Grant.manager_id,
        Grant.manager_name_masked,
        Grant.gsi1pk,
        Grant.gsi1sk,
        Grant.former_members,  # the children's codes end with the epoch
    )
    actions = [
        Grant.status.set(status),
        Grant.epoch.set(epoch),
        Grant.assistants.set([]),
        Grant.assistant_names.set({}),
        Grant.invitations.set([]),
        Grant.members_since.set({}),
        *(attribute.remove() for attribute in gone),
        *([Grant.role_ended_at.set(clock.now()), grant.losing(*members)] if members else []),
    ]
    audit.change(tx, grant, actions, _EVENTS[step], actor=actor, detail=told)
    store.delete_code(tx, grant.code_fingerprint)
    for user_id in members:
        store.drop_role(tx, user_id, grant)
    store.drop_invitations(tx, store.invited(grant))
