"""Changes of how an account is entered: a WeChat account or a phone is bound, replaced, joined or taken over.

Each change is one transaction. In it, what is bound changes its owner, the face check of a verified account is used up,
all other sessions end, codes under way by SMS and QR sign-ins confirmed before become void. Afterwards the number that
was the account's is notified (`shared.notices`). A proof by WeChat's phone button is not real-time: it claims a number
that no one has, and nothing else.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from functions.auth import store
from functions.auth.accounts import Addition
from functions.auth.domain import Account, PhoneProof, phone_binding_of, wechat_binding_of
from functions.auth.errors import EntryLimit, PhoneTaken, WechatTaken
from functions.shared import audit, face_proofs
from functions.shared.account_entries import EntryChange
from functions.shared.config import settings
from functions.shared.errors import FaceCheckRequired, Unauthenticated
from functions.shared.http import Caller
from functions.shared.limits import Limit, consume_in
from functions.shared.notices import NoticeKind, notify_phone
from functions.shared.table import keys
from functions.shared.table.auth import Session, User
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, VersionConflict, get, retry_on_conflict

_DAY_S = 86_400
_NO_ADMINISTRATOR: Condition = User.is_administrator == False  # noqa: E712 - a condition, not a comparison


class Bound(NamedTuple):
    """The account that has what was bound, and the caller's account as it was where its phone is notified."""

    user_id: str
    before: User | None = None
    notice: NoticeKind = "phone_replaced"


def bind_phone(  # noqa: PLR0913 - a binding has these parts
    caller: Caller,
    phone: str,
    phone_hash: str,
    *,
    by: PhoneProof = "sms",
    take_over: bool = False,
    face_check_id: str | None = None,
    also: Addition | None = None,
) -> str:
    """Bind a phone that was proved to be the caller's; the id of the account that has it now.

    That is the caller's, or the other one where the two were joined. Raises `PhoneTaken` where they cannot be joined
    and the caller does not take it over, `FaceCheckRequired` on a verified account without a valid one, `EntryLimit`.
    """

    def decide() -> Bound:
        me, owner = _me_and_owner(caller, keys.phone_owner(phone_hash))
        owner_is_me = owner is not None and owner.user_id == me.user_id
        other = None if owner_is_me else owner
        binding = phone_binding_of(
            _facts(me, other), _facts(other, me) if other else None, owner_is_me=owner_is_me, by=by, take_over=take_over
        )
        if binding == "refuse":
            raise PhoneTaken
        tx = Transaction()
        if also:
            also(tx)
        if binding == "nothing":
            audit.change(tx, me, [], "phone_confirmed", actor=me.user_id)
            tx.commit()
            return Bound(me.user_id)
        # A code that is used voids the phone's others by itself.
        proved_phone = phone_hash if by == "sms" else None
        change = _Change(tx, caller, me, face_check_id, proved_phone=proved_phone)
        if other is not None and binding == "join_into_owner":
            change.join_into(other)
            return Bound(other.user_id)
        if other is not None and binding == "join_owner_into_me":
            change.absorb(other)
            return Bound(me.user_id)
        change.claim_phone(phone, phone_hash, former=other)
        # Where the number was another account's, that account has no number left to notify.
        return Bound(me.user_id, me, "phone_replaced")

    return _notified(decide)


def bind_wechat(caller: Caller, openid: str, *, face_check_id: str | None = None) -> str:
    """Bind a WeChat account, or replace the bound one by it; the id of the caller's account.

    A blank account that this WeChat had made is joined. Raises `WechatTaken` where it belongs to another one,
    `FaceCheckRequired` on a verified account without a valid one, `EntryLimit`.
    """

    def decide() -> Bound:
        me, owner = _me_and_owner(caller, keys.wechat_owner(openid))
        owner_is_me = owner is not None and owner.user_id == me.user_id
        other = None if owner_is_me else owner
        binding = wechat_binding_of(_facts(other, me) if other else None, owner_is_me=owner_is_me)
        if binding == "refuse":
            raise WechatTaken
        tx = Transaction()
        if binding == "nothing":
            audit.change(tx, me, [], "wechat_confirmed", actor=me.user_id)
            tx.commit()
            return Bound(me.user_id)
        change = _Change(tx, caller, me, face_check_id)
        if other is not None:
            change.absorb(other)
        else:
            change.claim_wechat(openid)
        return Bound(me.user_id, me, "wechat_bound")

    return _notified(decide)


def _notified(decide: Callable[[], Bound]) -> str:
    bound = retry_on_conflict(decide)()
    if bound.before is not None:
        notify_phone(bound.before, bound.notice)
    return bound.user_id


def _me_and_owner(caller: Caller, key: keys.Key) -> tuple[User, User | None]:
    """The caller's account, and that of anyone who has what is to be bound. Raises `Unauthenticated`."""
    me, owner_id = store.user_and_owner(caller.user_id, key)
    # A request may still be in progress for an account that another request has joined to another one.
    if me is None or me.merged_into is not None:
        raise Unauthenticated
    if owner_id is None or owner_id == me.user_id:
        return me, me if owner_id else None
    owner = store.user(owner_id)
    if owner is None:
        raise VersionConflict
    return me, owner


def _facts(user: User, other: User | None) -> Account:
    """What binding depends on; whether the account is blank only matters, and is only looked up, beside another one."""
    guarded = user.assurance_by_phone == "basic"
    return Account(
        has_wechat=user.wechat_openid is not None,
        has_phone=user.phone_hash is not None,
        blank=other is not None and not guarded and not store.holds_more_than_sign_in(user),
        guarded=guarded,
    )


class _Change:
    """One change of how the caller's account is entered; the last call commits it."""

    def __init__(
        self, tx: Transaction, caller: Caller, me: User, face_check_id: str | None, *, proved_phone: str | None = None
    ) -> None:
        self._tx, self._caller, self._me = tx, caller, me
        self._entries = EntryChange(tx, actor=me.user_id, proved_phone=proved_phone)
        self._condition: Condition | None = None
        if me.is_somebodys:
            if face_check_id is None:
                raise FaceCheckRequired
            subject = face_proofs.account_subject(me.user_id)
            face_proofs.consume_in(tx, me.user_id, face_check_id, subject, on_failure=FaceCheckRequired)
        else:
            self._condition = User.NOBODYS
        limit = Limit("entry_changes_day", me.user_id, settings().entry_changes_per_day, _DAY_S)
        consume_in(tx, limit, EntryLimit)

    def claim_phone(self, phone: str, phone_hash: str, *, former: User | None) -> None:
        """Make a phone the account's, in place of the one that it may have; of a former owner where there is one."""
        me, taken_over = self._me, former is not None
        if former is not None:
            self._entries.take_phone(former, phone_hash, by=me)
        actions = self._entries.claim_phone(me, phone, phone_hash, owned=taken_over)
        self._keep_session()
        self._complete(actions, "phone_bound", {"changed": me.phone_hash is not None, "taken_over": taken_over})

    def claim_wechat(self, openid: str) -> None:
        """Make a WeChat account the account's, in place of the one that it may have."""
        actions = self._entries.claim_wechat(self._me, openid)
        # The caller has proved the WeChat account that is the account's own from now on.
        self._mark_session()
        self._complete(actions, "wechat_bound", {"changed": self._me.wechat_openid is not None})

    def absorb(self, blank: User) -> None:
        """Join a blank account into the caller's, and end it."""
        if blank.wechat_openid is not None:
            self._mark_session()
        else:
            self._keep_session()
        self._require_blank(blank)
        moved = self._entries.absorb(blank, self._me)
        self._complete(moved, "account_joined", {"absorbed": blank.user_id})

    def join_into(self, owner: User) -> None:
        """Join the caller's blank account into another one, to which the caller's session then belongs."""
        me, mine = self._me, self._caller.token_fingerprint
        self._require_blank(me)
        moved = self._entries.absorb(me, owner, keep=mine)
        session = get(Session, keys.session(mine))
        if session is None:
            raise Unauthenticated
        if session.user_id != me.user_id:
            raise VersionConflict  # another request has joined the account since it was read
        store.move_session(self._tx, session, mine, owner.user_id)
        # No one's WeChat comes to a verified account without a face check of its person, or to an administrator's.
        condition = User.NOBODYS & _NO_ADMINISTRATOR
        detail = {"absorbed": me.user_id}
        self._entries.complete(owner, moved, "account_joined", keep=None, detail=detail, condition=condition)
        self._tx.commit()

    def _require_blank(self, absorbed: User) -> None:
        """Require that no identity has started since the account was found blank: that does not change the account."""
        self._tx.check(Identity, keys.identity(absorbed.user_id), Identity.pk.does_not_exist())

    def _keep_session(self) -> None:
        """Require that the caller's session has not ended meanwhile."""
        store.require_session_in(self._tx, self._me.user_id, self._caller.token_fingerprint, Unauthenticated)

    def _mark_session(self) -> None:
        """Let the caller's session, which must not have ended, count as one by WeChat."""
        mine = self._caller.token_fingerprint
        store.mark_session_in(self._tx, self._me.user_id, mine, "wechat", Unauthenticated)

    def _complete(self, actions: Sequence[Action], event: str, detail: audit.Detail) -> None:
        """Change the caller's account and end its other sessions."""
        keep = self._caller.token_fingerprint
        self._entries.complete(self._me, actions, event, keep=keep, detail=detail, condition=self._condition)
        self._tx.commit()
