"""The history of a grant: its audit events for members and superiors; the proof that none is missing or altered."""

from typing import NamedTuple

from functions.grants import authority, authority_store, store
from functions.shared import audit, cursors
from functions.shared.errors import NotFound
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.grants import Grant
from functions.shared.table.transactions import Stale, decide_again


class Told(NamedTuple):
    """An event and the masked name of who did it; without a name, the beginning of their id or a command's name."""

    event: AuditEvent
    actor_masked: str


class Verified(NamedTuple):
    """How many events a grant has, and the version of the first one that is missing or altered, or None."""

    events: int
    first_broken: int | None


_SHOWN_OF_ID = 4
_ID_LENGTH = 32


def history(
    caller_id: str, business_code: str, institution_code: str, limit: int, cursor: str | None
) -> tuple[list[Told], str | None]:
    """A page of a grant's events, newest first, and the cursor of the next page. Empty where nothing ever happened.

    Raises `NotFound` (business or institution), `Forbidden`, `CursorInvalid`.
    """
    scene = store.scene(caller_id, business_code, institution_code)
    if scene.business is None or scene.institution is None:
        raise NotFound
    authority.require_view(scene, authority_store.superior_of(scene), caller_id)
    key = keys.grant(business_code, institution_code)
    list_name = f"grant-history:{key.pk}"
    after = cursors.decode(list_name, cursor)[0] if cursor else None
    events, following = store.events(key, limit, after)
    names = store.names_of_users(event.actor for event in events)
    told = [Told(event, names.get(event.actor) or _masked(event.actor)) for event in events]
    return told, cursors.encode(list_name, [following]) if following is not None else None


@decide_again
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
        raise Stale  # an event that came meanwhile looks like one too many
    return Verified(len(events), audit.first_broken(events, grant))


def _as_it_stands(business_code: str, institution_code: str) -> Grant:
    return store.grant(business_code, institution_code) or store.vacant_grant(business_code, institution_code)


def _masked(actor: str) -> str:
    return f"{actor[:_SHOWN_OF_ID]}****" if len(actor) == _ID_LENGTH else actor
