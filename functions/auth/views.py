"""Users as they see themselves, and what a sign-in answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from functions.auth import store
from functions.auth.sessions import IssuedSession
from functions.shared import roles as tables
from functions.shared.admission import Assurance, SessionClient
from functions.shared.errors import Unauthenticated
from functions.shared.http import Caller
from functions.shared.memberships import WorkUnit
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.names import names_of
from functions.shared.vocabulary import IdentityStatus, RoleName

Permission = Literal["review_identities", "review_registrations", "keep_directory", "keep_businesses", "use_console"]
_ADMINISTRATION: tuple[Permission, ...] = (
    *("review_identities", "review_registrations", "keep_directory", "keep_businesses"),
)


class Role(msgspec.Struct):
    """A role in a grant. The names are the codes where there is no name."""

    business: str
    business_name: str
    institution_code: str
    institution_name: str
    role: RoleName


class UserView(msgspec.Struct):
    """A user, as they see themselves."""

    user_id: str
    phone_masked: str | None
    wechat_bound: bool
    identity_status: IdentityStatus
    name_masked: str | None
    work_unit: WorkUnit | None
    roles: list[Role]
    is_administrator: bool


class SignedIn(msgspec.Struct):
    """A new session with its user; `created` when the account was made just now."""

    session: IssuedSession
    user: UserView
    created: bool


class CurrentSession(msgspec.Struct):
    """The current session. A mini-program's `expires_at` is extended by use."""

    client: SessionClient
    assurance: Assurance
    expires_at: datetime


class Me(msgspec.Struct):
    """The calling user, their session and permissions; no permissions without full assurance.

    `may` says which pages to show; each call checks again. `use_console` is to sign in to the console.
    """

    user: UserView
    session: CurrentSession
    may: list[Permission]


class BoundUser(msgspec.Struct):
    """The user after a change of a sign-in method."""

    user: UserView


def me(caller: Caller) -> Me:
    """Show the calling user. Raises `Unauthenticated` where the account is gone."""
    user, roles = store.user_with_roles(caller.user_id)
    if user is None or caller.expires_at is None:
        raise Unauthenticated
    session = CurrentSession(caller.client, caller.assurance, caller.expires_at)
    return Me(_view(user, roles), session, _permissions(user, roles) if caller.assurance == "full" else [])


def bound_user(user_id: str) -> BoundUser:
    """Show a user whose way to sign in has changed. Raises `Unauthenticated` where the account is gone."""
    user, roles = store.user_with_roles(user_id)
    if user is None:
        raise Unauthenticated
    return BoundUser(_view(user, roles))


def _permissions(user: User, roles: Sequence[tables.Role]) -> list[Permission]:
    if user.may_administer:
        return [*_ADMINISTRATION, "use_console"]
    return ["use_console"] if user.is_verified and roles else []


def signed_in_view(session: IssuedSession, user: User, created: bool) -> SignedIn:  # noqa: FBT001 - a triple, unpacked
    """Show a new session with its user."""
    return SignedIn(session, _view(user, [] if created else None), created)


def _view(user: User, roles: list[tables.Role] | None = None) -> UserView:
    """The user; without `roles` those are read."""
    if roles is None:
        _, roles = store.user_with_roles(user.user_id)
    names = names_of(_named(user, roles))
    unit = user.work_unit_code
    return UserView(
        user_id=user.user_id,
        phone_masked=user.phone_masked,
        wechat_bound=user.wechat_openid is not None,
        identity_status=user.identity_status,
        name_masked=user.name_masked,
        work_unit=WorkUnit(unit, names[keys.institution(unit)]) if unit and keys.institution(unit) in names else None,
        roles=[
            Role(
                business=one.business,
                business_name=names.get(keys.business(one.business), one.business),
                institution_code=one.institution_code,
                institution_name=names.get(keys.institution(one.institution_code), one.institution_code),
                role=one.role,
            )
            for one in roles
        ],
        is_administrator=user.may_administer,
    )


def _named(user: User, roles: Sequence[tables.Role]) -> Iterator[keys.Key]:
    """Yield what is shown by its name: the work unit, and the business and institution of each role."""
    if user.work_unit_code is not None:
        yield keys.institution(user.work_unit_code)
    for role in roles:
        yield keys.business(role.business)
        yield keys.institution(role.institution_code)
