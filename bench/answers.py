"""What the stand-in for DynamoDB answers: items as the product writes them."""

import json
from typing import Any, Final

from bench.events import request
from local.template import STACK

USER_ID: Final = "5f0c1d2e3a4b5c6d7e8f901234567890"
TOKEN: Final = "measured-token-of-forty-three-characters-00"
FINGERPRINT: Final = "9d41c0ffee9d41c0ffee9d41c0ffee9d41c0ffee9d41c0ffee9d41c0ffee9d41"

SESSION: Final[dict[str, Any]] = {
    "pk": {"S": f"SESSION#{FINGERPRINT}"},
    "sk": {"S": "SESSION"},
    "kind": {"S": "session"},
    "user_id": {"S": USER_ID},
    "client": {"S": "portal"},
    "made_by": {"S": "wechat"},
    "created_at": {"N": "1790000000"},
    "last_used_at": {"N": "4000000000"},
    "valid_until": {"N": "4000000000"},
    "expires_at": {"N": "4000000000"},
}
USER: Final[dict[str, Any]] = {
    "pk": {"S": f"USER#{USER_ID}"},
    "sk": {"S": "PROFILE"},
    "kind": {"S": "user"},
    "version": {"N": "3"},
    "chain_hash": {"S": FINGERPRINT},
    "user_id": {"S": USER_ID},
    "created_at": {"N": "1790000000"},
    "wechat_openid": {"S": "oX4fabcdefghijklmnopqrstuvwx"},
    "phone_masked": {"S": "138****8000"},
    "is_administrator": {"BOOL": False},
    "identity_status": {"S": "verified"},
    "name_masked": {"S": "柯**"},
}
ROLE: Final[dict[str, Any]] = {
    "pk": {"S": f"USER#{USER_ID}"},
    "sk": {"S": "ROLE#title-review#420000100001"},
    "kind": {"S": "role"},
    "business": {"S": "title-review"},
    "institution_code": {"S": "420000100001"},
    "role": {"S": "manager"},
    "epoch": {"N": "1"},
}
SUFFIX: Final[dict[str, Any]] = {
    "pk": {"S": "NAME#人民"},
    "sk": {"S": "人民医院#420000100001"},
    "kind": {"S": "s"},
    "b": {"S": "江楚市第一"},
    "u": {"S": "420000100000"},
    "c": {"S": "hospital"},
}
NAMES: Final[list[dict[str, Any]]] = [
    {
        "pk": {"S": "BUSINESS#title-review"},
        "sk": {"S": "PROFILE"},
        "kind": {"S": "business"},
        "name": {"S": "职称评审"},
    },
    {
        "pk": {"S": "INSTITUTION#420000100001"},
        "sk": {"S": "PROFILE"},
        "kind": {"S": "institution"},
        "name": {"S": "江楚市第一人民医院"},
    },
]
AUTHENTICATED_READ: Final = {
    "BatchGetItem": {"Responses": {STACK: NAMES}},
    "GetItem": {"Item": SESSION},
    "Query": {"Count": 2, "ScannedCount": 2, "Items": [USER, ROLE]},
}
DATA_LAYER: Final = {
    "GetItem": {"Item": SESSION},
    "Query": {"Count": 20, "ScannedCount": 20, "Items": [SUFFIX] * 20},
    "TransactWriteItems": {},
}


def me_event() -> str:
    """The event of `GET /auth/me`, as JSON."""
    return json.dumps(request("/auth/me", Authorization=f"Bearer {TOKEN}"))
