"""What is deployed is what the template says, and what it does not allow is refused."""

import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

from local.rehearsal.stack import StackRun
from local.template import REGION


def test_policies_are_enforced(stack: StackRun) -> None:
    """Who has no policy may not read the table: so the journeys prove that the functions' policies suffice."""
    iam = stack.client("iam")
    name = f"nobody-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    nobody = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    table = nobody.client("dynamodb", endpoint_url=stack.aws_url)
    with pytest.raises(ClientError, match="AccessDenied"):
        table.scan(TableName=stack.outputs["TableName"])
