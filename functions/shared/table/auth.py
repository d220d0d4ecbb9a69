"""Items of the auth area: users, who owns which sign-in, sessions, SMS codes, QR sign-ins."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.shared.admission import Assurance, SessionClient
from functions.shared.table.base import Audited, Choice, Item, Timestamp
from functions.shared.vocabulary import IdentityStatus, QrDenial, StoredQrStatus, WorkUnitBy

# How a session was started. Sessions from before this was stored have none, and count as started by phone.
SignInMethod = Literal["wechat", "phone", "qr"]


class User(Audited, discriminator="user"):
    """An account.

    Key: `USER#<id> / PROFILE`. Read by id. What `GET /auth/me` shows stands here, written in the transaction that
    changes it. `merged_into` is set when the account was joined to another one; then nothing else counts. `absorbed`
    are the accounts that were joined to this one with all that they had: their registrations are this person's.
    `roles_granted` counts the places in grants that the user was ever given: anyone who must be sure that there is none
    reads it, looks for them, and requires that it has not moved. `work_unit_by` is how the work unit was chosen: by its
    confirmation code, or with the grant of `work_unit_business` there, which then ends it; none on older accounts.
    `entry_epoch` counts the changes of how the account is entered: a QR sign-in confirmed before the newest is void.
    """

    user_id = UnicodeAttribute()
    created_at = Timestamp()
    wechat_openid = UnicodeAttribute(null=True)
    phone_hash = UnicodeAttribute(null=True)
    phone_sealed = BinaryAttribute(null=True, legacy_encoding=False)
    phone_masked = UnicodeAttribute(null=True)
    is_administrator = BooleanAttribute(default=False)
    merged_into = UnicodeAttribute(null=True)
    absorbed: ListAttribute[Any] = ListAttribute(null=True)
    identity_status = Choice[IdentityStatus](default="unverified")
    name_masked = UnicodeAttribute(null=True)
    work_unit_code = UnicodeAttribute(null=True)
    work_unit_by = Choice[WorkUnitBy](null=True)
    work_unit_business = UnicodeAttribute(null=True)
    roles_granted = NumberAttribute(default=0, attr_name="places_taken")
    entry_epoch = NumberAttribute(default=0)

    # As conditions, that the account is a verified person's, that no one was verified on it (see `is_somebodys`), and
    # that it may act as an administrator; built below, since they need the attributes' names.
    VERIFIED: ClassVar[Condition]
    NOBODYS: ClassVar[Condition]
    MAY_ADMINISTER: ClassVar[Condition]

    @property
    def is_verified(self) -> bool:
        """Whether a verified identity is in force, also while a changed document is being verified."""
        return self.identity_status == "verified" and self.merged_into is None

    @property
    def is_somebodys(self) -> bool:
        """Whether the account is that of a person who was verified, also after their document has ended.

        The name is shown from the verification until a withdrawal, or until the number turns out to be another's.
        """
        return self.is_verified or (self.name_masked is not None and self.merged_into is None)

    @property
    def may_administer(self) -> bool:
        """Whether the user acts as an administrator: appointed, and still a verified person."""
        return bool(self.is_administrator) and self.is_verified

    @property
    def assurance_by_phone(self) -> Assurance:
        """The assurance of a session that an SMS code alone started.

        The number may have been sold to somebody else, who is not the person whose identity is verified here.
        Administrators never have full assurance by an SMS code.
        """
        return "basic" if self.is_somebodys or self.is_administrator else "full"

    @classmethod
    def without_work_unit(cls) -> list[Action]:
        """What removes the work unit, and how it was chosen."""
        return [cls.work_unit_code.remove(), cls.work_unit_by.remove(), cls.work_unit_business.remove()]

    def has_work_unit_by_grant(self, business: str, institution_code: str) -> bool:
        """Whether the work unit came with this grant and has not been confirmed by code since."""
        came_with = (self.work_unit_by, self.work_unit_business, self.work_unit_code)
        return came_with == ("grant", business, institution_code)


User.VERIFIED = (User.identity_status == "verified") & User.merged_into.does_not_exist()
User.NOBODYS = (User.identity_status != "verified") & User.name_masked.does_not_exist()
User.MAY_ADMINISTER = (User.is_administrator == True) & User.VERIFIED  # noqa: E712 - a condition, not a comparison


class Owner(Item, discriminator="owner"):
    """Record that something unique belongs to one user: a WeChat account, a phone or a document number.

    Key: `WECHAT#<openid>`, `PHONE#<hash>` or `DOCUMENT#<hash>` / `OWNER`. Read by key; written in the transaction it
    guards.
    """

    user_id = UnicodeAttribute()


class Administrator(Item, discriminator="administrator"):
    """Record that a user is an administrator, so that one Query lists them all; the account is what gives authority.

    Key: `ADMINISTRATORS / USER#<id>`. Written and removed together with `User.is_administrator`.
    """

    user_id = UnicodeAttribute()


class FormerOwner(Item, discriminator="former_owner"):
    """Record that a document number was a user's who had held a grant, until they withdrew their consent.

    Key: `DOCUMENT#<hash> / FORMER#<user id>`. Read: those of a number are one Query, by the operator's command alone.
    It hinders no one from being verified with the number again; the TTL removes it.
    """

    user_id = UnicodeAttribute()
    withdrawn_at = Timestamp()


class Session(Item, discriminator="session"):
    """A signed-in client.

    Key: `SESSION#<token fingerprint> / SESSION`. Read by key on every request: that one read is the session check.
    `made_by` is how it was started; `full_until` is set 12 hours ahead when its person passes a face check of purpose
    `session`. `network` and `device` say coarsely where it was started, for its user to know it by. `last_used_at` is
    at most an hour old; `confirmed_at` is when the phone confirmed a console's QR sign-in.
    """

    user_id = UnicodeAttribute()
    client = Choice[SessionClient]()
    created_at = Timestamp()
    valid_until = Timestamp()
    made_by = Choice[SignInMethod](null=True)
    network = UnicodeAttribute(null=True)
    device = UnicodeAttribute(null=True)
    full_until = Timestamp(null=True)
    last_used_at = Timestamp(null=True)
    confirmed_at = Timestamp(null=True)

    def is_full_by_itself(self, now: datetime) -> bool:
        """Whether the session has full assurance whatever its account is.

        That is so by the account's own WeChat, by a console's QR sign-in, which a session with full assurance
        confirmed, and for a while after a face check.
        """
        return self.made_by in {"wechat", "qr"} or (self.full_until is not None and self.full_until > now)


class EndedSession(Item, discriminator="ended_session"):
    """Record that a session was ended before its time, so that its client can be sent to sign in again with the reason.

    Key: that of the `Session`, which it replaces: `SESSION#<token fingerprint> / SESSION`. The TTL removes it.
    """


class UserSession(Item, discriminator="user_session"):
    """Record that a session belongs to a user, so that all of a user's can be ended by one consistent Query.

    Key: `USER#<id> / SESSION#<token fingerprint>`. Written and removed together with its `Session`.
    """

    token_fingerprint = UnicodeAttribute()
    made_by = Choice[SignInMethod](null=True)


class SmsPhone(Item, discriminator="sms_phone"):
    """What the SMS codes of one phone share.

    Key: `PHONE#<hash> / SMS`. Read before a code is sent; changed with each code that is sent or used, conditional on
    `version` or `uses`. `uses` counts the codes that were used: one voids all that were sent before. `networks` are
    keyed hashes of those the phone has signed in from, newest first. `open_codes` holds the newest two ids and times of
    each lane (`domain.sms_lane`). The TTL forgets the networks of a phone that no code was sent to for half a year.
    """

    version = NumberAttribute(default=0)
    uses = NumberAttribute(default=0)
    networks = UnicodeAttribute(default="")
    open_codes = JSONAttribute(default=dict)


class SmsChallenge(Item, discriminator="sms_challenge"):
    """One SMS code.

    Key: `PHONE#<hash> / SMS#<challenge id>`. Read by the update that counts a try. States: issued; used or void once
    the phone's `uses` have moved on; locked when `tries` are used up, expired by time, or superseded by a newer one of
    which it is not known that it was not sent: `superseded_by` is that one's id.
    `network` and `networks` are those of the request and of the phone when the code was sent, as keyed hashes;
    `is_known` says whether the one was among the others; `roamed` that a try came from elsewhere.
    """

    challenge_id = UnicodeAttribute()
    purpose = UnicodeAttribute()
    code_fingerprint = UnicodeAttribute()
    issued_at = Timestamp()
    valid_until = Timestamp()
    tries = NumberAttribute(default=0)
    network = UnicodeAttribute()
    networks = UnicodeAttribute(default="")
    is_known = BooleanAttribute(default=False)
    roamed = BooleanAttribute(default=False)
    uses = NumberAttribute()
    superseded_by = UnicodeAttribute(null=True)


class QrLogin(Item, discriminator="qr_login"):
    """One sign-in of a PC by QR code.

    Key: `QR_LOGIN#<id> / QR_LOGIN`. Read by key. States: created, scanned, confirmed, exchanged; denied; expired by
    `valid_until`. What a phone does to it is reported by the audit trail of the user whose phone it is, so that
    strangers, who may create one, leave nothing behind once the TTL has removed it. `polled_at` and `poll_interval_s`
    are the pace of its polling, no state. `confirmed_with` is the fingerprint of the session that confirmed it,
    `business` and `institution_code` name the grant that let the user in (none for an administrator), `entry_epoch` is
    the account's of that moment: all of it is required again when the PC is handed its session.
    """

    qr_login_id = UnicodeAttribute()
    status = Choice[StoredQrStatus]()
    poll_secret_fingerprint = UnicodeAttribute()
    match_number = UnicodeAttribute()
    address = UnicodeAttribute()
    user_agent = UnicodeAttribute()
    requested_at = Timestamp()
    valid_until = Timestamp()
    scanned_by = UnicodeAttribute(null=True)  # a user id
    scanned_by_masked = UnicodeAttribute(null=True)
    confirmed_with = UnicodeAttribute(null=True)
    confirmed_at = Timestamp(null=True)
    exchanged_at = Timestamp(null=True)
    business = UnicodeAttribute(null=True)
    institution_code = UnicodeAttribute(null=True)
    entry_epoch = NumberAttribute(null=True)
    denied_because = Choice[QrDenial](null=True)
    polled_at = Timestamp(null=True)
    poll_interval_s = NumberAttribute()


class WechatAccessToken(Item, discriminator="wechat_access_token"):
    """The access token of the mini-program, shared by all functions; sealed, since it opens WeChat's server API.

    Key: `WECHAT_APP#<app id> / ACCESS_TOKEN`. Read by key, once for each call that takes it.
    """

    token_sealed = BinaryAttribute(null=True, legacy_encoding=False)
    valid_until = Timestamp()
