"""The local AWS over HTTP: the four places in which it is nearer to AWS than moto by itself."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3.session
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.s3 import notifications
from werkzeug.serving import make_server

from local.aws.provision import provision
from local.aws.server import Aws, complete_s3_events
from local.aws.upload_forms import FormRefused, check_form
from local.template import REGION, Template

KEY, TYPE, PHOTO = "uploads/scans/u/1", "image/jpeg", b"\xff\xd8 a photo"
BUCKET = Template().name_of("UploadBucket")


@pytest.fixture(scope="module")
def clients() -> Iterator[Any]:
    """A function that makes clients of a local AWS of its own."""
    original = notifications._get_s3_event
    complete_s3_events()
    server = make_server("127.0.0.1", 0, Aws(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    provision(Template(), endpoint, retry_s=0)
    session = boto3.session.Session("x", "x", region_name=REGION)
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"}, retries={"total_max_attempts": 1})
    yield lambda service: session.client(service, endpoint_url=endpoint, config=config if service == "s3" else None)
    server.shutdown()
    server.server_close()
    thread.join()
    notifications._get_s3_event = original


def form(clients: Any, size: int = len(PHOTO), expires_in: int = 600) -> dict[str, Any]:
    """A presigned upload form for exactly that size."""
    conditions = [{"Content-Type": TYPE}, ["content-length-range", size, size]]
    return clients("s3").generate_presigned_post(
        BUCKET, KEY, Fields={"Content-Type": TYPE}, Conditions=conditions, ExpiresIn=expires_in
    )


def upload(made: dict[str, Any], content: bytes = PHOTO, **changed: str) -> urllib3.BaseHTTPResponse:
    """The answer to an upload through a form, some of whose fields were changed."""
    fields = {**made["fields"], **changed, "file": ("photo.jpg", content, TYPE)}
    with urllib3.PoolManager() as http:
        return http.request("POST", made["url"], fields=fields)


def test_upload_by_its_form_arrives_and_is_announced_with_version_and_sequencer(clients: Any) -> None:
    """The object has the declared type, and its events name each version in the order of writing."""
    for _ in range(2):
        assert upload(form(clients)).status == 204
    head = clients("s3").head_object(Bucket=BUCKET, Key=KEY)
    assert head["ContentType"] == TYPE
    sqs = clients("sqs")
    queue = sqs.get_queue_url(QueueName="scans")["QueueUrl"]
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)["Messages"]
    events = [json.loads(message["Body"]) for message in received]
    objects = [record["s3"]["object"] for event in events for record in event.get("Records", [])]
    assert objects[-1]["versionId"] == head["VersionId"]
    assert objects[-2]["versionId"] != head["VersionId"]
    assert objects[-2]["sequencer"] < objects[-1]["sequencer"]


@pytest.mark.parametrize(
    ("content", "changed", "status", "code"),
    [
        (PHOTO + b"!", {}, 400, "EntityTooLarge"),
        (PHOTO[:-1], {}, 400, "EntityTooSmall"),
        (PHOTO, {"Content-Type": "image/png"}, 403, "AccessDenied"),
        (PHOTO, {"key": "verified/u/1-front.jpg"}, 403, "AccessDenied"),
        (PHOTO, {"x-amz-meta-extra": "1"}, 403, "AccessDenied"),
        (PHOTO, {"policy": "bm90IGpzb24="}, 400, "InvalidPolicyDocument"),
    ],
)
def test_upload_that_breaks_its_form_is_refused(
    clients: Any, content: bytes, changed: dict[str, str], status: int, code: str
) -> None:
    """Another size, type or key, or a field no one allowed, is answered as S3 answers it, and nothing is written."""
    before = clients("s3").list_object_versions(Bucket=BUCKET).get("Versions", [])
    answer = upload(form(clients), content, **changed)
    assert (answer.status, f"<Code>{code}</Code>" in answer.data.decode()) == (status, True)
    assert clients("s3").list_object_versions(Bucket=BUCKET).get("Versions", []) == before


def test_upload_without_policy_or_file_is_refused(clients: Any) -> None:
    """A form needs its policy and one file."""
    made = form(clients)
    del made["fields"]["policy"]
    assert upload(made).status == 403
    with urllib3.PoolManager() as http:
        assert http.request("POST", made["url"], fields=form(clients)["fields"]).status == 400


def test_form_ends_with_its_time(clients: Any) -> None:
    """A form of ten minutes is refused after eleven."""
    made = form(clients)
    body, content_type = urllib3.encode_multipart_formdata({**made["fields"], "file": ("p.jpg", PHOTO, TYPE)})
    check_form(body, content_type, BUCKET, datetime.now(UTC))
    with pytest.raises(FormRefused, match="Policy expired"):
        check_form(body, content_type, BUCKET, datetime.now(UTC) + timedelta(minutes=11))


def test_conditional_writes_at_the_same_time_have_one_winner(clients: Any) -> None:
    """Of many who create the same item at once, exactly one succeeds, every time."""
    dynamodb = clients("dynamodb")

    def create(number: int) -> bool:
        item = {"pk": {"S": f"RACE#{number}"}, "sk": {"S": "x"}}
        condition = "attribute_not_exists(pk)"
        try:
            dynamodb.put_item(TableName=Template().name_of("Table"), Item=item, ConditionExpression=condition)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        for number in range(10):
            assert sum(threads.map(create, [number] * 8)) == 1


def test_a_transaction_happens_once_under_its_token(clients: Any) -> None:
    """Sent again, because its answer was lost, it succeeds without being written; one that failed is tried again."""
    dynamodb, key = clients("dynamodb"), {"pk": {"S": "TOKEN#1"}, "sk": {"S": "x"}}
    table = Template().name_of("Table")

    def add(item: dict[str, Any], token: str) -> None:
        put = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        dynamodb.transact_write_items(TransactItems=[{"Put": put}], ClientRequestToken=token)

    add(key, "a")
    add(key, "a")
    with pytest.raises(ClientError):
        add(key, "b")
    dynamodb.delete_item(TableName=table, Key=key)
    add(key, "b")
    assert dynamodb.get_item(TableName=table, Key=key)["Item"] == key


def test_keys_and_settings_of_the_template_are_there(clients: Any) -> None:
    """The HMAC key makes MACs under its alias, the table has its TTL, the bucket its lifecycle."""
    template = Template()
    mac = clients("kms").generate_mac(
        KeyId=template.environment()["HASH_KEY_ID"], Message=b"x", MacAlgorithm="HMAC_SHA_256"
    )
    assert len(mac["Mac"]) == 32
    described = clients("dynamodb").describe_time_to_live(TableName=template.name_of("Table"))
    assert described["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    rules = clients("s3").get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert {rule["Filter"]["Prefix"] for rule in rules} == {
        "uploads/",
        "selfies/",
        "rejected/",
        "documents/",
        "exports/",
        "",
    }
