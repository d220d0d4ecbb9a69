"""Audit events: items beside the thing they describe."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from functions.shared.table.base import Item, Timestamp


class AuditEvent(Item, discriminator="audit_event"):
    """One change of one thing; written once, never changed.

    Key: the thing's `pk` / `AUDIT#<thing's sk>#<version>`. Read: all of a thing's events are one Query, in order.
    `hash` covers everything here and `previous_hash`, so that a missing or altered event shows. It is a MAC under the
    key of `keyed_by`; without that, the plain hash of an earlier version.
    """

    event = UnicodeAttribute()
    actor = UnicodeAttribute()  # a user id, or the name of a function or command
    at = Timestamp()
    version = NumberAttribute()
    detail = JSONAttribute()
    previous_hash = UnicodeAttribute()
    hash = UnicodeAttribute()
    keyed_by = UnicodeAttribute(null=True)
