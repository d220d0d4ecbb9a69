"""S3's check of presigned upload forms, which moto (5.2) leaves out: without it a wrong size or type would get through.

Source: Amazon S3 API reference, "POST Policy". Conditions, expiry and the one file part are checked; signatures are
not.
"""

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.formparser import parse_form_data

# Fields that no condition of the policy has to name.
FREE = {"policy", "x-amz-signature", "file", "bucket", "signature", "awsaccesskeyid"}


class FormRefused(Exception):
    """The form does not keep to its policy: S3's status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def xml(self) -> bytes:
        """The answer's body."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
        ).encode()


def check_form(body: bytes, content_type: str, bucket: str, now: datetime) -> None:
    """Do nothing for a form that S3 would take. Raises `FormRefused`."""
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    environ["wsgi.input"] = BytesIO(body)  # type: ignore[assignment]
    _, form, files = parse_form_data(environ, max_form_memory_size=None)
    fields = {name.lower(): value for name, value in form.items()}
    sizes = {"file": len(fields["file"].encode())} if "file" in fields else {}
    for name, file in files.items():
        sizes[name.lower()] = len(file.stream.read())
        file.close()
    if list(sizes) != ["file"]:
        raise FormRefused(400, "InvalidArgument", "POST requires exactly one file upload per request.")
    if "policy" not in fields or "x-amz-signature" not in fields:
        raise FormRefused(403, "AccessDenied", "Access Denied")
    policy = _policy(fields["policy"])
    if datetime.fromisoformat(policy["expiration"]) <= now.astimezone(UTC):
        raise FormRefused(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    _check_conditions(policy["conditions"], {**fields, "bucket": bucket}, sizes["file"])


def _policy(encoded: str) -> dict[str, Any]:
    try:
        policy = json.loads(base64.b64decode(encoded, validate=True))
    except ValueError:
        policy = None
    if not isinstance(policy, dict) or not {"expiration", "conditions"} <= set(policy):
        raise FormRefused(400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON.")
    return policy


def _check_conditions(conditions: Iterable[Any], fields: dict[str, str], size: int) -> None:
    named = set(FREE)
    for condition in conditions:
        if isinstance(condition, dict):
            ((name, wanted),) = condition.items()
            operator = "eq"
        else:
            operator, name, wanted = condition[0], str(condition[1]), condition[2]
        if operator == "content-length-range":
            _check_size(size, int(name), int(wanted))
            continue
        field = name.removeprefix("$").lower()
        named.add(field)
        value = fields.get(field, "")
        if not (value == wanted if operator == "eq" else value.startswith(wanted)):
            text = json.dumps([operator, f"${field}", wanted])
            raise FormRefused(403, "AccessDenied", f"Invalid according to Policy: Policy Condition failed: {text}")
    for field in fields:
        if field not in named and not field.startswith("x-ignore-"):
            message = f"Invalid according to Policy: Extra input fields: {field}"
            raise FormRefused(403, "AccessDenied", message)


def _check_size(size: int, smallest: int, largest: int) -> None:
    if size > largest:
        raise FormRefused(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    if size < smallest:
        raise FormRefused(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
