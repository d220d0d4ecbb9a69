"""Users as they see themselves, and what a sign-in answers."""

from typing import Literal

import msgspec

from functions.auth import store
from functions.auth.sessions import IssuedSession
from functions.shared import roles as tables
from functions.shared.errors import Unauthenticated
from functions.shared.memberships import WorkUnit
from functions.shared.table.auth import User


class Role(msgspec.Struct):
    """A place in a grant."""

    business: str
    institution_code: str
    role: Literal["manager", "assistant"]


class UserView(msgspec.Struct):
    """A user, as they see themselves."""

    user_id: str
    phone_masked: str | None
    wechat_bound: bool
    identity_status: Literal["unverified", "draft", "in_review", "verified", "rejected"]
    name_masked: str | None
    work_unit: WorkUnit | None
    roles: list[Role]
    is_administrator: bool


class SignedIn(msgspec.Struct):
    """A new session with its user; `created` when the account was made just now."""

    session: IssuedSession
    user: UserView
    created: bool


class Me(msgspec.Struct):
    """The calling user."""

    user: UserView


def me(user_id: str) -> Me:
    """Show a user. Raises `Unauthenticated` where the account is gone."""
    user, roles = store.user_with_roles(user_id)
    if user is None:
        raise Unauthenticated
    return Me(_view(user, roles))


def signed_in_view(session: IssuedSession, user: User, created: bool) -> SignedIn:  # noqa: FBT001 - a triple, unpacked
    """Show a new session with its user."""
    return SignedIn(session, _view(user, [] if created else None), created)


def _view(user: User, roles: list[tables.Role] | None = None) -> UserView:
    """The user; without `roles` those are read."""
    if roles is None:
        _, roles = store.user_with_roles(user.user_id)
    work_unit = store.work_unit(user)
    return UserView(
        user_id=user.user_id,
        phone_masked=user.phone_masked,
        wechat_bound=user.wechat_openid is not None,
        identity_status=user.identity_status,
        name_masked=user.name_masked,
        work_unit=WorkUnit(work_unit.institution_code, work_unit.name) if work_unit is not None else None,
        roles=[Role(one.business, one.institution_code, one.role) for one in roles],
        is_administrator=user.may_administer,
    )
