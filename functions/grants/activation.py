"""What becomes true when a person takes a grant on, whether they redeemed its code or were named."""

from typing import Any, Literal

from pynamodb.expressions.condition import Condition

from functions.grants import store
from functions.grants.domain import next_status
from functions.grants.errors import BusinessClosed
from functions.shared import audit, clock
from functions.shared.table.auth import User
from functions.shared.table.grants import Grant
from functions.shared.table.transactions import Transaction

# Written where the account is demanded to be verified, so that nobody's verification ends beside a new place of theirs.
PLACE_TAKEN = User.places_taken.add(1)

_EVENTS = {"redeem": "grant_redeemed", "grant_directly": "grant_directly_granted"}


def activate_in(  # noqa: PLR0913 - one activation has these parts
    tx: Transaction,
    grant: Grant,
    manager: User,
    supervisor_code: str | None,
    step: Literal["redeem", "grant_directly"],
    *,
    actor: str,
    also: Condition | None = None,
) -> None:
    """Add to a transaction that a grant in `code_issued` becomes the manager's; their work unit is set where unset.

    Of `grant` only its key, names, epoch, code, version and chain hash count. `also` is demanded of the manager's
    account. The commit raises `BusinessClosed`, or `Stale` when anything else has changed since.
    """
    store.demand_not_closed(tx, grant.business, BusinessClosed)
    actions = [
        Grant.status.set(next_status("code_issued", step)),
        Grant.manager_id.set(manager.user_id),
        Grant.manager_name_masked.set(manager.name_masked),
        Grant.activated_at.set(clock.now()),
        Grant.code.remove(),
        Grant.code_nonce.remove(),
        Grant.code_offset.remove(),
        Grant.code_expires_at.remove(),
    ]
    detail = {"epoch": int(grant.epoch), "manager": manager.user_id}
    of_this_epoch = (Grant.status == "code_issued") & (Grant.epoch == grant.epoch)
    of_this_epoch &= Grant.code_fingerprint == grant.code_fingerprint
    event = _EVENTS[step]
    audit.change(tx, grant, actions, event, actor=actor, detail=detail, condition=of_this_epoch)
    store.put_role(tx, manager.user_id, grant, "manager", supervisor_code)
    demanded = User.VERIFIED if also is None else User.VERIFIED & also
    if manager.work_unit_code is not None:
        tx.update(manager, [PLACE_TAKEN], demanded)
        return
    work_unit: dict[str, Any] = {"institution_code": grant.institution_code, "before": None, "by": event}
    chosen = [
        User.work_unit_code.set(grant.institution_code),
        User.work_unit_by.set("grant"),
        User.work_unit_business.set(grant.business),
        PLACE_TAKEN,
    ]
    audit.change(tx, manager, chosen, "work_unit_chosen", actor=actor, detail=work_unit, condition=demanded)
