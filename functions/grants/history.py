"""The history of a grant: its audit events for members and superiors; the proof that none is missing or altered."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, cast

from functions.grants import authority, authority_store, display_names, store
from functions.grants.domain import GrantEventName
from functions.grants.sentences import ADMINISTRATOR, PLATFORM, sentence
from functions.institutions.summaries import Supervisor
from functions.shared import audit, cursors
from functions.shared.errors import NotFound, Text
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.grants import Grant
from functions.shared.table.transactions import VersionConflict, retry_on_conflict
from functions.shared.vocabulary import RoleName

ActorKind = Literal["person", "administrator", "system"]
# By the superior, or an administrator in their place; everything else is done by the grant's own people.
_FROM_ABOVE: frozenset[str] = frozenset(
    {"grant_assigned", "grant_code_issued", "grant_code_reissued", "grant_directly_granted", "grant_revoked"}
)
_CAUSES = frozenset({"document_expired", "identity_ended"})
_ROLES: Mapping[str, RoleName] = {
    "assistant_joined": "assistant",
    "assistant_left": "assistant",
    "assistant_removed": "assistant",
    "grant_assigned": "manager",
    "grant_directly_granted": "manager",
    "grant_redeemed": "manager",
    "manager_resigned": "manager",
    "manager_transferred": "manager",
}
_ID_LENGTH = 32


class HistoryEntry(NamedTuple):
    """An event in words: who did it, whom it is about, and in which role.

    `institution` is where the actor had the role by which they acted; None for administrators and the system. A name is
    None where the account has none any more.
    """

    event: AuditEvent
    name: GrantEventName
    actor_kind: ActorKind
    actor_name: str | None
    institution: Supervisor | None
    person_id: str | None
    person_name: str | None
    role: RoleName | None
    text: Text


class Verified(NamedTuple):
    """How many events a grant has, and the version of the first one that is missing or altered, or None."""

    events: int
    first_invalid_version: int | None


def history(
    caller_id: str, business_code: str, institution_code: str, limit: int, cursor: str | None
) -> tuple[list[HistoryEntry], str | None]:
    """A page of a grant's events, newest first, and the cursor of the next page. Empty where nothing ever happened.

    Raises `NotFound` (business or institution), `Forbidden`, `CursorInvalid`.
    """
    context = store.grant_context(caller_id, business_code, institution_code)
    if context.business is None or context.institution is None:
        raise NotFound
    authority.require_view(context, authority_store.superior_of(context), caller_id)
    key = keys.grant(business_code, institution_code)
    list_name = f"grant-history:{key.pk}"
    after = cursors.decode(list_name, cursor)[0] if cursor else None
    events, next_key = store.events(key, limit, after)
    people = store.names_of_users(_people_in(events))
    supervisor_code = context.institution.supervisor_code
    above = {event.detail.get("supervisor") or supervisor_code for event in events} - {None}
    places = display_names.find_names([], [], [institution_code, *map(str, above)])
    entries = [_tell(event, people, places, institution_code, supervisor_code) for event in events]
    return entries, cursors.encode(list_name, [next_key]) if next_key is not None else None


def _people_in(events: Iterable[AuditEvent]) -> set[str]:
    found = {event.actor for event in events}
    for event in events:
        found |= {str(one) for one in (_person_of(event), event.detail.get("before")) if one is not None}
    return {one for one in found if len(one) == _ID_LENGTH}


def _person_of(event: AuditEvent) -> str | None:
    """The id of whom an event is about, or None."""
    if event.event in {"assistant_joined", "assistant_left"}:
        return event.actor
    detail: Mapping[str, Any] = event.detail
    return cast("str | None", detail.get("manager") or detail.get("assistant") or detail.get("user"))


def _tell(
    event: AuditEvent,
    people: Mapping[str, str | None],
    places: display_names.Names,
    institution_code: str,
    supervisor_code: str | None,
) -> HistoryEntry:
    detail: Mapping[str, Any] = event.detail
    above = detail.get("supervisor") or supervisor_code
    kind = _kind_of(event, above)
    actor_name = people.get(event.actor) if kind != "system" else None
    place = None
    if kind == "person":
        of_place = places.institution(str(above) if event.event in _FROM_ABOVE else institution_code)
        place = Supervisor(of_place.institution_code, of_place.name)
    person_id, before = _person_of(event), detail.get("before")
    name = people.get(person_id) if person_id is not None else None
    role = cast("RoleName | None", detail.get("role")) or _ROLES.get(event.event)
    if event.event == "grant_revoked" and person_id is not None:
        role = "manager"
    why = detail.get("reason")
    event_name = cast("GrantEventName", event.event)
    said = sentence(
        event_name,
        actor=actor_name or {"system": PLATFORM, "administrator": ADMINISTRATOR}.get(kind),
        person=name,
        before=people.get(before) if before is not None else None,
        role=role,
        reason=why if why not in _CAUSES else None,
        cause=why if why in _CAUSES else None,
    )
    return HistoryEntry(event, event_name, kind, actor_name, place, person_id, name, role, said)


def _kind_of(event: AuditEvent, above: Any) -> ActorKind:
    """As what the actor acted. Events from before December 2026 do not say so; then only administrators had reasons."""
    if len(event.actor) != _ID_LENGTH:
        return "system"
    acted = event.detail.get("by")
    if acted is None and event.event in _FROM_ABOVE:
        acted = "administrator" if above is None or "reason" in event.detail else "superior"
    return "administrator" if acted == "administrator" else "person"


@retry_on_conflict
def verify_chain(business_code: str, institution_code: str) -> Verified:
    """Whether the whole chain of a grant's events holds. Raises `NotFound` where nothing was ever issued.

    A grant that is gone while its events are there is broken from its first one. Raises `Unavailable` where the grant
    changes too often to be looked at.
    """
    grant = _as_it_stands(business_code, institution_code)
    events = store.all_events(grant.key)
    if not events and not grant.version:
        raise NotFound
    if _as_it_stands(business_code, institution_code).version != grant.version:
        raise VersionConflict  # an event that came meanwhile looks like one too many
    return Verified(len(events), audit.first_invalid_version(events, grant))


def _as_it_stands(business_code: str, institution_code: str) -> Grant:
    return store.grant(business_code, institution_code) or store.vacant_grant(business_code, institution_code)
