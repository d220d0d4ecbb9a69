"""The console's home: the places of the caller with the state of the grants below, what is under way, the queues."""

from datetime import datetime, timedelta
from typing import NamedTuple

from functions.grants import child_store, display_names, roster, store
from functions.grants.display_names import BusinessView
from functions.grants.roster import Counts, Entry
from functions.identity import review_queue
from functions.institutions import registration_queue
from functions.institutions.summaries import InstitutionSummary
from functions.shared import clock
from functions.shared.table.grants import Job, Role
from functions.shared.vocabulary import RoleName

MAX_PLACES = 20
MAX_JOBS = 20
EXPIRES_SOON = timedelta(days=7)


class Place(NamedTuple):
    """A grant in which the caller has a role, and the states of the grants below it."""

    business: BusinessView
    institution: InstitutionSummary
    role: RoleName
    counts: Counts
    expiring_soon: int


class Waiting(NamedTuple):
    """How many cases are in a queue, and since when the oldest one is."""

    waiting: int
    oldest_at: datetime | None


class Queues(NamedTuple):
    """What waits for an administrator."""

    identities: Waiting
    registrations: Waiting


class Overview(NamedTuple):
    """All of it; `more_places` where the caller has more than are shown."""

    places: list[Place]
    more_places: bool
    jobs: list[Job]
    queues: Queues | None


def overview(caller_id: str) -> Overview:
    """Return what a caller sees first.

    Two Queries for the roles and the jobs, one for each of up to 20 roles and one for each institution of theirs, one
    read of names and one of the account; two Queries and a read more for an administrator.
    """
    roles, next_key = store.roles(caller_id, MAX_PLACES, None)
    user = store.user(caller_id)
    is_administrator = user is not None and user.may_administer
    queues = _queues(caller_id) if is_administrator else None
    under_way, _ = child_store.jobs_of(caller_id, ["queued", "running"], MAX_JOBS, None)
    return Overview(_places(roles), next_key is not None, under_way, queues)


def _queues(reviewer_id: str) -> Queues:
    """Return what waits, as the queues themselves count it."""
    identities = Waiting(review_queue.totals(reviewer_id).counts.in_review, review_queue.oldest_at())
    counts = registration_queue.queue_page(reviewer_id, "pending", None, 1, None).counts
    return Queues(identities, Waiting(counts.pending, counts.oldest_at) if counts is not None else Waiting(0, None))


def _places(roles: list[Role]) -> list[Place]:
    found = display_names.find_names(
        (one.business for one in roles),
        (one.institution_code for one in roles),
        (one.supervisor_code for one in roles),
    )
    institutions = {code: roster.below(code) for code in dict.fromkeys(one.institution_code for one in roles)}
    return [
        _place(one, found, roster.roster(one.business, one.institution_code, institutions[one.institution_code]))
        for one in roles
    ]


def _place(role: Role, found: display_names.Names, below: list[Entry]) -> Place:
    now = clock.now()
    soon = sum(
        entry.shown(now) == "code_issued"
        and entry.code_expires_at is not None
        and entry.code_expires_at <= now + EXPIRES_SOON
        for entry in below
    )
    business, institution = found.business(role.business), found.institution(role.institution_code)
    return Place(business, institution, role.role, roster.count(below), soon)
