"""HTTP of withdrawing the consent, which ends the roles in grants first; so it is served by this area."""

import msgspec

from functions.grants import resignation
from functions.shared.admission import PHONE
from functions.shared.blueprint import Blueprint
from functions.shared.errors import FaceCheckRequired, TooManyRequests
from functions.shared.guards import signed_in
from functions.shared.http import Request
from functions.shared.parsing import ShortText

routes = Blueprint("identity")


class Withdrawal(msgspec.Struct):
    """The face check of purpose `account`, needed on a verified account."""

    face_check_id: ShortText | None = None


@routes.add(
    "DELETE",
    "/identity/consent",
    guard=signed_in,
    clients=PHONE,
    request_model=Withdrawal,
    status=204,
    errors=(FaceCheckRequired, TooManyRequests),
)
def withdraw_consent(request: Request, given: Withdrawal) -> None:
    """Withdraw the consent; ends all roles and the verification, deletes images and document number."""
    session = request.caller.token_fingerprint
    resignation.withdraw_consent(request.user_id, given.face_check_id, keep_session=session)
