"""HTTP of withdrawing the consent, which ends the roles in grants first; so it is served by this area.

The use case is imported by the call: a cold start of the identity area need not pay for the grants area.
"""

from functions.shared.admission import PHONE
from functions.shared.errors import TooManyRequests
from functions.shared.guards import signed_in
from functions.shared.http import Request, Routes

routes = Routes("identity")


@routes.add(
    "DELETE",
    "/identity/consent",
    guard=signed_in,
    clients=PHONE,
    status=204,
    refusals=(TooManyRequests,),
)
def withdraw_consent(request: Request) -> None:
    """Withdraw the consent: all roles and the verification end, images and document number are deleted."""
    from functions.grants import resignation  # noqa: PLC0415

    resignation.withdraw_consent(request.user_id)
