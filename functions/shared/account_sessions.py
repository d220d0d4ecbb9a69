"""Ending the sessions of an account, for every area that changes who an account is or how it is entered.

An account may have more sessions than one transaction can end. Then all but a few end first, each batch with its event,
and the change is decided again on what is left.
"""

from collections.abc import Iterable, Sequence

from pynamodb.expressions.update import Action

from functions.shared import audit, clock
from functions.shared.table import keys
from functions.shared.table.audit import AuditEvent
from functions.shared.table.auth import EndedSession, User, UserSession
from functions.shared.table.transactions import Transaction, VersionConflict

# Two writes each, of 100: with a change of up to two accounts, and beside an event alone.
ENDED_WITH_CHANGE = 15
ENDED_PER_BATCH = 40
ENDED_KEPT_S = 7 * 86_400  # how long clients learn that a session was ended


def fingerprints_of(user_id: str) -> list[str]:
    """Return the token fingerprints of all sessions of a user. One Query, by a consistent read."""
    return [item.token_fingerprint for item in _listed(user_id)]


def resting_on_phone(user_id: str) -> list[str]:
    """Return those of the sessions that WeChat did not start: each may rest on the phone. One Query."""
    return [item.token_fingerprint for item in _listed(user_id) if item.made_by != "wechat"]


def _listed(user_id: str) -> Iterable[UserSession]:
    return UserSession.query(
        keys.user_partition(user_id), UserSession.sk.startswith(keys.USER_SESSION_PREFIX), consistent_read=True
    )


def others_to_end(user: User, *, keep: str | None, actor: str) -> list[str]:
    """Return the sessions beside `keep` (a fingerprint, None: all), few enough to end in one change. One Query.

    Where there are more, ends the rest and raises `VersionConflict`: the account has events since.
    """
    return few_enough(user, [one for one in fingerprints_of(user.user_id) if one != keep], actor=actor)


def few_enough(user: User, fingerprints: Sequence[str], *, actor: str) -> list[str]:
    """Return these sessions of a user if one change can end them; else end the excess, raise `VersionConflict`."""
    excess = fingerprints[ENDED_WITH_CHANGE:]
    if not excess:
        return list(fingerprints)
    for start in range(0, len(excess), ENDED_PER_BATCH):
        tx = Transaction()
        event = sign_out_in(tx, user, excess[start : start + ENDED_PER_BATCH], actor=actor)
        tx.commit()
        user.version, user.chain_hash = event.version, event.hash
    raise VersionConflict


def void_tickets(user: User) -> Action:
    """Return the change to an account that makes QR sign-ins void which it has confirmed before."""
    action: Action = User.entry_epoch.set(int(user.entry_epoch) + 1)
    return action


def sign_out_in(tx: Transaction, user: User, fingerprints: Sequence[str], *, actor: str) -> AuditEvent:
    """Add the end of sessions to a transaction, with the event."""
    end_in(tx, user.user_id, fingerprints)
    return audit.change(tx, user, [], "signed_out", actor=actor, detail={"sessions": len(fingerprints)})


def end_in(tx: Transaction, user_id: str, fingerprints: Sequence[str]) -> None:
    """Add the end of sessions to a transaction, two writes each; one that has ended already stays so."""
    for fingerprint in fingerprints:
        tx.put(EndedSession.new(keys.session(fingerprint), expires_at=clock.after(ENDED_KEPT_S)))
        tx.delete(UserSession.new(keys.user_session(user_id, fingerprint)))
