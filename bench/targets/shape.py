"""The answer to `GET /auth/me` that all three give, and the two reads behind it as the two others write them.

The reads are the calls that the product makes, on a client configured like the product's. The others write no log line.
"""

import hashlib
import os
import time
from typing import Any, Final

import boto3
from botocore.config import Config

from bench.answers import USER_ID

EXPECTED: Final[dict[str, Any]] = {
    "user": {
        "user_id": USER_ID,
        "phone_masked": "138****8000",
        "wechat_bound": True,
        "identity_status": "verified",
        "name_masked": "柯**",
        "work_unit": None,
        "roles": [{"business": "title-review", "institution_code": "420000100001", "role": "manager"}],
        "is_administrator": False,
    }
}


def make_client() -> Any:
    """A client with the product's settings."""
    return boto3.client(
        "dynamodb",
        config=Config(
            connect_timeout=1.5,
            read_timeout=4.0,
            retries={"mode": "standard", "total_max_attempts": 3},
            parameter_validation=False,
        ),
    )


def read_me(client: Any, authorization: str) -> dict[str, Any] | None:
    """The answer, or None without a session that is still good."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    table = os.environ["TABLE_NAME"]
    fingerprint = hashlib.sha256(token.encode()).hexdigest()
    key = {"pk": {"S": f"SESSION#{fingerprint}"}, "sk": {"S": "SESSION"}}
    session = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if session is None or int(session["valid_until"]["N"]) <= time.time():
        return None
    found = client.query(
        TableName=table,
        KeyConditionExpression="#0 = :0 AND #1 BETWEEN :1 AND :2",
        ExpressionAttributeNames={"#0": "pk", "#1": "sk"},
        ExpressionAttributeValues={
            ":0": {"S": f"USER#{session['user_id']['S']}"},
            ":1": {"S": "PROFILE"},
            ":2": {"S": "ROLE#\uffff"},
        },
        ConsistentRead=True,
    )["Items"]
    user = next(item for item in found if item["kind"]["S"] == "user")
    names = ("business", "institution_code", "role")
    roles = [{name: item[name]["S"] for name in names} for item in found if item["kind"]["S"] == "role"]
    return {
        "user": {
            "user_id": user["user_id"]["S"],
            "phone_masked": user["phone_masked"]["S"],
            "wechat_bound": "wechat_openid" in user,
            "identity_status": user["identity_status"]["S"],
            "name_masked": user["name_masked"]["S"],
            "work_unit": None,
            "roles": roles,
            "is_administrator": user["is_administrator"]["BOOL"],
        }
    }
