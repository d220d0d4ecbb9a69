"""Reading audit trails in a race: which events there are, and that the chain neither breaks nor forks."""

from collections import Counter

from functions.shared import audit
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.base import Item
from functions.shared.table.transactions import get


def events_of(kind: type[Item], key: keys.Key) -> Counter[str]:
    """How often each event happened to a thing, whose chain is whole."""
    thing = get(kind, key)
    events = list(AuditEvent.query(key.pk, AuditEvent.sk.startswith(keys.audit_prefix(key)), consistent_read=True))
    assert audit.first_invalid_version(events, thing) is None  # type: ignore[arg-type]
    return Counter(event.event for event in events)
