"""Who may come in: each route names one of these. Authority is looked up on every request, never kept in a token."""

from pynamodb.exceptions import PynamoDBException

from functions.shared import clock, ids
from functions.shared.admission import Assurance, ConsoleSessionRequired
from functions.shared.clients import is_transient
from functions.shared.config import settings
from functions.shared.errors import Forbidden, SessionExpired, Text, Unauthenticated, Unavailable
from functions.shared.http import Caller, Request
from functions.shared.observability import logger
from functions.shared.table import keys
from functions.shared.table.auth import Session, User, UserSession
from functions.shared.table.transactions import Stale, Transaction, get

SLIDE_AFTER_S = 86_400


class AdministratorRequired(Forbidden):
    """The caller is not an administrator, or not verified as a person any more."""

    code = "ADMINISTRATOR_REQUIRED"
    text = Text("仅限平台管理员。", "Only administrators may do this.")


def signed_in(request: Request) -> None:
    """A session of any client. One read; a mini-program's session slides forward by one write a day.

    A session that an SMS code alone started costs one read more: that of the account, which says whether that suffices.

    Raises `Unauthenticated` or `SessionExpired`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    fingerprint = ids.fingerprint(token.strip())
    session = get(Session, keys.session(fingerprint))
    if session is None:
        raise Unauthenticated
    if session.valid_until <= clock.now():
        raise SessionExpired
    request.caller = Caller(session.user_id, session.client, fingerprint, _assurance(session))
    _slide(session, fingerprint)


def administrator(request: Request) -> None:
    """A session of an administrator. Two reads. Raises also `AdministratorRequired`."""
    signed_in(request)
    user = get(User, keys.user(request.user_id))
    if user is None or not user.may_administer:
        raise AdministratorRequired


def require_administrator_in(tx: Transaction, user_id: str) -> None:
    """Who decides must still be an administrator when it is written, or the commit raises `AdministratorRequired`."""
    tx.check(User, keys.user(user_id), User.MAY_ADMINISTER, otherwise=AdministratorRequired)


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


def _slide(session: Session, fingerprint: str) -> None:
    if session.client != "mini_program":
        return
    slid = clock.after(settings().mini_program_session_s)
    if (slid - session.valid_until).total_seconds() < SLIDE_AFTER_S:
        return
    tx = Transaction()
    tx.update(
        session,
        [Session.valid_until.set(slid), Session.expires_at.set(slid)],
        Session.valid_until == session.valid_until,
    )
    listed = UserSession.new(keys.user_session(session.user_id, fingerprint))
    tx.update(listed, [UserSession.expires_at.set(slid)], UserSession.pk.exists())
    try:
        tx.commit()
    except Stale:  # signed out or slid meanwhile: either way nothing is left to do
        return
    except (Unavailable, PynamoDBException) as error:
        if isinstance(error, PynamoDBException) and not is_transient(error):
            raise
        # The session holds: the next request slides it.
        logger.warning("session_not_slid", reason=type(error).__name__)
