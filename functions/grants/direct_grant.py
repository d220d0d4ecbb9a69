"""Direct grant: the superior who has issued a code names the manager, a verified person, by name and number.

The answer tells nothing about a number but that the name and number together are a verified user's. A miss counts
against the superior's grant, no matter who of its members asked, and is an event there; an administrator's against
them. The person named was not asked, so they are notified at once, and may resign (`resignation`).
"""

from typing import Any, NamedTuple

from functions.grants import activation, authority, authority_store, store, superior_notices
from functions.grants.authority import Authority
from functions.grants.errors import BusinessClosed, CodeNotIssued, DirectGrantLimit, OwnAuthority, PersonNotVerified
from functions.grants.store import GrantContext
from functions.identity.person_lookup import verified_user_id
from functions.shared import audit, clock
from functions.shared.config import settings
from functions.shared.errors import Forbidden, NotFound
from functions.shared.limits import Counter, Limit, count_attempt, refund_in
from functions.shared.notices import notify_phone
from functions.shared.table import keys
from functions.shared.table.grants import Grant
from functions.shared.table.transactions import Transaction, retry_on_conflict

_DAY_S = 86_400


class PersonQuery(NamedTuple):
    """A person as their document shows them; the nationality is asked for with a passport's number alone."""

    name: str
    number: str
    nationality: str | None = None


class _Decision(NamedTuple):
    """A grant that may be given directly, and by what authority."""

    context: GrantContext
    held: Authority


class _Missed(Exception):
    """The name and number are not a verified user's."""


class _Call(NamedTuple):
    """Who asks for which grant, and why where an administrator does."""

    caller_id: str
    business_code: str
    institution_code: str
    reason: str | None


def grant_directly(
    caller_id: str, business_code: str, institution_code: str, person: PersonQuery, reason: str | None = None
) -> Grant:
    """The grant, active under the person named.

    Raises `NotFound` (business or institution), `Forbidden`, `ReasonRequired`, `BusinessClosed`, `CodeNotIssued`,
    `DirectGrantLimit`, `PersonNotVerified`, `OwnAuthority`.
    """
    call = _Call(caller_id, business_code, institution_code, reason)
    decision = _decide(call)
    try:
        return _grant_counted(call, decision, person)
    except _Missed:
        # It is counted already: many calls at once may make each other's events fail.
        _note_miss(call, decision.held)
        raise PersonNotVerified from None


def _grant_counted(call: _Call, decision: _Decision, person: PersonQuery) -> Grant:
    with count_attempt([misses(decision.held, call.business_code)], DirectGrantLimit, wrong=_Missed) as (counter,):
        named = verified_user_id(*person, looked_up_by=call.caller_id)
        if named is None:
            raise _Missed
        return _grant(call, [decision], named, counter)


def misses(held: Authority, business_code: str) -> Limit:
    """How many people may not be found in a day, by all members of the superior's grant or by one administrator."""
    subject = held.caller_id if held.superior is None else f"{business_code}#{held.supervisor_code}"
    return Limit("direct_grant_day", subject, settings().direct_grant_misses_per_day, _DAY_S)


def _decide(call: _Call) -> _Decision:
    """What the caller may grant directly: nothing is looked up for anybody else. Two round trips."""
    context = store.grant_context(call.caller_id, call.business_code, call.institution_code)
    if context.business is None or context.institution is None:
        raise NotFound
    held = authority.over(context, authority_store.superior_of(context), call.caller_id, call.reason)
    if context.business.is_closed:
        raise BusinessClosed
    if context.grant.status != "code_issued":
        raise CodeNotIssued
    return _Decision(context, held)


@retry_on_conflict
def _note_miss(call: _Call, held: Authority) -> None:
    """Write down that somebody was not found, but not whom: on the superior's grant, or on the administrator.

    Raises `Forbidden` where the caller has lost their role since, as a hit would.
    """
    tx = Transaction()
    detail: dict[str, Any] = {"business": call.business_code, "institution_code": call.institution_code}
    if held.superior is None:
        caller = store.user(call.caller_id)
        if caller is None:
            raise Forbidden
        detail |= held.detail
        audit.change(tx, caller, [], "direct_grant_missed", actor=call.caller_id, detail=detail)
    else:
        # An event on a grant that is not active any more would make its own code useless.
        superior = authority.require_member(store.grant(call.business_code, str(held.supervisor_code)), call.caller_id)
        detail |= {"epoch": int(superior.epoch)}
        audit.change(tx, superior, [], "direct_grant_missed", actor=call.caller_id, detail=detail)
    tx.commit()


@retry_on_conflict
def _grant(call: _Call, prepared: list[_Decision], named: str, counter: Counter) -> Grant:
    """The grant: as `prepared` says, which is decided again when it has become stale."""
    context, held = prepared.pop() if prepared else _decide(call)
    manager = store.user(named)
    if manager is None or not manager.is_verified:
        raise _Missed
    if held.superior is not None and held.superior.role_of(named) is not None:
        raise OwnAuthority
    tx = Transaction()
    activation.activate_in(
        tx,
        context.grant,
        manager,
        held.origin,
        "grant_directly",
        actor=call.caller_id,
        superior_acts=authority.still_acts(held) if held.superior is not None else None,
        detail=held.detail,
    )
    store.put_redeemed_code(tx, context.grant, named)
    refund_in(tx, counter)
    concerned = superior_notices.passed_over(held)
    tx.commit()
    notify_phone(manager, "made_manager")
    superior_notices.notify(concerned, "administrator_acted", actor=call.caller_id)
    return Grant.new(
        keys.grant(call.business_code, call.institution_code),
        business=call.business_code,
        institution_code=call.institution_code,
        status="active",
        epoch=context.grant.epoch,
        manager_id=named,
        manager_name_masked=manager.name_masked,
        members_since={named: int(clock.now().timestamp())},
    )
