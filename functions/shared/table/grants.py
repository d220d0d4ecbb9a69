"""Items of the grants area: businesses, grants, their codes, roles and invitations."""

from typing import Any, Literal

from pynamodb.attributes import JSONAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from functions.shared.table.base import Audited, Choice, Item, Timestamp

GrantStatus = Literal["vacant", "code_issued", "active"]
RoleName = Literal["manager", "assistant"]


class Business(Audited, discriminator="business"):
    """An activity that institutions take part in.

    Key: `BUSINESS#<business> / PROFILE`. Read by code; all of them are one Query of the index (`gsi1pk` `BUSINESSES`,
    `gsi1sk` the code). The days are ISO dates in Shanghai, the last one included, so that conditions can compare them.
    """

    business = UnicodeAttribute()
    name = UnicodeAttribute()
    entry_url = UnicodeAttribute()
    opens_on = UnicodeAttribute()
    closes_on = UnicodeAttribute()


class Grant(Audited, discriminator="grant"):
    """The right of one institution to run one business.

    Key: `GRANT#<business>#<institution code> / GRANT`. Read by key. Without an item it is vacant. Authority over the
    institutions below is a condition on this item: `status`, `manager_id` and `assistants` (user ids, at most 5).
    `assistant_names` are their masked names by id; `invitations` are the open ones, as `grants.domain.Invited`.
    """

    business = UnicodeAttribute()
    institution_code = UnicodeAttribute()
    status = Choice[GrantStatus](default="vacant")
    epoch = NumberAttribute(default=0)
    code = UnicodeAttribute(null=True)  # only while it is issued
    code_fingerprint = UnicodeAttribute(null=True)  # until it is revoked
    code_expires_at = Timestamp(null=True)
    issued_at = Timestamp(null=True)
    activated_at = Timestamp(null=True)
    manager_id = UnicodeAttribute(null=True)
    manager_name_masked = UnicodeAttribute(null=True)
    assistants: ListAttribute[Any] = ListAttribute(default=list)
    assistant_names = JSONAttribute(default=dict)
    invitations = JSONAttribute(default=list)


class GrantCode(Item, discriminator="grant_code"):
    """What a grant code is good for.

    Key: `GRANT_CODE#<fingerprint of the code> / CODE`. Read by key. `grant_version` and `grant_chain_hash` are those of
    the grant as it was issued: nothing changes it until it is redeemed, reissued or revoked, so redeeming need not read
    it. A redeemed code stays until it expires or the grant is revoked, to tell "taken" from "wrong".
    """

    business = UnicodeAttribute()
    institution_code = UnicodeAttribute()
    supervisor_code = UnicodeAttribute(null=True)
    epoch = NumberAttribute()
    grant_version = NumberAttribute()
    grant_chain_hash = UnicodeAttribute()
    valid_until = Timestamp()
    redeemed_by = UnicodeAttribute(null=True)


class Role(Item, discriminator="role"):
    """That a user holds a place in an active grant.

    Key: `USER#<id> / ROLE#<business>#<institution code>`. Read: a user's are one Query. It only says where to look: no
    authority comes from it. `supervisor_code` is where the institution stood then, so that one read finds both names.
    """

    business = UnicodeAttribute()
    institution_code = UnicodeAttribute()
    supervisor_code = UnicodeAttribute(null=True)
    role = Choice[RoleName]()
    epoch = NumberAttribute()


class Invitation(Item, discriminator="invitation"):
    """What an invitation code is good for.

    Key: `INVITATION#<fingerprint of the code> / INVITATION`. Read by key; removed when it is accepted or withdrawn, and
    with everything else when the grant is revoked or transferred.
    """

    invitation_id = UnicodeAttribute()
    business = UnicodeAttribute()
    institution_code = UnicodeAttribute()
    epoch = NumberAttribute()
    role = Choice[RoleName]()
    invited_by = UnicodeAttribute()
    valid_until = Timestamp()
