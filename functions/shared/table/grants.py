"""Items of the grants area: businesses, grants, their codes, roles and invitations, bulk jobs."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from pynamodb.attributes import JSONAttribute, ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.shared import clock
from functions.shared.derived_codes import GRANT_CODE, derive_code
from functions.shared.table.auth import User
from functions.shared.table.base import Audited, Choice, Item, Timestamp
from functions.shared.table.institutions import Institution
from functions.shared.vocabulary import GrantStatus, JobKind, JobStatus, RoleName

_FORMER_KEPT = 200  # the newest: each took two people's face checks
_LAST_KEPT = 20  # of those who lost a role last


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

    @property
    def is_closed(self) -> bool:
        """Whether its last day in Shanghai is over: then no one becomes manager or assistant any more."""
        return self.closes_on < clock.today().isoformat()

    @classmethod
    def is_in(cls, state: Literal["upcoming", "open", "closed"]) -> Condition:
        """The condition that it is in a state today, as a condition."""
        today = clock.today().isoformat()
        upcoming: Condition = cls.opens_on > today
        closed: Condition = cls.closes_on < today
        states: dict[str, Condition] = {"upcoming": upcoming, "open": ~upcoming & ~closed, "closed": closed}
        return states[state]

    @classmethod
    def not_closed(cls) -> Condition:
        """The same as a condition: it is open or upcoming."""
        return cls.closes_on >= clock.today().isoformat()


class CodeOrigin(NamedTuple):
    """By whose authority a code was issued: the superior's grant in one epoch, or an administrator (`epoch` is None).

    The code dies with it. `supervisor_code` is the supervisor of the institution at that time, None at the top;
    `version` is that of the superior's grant, or an earlier one, where it was kept.
    """

    supervisor_code: str | None
    epoch: int | None
    issued_by: str
    version: int = 0

    @classmethod
    def read(cls, stored: Any) -> "CodeOrigin | None":
        """The origin that an item holds, or None."""
        return cls(*stored) if stored is not None else None

    def is_current(self, institution: Institution | None, superior: "Grant | None", issuer: User | None) -> bool:
        """Whether that authority still exists; `superior` is the supervisor's grant, `issuer` an administrator's."""
        if institution is None or institution.supervisor_code != self.supervisor_code:
            return False
        if self.epoch is None:
            return issuer is not None and issuer.may_administer
        return superior is not None and superior.status == "active" and superior.epoch == self.epoch


class Grant(Audited, discriminator="grant"):
    """The right of one institution to run one business.

    Key: `GRANT#<business>#<institution code> / GRANT`. Read by key. Without an item it is vacant. Authority over the
    institutions below is a condition on this item: `status`, `manager_id` and `assistants` (user ids, at most 5).
    `assistant_names` are their masked names by id; `invitations` are the open ones, as `grants.domain.Invited`;
    `members_since` is when each member took their role on, in seconds since 1970 by id, as far as that was kept.
    `role_ended_at` is when somebody last lost a role in it, who may know the institution's confirmation code.
    `former_members` are those who lost one in this epoch, with the version since when: they know the children's codes.
    `last_members` are the newest 20 user ids of those who lost a role, in any epoch: nothing but an answer rests on it.
    `origin` is the `CodeOrigin` of a code that was issued and not redeemed; `last_issued_at` outlives a revocation.
    An open code is computed from its nonce; `code` is that of an item that was not migrated yet.
    """

    business = UnicodeAttribute()
    institution_code = UnicodeAttribute()
    status = Choice[GrantStatus](default="vacant")
    epoch = NumberAttribute(default=0)
    code_nonce = UnicodeAttribute(null=True)  # these three only while a code is open
    code_offset = UnicodeAttribute(null=True)  # of a code that is older than the nonces
    code = UnicodeAttribute(null=True)
    code_fingerprint = UnicodeAttribute(null=True)  # until it is revoked
    code_expires_at = Timestamp(null=True)
    origin = JSONAttribute(null=True)
    last_issued_at = Timestamp(null=True)
    issued_at = Timestamp(null=True)
    activated_at = Timestamp(null=True)
    manager_id = UnicodeAttribute(null=True)
    manager_name_masked = UnicodeAttribute(null=True)
    assistants: ListAttribute[Any] = ListAttribute(default=list)
    assistant_names = JSONAttribute(default=dict)
    invitations = JSONAttribute(default=list)
    members_since = JSONAttribute(default=dict)
    last_members: ListAttribute[Any] = ListAttribute(default=list)
    role_ended_at = Timestamp(null=True)
    former_members: Any = MapAttribute(default=dict)  # type: ignore[no-untyped-call]  # PynamoDB 6.1

    def without_members(self, *user_ids: str) -> list[Action]:
        """What a change of this grant, as it was read, notes of those who lose their role by it."""
        former = {**self._left_at(), **dict.fromkeys(user_ids, int(self.version) + 1)}
        newest = sorted(former.items(), key=lambda one: one[1])[-_FORMER_KEPT:]
        return [Grant.former_members.set(dict(newest)), Grant.role_ended_at.set(clock.now()), self.losing(*user_ids)]

    def losing(self, *user_ids: str) -> Action:
        """Return the change that notes who loses their role, so that they can be told; it outlives the epoch."""
        others = [one for one in self.last_members if one not in user_ids]
        action: Action = Grant.last_members.set([*others, *user_ids][-_LAST_KEPT:])
        return action

    def had_member(self, user_id: str) -> bool:
        """Whether the user had a role in it and lost it, as far as that was kept."""
        return user_id in self.last_members

    def _left_at(self) -> dict[str, int]:
        versions: dict[str, int] = self.former_members.as_dict()
        return versions

    def shows_codes_to(self, user_id: str, origin: CodeOrigin) -> bool:
        """Whether the user has a role in it, or had one when the code of that origin was issued for a child."""
        return self.role_of(user_id) is not None or self._left_at().get(user_id, 0) > origin.version

    @classmethod
    def shows_no_codes_to(cls, user_id: str, origin: CodeOrigin) -> Condition:
        """The opposite, as a condition on a grant that is active."""
        left_at = cls.former_members[user_id]
        never_then: Condition = left_at.does_not_exist() | (left_at <= origin.version)
        outside: Condition = ~cls.names_member(user_id) & never_then
        return outside

    @property
    def code_by_administrator(self) -> str | None:
        """The id of the administrator who issued its open code; None where there is none, or a superior issued it."""
        origin = CodeOrigin.read(self.origin) if self.status == "code_issued" else None
        return origin.issued_by if origin is not None and origin.epoch is None else None

    def has_dead_code(
        self, supervisor_code: str | None, superior: "Grant | None", dismissed: Collection[str] = ()
    ) -> bool:
        """Whether its code cannot be redeemed any more, since the authority that issued it has ended.

        `superior` is the grant of the institution's supervisor, `dismissed` are the ids of those who issued codes as
        administrators and are none any more.
        """
        if self.status != "code_issued":
            return False
        origin = CodeOrigin.read(self.origin)
        if origin is None or origin.supervisor_code != supervisor_code:
            return True
        if origin.epoch is None:
            return origin.issued_by in dismissed
        return superior is None or superior.status != "active" or superior.epoch != origin.epoch

    def since_of(self, user_id: str) -> datetime | None:
        """When a member took their role on; None where that was not kept, before December 2026."""
        kept = self.members_since.get(user_id)
        return datetime.fromtimestamp(kept, UTC) if kept is not None else None

    def role_of(self, user_id: str) -> RoleName | None:
        """The role of a user in the grant, or None: an inactive grant gives none."""
        if self.status != "active":
            return None
        if self.manager_id == user_id:
            return "manager"
        return "assistant" if user_id in self.assistants else None

    @classmethod
    def names_member(cls, user_id: str) -> Condition:
        """The condition that it names the user as manager or assistant."""
        member: Condition = (cls.manager_id == user_id) | cls.assistants.contains(user_id)
        return member

    @classmethod
    def is_active_in(cls, epoch: int | None) -> Condition:
        """The condition that it is active in this epoch, no matter who has been its manager since."""
        active: Condition = (cls.status == "active") & (cls.epoch == epoch)
        return active

    def open_code(self) -> str | None:
        """The code that can be redeemed, computed unless the item was not migrated yet; None where there is none."""
        if self.code_nonce is None:
            return self.code
        context = self.business, self.institution_code, int(self.epoch)
        return derive_code(GRANT_CODE, *context, nonce=self.code_nonce, offset=self.code_offset)


class GrantCode(Item, discriminator="grant_code"):
    """What a grant code is good for.

    Key: `GRANT_CODE#<fingerprint of the code> / CODE`. Read by key. `grant_version` and `grant_chain_hash` are those of
    the grant as it was issued: nothing changes it until it is redeemed, reissued or revoked, so redeeming need not read
    it. A redeemed code stays until it expires or the grant is revoked, to tell "taken" from "wrong". `origin` is its
    `CodeOrigin`; a code without one is from before that was kept, and cannot be redeemed.
    """

    business = UnicodeAttribute()
    institution_code = UnicodeAttribute()
    supervisor_code = UnicodeAttribute(null=True)
    epoch = NumberAttribute()
    grant_version = NumberAttribute()
    grant_chain_hash = UnicodeAttribute()
    valid_until = Timestamp()
    origin = JSONAttribute(null=True)
    redeemed_by = UnicodeAttribute(null=True)


class Role(Item, discriminator="role"):
    """Record that a user holds a place in an active grant.

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

    Key: `INVITATION#<fingerprint of the code> / INVITATION`. Read by key; removed when it is withdrawn, and with
    everything else when the grant is revoked or transferred. An accepted one stays until it expires, to know again who
    has accepted it.
    """

    invitation_id = UnicodeAttribute()
    business = UnicodeAttribute()
    institution_code = UnicodeAttribute()
    epoch = NumberAttribute()
    role = Choice[RoleName]()
    invited_by = UnicodeAttribute()
    accepted_by = UnicodeAttribute(null=True)
    valid_until = Timestamp()


class Job(Audited, discriminator="grant_job"):
    """A bulk job over the institutions directly below one, or over those of them that it names.

    Key: `JOB#<id> / JOB`. Read by key; those of one maker are one Query of the index (`gsi1pk` `JOBS#<user id>`,
    `gsi1sk` the time they were made at and the id). `cursor` is the code of the last institution it dealt with, in the
    order of codes; it, the counts and `chunk` move in the transactions that change the grants. `lease` is the worker's
    who may write; without a live one no one is at work, and after `lease_until` no message is believed to be on its
    way.
    """

    job_id = UnicodeAttribute()
    job_kind = Choice[JobKind]()
    status = Choice[JobStatus](default="queued")
    business = UnicodeAttribute()
    supervisor_code = UnicodeAttribute(null=True)  # None: those without a supervisor
    institutions = JSONAttribute(null=True)  # codes in order; None: all
    file_format = UnicodeAttribute(null=True)
    made_by = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)  # an administrator's, below the top
    created_at = Timestamp()
    finished_at = Timestamp(null=True)
    total = NumberAttribute(null=True)  # known when it starts
    done = NumberAttribute(default=0)
    skipped = NumberAttribute(default=0)
    chunk = NumberAttribute(default=0)
    cursor = UnicodeAttribute(null=True)
    lease = UnicodeAttribute(null=True)
    lease_until = Timestamp()
    failure = UnicodeAttribute(null=True)
    file_key = UnicodeAttribute(null=True)
    file_until = Timestamp(null=True)


class JobSkips(Item, discriminator="grant_job_skips"):
    """The institutions that one chunk of a job left as they were, each with the reason: `[[code, reason], …]`.

    Key: `JOB#<id> / SKIPS#<chunk>`. Read: all of a job's are one Query. Items of their own, because an item has 400 KB.
    """

    skipped = JSONAttribute()
