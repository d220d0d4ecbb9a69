"""Reads and writes of the institutions area. Functions with `tx` only add their part; the use case commits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pynamodb.expressions.condition import Condition

from functions.institutions.domain.hierarchy import LEVELS, Node
from functions.institutions.domain.names import normalize, suffixes
from functions.shared.table import keys
from functions.shared.table.auth import User
from functions.shared.table.base import Item, connection
from functions.shared.table.institutions import (
    Claim,
    Institution,
    NameSuffix,
    PendingRegistration,
    PhoneRegistration,
    Registration,
    UserRegistration,
)
from functions.shared.table.pages import PagePosition, filtered_page, index_page, partition_page
from functions.shared.table.transactions import Transaction, VersionConflict, get, get_many
from functions.shared.vocabulary import RegistrationState

BATCH_GET_LIMIT = 100  # items that one BatchGetItem reads


def institution(institution_code: str) -> Institution | None:
    """The institution. One read."""
    return get(Institution, keys.institution(institution_code))


def institutions(codes: Iterable[str]) -> dict[str, Institution]:
    """Those of the institutions that are there, by code and consistent reads. One round trip for each hundred."""
    wanted = sorted(set(codes))
    found: dict[str, Institution] = {}
    for start in range(0, len(wanted), BATCH_GET_LIMIT):
        items = get_many(*(keys.institution(code) for code in wanted[start : start + BATCH_GET_LIMIT]))
        found |= {item.institution_code: item for item in items.values() if isinstance(item, Institution)}
    return found


def masked_names(user_ids: Iterable[str]) -> dict[str, str]:
    """The masked names of up to 100 users, by id. At most one BatchGetItem."""
    wanted = [tuple(keys.user(user_id)) for user_id in sorted(set(user_ids))]
    shown = ["pk", "sk", "kind", "user_id", "name_masked", "phone_masked"]
    found = User.batch_get(wanted, attributes_to_get=shown) if wanted else ()
    return {user.user_id: masked for user in found if (masked := user.name_masked or user.phone_masked)}


def names(codes: Iterable[str]) -> dict[str, str]:
    """The names of up to 100 institutions, by code. At most one BatchGetItem."""
    wanted = [tuple(keys.institution(code)) for code in sorted(set(codes))]
    shown = ["pk", "sk", "kind", "institution_code", "name"]
    found = Institution.batch_get(wanted, attributes_to_get=shown) if wanted else ()
    return {item.institution_code: item.name for item in found}


def children(
    supervisor_code: str | None, limit: int, after: PagePosition | None, category: str | None = None
) -> tuple[list[Institution], PagePosition | None]:
    """A page of the institutions directly below one, by code, and where the next page begins. One Query.

    With a category up to a megabyte of them is read, so that a page may be short where there is more.
    """
    partition = keys.children(supervisor_code)
    if category is None:
        return index_page(Institution, partition, limit, after)
    return filtered_page(Institution, partition, Institution.category == category, limit, after)


class RegistrationPage(NamedTuple):
    """Registrations of one status in the order of their index, and after which place the next page begins."""

    items: list[Registration]
    next_place: PagePosition | None


def registrations(
    status: RegistrationState, text: str | None, after: PagePosition | None, *, most: int | None = None
) -> RegistrationPage:
    """Up to a megabyte of the registrations of one status, or `most` of them. One Query.

    Pending ones by when they were submitted, the oldest first; others by when they were decided, the newest first. With
    `text` those whose name or credit code holds it.
    """
    pending = status == "pending"
    partition = keys.REGISTRATION_QUEUE if pending else keys.decided_registrations(status)
    holds = Registration.search_text.contains(text) | Registration.name.contains(text) if text else None
    items, place = _filtered(partition, holds, after, most=most if text is None else None, newest_first=not pending)
    return RegistrationPage([item for item in items if isinstance(item, Registration)], place)


def _filtered(
    partition: str,
    condition: Condition | None,
    after: PagePosition | None,
    *,
    most: int | None = None,
    newest_first: bool = False,
) -> tuple[list[Item], PagePosition | None]:
    """Up to a megabyte of what stands under one key of the index, or `most` items; those that fulfil a condition."""
    page = connection().query(
        partition,
        filter_condition=condition,
        index_name=Item.gsi1.Meta.index_name,
        limit=most,
        exclusive_start_key=_start(partition, after),
        scan_index_forward=not newest_first,
    )
    last = page.get("LastEvaluatedKey")
    place = PagePosition(last["pk"]["S"], last["sk"]["S"], last["gsi1sk"]["S"]) if last else None
    return [Item.from_raw_data(stored) for stored in page["Items"]], place


def _start(partition: str, after: PagePosition | None) -> dict[str, dict[str, str]] | None:
    if after is None:
        return None
    position = {"pk": after.pk, "sk": after.sk, "gsi1pk": partition, "gsi1sk": after.gsi1sk}
    return {name: {"S": value} for name, value in position.items()}


# --- search -----------------------------------------------------------------------------------------------------------


class SuffixMatch(NamedTuple):
    """One suffix that begins with what was looked for, and the institution it is of."""

    sk: str
    institution_code: str
    name: str
    normalized: str
    suffix_at: int  # where in the normalized name the suffix begins
    supervisor_code: str | None
    category: str
    region_code: str | None


def matching_suffixes(text: str, limit: int, after: str | None) -> list[SuffixMatch]:
    """Up to `limit` suffixes that begin with a text, in order, after the sort key `after`. One Query.

    Fewer mean that there are no more, as long as this many are less than the megabyte that a Query reads at most.
    """
    partition = keys.name_suffix_partition(text)
    start = {"pk": {"S": partition}, "sk": {"S": after}} if after is not None else None
    page = connection().query(partition, NameSuffix.sk.startswith(text), limit=limit, exclusive_start_key=start)
    return [_suffix_match(item) for item in page["Items"]]


def _suffix_match(stored: Mapping[str, Any]) -> SuffixMatch:
    # Not by PynamoDB (6.1), which takes ten times as long: a search for several words reads thousands.
    suffix, _, code = stored["sk"]["S"].rpartition("#")
    values = {name: value["S"] for name, value in stored.items()}
    before = values.get(_BEFORE, "")
    normalized = before + suffix
    name, supervisor_code = values.get(_NAME, normalized), values.get(_SUPERVISOR)
    region_code = values.get(_REGION)
    return SuffixMatch(
        values["sk"], code, name, normalized, len(before), supervisor_code, values[_CATEGORY], region_code
    )


_BEFORE, _NAME = NameSuffix.before.attr_name, NameSuffix.name.attr_name
_SUPERVISOR, _CATEGORY = NameSuffix.supervisor_code.attr_name, NameSuffix.category.attr_name
_REGION = NameSuffix.region_code.attr_name


def suffix_items(institution: Institution) -> list[NameSuffix]:
    """What makes an institution findable."""
    code, name, normalized = institution.institution_code, institution.name, normalize(institution.name)
    carried = {
        "name": name if name != normalized else None,
        "supervisor_code": institution.supervisor_code,
        "category": institution.category,
        "region_code": institution.region_code,
    }
    return [
        NameSuffix.new(
            keys.name_suffix(suffix, code), before=normalized[: len(normalized) - len(suffix)] or None, **carried
        )
        for suffix in suffixes(normalized)
    ]


# --- names and codes that are taken -----------------------------------------------------------------------------------


def claims(*wanted: keys.Key) -> dict[keys.Key, Claim]:
    """The claims that are there. One round trip."""
    return {key: item for key, item in get_many(*wanted).items() if isinstance(item, Claim)}


def many_claims(wanted: Sequence[keys.Key]) -> dict[keys.Key, Claim]:
    """The same of any number. One round trip for each hundred."""
    found: dict[keys.Key, Claim] = {}
    for start in range(0, len(wanted), BATCH_GET_LIMIT):
        found |= claims(*wanted[start : start + BATCH_GET_LIMIT])
    return found


def pending_registrations(claim: keys.Key, limit: int) -> list[PendingRegistration]:
    """Pending registrations that ask for a name or a credit code, up to this many. One Query."""
    return partition_page(PendingRegistration, claim.pk, keys.PENDING_PREFIX, limit, None)[0]


# --- the shape --------------------------------------------------------------------------------------------------------


class Supervisors(dict[str, Node]):
    """The shape from one institution upwards: what is not held yet is read when it is looked at, by one read each.

    Raises `VersionConflict` for one that is gone.
    """

    def __missing__(self, code: str) -> Node:
        found = institution(code)
        if found is None:
            raise VersionConflict
        self[code] = _node(found)
        return self[code]


def supervisor_and_claims(code: str | None, *wanted: keys.Key) -> tuple[Supervisors, dict[keys.Key, Claim]]:
    """The supervisor, if it is there, and the claims that are there. One round trip."""
    place = [keys.institution(code)] if code is not None else []
    found = get_many(*place, *wanted)
    above = Supervisors(
        {item.institution_code: _node(item) for item in found.values() if isinstance(item, Institution)}
    )
    return above, {key: item for key, item in found.items() if isinstance(item, Claim)}


def nodes_above(*codes: str | None) -> dict[str, Node]:
    """The named institutions that are there and everything above them. One round trip for each level.

    Raises `VersionConflict` where a move came between the reads, so that they do not fit together.
    """
    nodes: dict[str, Node] = {}
    wanted = {code for code in codes if code is not None}
    while wanted:
        read = institutions(wanted)
        nodes |= {code: _node(item) for code, item in read.items()}
        wanted = {node.supervisor for node in nodes.values() if node.supervisor is not None} - nodes.keys() - wanted
    for code in nodes:
        above: str | None = code
        for _ in range(LEVELS):
            above = nodes[above].supervisor if above in nodes else None
        if above is not None:
            raise VersionConflict
    return nodes


def _node(item: Institution) -> Node:
    return Node(item.supervisor_code, tuple(map(int, item.children)))


def update_child_counts(
    tx: Transaction, before: dict[str, Node], after: dict[str, Node], *, leave_out: Sequence[str] = ()
) -> None:
    """Write the counts of children that differ, if nothing that they were decided on has changed."""
    for code, node in after.items():
        if node != before.get(code) and code not in leave_out:
            unchanged = unchanged_shape(before[code])
            counts = [Institution.children.set(list(node.children)), Institution.children_changed.add(1)]
            tx.update(Institution.new(keys.institution(code)), counts, unchanged)


def unchanged_shape(node: Node) -> Any:
    """The condition that an institution still stands where it was read, with the same children."""
    supervisor = Institution.supervisor_code
    same = supervisor.does_not_exist() if node.supervisor is None else supervisor == node.supervisor
    return same & (Institution.children == list(node.children))


# --- registrations ----------------------------------------------------------------------------------------------------


def registration(registration_id: str) -> Registration | None:
    """The registration. One read."""
    return get(Registration, keys.registration(registration_id))


def own_registrations(user: User, limit: int, after: str | None) -> tuple[list[Registration], str | None]:
    """A page of the registrations that a person submitted, or somebody with their phone, and where the next one begins.

    Newest first, each once. Two Queries and one BatchGetItem; one Query without a phone, one more for each account that
    was joined to this one with all that it had.
    """
    lists: list[tuple[type[UserRegistration] | type[PhoneRegistration], str]]
    lists = [(UserRegistration, keys.user_partition(one)) for one in (user.user_id, *(user.absorbed or ()))]
    if user.phone_hash is not None:
        lists.append((PhoneRegistration, keys.phone_partition(user.phone_hash)))
    ids_by_place: dict[str, str] = {}
    more = False
    for kind, partition in lists:
        page, next_key = partition_page(kind, partition, keys.REGISTRATION_PREFIX, limit, after, newest_first=True)
        ids_by_place |= {item.sk: item.registration_id for item in page}
        more |= next_key is not None
    places = sorted(ids_by_place, reverse=True)
    shown = places[:limit]
    listed = [keys.registration(ids_by_place[place]) for place in shown]
    found = get_many(*listed) if listed else {}
    next_key = shown[-1] if shown and (more or len(places) > limit) else None
    return [item for key in listed if isinstance(item := found.get(key), Registration)], next_key
