"""The answer to `GET /auth/me` that all three give, and the three reads behind it as the two others write them.

The reads are the calls that the product makes, on a client configured like the product's. The others write no log line.
"""

import hashlib
import os
import time
from datetime import UTC, datetime
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
        "roles": [
            {
                "business": "title-review",
                "business_name": "职称评审",
                "institution_code": "420000100001",
                "institution_name": "江楚市第一人民医院",
                "role": "manager",
            }
        ],
        "is_administrator": False,
    },
    "session": {"client": "portal", "assurance": "full", "expires_at": "2096-10-02T07:06:40Z"},
    "may": ["use_console"],
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
    held = [item for item in found if item["kind"]["S"] == "role"]
    named = [f"BUSINESS#{role['business']['S']}" for role in held]
    named += [f"INSTITUTION#{role['institution_code']['S']}" for role in held]
    wanted = [{"pk": {"S": name}, "sk": {"S": "PROFILE"}} for name in named]
    page = client.batch_get_item(
        RequestItems={
            table: {
                "Keys": wanted,
                "ProjectionExpression": "pk, sk, kind, #0",
                "ExpressionAttributeNames": {"#0": "name"},
            }
        }
    )
    names = {item["pk"]["S"]: item["name"]["S"] for item in page["Responses"][table]}
    roles = [
        {
            "business": role["business"]["S"],
            "business_name": names[f"BUSINESS#{role['business']['S']}"],
            "institution_code": role["institution_code"]["S"],
            "institution_name": names[f"INSTITUTION#{role['institution_code']['S']}"],
            "role": role["role"]["S"],
        }
        for role in held
    ]
    expires_at = datetime.fromtimestamp(int(session["valid_until"]["N"]), UTC)
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
        },
        "session": {
            "client": session["client"]["S"],
            "assurance": "full" if session["made_by"]["S"] == "wechat" else "basic",
            "expires_at": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
        },
        "may": ["use_console"] if roles else [],
    }
