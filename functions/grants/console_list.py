"""The console's list: every institution directly below one, with the state of its grant, vacant ones too.

Filters, order and counts come from the roster, which is two Queries; the grants of a page are read besides.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from functions.grants import authority, authority_store, child_store, display_names, roster, store
from functions.grants.child_store import SupervisorContext
from functions.grants.display_names import BusinessView
from functions.grants.domain import GrantOrder, ShownStatus
from functions.grants.roster import Counts, Entry
from functions.institutions.domain.names import normalize
from functions.institutions.summaries import InstitutionSummary, Supervisor
from functions.shared import clock, cursors
from functions.shared.errors import NotFound
from functions.shared.table.grants import Grant

_RANKS: dict[ShownStatus, str] = {"vacant": "0", "code_issued": "1", "expired": "2", "active": "3"}


class Wanted(NamedTuple):
    """Which of the institutions below one a caller wants to see, and in which order; None filters nothing."""

    business: str
    supervisor_code: str | None
    query: str | None = None
    statuses: Collection[ShownStatus] | None = None
    expiring_before: datetime | None = None
    order: GrantOrder = "code"


class ChildSnapshot(NamedTuple):
    """An institution, its grant, and whether its code is shown: it can be redeemed, and the caller may see it."""

    institution: InstitutionSummary
    has_children: bool
    grant: Grant
    shows_code: bool


class ChildPage(NamedTuple):
    """A page of the institutions below one, with what is the same on every page."""

    supervisor: InstitutionSummary | None
    path: list[Supervisor]
    business: BusinessView
    counts: Counts
    matching: int
    is_closed: bool
    reason_required: bool
    children: list[ChildSnapshot]
    next_key: str | None


def list_grants(caller_id: str, wanted: Wanted, limit: int, cursor: str | None) -> ChildPage:
    """Return a page of the institutions directly below one, and the cursor of the next page.

    One BatchGetItem for the caller's authority and the supervisor, two Queries for each megabyte of institutions and of
    grants (`roster`), one BatchGetItem for the grants of the page, one more where administrators issued codes among
    them, and one for each level above the supervisor whose name is not remembered. Pages are full while there is more.
    Codes are the superior's own: an administrator below the top exports them, with a reason.

    Raises `Forbidden`, `NotFound` (business or supervisor), `CursorInvalid`.
    """
    supervisor_code = wanted.supervisor_code
    context = child_store.supervisor_context(caller_id, wanted.business, supervisor_code)
    authority.require_view_of_children(context, caller_id)
    if context.business is None or (supervisor_code is not None and context.supervisor is None):
        raise NotFound
    list_name = _list_name(wanted)
    after = cursors.decode(list_name, cursor) if cursor else []
    everyone = roster.roster(wanted.business, supervisor_code, roster.below(supervisor_code))
    now = clock.now()
    matching = sorted(_matching(everyone, wanted, now), key=lambda entry: _place(entry, wanted.order, now))
    rest = [entry for entry in matching if _place(entry, wanted.order, now) > after]
    shown, more = rest[:limit], len(rest) > limit
    next_key = cursors.encode(list_name, _place(shown[-1], wanted.order, now)) if more else None
    path = display_names.path_to(context.supervisor) if context.supervisor is not None else []
    is_member = authority.role_in(context.grant, caller_id) is not None
    run = context.business
    return ChildPage(
        supervisor=_summary_of(context, path),
        path=path,
        business=display_names.business_view(run.business, run.name, run.entry_url, run.opens_on, run.closes_on),
        counts=roster.count(everyone),
        matching=len(matching),
        is_closed=run.is_closed,
        reason_required=supervisor_code is not None and not is_member,
        children=_children(context, wanted, shown, sees_codes=supervisor_code is None or is_member),
        next_key=next_key,
    )


def _list_name(wanted: Wanted) -> str:
    filters = [wanted.query or "", ",".join(sorted(wanted.statuses or ())), str(wanted.expiring_before or "")]
    return f"console-grants:{wanted.business}:{wanted.supervisor_code}:{wanted.order}:{filters}"


def _matching(everyone: Sequence[Entry], wanted: Wanted, now: datetime) -> list[Entry]:
    words = [normalize(word) for word in (wanted.query or "").split()]
    return [
        entry
        for entry in everyone
        if (wanted.statuses is None or entry.shown(now) in wanted.statuses)
        and (wanted.expiring_before is None or _expires_before(entry, wanted.expiring_before))
        and (not words or _has(entry, words))
    ]


def _expires_before(entry: Entry, moment: datetime) -> bool:
    return entry.code_expires_at is not None and entry.code_expires_at < moment


def _has(entry: Entry, words: Sequence[str]) -> bool:
    """Whether every word is in the name or in the code."""
    name, code = normalize(entry.name), normalize(entry.institution_code)
    return all(word in name or word in code for word in words)


def _place(entry: Entry, order: GrantOrder, now: datetime) -> list[str]:
    """Return where an institution is in an order; the code decides between equal ones."""
    if order == "name":
        return [entry.name, entry.institution_code]
    if order == "status":
        ends = clock.rfc3339(entry.code_expires_at) if entry.code_expires_at is not None else ""
        return [_RANKS[entry.shown(now)], ends, entry.institution_code]
    return [entry.institution_code]


def _summary_of(context: SupervisorContext, path: Sequence[Supervisor]) -> InstitutionSummary | None:
    if context.supervisor is None:
        return None
    above = Supervisor(path[-2].institution_code, path[-2].name) if len(path) > 1 else None
    return InstitutionSummary(
        context.supervisor.institution_code, context.supervisor.name, above, context.supervisor.category
    )


def _children(
    context: SupervisorContext, wanted: Wanted, shown: Sequence[Entry], *, sees_codes: bool
) -> list[ChildSnapshot]:
    held = store.grants_of(wanted.business, [entry.institution_code for entry in shown])
    above = context.supervisor
    supervisor = Supervisor(above.institution_code, above.name) if above is not None else None
    dismissed = authority_store.dismissed(held.values()) if sees_codes else set()
    children = []
    for entry in shown:
        code = entry.institution_code
        grant = held.get(code) or store.vacant_grant(wanted.business, code)
        shows_code = sees_codes and not grant.has_dead_code(wanted.supervisor_code, context.grant, dismissed)
        institution = InstitutionSummary(code, entry.name, supervisor, entry.category)
        children.append(ChildSnapshot(institution, entry.has_children, grant, shows_code))
    return children
