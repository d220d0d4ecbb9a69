"""What the template describes, made in moto through the AWS API: keys, table, queues, bucket, secret.

Only what the local run can act on is made: alarms, log groups and policies are for AWS. The order is that of the
references between them.
"""

import functools
import json
from typing import Any

import boto3.session

from local.template import Template

LOCAL_SECRET = "local-secret"


def provision(template: Template, endpoint: str | None, *, retry_s: int, streams: bool = False) -> None:
    """Make everything at an endpoint (None: where the AWS clients go by themselves, as in a test within moto).

    `retry_s` replaces the queues' visibility timeout, so that a failed event comes back soon. `streams` turns on the
    tables' streams, which moto keeps for as long as it runs.
    """
    client = functools.partial(_client, endpoint, template.name_of("AWS::Region"))
    _make_keys(template, client("kms"))
    _make_tables(template, client("dynamodb"), streams=streams)
    _make_queues(template, client("sqs"), retry_s)
    _make_buckets(template, client("s3"))
    client("ssm").put_parameter(Name=template.name_of("WechatSecretParameter"), Value=LOCAL_SECRET, Type="SecureString")


@functools.cache
def _client(endpoint: str | None, region: str, service: Any) -> Any:
    """Kept, because tests provision a thousand times, and clients take longer to make than all of it."""
    return boto3.session.Session("local", "local", region_name=region).client(service, endpoint_url=endpoint)


def _make_keys(template: Template, kms: Any) -> None:
    keys = template.resources("AWS::KMS::Key")
    for alias in template.resources("AWS::KMS::Alias").values():
        # The alias' target is resolved to the alias itself: a key has no name of its own.
        (key,) = [made for name, made in keys.items() if template.name_of(name) == alias["TargetKeyId"]]
        described = {name: key[name] for name in ("Description", "KeySpec", "KeyUsage") if name in key}
        made = kms.create_key(**described)
        kms.create_alias(AliasName=alias["AliasName"], TargetKeyId=made["KeyMetadata"]["KeyId"])


def _make_tables(template: Template, dynamodb: Any, *, streams: bool) -> None:
    as_they_are = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "SSESpecification")
    for name, table in template.resources("AWS::DynamoDB::Table").items():
        physical = template.name_of(name)
        described = {part: table[part] for part in as_they_are}
        described["SSESpecification"] = {
            "Enabled": table["SSESpecification"]["SSEEnabled"],
            "SSEType": table["SSESpecification"]["SSEType"],
            "KMSMasterKeyId": table["SSESpecification"]["KMSMasterKeyId"],
        }
        if streams:
            described["StreamSpecification"] = {"StreamEnabled": True, **table["StreamSpecification"]}
        dynamodb.create_table(TableName=physical, **described)
        dynamodb.update_time_to_live(TableName=physical, TimeToLiveSpecification=table["TimeToLiveSpecification"])


def _make_queues(template: Template, sqs: Any, retry_s: int) -> None:
    queues = template.resources("AWS::SQS::Queue")
    # Dead-letter queues first: the others name them.
    for name, queue in sorted(queues.items(), key=lambda made: "RedrivePolicy" in made[1]):
        attributes = {part: _as_text(value) for part, value in queue.items()}
        attributes["VisibilityTimeout"] = str(retry_s)
        sqs.create_queue(QueueName=template.name_of(name), Attributes=attributes)


def _make_buckets(template: Template, s3: Any) -> None:
    for bucket in template.resources("AWS::S3::Bucket").values():
        name = bucket["BucketName"]
        locked = bucket.get("ObjectLockEnabled", False)
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=bucket["VersioningConfiguration"])
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=bucket["PublicAccessBlockConfiguration"])
        if locked:
            s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=_object_lock(bucket))
        if "NotificationConfiguration" not in bucket:
            continue
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": _cors_rules(bucket)})
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": _lifecycle_rules(bucket)})
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"QueueConfigurations": _queue_notifications(bucket)}
        )


def _object_lock(bucket: dict[str, Any]) -> dict[str, Any]:
    """The lock with its days as a number: the template's parameters are text here."""
    lock: dict[str, Any] = bucket["ObjectLockConfiguration"]
    rule = lock["Rule"]["DefaultRetention"]
    return {**lock, "Rule": {"DefaultRetention": {**rule, "Days": int(rule["Days"])}}}


def _cors_rules(bucket: dict[str, Any]) -> list[dict[str, Any]]:
    rules = bucket["CorsConfiguration"]["CorsRules"]
    return [{"MaxAgeSeconds" if name == "MaxAge" else name: part for name, part in rule.items()} for rule in rules]


def _lifecycle_rules(bucket: dict[str, Any]) -> list[dict[str, Any]]:
    """CloudFormation's words in those of the API."""
    rules = []
    for rule in bucket["LifecycleConfiguration"]["Rules"]:
        made = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule["Prefix"]}}
        if "ExpirationInDays" in rule:
            made["Expiration"] = {"Days": rule["ExpirationInDays"]}
        if "ExpiredObjectDeleteMarker" in rule:
            made["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
        for same in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
            if same in rule:
                made[same] = rule[same]
        rules.append(made)
    return rules


def _queue_notifications(bucket: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "QueueArn": wanted["Queue"],
            "Events": [wanted["Event"]],
            "Filter": {"Key": {"FilterRules": wanted["Filter"]["S3Key"]["Rules"]}},
        }
        for wanted in bucket["NotificationConfiguration"]["QueueConfigurations"]
    ]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)
