"""The finished template: what `chalice package` and our merge template give together.

Merging is silent about mistakes (a mistyped resource is simply created, a list replaces another), so what must hold is
asserted on the result.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from deployment import layers
from deployment.pruning import SERVICES
from deployment.target import Target
from deployment.template import finished, layer_archives, of_type
from functions.evidence.events import Command, WriteHeads
from functions.grants.jobs import worker as job_worker
from functions.identity.gateways import IMAGE_PLACES
from functions.shared.config import Settings
from functions.shared.table import keys

# Everything has the origin of the one parameter.
ORIGIN = {"Fn::Sub": "'${WebOrigin}'"}

# Everything there is, so that a resource under a mistyped name shows.
RESOURCES = {
    "APIHandler": "AWS::Serverless::Function",
    "APIHandlerInvokePermission": "AWS::Lambda::Permission",
    "AccessLogs": "AWS::Logs::LogGroup",
    "Alarms": "AWS::SNS::Topic",
    "AlarmsByEmail": "AWS::SNS::Subscription",
    "ApiHandlerRole": "AWS::IAM::Role",
    "ApiLogs": "AWS::Logs::LogGroup",
    "Dashboard": "AWS::CloudWatch::Dashboard",
    "DataKey": "AWS::KMS::Key",
    "DataKeyAlias": "AWS::KMS::Alias",
    "Evidence": "AWS::Serverless::Function",
    "EvidenceBucket": "AWS::S3::Bucket",
    "EvidenceBucketPolicy": "AWS::S3::BucketPolicy",
    "EvidenceDeadLetters": "AWS::SQS::Queue",
    "EvidenceEvents": "AWS::Lambda::EventSourceMapping",
    "EvidenceHourly": "AWS::Events::Rule",
    "EvidenceHourlyPermission": "AWS::Lambda::Permission",
    "EvidenceLogs": "AWS::Logs::LogGroup",
    "EvidenceRole": "AWS::IAM::Role",
    "FunctionsKey": "AWS::KMS::Key",
    "FunctionsKeyAlias": "AWS::KMS::Alias",
    "GatewayAccountLogs": "AWS::ApiGateway::Account",
    "GatewayLogsRole": "AWS::IAM::Role",
    "HashKey": "AWS::KMS::Key",
    "HashKeyAlias": "AWS::KMS::Alias",
    "HourlySteps": "AWS::Events::Rule",
    "ImagingLayer": "AWS::Serverless::LayerVersion",
    "PicturesLayer": "AWS::Serverless::LayerVersion",
    "Jobs": "AWS::Serverless::Function",
    "JobsDeadLetters": "AWS::SQS::Queue",
    "JobsEvents": "AWS::Lambda::EventSourceMapping",
    "JobsLogs": "AWS::Logs::LogGroup",
    "JobsQueue": "AWS::SQS::Queue",
    "JobsQueuePolicy": "AWS::SQS::QueuePolicy",
    "JobsRole": "AWS::IAM::Role",
    "RestAPI": "AWS::Serverless::Api",
    "Scans": "AWS::Serverless::Function",
    "ScansDeadLetters": "AWS::SQS::Queue",
    "ScansEvents": "AWS::Lambda::EventSourceMapping",
    "ScansLogs": "AWS::Logs::LogGroup",
    "ScansQueue": "AWS::SQS::Queue",
    "ScansQueuePolicy": "AWS::SQS::QueuePolicy",
    "SelfiesEvents": "AWS::Lambda::EventSourceMapping",
    "SelfiesQueue": "AWS::SQS::Queue",
    "SelfiesQueuePolicy": "AWS::SQS::QueuePolicy",
    "ScansRole": "AWS::IAM::Role",
    "SpreadsheetsLayer": "AWS::Serverless::LayerVersion",
    "StorageKey": "AWS::KMS::Key",
    "StorageKeyAlias": "AWS::KMS::Alias",
    "Table": "AWS::DynamoDB::Table",
    "UploadBucket": "AWS::S3::Bucket",
    "UploadBucketPolicy": "AWS::S3::BucketPolicy",
    "WebAcl": "AWS::WAFv2::WebACL",
    "WebAclOfTheStage": "AWS::WAFv2::WebACLAssociation",
}

ROLES = ("ApiHandlerRole", "ScansRole", "JobsRole", "EvidenceRole")
# The ARN of our roles; an emulator, unlike AWS, gives that of the session.
OF_OTHERS = {
    "ArnNotLike": {
        "aws:PrincipalArn": [
            {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-*Role-*"},
            {"Fn::Sub": "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${AWS::StackName}-*Role-*/*"},
        ]
    }
}
MONITORING = {"AWS::Logs::MetricFilter", "AWS::CloudWatch::Alarm"}

# IAM knows no resources for these actions ("Service Authorization Reference").
WITHOUT_RESOURCES = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "rekognition:DetectFaces",
    "rekognition:CompareFaces",
}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """The template as it is deployed."""
    return finished(Target())


def properties(template: dict[str, Any], name: str) -> dict[str, Any]:
    """The properties of a resource."""
    return template["Resources"][name]["Properties"]


def statements(template: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """What a role may do."""
    (policy,) = properties(template, role)["Policies"]
    return policy["PolicyDocument"]["Statement"]


def references(node: Any) -> Iterator[str]:
    """The logical names that a part of the template refers to."""
    if isinstance(node, list):
        for part in node:
            yield from references(part)
    elif isinstance(node, dict):
        for name, part in node.items():
            if name == "Ref":
                yield part
            elif name == "Fn::GetAtt":
                yield part[0]
            elif name == "Fn::Sub":
                # Chalice also writes the form that carries names of its own.
                text, own = part if isinstance(part, list) else (part, {})
                yield from references(own)
                yield from (found for found in _substitutions(text) if found not in own)
            else:
                yield from references(part)


def _substitutions(text: str) -> list[str]:
    return [part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:]]


def test_has_exactly_the_resources_we_mean(template: dict[str, Any]) -> None:
    """Every resource is listed here with its type, but metrics and alarms (tests/integration/test_metrics.py)."""
    kinds = {name: made.get("Type") for name, made in template["Resources"].items()}
    assert {name: kind for name, kind in kinds.items() if kind not in MONITORING} == RESOURCES
    assert {kind for name, kind in kinds.items() if name.endswith("Alarm")} == {"AWS::CloudWatch::Alarm"}


def test_refers_only_to_what_exists(template: dict[str, Any]) -> None:
    """Every reference names a resource, a parameter or a pseudo parameter."""
    known = {*template["Resources"], *template["Parameters"]}
    unknown = {name for name in references(template) if name not in known and not name.startswith("AWS::")}
    assert unknown == set()


def test_functions_get_every_required_setting(template: dict[str, Any]) -> None:
    """Each setting without a default is in the environment of all functions, and no variable is unknown to them."""
    variables = set(template["Globals"]["Function"]["Environment"]["Variables"])
    required = {field.name.upper() for field in msgspec.structs.fields(Settings) if field.required}
    assert required <= variables
    assert variables - {"ORT_DISABLE_TELEMETRY"} <= {name.upper() for name in Settings.__struct_fields__}


def test_functions_report_nothing_to_their_libraries_makers(template: dict[str, Any]) -> None:
    """The telemetry of onnxruntime is off in every function; none has an environment of its own in its place."""
    assert template["Globals"]["Function"]["Environment"]["Variables"]["ORT_DISABLE_TELEMETRY"] == "1"
    for function in of_type(template, "AWS::Serverless::Function"):
        assert "ORT_DISABLE_TELEMETRY" not in function.get("Environment", {}).get("Variables", {})


def test_table_is_as_the_items_need_it(template: dict[str, Any]) -> None:
    """Keys, index, TTL, recovery, our own key, deletion protection, on demand."""
    table = properties(template, "Table")
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "gsi1"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["gsi1pk", "gsi1sk"]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert {attribute["AttributeType"] for attribute in table["AttributeDefinitions"]} == {"S"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["StorageKey", "Arn"]}
    assert table["DeletionProtectionEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}


@pytest.mark.parametrize(
    "name", ["Table", "UploadBucket", "StorageKey", "DataKey", "HashKey", "FunctionsKey", "EvidenceBucket"]
)
def test_data_and_keys_outlive_the_stack(template: dict[str, Any], name: str) -> None:
    """Deleting or replacing the stack keeps what cannot be made again; a first deployment that fails leaves no names.

    Only the table stays then too, empty and under a name of its own: it is protected against deletion.
    """
    made = template["Resources"][name]
    kept = "Retain" if name == "Table" else "RetainExceptOnCreate"
    assert (made["DeletionPolicy"], made["UpdateReplacePolicy"]) == (kept, "Retain")


def test_bucket_is_private_versioned_and_encrypted(template: dict[str, Any]) -> None:
    """No one reads it but by our roles, over TLS; every object is encrypted with our key."""
    bucket = properties(template, "UploadBucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": {"Fn::GetAtt": ["StorageKey", "Arn"]},
    }
    (deny,) = properties(template, "UploadBucketPolicy")["PolicyDocument"]["Statement"]
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_bucket_is_public(template: dict[str, Any]) -> None:
    """Every bucket blocks what is public and refuses calls without TLS, and no policy lets everybody do anything."""
    resources = template["Resources"]
    buckets = {name for name, made in resources.items() if made["Type"] == "AWS::S3::Bucket"}
    policies = [made["Properties"] for made in resources.values() if made["Type"] == "AWS::S3::BucketPolicy"]
    assert {policy["Bucket"]["Ref"] for policy in policies} == buckets
    for name in buckets:
        blocked = properties(template, name)["PublicAccessBlockConfiguration"]
        assert (len(blocked), set(blocked.values())) == (4, {True})
    for made in resources.values():
        for statement in made.get("Properties", {}).get("PolicyDocument", {}).get("Statement", []):
            assert statement["Effect"] == "Deny" or statement["Principal"] != "*"


def test_photos_come_from_the_web_origin_and_the_mini_program_only(template: dict[str, Any]) -> None:
    """A page may send an upload form from there, and no page may read an image."""
    (rule,) = properties(template, "UploadBucket")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["POST"]
    assert rule["AllowedOrigins"] == [{"Ref": "WebOrigin"}, "https://servicewechat.com"]


def test_logs_end_and_queues_are_encrypted_over_tls(template: dict[str, Any]) -> None:
    """Every log group has a retention; every queue is encrypted, and those that are filled refuse calls without TLS."""
    resources = template["Resources"]
    groups = [made["Properties"] for made in resources.values() if made["Type"] == "AWS::Logs::LogGroup"]
    assert all(group["RetentionInDays"] in {30, 180} for group in groups)
    queues = {name: made["Properties"] for name, made in resources.items() if made["Type"] == "AWS::SQS::Queue"}
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    over_tls = {
        policy["Properties"]["Queues"][0]["Ref"]
        for policy in resources.values()
        if policy["Type"] == "AWS::SQS::QueuePolicy"
        and any(statement["Sid"] == "TlsOnly" for statement in policy["Properties"]["PolicyDocument"]["Statement"])
    }
    assert over_tls == {name for name, queue in queues.items() if "RedrivePolicy" in queue}


def test_images_and_exports_are_kept_as_long_as_the_domain_says(template: dict[str, Any]) -> None:
    """Uploads and exports 1 day, selfies 7, rejected scans 30, accepted ones 180, and what was deleted one day more."""
    rules = properties(template, "UploadBucket")["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert days == {"uploads/": 1, "selfies/": 5, "rejected/": 28, "documents/": 178, "exports/": 1}
    # S3 acts at the midnight after the last day, and then keeps the version as a noncurrent one.
    (noncurrent,) = [rule["NoncurrentVersionExpiration"]["NoncurrentDays"] for rule in rules if rule["Prefix"] == ""]
    gone = {prefix: after + 1 + noncurrent for prefix, after in days.items()}
    assert (gone["selfies/"], gone["rejected/"], gone["documents/"]) == (7, 30, 180)
    (whole,) = [rule for rule in rules if rule["Prefix"] == ""]
    assert whole["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert all(rule["Status"] == "Enabled" for rule in rules)


def test_uploads_reach_the_scan_function(template: dict[str, Any]) -> None:
    """S3 announces uploads to the queue, which lets only this bucket in, and the function takes them from there."""
    (wanted,) = properties(template, "UploadBucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert wanted["Event"] == "s3:ObjectCreated:*"
    assert wanted["Queue"] == {"Fn::GetAtt": ["ScansQueue", "Arn"]}
    assert wanted["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/scans/"}]
    allow, deny = properties(template, "ScansQueuePolicy")["PolicyDocument"]["Statement"]
    name = properties(template, "UploadBucket")["BucketName"]["Fn::Sub"]
    assert allow["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allow["Condition"]["ArnEquals"] == {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:s3:::" + name}}
    assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert deny["Effect"] == "Deny"
    assert "ScansQueuePolicy" in template["Resources"]["UploadBucket"]["DependsOn"]
    mapping = properties(template, "ScansEvents")
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["ScansQueue", "Arn"]}
    assert mapping["FunctionName"] == {"Ref": "Scans"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 1 <= mapping["BatchSize"] <= 5


def test_scans_and_selfies_do_not_wait_for_each_other(template: dict[str, Any]) -> None:
    """Each has a queue and workers of its own, whatever comes to the other one; what fails ends in one place."""
    scans, selfies = properties(template, "ScansEvents"), properties(template, "SelfiesEvents")
    assert selfies["EventSourceArn"] == {"Fn::GetAtt": ["SelfiesQueue", "Arn"]}
    assert selfies["FunctionName"] == scans["FunctionName"] == {"Ref": "Scans"}
    assert selfies["FunctionResponseTypes"] == scans["FunctionResponseTypes"]
    assert (scans["ScalingConfig"], selfies["ScalingConfig"]) == (
        {"MaximumConcurrency": 50},
        {"MaximumConcurrency": 20},
    )
    queues = [properties(template, name) for name in ("ScansQueue", "SelfiesQueue")]
    assert queues[0] == queues[1]
    (deny,) = properties(template, "SelfiesQueuePolicy")["PolicyDocument"]["Statement"]
    assert deny["Effect"] == "Deny"


def test_jobs_come_one_by_one_from_a_queue_that_only_we_fill(template: dict[str, Any]) -> None:
    """A message is a job, so one at a time; every function knows the queue, and nothing comes in without TLS.

    Beside the functions, only the hourly rule may send, and it sends what asks for the steps that are due.
    """
    mapping = properties(template, "JobsEvents")
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["JobsQueue", "Arn"]}
    assert mapping["FunctionName"] == {"Ref": "Jobs"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 1
    deny, hourly = properties(template, "JobsQueuePolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Sid"]) == ("Deny", "TlsOnly")
    assert (hourly["Effect"], hourly["Principal"]) == ("Allow", {"Service": "events.amazonaws.com"})
    assert hourly["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["HourlySteps", "Arn"]}}}
    rule = properties(template, "HourlySteps")
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["JobsQueue", "Arn"]}
    assert json.loads(target["Input"]) == {"steps_due": True}
    assert template["Globals"]["Function"]["Environment"]["Variables"]["JOBS_QUEUE_URL"] == {"Ref": "JobsQueue"}


@pytest.mark.parametrize("name", ["Scans", "Jobs"])
def test_failed_events_come_back_and_end_in_the_dead_letter_queue_with_an_alarm(
    template: dict[str, Any], name: str
) -> None:
    """Visibility is six times the function's timeout (as AWS asks), five receives, then an alarm."""
    queue = properties(template, f"{name}Queue")
    assert queue["VisibilityTimeout"] == 6 * properties(template, name)["Timeout"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]},
        "maxReceiveCount": 5,
    }
    assert properties(template, f"{name}DeadLetters")["MessageRetentionPeriod"] == 14 * 86_400
    alarm = properties(template, f"{name}DeadLettersAlarm")
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": [f"{name}DeadLetters", "QueueName"]}
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]


def test_keys_have_their_uses_and_aliases(template: dict[str, Any]) -> None:
    """One key at rest, one that seals, two HMAC keys; those that can be are rotated."""
    for name in ("HashKey", "FunctionsKey"):
        assert properties(template, name)["KeySpec"] == "HMAC_256"
        assert properties(template, name)["KeyUsage"] == "GENERATE_VERIFY_MAC"
    for name in ("StorageKey", "DataKey"):
        assert properties(template, name)["EnableKeyRotation"] is True
    for name in ("StorageKey", "DataKey", "HashKey", "FunctionsKey"):
        assert properties(template, f"{name}Alias")["TargetKeyId"] == {"Ref": name}


def test_people_cannot_derive_what_the_functions_key(template: dict[str, Any]) -> None:
    """The key of codes and of the audit chain makes MACs for the roles of this stack alone, whatever IAM allows.

    CloudFormation names the roles after the stack; every function that writes events may use the key.
    """
    (deny,) = [
        statement
        for statement in properties(template, "FunctionsKey")["KeyPolicy"]["Statement"]
        if statement["Effect"] == "Deny"
    ]
    assert (deny["Principal"], deny["Action"], deny["Resource"]) == ("*", "kms:GenerateMac", "*")
    assert deny["Condition"] == OF_OTHERS
    for role in ROLES:
        assert "RoleName" not in properties(template, role)
        assert _keys_of(template, role, "kms:GenerateMac") >= {"FunctionsKey"}


def test_nobody_changes_or_removes_evidence(template: dict[str, Any]) -> None:
    """The bucket locks every version for ten years as a default, in the mode that not even root can shorten.

    Only roles of this stack write to it; none removes, and none may: not a version, not by a delete marker.
    """
    bucket = properties(template, "EvidenceBucket")
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": {"Ref": "EvidenceLockMode"}, "Days": {"Ref": "EvidenceLockDays"}}},
    }
    assert "LifecycleConfiguration" not in bucket
    parameters = template["Parameters"]
    assert (parameters["EvidenceLockMode"]["Default"], parameters["EvidenceLockDays"]["Default"]) == (
        "COMPLIANCE",
        "3650",
    )
    denied = {made["Sid"]: made for made in properties(template, "EvidenceBucketPolicy")["PolicyDocument"]["Statement"]}
    assert {made["Effect"] for made in denied.values()} == {"Deny"}
    assert {made["Principal"] for made in denied.values()} == {"*"}
    assert denied["OnlyTheFunctionsWrite"]["Action"] == "s3:PutObject"
    assert denied["OnlyTheFunctionsWrite"]["Condition"] == OF_OTHERS
    assert "Condition" not in denied["NobodyRemoves"]
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"} <= set(
        denied["NobodyRemoves"]["Action"]
    )
    writers = {role for role in ROLES if _may(template, role, "s3:PutObject", "EvidenceBucket")}
    assert writers == {"EvidenceRole"}


def test_the_stream_reaches_the_evidence_function(template: dict[str, Any]) -> None:
    """Audit events alone, from the stream's beginning; what fails is tried again, halved, kept and an alarm."""
    mapping = properties(template, "EvidenceEvents")
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert mapping["FunctionName"] == {"Ref": "Evidence"}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    (only,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(only["Pattern"]) == {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": keys.AUDIT_PREFIX}]}}}}
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] >= 10
    dead = {"Fn::GetAtt": ["EvidenceDeadLetters", "Arn"]}
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": dead}}
    assert properties(template, "EvidenceDeadLetters")["MessageRetentionPeriod"] == 14 * 86_400
    alarms = {name: properties(template, name) for name in ("EvidenceDeadLettersAlarm", "EvidenceLagAlarm")}
    assert alarms["EvidenceDeadLettersAlarm"]["Dimensions"][0]["Value"] == {
        "Fn::GetAtt": ["EvidenceDeadLetters", "QueueName"]
    }
    assert alarms["EvidenceLagAlarm"]["MetricName"] == "IteratorAge"
    assert properties(template, "TouchedEventsAlarm")["MetricName"] == "TouchedEvents"


def test_heads_are_written_hourly(template: dict[str, Any]) -> None:
    """A rule invokes the evidence function with its command, and only that rule may."""
    rule = properties(template, "EvidenceHourly")
    assert rule["ScheduleExpression"] == "cron(15 * * * ? *)"
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["Evidence", "Arn"]}
    assert msgspec.convert(json.loads(target["Input"]), Command) == WriteHeads()
    permission = properties(template, "EvidenceHourlyPermission")
    assert permission["FunctionName"] == {"Ref": "Evidence"}
    assert permission["SourceArn"] == {"Fn::GetAtt": ["EvidenceHourly", "Arn"]}


def test_the_operator_finds_the_evidence_function_by_the_apis(template: dict[str, Any]) -> None:
    """Beside the settings that all functions share, the API's environment names it."""
    named = properties(template, "APIHandler")["Environment"]["Variables"]
    assert named == {"EVIDENCE_FUNCTION": {"Ref": "Evidence"}}


def _may(template: dict[str, Any], role: str, action: str, resource: str) -> bool:
    """Whether a role may do something to a resource."""
    allowed = [made for made in statements(template, role) if action in made["Action"]]
    return any(resource in set(references(made.get("Resource", {}))) for made in allowed)


def _keys_of(template: dict[str, Any], role: str, action: str) -> set[str]:
    """The keys on which a role may do something."""
    return {made["Resource"]["Fn::GetAtt"][0] for made in statements(template, role) if action in made["Action"]}


@pytest.mark.parametrize("role", ROLES)
def test_roles_name_their_actions_and_resources(template: dict[str, Any], role: str) -> None:
    """No action holds a wildcard, and `*` is the resource only of actions for which IAM knows no other."""
    for statement in statements(template, role):
        assert not any("*" in action for action in statement["Action"]), statement["Sid"]
        if statement.get("Resource") == "*":
            assert set(statement["Action"]) <= WITHOUT_RESOURCES
        elif "NotResource" in statement:
            # A phone has no ARN: everything but topics leaves phones only.
            assert statement["Action"] == ["sns:Publish"]
            assert statement["NotResource"] == {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}


@pytest.mark.parametrize("role", ROLES)
def test_nobody_may_scan_or_describe_the_table(template: dict[str, Any], role: str) -> None:
    """No function can read the table from end to end, or ask how it is made."""
    actions = {action for statement in statements(template, role) for action in statement["Action"]}
    assert "dynamodb:Query" in actions
    assert not actions & {"dynamodb:Scan", "dynamodb:DescribeTable", "dynamodb:PartiQLSelect", "dynamodb:*"}


def test_roles_hold_only_what_their_function_does(template: dict[str, Any]) -> None:
    """The scan function finds faces, but neither hashes nor compares; the API neither reads scans nor deletes.

    The scan function seals what it read, and has itself delete the scan that another one replaced.

    The API sends jobs and erasures, each to its own queue. The jobs function writes exports; it also carries a decision
    on an impostor out, for which it reads and copies the images of an application, unseals and reports by SMS.
    """
    api = {action for statement in statements(template, "ApiHandlerRole") for action in statement["Action"]}
    scans = {action for statement in statements(template, "ScansRole") for action in statement["Action"]}
    assert {name for name in scans if name.startswith("rekognition:")} == {"rekognition:DetectFaces"}
    assert not {name for name in scans if name.startswith(("sns:", "ssm:"))}
    assert _keys_of(template, "ScansRole", "kms:GenerateMac") == {"FunctionsKey"}
    (leftovers,) = [made for made in statements(template, "ScansRole") if "sqs:SendMessage" in made["Action"]]
    assert leftovers["Resource"] == {"Fn::GetAtt": ["ScansQueue", "Arn"]}
    assert _keys_of(template, "ScansRole", "kms:Encrypt") == {"DataKey"}
    assert not {name for name in api if name.startswith("s3:Delete")}
    assert {name for name in api if name.startswith("sqs:")} == {"sqs:SendMessage"}
    (sends,) = [made for made in statements(template, "ApiHandlerRole") if "sqs:SendMessage" in made["Action"]]
    assert sends["Resource"] == [
        {"Fn::GetAtt": [queue, "Arn"]} for queue in ("JobsQueue", "ScansQueue", "SelfiesQueue")
    ]
    jobs = {action for statement in statements(template, "JobsRole") for action in statement["Action"]}
    assert {name for name in jobs if name.startswith("s3:")} == {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}
    assert not {name for name in jobs if name.startswith(("rekognition:", "ssm:"))}
    assert "kms:Encrypt" not in jobs
    assert _keys_of(template, "JobsRole", "kms:GenerateMac") == {"FunctionsKey"}
    for actions in (api, scans, jobs):
        assert {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments"} <= actions


def test_the_scan_function_can_erase_everything_that_shows_a_person(template: dict[str, Any]) -> None:
    """Every prefix that images are written under, and nothing else; it finds old versions too."""
    allowed = {
        (action, resource.get("Fn::Sub", "bucket"))
        for made in statements(template, "ScansRole")
        for action in made["Action"]
        for resource in (made["Resource"] if isinstance(made["Resource"], list) else [made["Resource"]])
        if isinstance(resource, dict)
    }
    places = {place.split("/")[0] for place in IMAGE_PLACES}
    rules = properties(template, "UploadBucket")["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"] for rule in rules} - {"", "exports/"} | {"verified/"} == {f"{place}/" for place in places}
    everywhere = {"${UploadBucket.Arn}/" + place + "/*" for place in places}
    assert {where for what, where in allowed if what == "s3:DeleteObjectVersion"} == everywhere
    assert ("s3:ListBucketVersions", "bucket") in allowed


@pytest.mark.parametrize(
    ("function", "log_group"),
    [("APIHandler", "ApiLogs"), ("Scans", "ScansLogs"), ("Jobs", "JobsLogs"), ("Evidence", "EvidenceLogs")],
)
def test_functions_write_to_log_groups_that_end(template: dict[str, Any], function: str, log_group: str) -> None:
    """Each function has its log group, with a retention, and is traced."""
    made = properties(template, function)
    assert made["LoggingConfig"] == {"LogGroup": {"Ref": log_group}}
    assert properties(template, log_group)["RetentionInDays"] > 0
    assert made["Tracing"] == "Active"


def test_scan_function_has_the_layer_and_the_size(template: dict[str, Any]) -> None:
    """Reading text needs a whole processor, and only this function carries the imaging layer."""
    scans = properties(template, "Scans")
    assert scans["Layers"] == [{"Ref": "ImagingLayer"}]
    assert scans["MemorySize"] >= 1769
    assert scans["Handler"] == "app.scans"
    assert properties(template, "APIHandler")["Layers"] == [{"Ref": "PicturesLayer"}]


def test_the_jobs_function_has_the_layer_that_writes_spreadsheets(template: dict[str, Any]) -> None:
    """And enough time for a good many chunks before it hands the rest on."""
    jobs = properties(template, "Jobs")
    assert jobs["Layers"] == [{"Ref": "SpreadsheetsLayer"}]
    assert jobs["Handler"] == "app.jobs"
    assert jobs["Timeout"] >= 5 * job_worker.NEEDED_S


def test_gateway_answers_are_problems_with_cors(template: dict[str, Any]) -> None:
    """What API Gateway answers by itself has the one error shape and can be read by the web origin."""
    answers = properties(template, "RestAPI")["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    assert {"MISSING_AUTHENTICATION_TOKEN", "DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED"} <= set(answers)
    for answer in answers.values():
        ((media_type, body),) = answer["responseTemplates"].items()
        problem = json.loads(body)
        assert media_type == "application/problem+json"
        assert problem["status"] == answer["statusCode"]
        assert set(problem) == {"type", "title", "status", "code", "detail", "errors", "request_id"}
        origin = answer["responseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"]
        assert origin == ORIGIN
        for name in ("Strict-Transport-Security", "X-Content-Type-Options", "Referrer-Policy"):
            assert f"gatewayresponse.header.{name}" in answer["responseParameters"]
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404
    assert "gatewayresponse.header.Retry-After" in answers["DEFAULT_5XX"]["responseParameters"]


def test_every_path_answers_the_preflight_for_the_web_origin(template: dict[str, Any]) -> None:
    """Chalice writes the preflight answers of each path, and they name the one origin."""
    paths = properties(template, "RestAPI")["DefinitionBody"]["paths"]
    assert "/healthz" in paths
    for path, methods in paths.items():
        answer = methods["options"]["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
        assert answer["method.response.header.Access-Control-Allow-Origin"] == ORIGIN, path


def test_every_path_answers_405_to_methods_it_does_not_have(template: dict[str, Any]) -> None:
    """API Gateway answers them by itself with the problem, the path's methods and the headers of all its answers."""
    definition = properties(template, "RestAPI")["DefinitionBody"]
    for path, methods in definition["paths"].items():
        answer = methods["x-amazon-apigateway-any-method"]
        integration = answer["x-amazon-apigateway-integration"]
        assert integration["type"] == "mock"
        assert json.loads(integration["requestTemplates"]["application/json"]) == {"statusCode": 405}
        given = integration["responses"]["default"]
        headers = {
            name.removeprefix("method.response.header."): value for name, value in given["responseParameters"].items()
        }
        known = {name for name in methods if not name.startswith("x-")}
        assert set(headers["Allow"].strip("'").lower().split(", ")) == known, path
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert headers["X-Request-Id"] == "context.requestId"
        assert set(answer["responses"]["405"]["headers"]) == set(headers)
        body = json.loads(given["responseTemplates"]["application/problem+json"])
        assert (body["status"], body["code"], body["request_id"]) == (405, "METHOD_NOT_ALLOWED", "$context.requestId")


def test_nothing_of_the_machine_that_packaged_is_in_it(template: dict[str, Any]) -> None:
    """Runtime, processor and archives are the target's; the stand-in settings of packaging are gone."""
    functions = [made["Properties"] for made in template["Resources"].values() if made["Type"].endswith("::Function")]
    assert {function["Runtime"] for function in functions} == {"python3.12"}
    assert [function["Architectures"] for function in functions] == [["arm64"]] * len(functions)
    assert {function["CodeUri"] for function in functions} == {"functions.zip"}
    assert "web-origin.invalid" not in json.dumps(template)
    assert "packaging" not in json.dumps(template)


def test_each_layer_is_made_here_and_used(template: dict[str, Any]) -> None:
    """Every layer of the template has its folder, is for the target, and at least one function carries it."""
    made = {
        name: one["Properties"] for name, one in template["Resources"].items() if one["Type"].endswith("LayerVersion")
    }
    assert set(layer_archives(template).values()) <= set(layers.names())
    assert {tuple(layer["CompatibleRuntimes"]) for layer in made.values()} == {("python3.12",)}
    assert {tuple(layer["CompatibleArchitectures"]) for layer in made.values()} == {("arm64",)}
    carried = {
        layer["Ref"] for one in template["Resources"].values() for layer in one.get("Properties", {}).get("Layers", [])
    }
    assert carried == set(made)


def test_every_queue_gives_its_function_time(template: dict[str, Any]) -> None:
    """Visibility is at least six times the timeout of the function that takes from the queue (as AWS asks)."""
    mappings = [
        one["Properties"] for one in template["Resources"].values() if one["Type"].endswith("EventSourceMapping")
    ]
    assert len(mappings) >= 2
    for mapping in mappings:
        if mapping["EventSourceArn"] == {"Fn::GetAtt": ["Table", "StreamArn"]}:
            continue  # a stream has no visibility
        queue = properties(template, mapping["EventSourceArn"]["Fn::GetAtt"][0])
        function = properties(template, mapping["FunctionName"]["Ref"])
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_every_function_has_a_role_a_size_and_an_end(template: dict[str, Any]) -> None:
    """No two functions share a role, the API ends before API Gateway gives up, and memory is what was decided."""
    functions = {
        n: m["Properties"] for n, m in template["Resources"].items() if m["Type"] == "AWS::Serverless::Function"
    }
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions.values()]
    assert len(set(roles)) == len(roles)
    for name, function in functions.items():
        assert function["Timeout"] <= (29 if name == "APIHandler" else 900)
        assert function["MemorySize"] >= 512
        assert "Policies" not in function


def test_packages_hold_the_services_that_policies_name(template: dict[str, Any]) -> None:
    """Botocore keeps the data of exactly those services that some function may call."""
    roles = [name for name, one in template["Resources"].items() if name.endswith("Role") and name != "GatewayLogsRole"]
    actions = {action for role in roles for statement in statements(template, role) for action in statement["Action"]}
    called = {action.partition(":")[0] for action in actions} - {"logs", "xray"}
    assert called == set(SERVICES)


def test_the_stage_is_throttled_traced_and_logs_no_personal_data(template: dict[str, Any]) -> None:
    """All routes have a limit, messages and searches a lower one; access logs name no path, no caller."""
    api = properties(template, "RestAPI")
    assert api["TracingEnabled"] is True
    everything, messages, searches = api["MethodSettings"]
    assert (everything["ResourcePath"], everything["HttpMethod"]) == ("/*", "*")
    assert messages["ResourcePath"] == "/~1auth~1sms-codes"
    assert (searches["ResourcePath"], searches["HttpMethod"]) == ("/~1institutions", "GET")
    limits = [settings["ThrottlingRateLimit"] for settings in (messages, searches, everything)]
    assert limits == sorted(set(limits))
    assert not any(settings["DataTraceEnabled"] for settings in api["MethodSettings"])
    assert api["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    logged = set(json.loads(api["AccessLogSetting"]["Format"]).values())
    assert not {name for name in logged if name.startswith(("$context.identity", "$context.path"))}
    assert template["Resources"]["RestAPI"]["DependsOn"] == ["GatewayAccountLogs"]


def test_rates_by_address_stand_before_the_stage(template: dict[str, Any]) -> None:
    """Every request counts by address before the limits that all callers share; no sample of one is kept."""
    association = properties(template, "WebAclOfTheStage")
    assert association["WebACLArn"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    assert association["ResourceArn"]["Fn::Sub"].endswith("/restapis/${RestAPI}/stages/${RestAPI.Stage}")
    acl = properties(template, "WebAcl")
    rates = {rule["Name"]: rule["Statement"]["RateBasedStatement"] for rule in acl["Rules"]}
    assert {rate["AggregateKeyType"] for rate in rates.values()} == {"IP"}
    assert {rate["EvaluationWindowSec"] for rate in rates.values()} == {300}
    assert [list(rule["Action"]) for rule in acl["Rules"]] == [["Block"]] * len(rates)
    watched = [acl["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl["Rules"])]
    assert not any(one["SampledRequestsEnabled"] for one in watched)
    # One rule counts the polls of consoles, another one everything else: nothing is left out.
    polls = rates["polls-by-address"]["ScopeDownStatement"]
    assert rates["requests-by-address"]["ScopeDownStatement"] == {"NotStatement": {"Statement": polls}}
    blocked = properties(template, "RestAPI")["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]["WAF_FILTERED"]
    assert blocked["statusCode"] == 429
    assert blocked["responseParameters"]["gatewayresponse.header.Retry-After"] == "'300'"


def test_one_address_cannot_use_up_the_stage(template: dict[str, Any]) -> None:
    """What the web ACL lets one address do, evenly over five minutes, is a fraction of what the stage takes."""
    acl = properties(template, "WebAcl")
    a_second = {rule["Name"]: rule["Statement"]["RateBasedStatement"]["Limit"] / 300 for rule in acl["Rules"]}
    everything, messages, _ = properties(template, "RestAPI")["MethodSettings"]
    assert a_second["messages-by-address"] <= messages["ThrottlingRateLimit"] / 10
    assert a_second["requests-by-address"] <= everything["ThrottlingRateLimit"] / 5
    assert a_second["polls-by-address"] <= everything["ThrottlingRateLimit"] / 2


def test_two_stacks_fit_into_one_account(template: dict[str, Any]) -> None:
    """What needs a name of its own has the stack's name in it."""
    for name, one in template["Resources"].items():
        for part in ("AliasName", "BucketName", "DashboardName", "QueueName", "RoleName", "TableName", "TopicName"):
            if part in one.get("Properties", {}):
                assert "AWS::StackName" in json.dumps(one["Properties"][part]), name


def test_dashboard_shows_what_there_is(template: dict[str, Any]) -> None:
    """Its body is JSON once CloudFormation has put the names in."""
    body = properties(template, "Dashboard")["DashboardBody"]["Fn::Sub"]
    assert {widget["type"] for widget in json.loads(body)["widgets"]} == {"metric"}
