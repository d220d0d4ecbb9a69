"""How an account is entered: its WeChat account and its phone, and every move of one between accounts.

Whatever moves one (its person, a decided duplicate, an operator) composes its transaction of an `EntryChange`, so that
the same ends each time: the sessions of the account beside the one that asks, codes under way by SMS, and QR sign-ins
confirmed before. The former owner of a phone loses the number and what it alone has opened: every session that WeChat
did not start.
"""

from collections.abc import Sequence
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.shared import account_sessions, audit, clock
from functions.shared.config import settings
from functions.shared.personal_data import mask_phone, seal, unseal
from functions.shared.table import keys
from functions.shared.table.auth import Owner, SmsPhone, User
from functions.shared.table.transactions import Transaction

_PHONE = (User.phone_hash, User.phone_masked, User.phone_sealed)


def claim_in(tx: Transaction, key: keys.Key, user_id: str) -> None:
    """Add to a transaction that a WeChat account or phone, which is no one's, becomes the user's."""
    tx.create(Owner.new(key, user_id=user_id))


def phone_of(user_id: str, phone: str, phone_hash: str) -> list[Action]:
    """Return what shows a phone on its account."""
    return [
        User.phone_hash.set(phone_hash),
        User.phone_masked.set(mask_phone(phone)),
        User.phone_sealed.set(seal(phone.encode(), purpose="phone", user_id=user_id)),
    ]


def void_sms_codes_in(tx: Transaction, phone_hash: str) -> None:
    """Add the end of the codes under way to a phone, whatever they are for, and whether or not there are any."""
    actions = [
        SmsPhone.uses.add(1),
        SmsPhone.version.add(1),
        SmsPhone.open_codes.set({}),
        SmsPhone.kind.set(SmsPhone),
        SmsPhone.expires_at.set(clock.after(settings().sms_networks_kept_s)),
    ]
    tx.update(SmsPhone.new(keys.sms_phone(phone_hash)), actions, SmsPhone.pk.exists() | SmsPhone.pk.does_not_exist())


class EntryChange:
    """One change of how accounts are entered, composed into a transaction that its caller commits.

    `reason` is an operator's, for the events. `proved_phone` is the hash of a phone whose code the transaction uses up,
    which voids its other codes by itself.
    """

    def __init__(
        self, tx: Transaction, *, actor: str, reason: str | None = None, proved_phone: str | None = None
    ) -> None:
        self._tx, self._actor = tx, actor
        self._said: dict[str, Any] = {} if reason is None else {"reason": reason}
        self._voided = {proved_phone}

    def claim_phone(self, user: User, phone: str, phone_hash: str, *, owned: bool) -> list[Action]:
        """Make a phone the user's, in place of theirs; returns what changes on the account, for `complete`.

        `owned`: it is theirs already, or `take_phone` has taken it from another account.
        """
        if user.phone_hash not in {None, phone_hash}:
            self._release(keys.phone_owner(str(user.phone_hash)), user.user_id)
        if not owned:
            claim_in(self._tx, keys.phone_owner(phone_hash), user.user_id)
        self._void_codes(phone_hash)
        return phone_of(user.user_id, phone, phone_hash)

    def take_phone(self, former: User, phone_hash: str, *, by: User) -> None:
        """Take a phone from an account that keeps everything else."""
        self._reassign(keys.phone_owner(phone_hash), former, by)
        ended = account_sessions.few_enough(
            former, account_sessions.resting_on_phone(former.user_id), actor=self._actor
        )
        account_sessions.end_in(self._tx, former.user_id, ended)
        self._void_codes(phone_hash)
        gone = [*(attribute.remove() for attribute in _PHONE), account_sessions.void_tickets(former)]
        detail = {"by": by.user_id, "sessions": len(ended)}
        self._change(former, gone, "phone_taken_over", detail, User.phone_hash == phone_hash)

    def claim_wechat(self, user: User, openid: str) -> list[Action]:
        """Make a WeChat account, which is no one's, the user's in place of theirs; the same as `claim_phone`."""
        if user.wechat_openid is not None:
            self._release(keys.wechat_owner(user.wechat_openid), user.user_id)
        claim_in(self._tx, keys.wechat_owner(openid), user.user_id)
        return [User.wechat_openid.set(openid)]

    def absorb(  # noqa: PLR0913 - the end of an account has these parts
        self,
        absorbed: User,
        kept: User,
        *,
        instead_of_all: bool = False,
        keep: str | None = None,
        also: Sequence[Action] = (),
        condition: Condition | None = None,
    ) -> list[Action]:
        """End an account, and make its ways of signing in another one's; returns what changes there, for `complete`.

        They replace those of the same kind, or all that there are (`instead_of_all`). `keep` is the fingerprint of a
        session of the absorbed account that does not end, `also` and `condition` are of that account.
        """
        moved: list[Action] = []
        if absorbed.wechat_openid is not None:
            moved.append(User.wechat_openid.set(absorbed.wechat_openid))
        elif instead_of_all:
            moved.append(User.wechat_openid.remove())
        if absorbed.phone_hash is not None:
            phone = unseal(absorbed.phone_sealed, purpose="phone", user_id=absorbed.user_id).decode()
            moved += phone_of(kept.user_id, phone, str(absorbed.phone_hash))
            self._void_codes(str(absorbed.phone_hash))
        elif instead_of_all:
            moved += [attribute.remove() for attribute in _PHONE]
        taken = _owner_keys(absorbed)
        for kind, key in _owner_keys(kept).items():
            if instead_of_all or kind in taken:
                self._release(key, kept.user_id)
        for key in taken.values():
            self._reassign(key, absorbed, kept)
        gone: list[Action] = [User.wechat_openid.remove(), *(attribute.remove() for attribute in _PHONE)]
        gone += [User.merged_into.set(kept.user_id), account_sessions.void_tickets(absorbed), *also]
        ended = self._end_sessions(absorbed, keep)
        detail = {"kept": kept.user_id, "sessions": ended}
        self._change(absorbed, gone, "account_merged", detail, condition)
        return moved

    def complete(  # noqa: PLR0913 - one change has these parts
        self,
        user: User,
        actions: Sequence[Action],
        event: str,
        *,
        keep: str | None,
        detail: audit.Detail,
        condition: Condition | None = None,
    ) -> None:
        """Change the account that is entered in another way from now on, whose sessions beside `keep` end."""
        if user.phone_hash is not None:
            self._void_codes(user.phone_hash)
        ended = self._end_sessions(user, keep)
        changed = [*actions, account_sessions.void_tickets(user)]
        self._change(user, changed, event, {**detail, "sessions": ended}, condition)

    def _end_sessions(self, user: User, keep: str | None) -> int:
        ended = account_sessions.others_to_end(user, keep=keep, actor=self._actor)
        account_sessions.end_in(self._tx, user.user_id, ended)
        return len(ended)

    def _change(
        self, user: User, actions: Sequence[Action], event: str, detail: audit.Detail, condition: Condition | None
    ) -> None:
        live: Condition = User.merged_into.does_not_exist()
        condition = live if condition is None else live & condition
        said = {**detail, **self._said}
        audit.change(self._tx, user, actions, event, actor=self._actor, detail=said, condition=condition)

    def _void_codes(self, phone_hash: str) -> None:
        if phone_hash not in self._voided:
            self._voided.add(phone_hash)
            void_sms_codes_in(self._tx, phone_hash)

    def _release(self, key: keys.Key, user_id: str) -> None:
        self._tx.delete(Owner.new(key), Owner.user_id == user_id)

    def _reassign(self, key: keys.Key, giver: User, taker: User) -> None:
        self._tx.update(Owner.new(key), [Owner.user_id.set(taker.user_id)], Owner.user_id == giver.user_id)


def _owner_keys(user: User) -> dict[str, keys.Key]:
    owned = {"wechat": keys.wechat_owner(user.wechat_openid)} if user.wechat_openid is not None else {}
    return owned if user.phone_hash is None else {**owned, "phone": keys.phone_owner(user.phone_hash)}
