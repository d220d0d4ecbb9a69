"""What each function may do is what it did in the journeys, no less and no more. Runs when they are over."""

from collections import defaultdict

import pytest

from local.rehearsal.stack import ACTIONS, StackRun
from local.template import STACK

# Why a policy names what MiniStack does not ask the role for.
NOT_ASKED_FOR = {
    # Lambda does it with the function's role: MiniStack writes logs, traces and takes from queues by itself.
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    # S3 answers 404 for what is missing only to who may list the bucket, else 403.
    "s3:ListBucket",
    # Rekognition stands in; it reads the version of a selfie with the caller's permission.
    "rekognition:DetectFaces",
    "rekognition:CompareFaces",
    "s3:GetObjectVersion",
}
# An erasure ends twelve minutes after the consent was withdrawn: so long no rehearsal lasts.
ENDS_ERASURES = {"dynamodb:Query", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem"}
# Only people who were verified before portraits were cut out are looked at again.
RECHECKS = {"s3:GetObject"}
# Only a job that runs out of its five minutes sends the rest of itself on.
SENDS_ON = {"sqs:SendMessage"}
# Carried out 72 hours after a decision on a duplicate, so not within a rehearsal.
MOVES_A_NUMBER = {"kms:Decrypt", "s3:GetObject", "sns:Publish"}


@pytest.mark.parametrize("logical", ["ApiHandlerRole", "ScansRole", "JobsRole"])
def test_a_role_allows_what_was_done(stack: StackRun, logical: str) -> None:
    """Nothing was refused, and every action that the policy names was needed by some step."""
    cloudformation, iam = stack.client("cloudformation"), stack.client("iam")
    described = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical)
    role = described["StackResourceDetail"]["PhysicalResourceId"]
    allowed = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]:
            # At rest S3 and DynamoDB ask KMS with the caller's permission, which MiniStack leaves out.
            if statement["Sid"] != "AtRest":
                allowed |= set(statement["Action"])
    done = _done(role)
    assert done["refused"] == set()
    assert done["allowed"] <= allowed
    later = {"ScansRole": ENDS_ERASURES | RECHECKS, "JobsRole": SENDS_ON | MOVES_A_NUMBER}.get(logical, set())
    assert allowed - done["allowed"] - NOT_ASKED_FOR - later == set()


def test_the_evidence_function_records_and_is_refused_nothing(stack: StackRun) -> None:
    """The stream reaches it, and it writes. What only hours, migrations and operators need is not done here."""
    described = stack.client("cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId="EvidenceRole"
    )
    done = _done(described["StackResourceDetail"]["PhysicalResourceId"])
    assert done["refused"] == set()
    assert {"dynamodb:BatchGetItem", "kms:GenerateMac", "s3:PutObject"} <= done["allowed"]


def _done(role: str) -> dict[str, set[str]]:
    """What a role did, and what it was refused."""
    done: dict[str, set[str]] = defaultdict(set)
    for line in ACTIONS.read_text(encoding="utf-8").splitlines():
        principal, action, decision = line.split()
        if f":assumed-role/{role}/" in principal:
            done[decision].add(action)
    return done
