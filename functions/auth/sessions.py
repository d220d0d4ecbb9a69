"""Sessions: started by a sign-in, ended by a sign-out. Only the fingerprint of a token is kept."""

from datetime import datetime
from typing import NamedTuple

import msgspec
from pynamodb.expressions.condition import Condition

from functions.auth import store
from functions.auth.domain import NO_ORIGIN, Origin
from functions.shared import audit, clock, ids
from functions.shared.account_entries import void_sms_codes_in
from functions.shared.account_sessions import ENDED_PER_BATCH, fingerprints_of, sign_out_in
from functions.shared.admission import Assurance, SessionClient
from functions.shared.config import settings
from functions.shared.errors import NotFound, Unauthenticated
from functions.shared.http import Caller
from functions.shared.table import keys
from functions.shared.table.auth import Session, SignInMethod, User
from functions.shared.table.transactions import Transaction, retry_on_conflict


class IssuedSession(msgspec.Struct, frozen=True):
    """A new session; the token is returned only once."""

    token: str
    client: SessionClient
    assurance: Assurance
    expires_at: datetime


class Confirmed(NamedTuple):
    """A console sign-in that a phone confirmed: the token of its session, and when that was."""

    token: str
    at: datetime | None


class ListedSession(msgspec.Struct, frozen=True):
    """A session as its user sees it; `session_id` is no credential. `current` marks the calling session.

    `network` and `device` say coarsely where it was started, for a console as its QR code showed; null where unknown.
    `last_used_at` is at most an hour old. `confirmed_at` is when the phone confirmed a console's sign-in.
    """

    session_id: str
    client: SessionClient
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    current: bool
    network: str | None
    device: str | None


def begin_session(  # noqa: PLR0913 - a session has these parts
    tx: Transaction,
    user_id: str,
    client: SessionClient,
    *,
    by: SignInMethod,
    origin: Origin = NO_ORIGIN,
    assurance: Assurance = "full",
    confirmed: Confirmed | None = None,
) -> IssuedSession:
    """Add a new session of the user to a sign-in; `assurance` is what it has now, which `by` and the account decide."""
    token = confirmed.token if confirmed is not None else ids.new_token()
    valid_until = clock.after(_lifetime_s(client))
    session = Session.new(
        keys.session(ids.fingerprint(token)),
        user_id=user_id,
        client=client,
        created_at=clock.now(),
        valid_until=valid_until,
        expires_at=valid_until,
        made_by=by,
        network=origin.network,
        device=origin.device,
        confirmed_at=confirmed.at if confirmed is not None else None,
    )
    store.add_session(tx, session, ids.fingerprint(token))
    return IssuedSession(token, client, assurance, valid_until)


def sign_in(  # noqa: PLR0913 - a sign-in has these parts
    tx: Transaction,
    user: User,
    client: SessionClient,
    *,
    by: SignInMethod,
    origin: Origin,
    condition: Condition,
    confirmed: Confirmed | None = None,
) -> IssuedSession:
    """Add a sign-in of an existing user: the session and its event; `condition` is what it rests on."""
    assurance = user.assurance_by_phone if by == "phone" else "full"
    session = begin_session(tx, user.user_id, client, by=by, origin=origin, assurance=assurance, confirmed=confirmed)
    detail = {"client": client, "by": by}
    live = User.merged_into.does_not_exist() & condition
    audit.change(tx, user, [], "signed_in", actor=user.user_id, detail=detail, condition=live)
    return session


@retry_on_conflict
def sign_out(caller: Caller) -> None:
    """End the caller's session. Two round trips."""
    user = _account(caller.user_id)
    tx = Transaction()
    sign_out_in(tx, user, [caller.token_fingerprint], actor=caller.user_id)
    tx.commit()


def sessions_of(caller: Caller) -> list[ListedSession]:
    """The sessions of the caller's user that have not expired, newest first. Two round trips."""
    listed = [
        ListedSession(
            session_id=_session_id(fingerprint),
            client=session.client,
            created_at=session.created_at,
            last_used_at=session.last_used_at or session.created_at,
            expires_at=session.valid_until,
            confirmed_at=session.confirmed_at,
            current=fingerprint == caller.token_fingerprint,
            network=session.network,
            device=session.device,
        )
        for fingerprint, session in store.sessions(caller.user_id).items()
        if session.valid_until > clock.now()
    ]
    return sorted(listed, key=lambda session: (session.created_at, session.session_id), reverse=True)


@retry_on_conflict
def end_session(caller: Caller, session_id: str) -> None:
    """End one session of the caller's user. Raises `NotFound`."""
    user = _account(caller.user_id)
    for fingerprint in fingerprints_of(caller.user_id):
        if _session_id(fingerprint) == session_id:
            tx = Transaction()
            sign_out_in(tx, user, [fingerprint], actor=caller.user_id)
            tx.commit()
            return
    raise NotFound


def sign_out_everywhere(caller: Caller) -> None:
    """End all sessions of the caller's user, this one last, and the codes by SMS that are under way to their phone."""
    left = True
    while left:
        left = _end_some(caller)


@retry_on_conflict
def _end_some(caller: Caller) -> bool:
    """End as many sessions as fit into a transaction; whether any are left.

    The account is read before its sessions are listed, so that one that begins in between changes what this rests on.
    """
    user = _account(caller.user_id)
    listed = fingerprints_of(caller.user_id)
    others = [fingerprint for fingerprint in listed if fingerprint != caller.token_fingerprint]
    left = len(others) >= ENDED_PER_BATCH
    tx = Transaction()
    ended = others[:ENDED_PER_BATCH] if left else [*others, caller.token_fingerprint]
    sign_out_in(tx, user, ended, actor=caller.user_id)
    if user.phone_hash is not None and not left:
        void_sms_codes_in(tx, user.phone_hash)
    tx.commit()
    return left


def _session_id(token_fingerprint: str) -> str:
    """What a session is called in the open; neither its token nor the key it is found under follows from it."""
    return ids.fingerprint(f"session_id:{token_fingerprint}")[:32]


def _account(user_id: str) -> User:
    user = store.user(user_id)
    if user is None:
        raise Unauthenticated
    return user


def _lifetime_s(client: SessionClient) -> int:
    lifetimes: dict[SessionClient, int] = {
        "mini_program": settings().mini_program_session_s,
        "portal": settings().portal_session_s,
        "console": settings().console_session_s,
    }
    return lifetimes[client]
