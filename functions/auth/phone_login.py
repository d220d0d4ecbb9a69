"""Sign in, or bind a phone, by the code of a text message."""

from functions.auth.accounts import sign_in_or_register
from functions.auth.binding import bind_phone
from functions.auth.domain import Origin
from functions.auth.sessions import IssuedSession
from functions.auth.sms_codes import right_code
from functions.shared.admission import SessionClient
from functions.shared.http import Caller
from functions.shared.personal_data import keyed_hash
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.transactions import retry_on_conflict


def sign_in_by_phone(
    challenge_id: str, phone: str, code: str, client: SessionClient, origin: Origin
) -> tuple[IssuedSession, User, bool]:
    """The session, the user, and whether the account is new. Raises `SmsCodeInvalid`, `SmsCodeLimit`."""
    phone_hash = keyed_hash("phone", phone)
    with right_code(phone_hash, "sign_in", challenge_id, code, origin.address) as use:

        @retry_on_conflict
        def found_or_made() -> tuple[IssuedSession, User, bool]:
            account = {"phone": phone, "phone_hash": phone_hash}
            owner = keys.phone_owner(phone_hash)
            return sign_in_or_register(owner, account, client, by="phone", origin=origin, also=use)

        return found_or_made()


def bind_phone_by_code(  # noqa: PLR0913 - a binding has these parts
    caller: Caller,
    challenge_id: str,
    phone: str,
    code: str,
    address: str,
    *,
    take_over: bool = False,
    face_check_id: str | None = None,
) -> str:
    """The id of the account that has the phone now. Raises as `bind_phone`, and `SmsCodeInvalid`, `SmsCodeLimit`."""
    phone_hash = keyed_hash("phone", phone)
    with right_code(phone_hash, "bind_phone", challenge_id, code, address) as use:
        return bind_phone(caller, phone, phone_hash, take_over=take_over, face_check_id=face_check_id, also=use)
