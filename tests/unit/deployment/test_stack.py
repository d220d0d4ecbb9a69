"""Changing a stack: nothing to do, done, refused, failed, and taking up what an earlier run left."""

import pytest

from deployment.errors import DeploymentFailed
from deployment.stack import Stack
from tests.unit.deployment.fake_cloudformation import NAME, FakeCloudFormation, of

URL = "https://s3.example/bucket/template.json"


class Told(list[str]):
    """What was told, as one text."""

    def __str__(self) -> str:
        return "\n".join(self)


def stack_of(cloudformation: FakeCloudFormation, told: Told | None = None) -> Stack:
    """The stack; waiting takes no time."""
    return Stack(cloudformation, NAME, (Told() if told is None else told).append, poll_s=0)


def test_a_new_stack_is_made_and_would_leave_nothing_if_it_failed() -> None:
    """The first deployment creates, with the parameters of the stage, and gives the outputs."""
    cloudformation = FakeCloudFormation(None)
    cloudformation.changes = [{"Action": "Add", "LogicalResourceId": "Jobs", "ResourceType": "AWS::Lambda::Function"}]
    cloudformation.after_execution = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    told = Told()
    stack = stack_of(cloudformation, told)
    assert stack.change(URL, {"WechatAppId": "wx1"})
    wanted = cloudformation.created
    assert (wanted["ChangeSetType"], wanted["OnStackFailure"]) == ("CREATE", "DELETE")
    assert wanted["Parameters"] == [{"ParameterKey": "WechatAppId", "ParameterValue": "wx1"}]
    assert "add     Jobs (AWS::Lambda::Function)" in str(told)
    assert stack.outputs() == {"TableName": "table-1"}


@pytest.mark.parametrize(
    "reason", ["The submitted information didn't contain changes.", "No updates are to be performed."]
)
def test_nothing_to_change_changes_nothing(reason: str) -> None:
    """An unchanged package is no failure: the change set is removed and nothing is executed."""
    cloudformation = FakeCloudFormation("UPDATE_COMPLETE")
    cloudformation.change_set = {"Status": "FAILED", "StatusReason": reason}
    assert not stack_of(cloudformation).change(URL, {})
    assert "OnStackFailure" not in cloudformation.created
    assert cloudformation.calls == ["delete_change_set", "create_change_set", "delete_change_set"]


def test_a_refused_template_is_told() -> None:
    """What CloudFormation says of a change that it does not take."""
    cloudformation = FakeCloudFormation("UPDATE_COMPLETE")
    cloudformation.change_set = {"Status": "FAILED", "StatusReason": "Parameters: [WechatAppId] must have values"}
    with pytest.raises(DeploymentFailed, match="must have values"):
        stack_of(cloudformation).change(URL, {})
    assert "execute_change_set" not in cloudformation.calls


def test_a_failure_names_what_failed_first() -> None:
    """Not what was cancelled for its sake, not what failed in earlier deployments."""
    cloudformation = FakeCloudFormation("UPDATE_COMPLETE")
    cloudformation.after_execution = ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
    cloudformation.new_events = [
        {"EventId": "4", "ResourceStatus": "UPDATE_FAILED", **of("Jobs", "Resource update cancelled")},
        {"EventId": "3", "ResourceStatus": "UPDATE_FAILED", **of("Later", "a later reason")},
        {"EventId": "2", "ResourceStatus": "UPDATE_FAILED", **of("ScansQueue", "VisibilityTimeout must be less")},
        {"EventId": "1", "ResourceStatus": "UPDATE_IN_PROGRESS", **of("ScansQueue", "")},
    ]
    with pytest.raises(DeploymentFailed, match=r"is as it was\. ScansQueue \(AWS::SQS::Queue\): VisibilityTimeout"):
        stack_of(cloudformation).change(URL, {})


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"Action": "Modify", "ResourceType": "AWS::DynamoDB::Table", "Replacement": "True"}, True),
        ({"Action": "Remove", "ResourceType": "AWS::KMS::Key"}, True),
        ({"Action": "Modify", "ResourceType": "AWS::DynamoDB::Table", "Replacement": "False"}, False),
        ({"Action": "Modify", "ResourceType": "AWS::Lambda::LayerVersion", "Replacement": "True"}, False),
    ],
)
def test_data_is_not_parted_from_the_platform_by_accident(change: dict[str, str], lost: bool) -> None:
    """A table, bucket or key that would be replaced or removed stops the deployment, unless that is asked for."""
    cloudformation = FakeCloudFormation("UPDATE_COMPLETE")
    cloudformation.changes = [{"LogicalResourceId": "Thing", **change}]
    if not lost:
        assert stack_of(cloudformation).change(URL, {})
        return
    with pytest.raises(DeploymentFailed, match="Thing"):
        stack_of(cloudformation).change(URL, {})
    assert "execute_change_set" not in cloudformation.calls
    assert stack_of(cloudformation).change(URL, {}, replacing_data=True)


def test_an_earlier_deployment_is_waited_for() -> None:
    """A run that was stopped leaves CloudFormation at work: the next one waits, then begins."""
    told = Told()
    stack_of(FakeCloudFormation("UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"), told).settle()
    assert told == [f"{NAME} continues with an earlier deployment: UPDATE_IN_PROGRESS"]


def test_what_was_only_announced_is_made() -> None:
    """A run that was stopped before it executed its first change set: the next one creates all the same."""
    cloudformation = FakeCloudFormation("REVIEW_IN_PROGRESS")
    cloudformation.after_execution = ["CREATE_COMPLETE"]
    stack_of(cloudformation).settle()
    assert stack_of(cloudformation).change(URL, {})
    assert cloudformation.created["ChangeSetType"] == "CREATE"


def test_a_first_deployment_that_failed_makes_room() -> None:
    """What never ran is removed, since CloudFormation takes no change for it."""
    cloudformation = FakeCloudFormation("ROLLBACK_COMPLETE")
    cloudformation.after_deletion = ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    stack_of(cloudformation).settle()
    assert cloudformation.calls == ["delete_stack"]


@pytest.mark.parametrize("status", ["CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_what_is_stuck_is_left_to_a_person(status: str) -> None:
    """Nothing is deleted that may have run; the message says why and where to read on."""
    cloudformation = FakeCloudFormation(status)
    with pytest.raises(DeploymentFailed, match=rf"{status}: Older .*an older reason[\s\S]*docs/operations\.md"):
        stack_of(cloudformation).settle()
    assert cloudformation.calls == []
