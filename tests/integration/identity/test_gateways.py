"""The upload bucket when it refuses: only what is missing is an answer, everything else is an error."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.identity import gateways
from functions.shared import clients
from tests.integration.identity.applicant import during


def refuse() -> None:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "S3")


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("GetObject", lambda: gateways.read_upload("uploads/scans/a/b", None)),
        ("CopyObject", lambda: gateways.copy_image("documents/a/b.jpg", "verified/a/1-front.jpg")),
        ("HeadObject", lambda: gateways.uploaded_version("uploads/selfies/a/b")),
    ],
)
def test_forbidden_is_not_missing(aws: None, operation: str, call: Callable[[], Any]) -> None:
    """A bucket that refuses is told from an object that is not there."""
    assert not call()
    with during(clients.s3(), f"s3.{operation}", refuse), pytest.raises(ClientError, match="AccessDenied"):
        call()


def test_a_deleted_selfie_was_not_uploaded(aws: None) -> None:
    """Nor is there anything to keep of it."""
    assert gateways.uploaded_version("uploads/selfies/a/b") is None
    assert gateways.copy_image("selfies/a/b.jpg", "verified/a/1-selfie.jpg") is False
