"""What the end of a document means for its verified holder.

90 days before the last day       the person is asked for a new document
after the last day                still verified; roles stay
90 days after the last day        the roles end, and the account is verified again with a new document only
"""

from datetime import UTC, date, datetime, time, timedelta

from functions.shared.clock import SHANGHAI

ASKED_BEFORE = timedelta(days=90)
ROLES_STAY = timedelta(days=90)


def is_asked_again(last_day: date, today: date) -> bool:
    """Whether the person is asked for a new document by now."""
    return today >= last_day - ASKED_BEFORE


def roles_end_on(last_day: date) -> date:
    """The first day without the roles."""
    return last_day + ROLES_STAY + timedelta(days=1)


def roles_end_at(last_day: date) -> datetime:
    """The moment at which the roles end: midnight in Shanghai."""
    return datetime.combine(roles_end_on(last_day), time(), SHANGHAI).astimezone(UTC)
