"""Items of the institutions area: the directory, what search finds it by, unique names and codes, registrations."""

from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.condition import Condition

from functions.shared.derived_codes import CONFIRMATION_CODE, derive_code
from functions.shared.table.base import Audited, Choice, Item, Timestamp
from functions.shared.table.reviews import Reviewed
from functions.shared.vocabulary import RegistrationState, WorkUnitBy


class Institution(Audited, discriminator="institution"):
    """One institution of the directory.

    Key: `INSTITUTION#<code> / PROFILE`. Read by code; those directly below a supervisor are one Query of the index
    (`gsi1pk` `CHILDREN#<supervisor or ROOT>`, `gsi1sk` the code). `children` counts them by height (see the area's
    `domain.hierarchy`) and `children_changed` how often that has moved, so that a change to many children at once can
    require that none has come or gone. Both follow from other institutions, so they move without an event of this one.
    `moved` is set by a move to another supervisor, until anyone who files something by supervisor has filed it again.
    The confirmation code is computed from its nonce; `confirmation_code` is that of an item that was not migrated yet.
    `confirmation_code_version` counts its codes; `confirmation_code_rotated_by` is the user who made the newest, where
    that was kept. While members who joined by codes older than a version are being removed, `forget_before` is that
    version and `forgotten_by` the user who rotated.
    """

    institution_code = UnicodeAttribute()
    name = UnicodeAttribute()
    supervisor_code = UnicodeAttribute(null=True)
    category = UnicodeAttribute()
    region_code = UnicodeAttribute()
    credit_code = UnicodeAttribute()
    children: ListAttribute[Any] = ListAttribute()
    children_changed = NumberAttribute(default=0)
    moved = UnicodeAttribute(null=True)
    confirmation_nonce = UnicodeAttribute(null=True)
    confirmation_offset = UnicodeAttribute(null=True)  # of a code that is older than the nonces
    confirmation_code = UnicodeAttribute(null=True)
    confirmation_code_rotated_at = Timestamp()
    confirmation_code_rotated_by = UnicodeAttribute(null=True)
    confirmation_code_version = NumberAttribute(default=1)
    forget_before = NumberAttribute(null=True)
    forgotten_by = UnicodeAttribute(null=True)
    forget_sent_at = Timestamp(null=True)
    created_at = Timestamp()

    def current_confirmation_code(self) -> str:
        """The code in force, computed unless the item was not migrated yet."""
        if self.confirmation_nonce is None:
            return str(self.confirmation_code)
        nonce, offset = self.confirmation_nonce, self.confirmation_offset
        return derive_code(CONFIRMATION_CODE, self.institution_code, nonce=nonce, offset=offset)

    def has_same_code(self) -> Condition:
        """The condition that no other code has come into force since this was read."""
        if self.confirmation_nonce is None:
            return Institution.confirmation_code == self.confirmation_code
        return Institution.confirmation_nonce == self.confirmation_nonce


class Member(Item, discriminator="member"):
    """Record that an institution is somebody's work unit.

    Key: `INSTITUTION#<code> / MEMBER#<user id>`. Read: the members of an institution are one Query. Written in the
    transaction that changes the account's work unit. `by` is how they joined, and `code_version` by which version of
    the confirmation code; none for those who came with a grant, or before versions were kept.
    """

    user_id = UnicodeAttribute()
    name_masked = UnicodeAttribute(null=True)
    since = Timestamp()
    by = Choice[WorkUnitBy]()
    code_version = NumberAttribute(null=True)


class NameSuffix(Item, discriminator="s"):
    """One end of an institution's normalized name, which is what search by any part of the name finds.

    Key: `NAME#<its first two characters> / <suffix>#<code>`. Read: all that begin with a text are one Query. A page of
    20 is meant to stay below 4 KB, so attribute names are short, and the name is kept only where it cannot be put
    together from `before` (the normalized text in front of the suffix) and the suffix.
    """

    before = UnicodeAttribute(attr_name="b", null=True)
    name = UnicodeAttribute(attr_name="n", null=True)
    supervisor_code = UnicodeAttribute(attr_name="u", null=True)
    category = UnicodeAttribute(attr_name="c")
    region_code = UnicodeAttribute(attr_name="r", null=True)  # none on those written before it was kept


class Claim(Item, discriminator="institution_claim"):
    """Who has a name below a supervisor, or a unified social credit code, and how many registrations ask for it.

    Key: `NAME_BELOW#<supervisor or ROOT>#<normalized name> / CLAIM` or `CREDIT_CODE#<code> / CLAIM`. Read by key, also
    for the public status by supervisor and name. Only an institution claims: then `status` is `included`. Registrations
    are counted: `waiting` are pending, `rejected` were rejected and not amended since, and `arrivals` is how many ever
    came, so that a change can require that no other has come since it was read. `submitted_at` is when the newest of
    them came, `decided_at` when the newest decision was taken.

    Before December 2026 one registration claimed, with `status` and `registration_id`, and was not counted. Such a
    claim blocks no one any more; it is removed when that registration is decided or amended.
    """

    status = Choice[RegistrationState](null=True)
    registration_id = UnicodeAttribute(null=True)
    institution_code = UnicodeAttribute(null=True)
    waiting = NumberAttribute(null=True)
    rejected = NumberAttribute(null=True)
    arrivals = NumberAttribute(null=True)
    submitted_at = Timestamp(null=True)
    decided_at = Timestamp(null=True)

    @property
    def has_institution(self) -> bool:
        """Whether an institution has the name or code."""
        return self.status == "included"

    @property
    def uncounted(self) -> str | None:
        """The pending registration that claimed the name or code before registrations were counted."""
        return self.registration_id if self.status == "pending" else None


class PendingRegistration(Item, discriminator="pending_registration"):
    """Record that a person's pending registration asks for a name or a credit code; a person has one for each at most.

    Key: `<the claim's partition> / PENDING#<user id>`. Read: those that ask for the same are one Query.
    """

    registration_id = UnicodeAttribute()


class Registration(Reviewed, discriminator="registration"):
    """A request to add an institution.

    Key: `REGISTRATION#<id> / PROFILE`. Read by id; while pending also by the queue (`gsi1pk` `REVIEW#REGISTRATION`,
    oldest first), afterwards among those that were decided alike (`REGISTRATIONS#<status>`, newest first). It belongs
    to the person who submitted it; `phone_hash` is the phone they had then. The contact is sealed for `submitted_by`.
    `revision` counts what a reviewer could have seen differently. `counted` says that claims count it (see `Claim`).
    `decisions` are the rejections so far, as `rejection` with the time of each (`at`), the
    newest ten. `search_text` is what the queue is searched in; older ones have none.
    """

    registration_id = UnicodeAttribute()
    status = Choice[RegistrationState](default="pending")
    phone_hash = UnicodeAttribute()
    submitted_by = UnicodeAttribute()
    submitted_at = Timestamp()
    agreement_version = UnicodeAttribute()
    name = UnicodeAttribute()
    supervisor_code = UnicodeAttribute()
    category = UnicodeAttribute()
    credit_code = UnicodeAttribute()
    region_code = UnicodeAttribute()
    address = UnicodeAttribute()
    search_text = UnicodeAttribute(null=True)
    contact_sealed = BinaryAttribute(legacy_encoding=False)
    decided_at = Timestamp(null=True)
    approval_comment = UnicodeAttribute(null=True)
    institution_code = UnicodeAttribute(null=True)
    revision = NumberAttribute(default=1)
    counted = BooleanAttribute(null=True)
    decisions = JSONAttribute(null=True)


class UserRegistration(Item, discriminator="user_registration"):
    """Record that a person submitted a registration.

    Key: `USER#<id> / REGISTRATION#<when it began>#<id>`. Read: those of a person, newest first, are one Query.
    """

    registration_id = UnicodeAttribute()


class PhoneRegistration(Item, discriminator="phone_registration"):
    """Record that a registration was submitted by somebody who had this phone.

    Key: `PHONE#<hash> / REGISTRATION#<when it began>#<id>`. Read: those of a phone, newest first, are one Query.
    """

    registration_id = UnicodeAttribute()
