"""The parts that jobs put together refuse what the state machine refuses, before anything is written."""

import pytest

from functions.grants.authority import Authority
from functions.grants.child_store import write_codes
from functions.grants.codes import issue_in
from functions.grants.errors import GrantActive, GrantVacant
from functions.grants.revocation import revoke_in
from functions.grants.store import vacant_grant
from functions.shared.table.transactions import Transaction
from tests.integration.grants.builders import CITY, EXAM, FAR, PROVINCE, TOWN, Tree, grant_of


def test_steps_that_are_not_open(world: Tree) -> None:
    """No code for an active grant, nothing to revoke where nothing was issued, no children at the end of the tree."""
    world.manager(CITY)
    held = Authority(world.admin.user_id, PROVINCE, None, "代签发")
    with pytest.raises(GrantActive):
        issue_in(Transaction(), grant_of(CITY), held)
    with pytest.raises(GrantVacant):
        revoke_in(Transaction(), vacant_grant(EXAM, FAR), actor="revocation-job")
    nothing = world.admin.list(FAR).body
    assert (nothing["items"], nothing["next_cursor"], nothing["counts"]["total"]) == ([], None, 0)


def test_several_grants_change_in_one_transaction(world: Tree) -> None:
    """Issued and revoked together, by a job's name; the first one's code is good until then."""
    tx = Transaction()
    held = Authority(world.admin.user_id, PROVINCE, None, "代签发")
    issued = [issue_in(tx, vacant_grant(EXAM, code), held, job_id="code-job") for code in (CITY, TOWN)]
    write_codes(one.code_item for one in issued)
    tx.commit()
    assert world.person().redeem(issued[1].issued.grant_code).status == 201
    tx = Transaction()
    for code in (CITY, TOWN):
        revoke_in(tx, grant_of(code), actor="revocation-job")
    tx.commit()
    assert [(grant_of(code).status, int(grant_of(code).epoch)) for code in (CITY, TOWN)] == [("vacant", 2)] * 2
