"""What everything that a reviewer decides on has beside its own attributes: the claim, the rejection, the appeal."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from functions.shared.table.base import Audited, Item, Timestamp


class Reviewed(Audited):
    """A case for a reviewer.

    Until `claimed_until` only `claimed_by` may decide it; others are shown `claimed_by_masked`. `claimed_since` is when
    this reviewer's claims of it began; a release ends the claim and keeps both, so that a reviewer's time is limited.
    `rejection` is the newest one: `{"code", "comment", "by"}`, `by` being the reviewer. Once its user has appealed,
    `appealed_from` is the reviewer who may not decide any more; what they wrote is sealed for `appealed_by`.
    """

    claimed_by = UnicodeAttribute(null=True)
    claimed_by_masked = UnicodeAttribute(null=True)
    claimed_until = Timestamp(null=True)
    claimed_since = Timestamp(null=True)
    rejection = JSONAttribute(null=True)
    appealed_from = UnicodeAttribute(null=True)
    appealed_by = UnicodeAttribute(null=True)
    appeal_sealed = BinaryAttribute(null=True, legacy_encoding=False)


class ReviewerClaims(Item, discriminator="reviewer_claims"):
    """The cases that a reviewer claimed last, so that they hold only this many at once.

    Key: `USER#<id> / REVIEW_CLAIMS`. Read by key. `cases` are `{"pk", "sk", "until"}`, seconds since 1970. A
    decision or release leaves its case there: whether a claim holds is what the case itself says. `changes` counts the
    writes.
    """

    cases: ListAttribute[Any] = ListAttribute(default=list)
    changes = NumberAttribute(default=0)
