"""Direct grant: the superior who has issued a code names the manager, a verified person, by name and number.

The answer tells nothing about a number but that the name and number together are a verified user's.
"""

from typing import NamedTuple

from functions.grants import activation, authority, store
from functions.grants.errors import BusinessClosed, CodeNotIssued, DirectGrantLimit, PersonNotVerified
from functions.identity.lookup import verified_user_id
from functions.shared import clock
from functions.shared.config import settings
from functions.shared.errors import NotFound
from functions.shared.limits import Counter, Limit, counted, give_back_in
from functions.shared.table.grants import Grant
from functions.shared.table.transactions import Transaction, decide_again

_HOUR_S = 3_600


class Named(NamedTuple):
    """A person as their document shows them; the nationality is asked for with a passport's number alone."""

    name: str
    number: str
    nationality: str | None = None


def grant_directly(caller_id: str, business_code: str, institution_code: str, person: Named) -> Grant:
    """The grant, active under the person named.

    Raises `NotFound` (business or institution), `Forbidden`, `BusinessClosed`, `CodeNotIssued`, `DirectGrantLimit`,
    `PersonNotVerified`.
    """
    _decide(caller_id, business_code, institution_code)
    limit = Limit("direct_grant_hour", caller_id, settings().wrong_direct_grants_per_hour, _HOUR_S)
    with counted([limit], DirectGrantLimit, wrong=PersonNotVerified) as (counter,):
        named = verified_user_id(*person, looked_up_by=caller_id)
        if named is None:
            raise PersonNotVerified
        return _grant(caller_id, business_code, institution_code, named, counter)


def _decide(caller_id: str, business_code: str, institution_code: str) -> store.Scene:
    """The scene, in which the caller may grant directly: nothing is looked up for anybody else."""
    scene = store.scene(caller_id, business_code, institution_code)
    if scene.business is None or scene.institution is None:
        raise NotFound
    authority.require_over(scene, caller_id)
    if scene.business.closes_on < clock.today().isoformat():
        raise BusinessClosed
    if scene.grant.status != "code_issued":
        raise CodeNotIssued
    return scene


@decide_again
def _grant(caller_id: str, business_code: str, institution_code: str, named: str, counter: Counter) -> Grant:
    scene = _decide(caller_id, business_code, institution_code)
    manager = store.user(named)
    if manager is None or not manager.is_verified:
        raise PersonNotVerified
    supervisor_code = scene.institution.supervisor_code if scene.institution is not None else None
    tx = Transaction()
    # One transaction may name an item once: administrators who name themselves are checked where they are changed.
    themselves = authority.is_administrator(scene) and named == caller_id
    authority.demand_over(tx, scene, caller_id, check_caller=not themselves)
    activation.activate_in(
        tx,
        scene.grant,
        manager,
        supervisor_code,
        "grant_directly",
        actor=caller_id,
        also=authority.IS_ADMINISTRATOR if themselves else None,
    )
    store.use_code_of(tx, scene.grant, named)
    give_back_in(tx, counter)
    tx.commit()
    return store.grant(business_code, institution_code) or scene.grant
