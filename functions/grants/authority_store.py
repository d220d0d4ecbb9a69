"""Reads behind a decision about authority: the superior's grant, the accounts concerned, what a code rests on."""

from collections.abc import Iterable
from typing import NamedTuple

from functions.grants import store
from functions.grants.store import as_kind
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.grants import CodeOrigin, Grant
from functions.shared.table.institutions import Institution
from functions.shared.table.transactions import get_many


def superior_of(scene_: store.GrantContext) -> Grant | None:
    """The grant of the institution's supervisor, or None. One read, none at the top."""
    supervisor_code = scene_.institution.supervisor_code if scene_.institution is not None else None
    return store.grant(scene_.grant.business, supervisor_code) if supervisor_code is not None else None


def superior_and_manager(scene_: store.GrantContext) -> tuple[Grant | None, User | None]:
    """The grant of the institution's supervisor, and the account of the grant's manager. At most one BatchGetItem."""
    supervisor_code = scene_.institution.supervisor_code if scene_.institution is not None else None
    above = keys.grant(scene_.grant.business, supervisor_code) if supervisor_code is not None else None
    manager = keys.user(scene_.grant.manager_id) if scene_.grant.manager_id is not None else None
    wanted = [key for key in (above, manager) if key is not None]
    found = get_many(*wanted) if wanted else {}
    return (
        as_kind(Grant, found.get(above)) if above is not None else None,
        as_kind(User, found.get(manager)) if manager is not None else None,
    )


class Backing(NamedTuple):
    """What a code's authority is compared with; each None when it is not there or does not count for it."""

    institution: Institution | None
    superior: Grant | None
    issuer: User | None


def backing(business_code: str, institution_code: str, origin: CodeOrigin) -> Backing:
    """Read the context in one BatchGetItem."""
    place, issuer = keys.institution(institution_code), keys.user(origin.issued_by)
    above = keys.grant(business_code, origin.supervisor_code or "")
    found = get_many(place, issuer if origin.epoch is None else above)
    return Backing(
        as_kind(Institution, found.get(place)), as_kind(Grant, found.get(above)), as_kind(User, found.get(issuer))
    )


def dismissed(grants: Iterable[Grant]) -> set[str]:
    """Who issued an open code of these grants as an administrator, and is none any more. At most one BatchGetItem."""
    issuers = {one.code_by_administrator for one in grants} - {None}
    found = get_many(*(keys.user(str(one)) for one in issuers)) if issuers else {}
    in_office = {item.user_id for item in found.values() if isinstance(item, User) and item.may_administer}
    return {str(one) for one in issuers} - in_office


def held_role(user_id: str, business_code: str, institution_code: str) -> tuple[Grant | None, User | None, str | None]:
    """A grant, the account of one of its members, and the institution's supervisor now. One BatchGetItem."""
    grant_key, user_key, place = (
        keys.grant(business_code, institution_code),
        keys.user(user_id),
        keys.institution(institution_code),
    )
    found = get_many(grant_key, user_key, place)
    institution = as_kind(Institution, found.get(place))
    supervisor_code = institution.supervisor_code if institution is not None else None
    return as_kind(Grant, found.get(grant_key)), as_kind(User, found.get(user_key)), supervisor_code
