"""Who may come in: each route names one of these. Authority is looked up on every request, never kept in a token."""

from datetime import datetime

from pynamodb.exceptions import PynamoDBException

from functions.shared import clock, ids
from functions.shared.admission import Assurance, ConsoleSessionRequired
from functions.shared.clients import is_transient
from functions.shared.config import settings
from functions.shared.errors import Forbidden, SessionEnded, SessionExpired, Text, Unauthenticated, Unavailable
from functions.shared.http import Caller, Request
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table.auth import EndedSession, Session, User, UserSession
from functions.shared.table.base import Item
from functions.shared.table.transactions import Transaction, VersionConflict, get

SLIDE_AFTER_S = 86_400
USED_AFTER_S = 3_600


class AdministratorRequired(Forbidden):
    """The caller is not an administrator, or not verified as a person any more."""

    code = "ADMINISTRATOR_REQUIRED"
    text = Text("仅限平台管理员。", "Only administrators may do this.")


def signed_in(request: Request) -> None:
    """A session of any client. One read; once an hour a write that notes the use, with which a mini-program's slides.

    A session that an SMS code alone started costs one read more: that of the account, which says whether that suffices.

    Raises `Unauthenticated`, `SessionExpired` or `SessionEnded`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    fingerprint = ids.fingerprint(token.strip())
    session = get(Item, keys.session(fingerprint))
    if isinstance(session, EndedSession):
        raise SessionEnded
    if not isinstance(session, Session):
        raise Unauthenticated
    if session.valid_until <= clock.now():
        raise SessionExpired
    assurance = _assurance(session)
    expires_at = _renew(session, fingerprint)
    request.caller = Caller(session.user_id, session.client, fingerprint, assurance, expires_at)


def administrator(request: Request) -> None:
    """A session of an administrator. Two reads. Raises also `AdministratorRequired`."""
    signed_in(request)
    user = get(User, keys.user(request.user_id))
    if user is None or not user.may_administer:
        raise AdministratorRequired


def require_administrator_in(tx: Transaction, user_id: str) -> None:
    """Who decides must still be an administrator when it is written, or the commit raises `AdministratorRequired`."""
    tx.check(User, keys.user(user_id), User.MAY_ADMINISTER, on_failure=AdministratorRequired)


def console_session(request: Request) -> None:
    """A session of the console; what its user may do there is decided grant by grant. One read.

    Raises also `ConsoleSessionRequired`.
    """
    signed_in(request)
    if request.caller.client != "console":
        raise ConsoleSessionRequired


def _assurance(session: Session) -> Assurance:
    if session.is_full_by_itself(clock.now()):
        return "full"
    account = get(User, keys.user(session.user_id))
    if account is None:
        raise Unauthenticated
    return account.assurance_by_phone


def _renew(session: Session, fingerprint: str) -> datetime:
    """Slide a mini-program's session once a day, and note once an hour that a session is used; when it expires now."""
    expires_at: datetime = session.valid_until
    slid = clock.after(settings().mini_program_session_s)
    slides = session.client == "mini_program" and (slid - expires_at).total_seconds() >= SLIDE_AFTER_S
    used_at = session.last_used_at or session.created_at
    if not slides and (clock.now() - used_at).total_seconds() < USED_AFTER_S:
        return expires_at
    tx = Transaction()
    actions = [Session.last_used_at.set(clock.now())]
    if slides:
        actions += [Session.valid_until.set(slid), Session.expires_at.set(slid)]
        listed = UserSession.new(keys.user_session(session.user_id, fingerprint))
        tx.update(listed, [UserSession.expires_at.set(slid)], UserSession.pk.exists())
    tx.update(session, actions, Session.valid_until == expires_at)
    try:
        tx.commit()
    except VersionConflict:  # signed out or renewed meanwhile: either way nothing is left to do
        return expires_at
    except (Unavailable, PynamoDBException) as error:
        if isinstance(error, PynamoDBException) and not is_transient(error):
            raise
        # The session holds: the next request renews it.
        logger.warning("session_renewal_failed", reason=type(error).__name__)
        return expires_at
    return slid if slides else expires_at
