"""The finished template: what `chalice package` and our merge template give together.

Merging is silent about mistakes (a mistyped resource is simply created, a list replaces another), so what must hold is
asserted on the result. Dependencies are left out: they do not change the template, and fetching them takes the network.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from functions.shared.config import Settings

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("app.py", "chalice.json", ".chalice/config.json", "functions", "infra", "vendor")
ORIGIN = "https://portal.example.cn"
ENVIRONMENT = {
    "TABLE_NAME": "t",
    "UPLOAD_BUCKET": "b",
    "DATA_KEY_ID": "d",
    "HASH_KEY_ID": "h",
    "WEB_ORIGIN": ORIGIN,
    "WECHAT_APP_ID": "w",
    "WECHAT_SECRET_PARAMETER": "/s",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
}

# Everything there is, so that a resource under a mistyped name shows.
RESOURCES = {
    "APIHandler": "AWS::Serverless::Function",
    "APIHandlerInvokePermission": "AWS::Lambda::Permission",
    "Alarms": "AWS::SNS::Topic",
    "AlarmsByEmail": "AWS::SNS::Subscription",
    "ApiHandlerRole": "AWS::IAM::Role",
    "ApiLogs": "AWS::Logs::LogGroup",
    "DataKey": "AWS::KMS::Key",
    "DataKeyAlias": "AWS::KMS::Alias",
    "HashKey": "AWS::KMS::Key",
    "HashKeyAlias": "AWS::KMS::Alias",
    "RestAPI": "AWS::Serverless::Api",
    "Scans": "AWS::Serverless::Function",
    "ScansDeadLetters": "AWS::SQS::Queue",
    "ScansEvents": "AWS::Lambda::EventSourceMapping",
    "ScansLogs": "AWS::Logs::LogGroup",
    "ScansQueue": "AWS::SQS::Queue",
    "ScansQueuePolicy": "AWS::SQS::QueuePolicy",
    "ScansRole": "AWS::IAM::Role",
    "StorageKey": "AWS::KMS::Key",
    "StorageKeyAlias": "AWS::KMS::Alias",
    "Table": "AWS::DynamoDB::Table",
    "UploadBucket": "AWS::S3::Bucket",
    "UploadBucketPolicy": "AWS::S3::BucketPolicy",
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
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template as `chalice package` finishes it."""
    project = tmp_path_factory.mktemp("project")
    for part in PARTS:
        (project / part).parent.mkdir(exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, project / part)
    (project / "requirements.txt").touch()
    command = ["package", "--stage", "production", "--merge-template", "infra/resources.json", "out"]
    packaged = subprocess.run(
        [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())", *command],
        cwd=project,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert packaged.returncode == 0, packaged.stdout + packaged.stderr
    return json.loads((project / "out" / "sam.json").read_text())


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
    assert variables <= {name.upper() for name in Settings.__struct_fields__}


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


@pytest.mark.parametrize("name", ["Table", "UploadBucket", "StorageKey", "DataKey", "HashKey"])
def test_data_and_keys_outlive_the_stack(template: dict[str, Any], name: str) -> None:
    """Deleting or replacing the stack keeps what cannot be made again."""
    made = template["Resources"][name]
    assert (made["DeletionPolicy"], made["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_bucket_is_private_versioned_and_encrypted(template: dict[str, Any]) -> None:
    """Nobody reads it but by our roles, over TLS; every object is encrypted with our key."""
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


def test_images_are_kept_as_long_as_the_domain_says(template: dict[str, Any]) -> None:
    """Uploads 1 day, selfies 7, rejected scans 30, accepted ones 180, and what was deleted one day more."""
    rules = properties(template, "UploadBucket")["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert days == {"uploads/": 1, "selfies/": 7, "rejected/": 30, "documents/": 180}
    (whole,) = [rule for rule in rules if rule["Prefix"] == ""]
    assert whole["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert all(rule["Status"] == "Enabled" for rule in rules)


def test_uploads_reach_the_scan_function(template: dict[str, Any]) -> None:
    """S3 announces uploads to the queue, which lets only this bucket in, and the function takes them from there."""
    (wanted,) = properties(template, "UploadBucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert wanted["Event"] == "s3:ObjectCreated:*"
    assert wanted["Queue"] == {"Fn::GetAtt": ["ScansQueue", "Arn"]}
    assert wanted["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/"}]
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


def test_failed_events_come_back_and_end_in_the_dead_letter_queue_with_an_alarm(template: dict[str, Any]) -> None:
    """Visibility is six times the function's timeout (as AWS asks), five receives, then an alarm."""
    queue = properties(template, "ScansQueue")
    assert queue["VisibilityTimeout"] == 6 * properties(template, "Scans")["Timeout"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["ScansDeadLetters", "Arn"]},
        "maxReceiveCount": 5,
    }
    assert properties(template, "ScansDeadLetters")["MessageRetentionPeriod"] == 14 * 86_400
    alarm = properties(template, "ScansDeadLettersAlarm")
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["ScansDeadLetters", "QueueName"]}
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]


def test_keys_have_their_uses_and_aliases(template: dict[str, Any]) -> None:
    """One key at rest, one that seals, one HMAC key; those that can be are rotated."""
    assert properties(template, "HashKey")["KeySpec"] == "HMAC_256"
    assert properties(template, "HashKey")["KeyUsage"] == "GENERATE_VERIFY_MAC"
    for name in ("StorageKey", "DataKey"):
        assert properties(template, name)["EnableKeyRotation"] is True
    for name in ("StorageKey", "DataKey", "HashKey"):
        assert properties(template, f"{name}Alias")["TargetKeyId"] == {"Ref": name}


@pytest.mark.parametrize("role", ["ApiHandlerRole", "ScansRole"])
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


def test_roles_hold_only_what_their_function_does(template: dict[str, Any]) -> None:
    """The scan function neither hashes, compares faces nor sends messages; the API neither reads scans nor deletes."""
    api = {action for statement in statements(template, "ApiHandlerRole") for action in statement["Action"]}
    scans = {action for statement in statements(template, "ScansRole") for action in statement["Action"]}
    assert not {name for name in scans if name.startswith(("rekognition:", "sns:", "ssm:"))}
    assert "kms:GenerateMac" not in scans
    assert not {name for name in api if name.startswith(("sqs:", "s3:Delete"))}
    for actions in (api, scans):
        assert {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments"} <= actions


@pytest.mark.parametrize(("function", "log_group"), [("APIHandler", "ApiLogs"), ("Scans", "ScansLogs")])
def test_functions_write_to_log_groups_that_end(template: dict[str, Any], function: str, log_group: str) -> None:
    """Each function has its log group, with a retention, and is traced."""
    made = properties(template, function)
    assert made["LoggingConfig"] == {"LogGroup": {"Ref": log_group}}
    assert properties(template, log_group)["RetentionInDays"] > 0
    assert made["Tracing"] == "Active"


def test_scan_function_has_the_layer_and_the_size(template: dict[str, Any]) -> None:
    """Reading text needs a whole processor, and only this function carries the imaging layer."""
    scans = properties(template, "Scans")
    assert scans["Layers"] == [{"Ref": "ImagingLayerArn"}]
    assert scans["MemorySize"] >= 1769
    assert scans["Handler"] == "app.scans"
    assert "Layers" not in properties(template, "APIHandler")


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
        assert origin == {"Fn::Sub": "'${WebOrigin}'"}
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == 404
    assert "gatewayresponse.header.Retry-After" in answers["DEFAULT_5XX"]["responseParameters"]


def test_every_path_answers_the_preflight_for_the_web_origin(template: dict[str, Any]) -> None:
    """Chalice writes the preflight answers of each path, and they name the one origin."""
    paths = properties(template, "RestAPI")["DefinitionBody"]["paths"]
    assert "/healthz" in paths
    for path, methods in paths.items():
        answer = methods["options"]["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
        assert answer["method.response.header.Access-Control-Allow-Origin"] == f"'{ORIGIN}'", path
