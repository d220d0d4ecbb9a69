"""Filing grants by supervisor: those from before, and those of institutions that have moved."""

from collections.abc import Iterator

import pytest

from functions.grants import display_names
from functions.institutions import details, directory
from functions.shared.table import keys
from functions.shared.table.grants import Grant
from functions.shared.table.institutions import Institution
from operations.grant_files import file_grants
from tests.integration.client import Http
from tests.integration.grants.builders import CITY, CLINIC, EXAM, HOSPITAL, PROVINCE, TOWN, Tree, grant_of, tree
from tests.integration.grants.test_jobs import count_children


@pytest.fixture
def world(http: Http) -> Iterator[Tree]:
    """The small province, whose directory counts its children."""
    display_names.clear_cache()
    made = tree(http)
    count_children()
    yield made
    display_names.clear_cache()


def _filed(institution: str) -> str | None:
    return grant_of(institution).gsi1pk


def test_grants_from_before_are_filed_once(world: Tree) -> None:
    """Issued and active ones, not vacant ones; run again, it finds nothing to do."""
    world.code(CITY)
    world.manager(HOSPITAL)
    world.code(CLINIC)
    assert world.admin.revoke(CLINIC).status == 204
    for code in (CITY, HOSPITAL):
        Grant.new(keys.grant(EXAM, code)).update(actions=[Grant.gsi1pk.remove(), Grant.gsi1sk.remove()])
    assert world.admin.list(CITY).body["counts"]["active"] == 0
    seen: list[int] = []
    assert file_grants(seen.append) == 2
    assert (sum(seen), _filed(CITY), _filed(HOSPITAL), _filed(CLINIC)) == (
        6,
        keys.grants_below(EXAM, PROVINCE),
        keys.grants_below(EXAM, CITY),
        None,
    )
    assert world.admin.list(CITY).body["counts"]["active"] == 1
    assert file_grants(seen.append) == 0


def test_a_moved_institution_is_filed_anew(world: Tree) -> None:
    """The move marks it, so that lists are right at once; the command files its grants and takes the mark away."""
    world.manager(CLINIC)
    held = Institution.get(*keys.institution(CLINIC))
    directory.amend(
        CLINIC,
        details.Details(held.name, TOWN, held.category, held.credit_code, held.region_code),
        actor="test",
    )
    assert Institution.get(*keys.institution(CLINIC)).moved is not None
    assert [world.admin.list(code).body["counts"]["active"] for code in (CITY, TOWN)] == [0, 1]
    assert file_grants(lambda _: None) == 1
    assert Institution.get(*keys.institution(CLINIC)).moved is None
    assert _filed(CLINIC) == keys.grants_below(EXAM, TOWN)
    assert [world.admin.list(code).body["counts"]["active"] for code in (CITY, TOWN)] == [0, 1]
