"""Deploying again, and what fails, on CloudFormation's own emulation: the code is that of `make deploy`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deployment.deploy import deploy
from deployment.errors import DeploymentFailed
from deployment.stack import Stack
from local.rehearsal.stack import CREDENTIALS, PACKAGE, StackRun, stage

NAME = "tried-stack"
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}}
MISSING = "arn:aws:sqs:us-east-1:123456789012:nowhere"
NOTIFIED = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": MISSING}]}
BROKEN = {"Type": "AWS::S3::Bucket", "Properties": {"NotificationConfiguration": NOTIFIED}}


@pytest.fixture(autouse=True)
def _to_the_stack(stack: StackRun, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": stack.aws_url}.items():
        monkeypatch.setenv(name, value)


def test_the_same_package_again_changes_nothing() -> None:
    """Every artifact is there, and the change set is empty."""
    told: list[str] = []
    outputs = deploy(stage(), PACKAGE, told.append, poll_s=0.1)
    assert "No changes: what runs is what is here." in told
    assert not [line for line in told if line.startswith("  sends")]
    assert outputs["TableName"]


@pytest.fixture
def trial(stack: StackRun) -> Iterator[Any]:
    """Bring a small stack to some resources; whether that changed anything."""
    cloudformation, s3 = stack.client("cloudformation"), stack.client("s3")

    def bring(**resources: Any) -> bool:
        s3.put_object(Bucket=f"{NAME}-templates", Key="template.json", Body=json.dumps({"Resources": resources}))
        tried = Stack(cloudformation, NAME, lambda _: None, poll_s=0.1)
        tried.settle()
        return tried.change(f"{stack.aws_url}/{NAME}-templates/template.json", {})

    s3.create_bucket(Bucket=f"{NAME}-templates")
    yield bring
    cloudformation.delete_stack(StackName=NAME)


def test_a_failure_is_told_and_can_be_mended(trial: Any) -> None:
    """The first deployment may fail and so may a later one: the resource's reason is shown, and the next one works."""
    with pytest.raises(DeploymentFailed, match=r"Broken \(AWS::S3::Bucket\).*nowhere"):
        trial(Broken=BROKEN, Queue=QUEUE)
    assert trial(Queue=QUEUE)
    assert not trial(Queue=QUEUE)
    with pytest.raises(DeploymentFailed, match=r"Broken \(AWS::S3::Bucket\).*nowhere"):
        trial(Broken=BROKEN, Queue=QUEUE)
    assert not trial(Queue=QUEUE)
    assert trial(Queue=QUEUE, Another=QUEUE)
