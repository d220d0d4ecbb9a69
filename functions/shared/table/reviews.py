"""What everything that a reviewer decides on has beside its own attributes: the claim, the rejection, the appeal."""

from pynamodb.attributes import BinaryAttribute, JSONAttribute, UnicodeAttribute

from functions.shared.table.base import Audited, Timestamp


class Reviewed(Audited):
    """A case for a reviewer.

    Until `claimed_until` only `claimed_by` may decide it; others are shown `claimed_by_masked`.
    `rejection` is the newest one: `{"code", "comment", "by"}`, `by` being the reviewer. Once its user has appealed,
    `appealed_from` is the reviewer who may not decide any more; what they wrote is sealed for `appealed_by`.
    """

    claimed_by = UnicodeAttribute(null=True)
    claimed_by_masked = UnicodeAttribute(null=True)
    claimed_until = Timestamp(null=True)
    rejection = JSONAttribute(null=True)
    appealed_from = UnicodeAttribute(null=True)
    appealed_by = UnicodeAttribute(null=True)
    appeal_sealed = BinaryAttribute(null=True, legacy_encoding=False)
