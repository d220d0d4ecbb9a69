"""The budgets of face checks: of a user by day, of all by hour."""

from functions.identity.errors import FaceLimit
from functions.shared.config import settings
from functions.shared.limits import Limit, consume

_HOUR_S, _DAY_S = 3_600, 86_400


def spend(user_id: str) -> None:
    """Count a check, or another comparison of faces, before it is made: each costs the operator money.

    The total is a counter of its own, not part of a transaction: all users write it. Raises `FaceLimit`.
    """
    consume(Limit("face_checks_day", user_id, settings().face_checks_per_day, _DAY_S), FaceLimit)
    consume(Limit("face_checks_hour", "all", settings().face_checks_total_hour, _HOUR_S), FaceLimit)
