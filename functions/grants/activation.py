"""Effects of activating a grant, whether they redeemed its code or were named."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pynamodb.expressions.condition import Condition

from functions.grants import authority, store
from functions.grants.domain import GrantEventName, next_status
from functions.grants.errors import BusinessClosed, OwnAuthority
from functions.shared import audit, clock, memberships
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import CodeOrigin, Grant
from functions.shared.table.transactions import DomainError, Transaction, VersionConflict

# Written with the condition that the account is verified, so that no verification ends beside a new role.
COUNT_ROLE = User.roles_granted.add(1)

_EVENTS: Mapping[Literal["redeem", "grant_directly"], GrantEventName] = {
    "redeem": "grant_redeemed",
    "grant_directly": "grant_assigned",
}


def activate_in(  # noqa: PLR0913 - one activation has these parts
    tx: Transaction,
    grant: Grant,
    manager: User,
    origin: CodeOrigin,
    step: Literal["redeem", "grant_directly"],
    *,
    actor: str,
    detail: Mapping[str, Any] = MappingProxyType({}),
    superior_acts: Condition | None = None,
    moved: DomainError = VersionConflict,
    powerless: DomainError = VersionConflict,
) -> bool:
    """Add to a transaction that a grant in `code_issued` becomes the manager's; their work unit is set where unset.

    Returns whether it is set.

    Of `grant` only its key, names, epoch, code, version and chain hash count. It must come from the current superior:
    the commit raises `moved` when the institution is elsewhere, and `powerless` when the authority of `origin` is gone
    (`superior_acts` says what else is required of the superior's grant), or when the manager has a role in it, or had
    one when the code was issued. Raises `OwnAuthority` where the user who issued or names would be the manager. The
    commit also raises `BusinessClosed`, and `VersionConflict` when anything else has changed since.
    """
    if origin.issued_by == manager.user_id:
        raise OwnAuthority
    store.require_not_closed_in(tx, grant.business, BusinessClosed)
    authority.require_below_in(tx, grant.institution_code, origin.supervisor_code, on_failure=moved)
    if origin.epoch is None:
        tx.check(User, keys.user(origin.issued_by), authority.IS_ADMINISTRATOR, on_failure=powerless)
    else:
        hands_on = Grant.is_active_in(origin.epoch) & Grant.shows_no_codes_to(manager.user_id, origin)
        hands_on = hands_on if superior_acts is None else hands_on & superior_acts
        tx.check(Grant, keys.grant(grant.business, str(origin.supervisor_code)), hands_on, on_failure=powerless)
    actions = [
        Grant.status.set(next_status("code_issued", step)),
        Grant.manager_id.set(manager.user_id),
        Grant.manager_name_masked.set(manager.name_masked),
        Grant.activated_at.set(clock.now()),
        Grant.members_since.set({manager.user_id: int(clock.now().timestamp())}),
        Grant.code.remove(),
        Grant.code_nonce.remove(),
        Grant.code_offset.remove(),
        Grant.code_expires_at.remove(),
        Grant.origin.remove(),
        Grant.gsi1pk.set(keys.grants_below(grant.business, origin.supervisor_code)),
        Grant.gsi1sk.set(grant.institution_code),
    ]
    told = {"epoch": int(grant.epoch), "manager": manager.user_id, **detail}
    of_this_epoch = (Grant.status == "code_issued") & (Grant.epoch == grant.epoch)
    of_this_epoch &= Grant.code_fingerprint == grant.code_fingerprint
    event = _EVENTS[step]
    audit.change(tx, grant, actions, event, actor=actor, detail=told, condition=of_this_epoch)
    store.put_role(tx, manager.user_id, grant, "manager", origin.supervisor_code)
    if manager.work_unit_code is not None:
        tx.update(manager, [COUNT_ROLE], User.VERIFIED)
        return False
    work_unit: dict[str, Any] = {"institution_code": grant.institution_code, "before": None, "by": event}
    chosen = [*memberships.join_in(tx, manager, grant.institution_code, business=grant.business), COUNT_ROLE]
    audit.change(tx, manager, chosen, "work_unit_chosen", actor=actor, detail=work_unit, condition=User.VERIFIED)
    return True
