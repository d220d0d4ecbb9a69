"""Messages to the superior's manager: an administrator acted in their place, or a manager below them resigned."""

from collections.abc import Callable

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from functions.grants import resignation
from functions.shared import clients
from tests.integration.client import Answer
from tests.integration.grants import job_queue
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, PROVINCE, Someone, Tree, grant_of, reachable
from tests.integration.shared.faults import dynamodb, timing_out

PHONE = "13800138766"


@pytest.fixture
def city(world: Tree) -> Someone:
    """The city's manager, who has a phone."""
    return reachable(world.manager(CITY), PHONE)


def sent() -> list[tuple[str, str]]:
    """Phone and text of every message so far."""
    return list(sns_backends[DEFAULT_ACCOUNT_ID][boto3.session.Session().region_name].sms_messages.values())


def acts(world: Tree, person: Someone) -> dict[str, Callable[[], Answer]]:
    """What an administrator may do below the top, in an order in which each is possible."""
    return {
        "issue": lambda: world.admin.issue(HOSPITAL),
        "direct grant": lambda: world.admin.name_directly(HOSPITAL, person.name, person.number),
        "revoke": lambda: world.admin.revoke(HOSPITAL),
        "code job": lambda: world.admin.job("code", CITY),
        "export job": lambda: world.admin.job("export", CITY),
        "revocation job": lambda: world.admin.job("revocation", CITY),
    }


def test_each_act_below_the_top_is_reported_once(world: Tree, city: Someone) -> None:
    """To the superior's manager, without a name, number or code; at the top and by the superior there is no one to."""
    person = world.person()
    for name, act in acts(world, person).items():
        before = sent()
        assert act().status in {200, 201, 202, 204}, name
        job_queue.work_off()
        [(to, text)] = sent()[len(before) :]
        assert (to, "代您单位" in text) == (f"+86{PHONE}", True), name
        assert not any(secret in text for secret in (person.name, person.number, HOSPITAL))
    before = sent()
    assert world.admin.issue(PROVINCE).status == 201
    assert city.issue(HOSPITAL).status == 201
    assert sent() == before


def test_a_resignation_is_reported_to_the_superior(world: Tree, city: Someone) -> None:
    """Also that of somebody who withdraws their consent; not to anyone who resigns from both levels, nor at the top."""
    manager, leaving = world.person(), world.person()
    assert manager.redeem(city.issue(HOSPITAL).body["grant_code"]).status == 201
    before = sent()
    assert manager.phone.delete(f"/grants/{EXAM}/{HOSPITAL}/manager").status == 204
    assert manager.phone.delete(f"/grants/{EXAM}/{HOSPITAL}/manager").status == 403
    [(to, text)] = sent()[len(before) :]
    assert (to, "已卸任" in text) == (f"+86{PHONE}", True)
    assert leaving.redeem(city.issue(HOSPITAL).body["grant_code"]).status == 201
    resignation.end_roles(leaving.user_id)
    assert len(sent()) == len(before) + 2
    assert city.redeem(world.code(HOSPITAL)).status == 201
    after = sent()
    assert city.phone.delete(f"/grants/{EXAM}/{HOSPITAL}/manager").status == 204
    assert city.phone.delete(f"/grants/{EXAM}/{CITY}/manager").status == 204
    assert sent() == after


def test_a_message_that_is_not_taken_changes_nothing(world: Tree, city: Someone) -> None:
    """The act stays, and the same call again is refused, so that the manager never has two messages of one act."""
    assert city.issue(HOSPITAL).status == 201
    before = sent()
    with timing_out(clients.sns(), "sns.Publish"):
        assert world.admin.revoke(HOSPITAL).status == 204
    assert (grant_of(HOSPITAL).status, sent()) == ("vacant", before)
    assert world.admin.revoke(HOSPITAL).code == "GRANT_VACANT"
    assert sent() == before


def test_an_act_that_is_not_made_is_not_reported(world: Tree, city: Someone) -> None:
    """Where the change itself does not answer nothing is sent; coming again sends one message."""
    assert city.issue(HOSPITAL).status == 201
    before = sent()
    with timing_out(dynamodb(), "dynamodb.TransactWriteItems"):
        assert world.admin.revoke(HOSPITAL).status == 503
    assert sent() == before
    assert world.admin.revoke(HOSPITAL).status == 204
    assert len(sent()) == len(before) + 1
