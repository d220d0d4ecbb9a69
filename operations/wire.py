"""A DynamoDB client that does less for each call: an import is nearly all calls of a hundred items.

botocore (1.44) copies every value of a request along its description of the service before it writes JSON, and looks
for an account in every item before it says, each time anew, where DynamoDB is. PynamoDB gives requests in DynamoDB's
own JSON already, and no table is named by its ARN here. Both together are a quarter of an import's CPU. Replaced is
what botocore hands to its client, by its event for that; retries, signatures and answers are botocore's.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.session import Session


def shorten(session: Session) -> None:
    """Let the session make such clients from now on."""
    session.register("creating-client-class.dynamodb", _extend, unique_id="short-requests")


def _extend(**event: Any) -> None:
    event["base_classes"].insert(0, _Short)


class _Short:
    def __init__(self, **given: Any) -> None:
        given["serializer"] = _Serializer()
        given["endpoint_ruleset_resolver"] = _Resolver(given["endpoint_ruleset_resolver"])
        super().__init__(**given)


class _Serializer:
    """Parameters that are DynamoDB's JSON but for their bytes, which msgspec writes in base 64 as DynamoDB wants."""

    def serialize_to_request(self, parameters: Mapping[str, Any], operation_model: Any) -> dict[str, Any]:
        about = operation_model.metadata
        return {
            "url_path": "/",
            "query_string": "",
            "method": "POST",
            "headers": {
                "X-Amz-Target": f"{about['targetPrefix']}.{operation_model.name}",
                "Content-Type": f"application/x-amz-json-{about['jsonVersion']}",
            },
            "body": msgspec.json.encode(parameters),
        }


class _Resolver:
    """Where each operation goes, found out once."""

    def __init__(self, resolver: Any) -> None:
        self._resolver = resolver
        self._known: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._resolver, name)

    def construct_endpoint(self, operation_model: Any, call_args: Any, request_context: Any) -> Any:
        """What botocore's resolver says the first time."""
        name = operation_model.name
        if name not in self._known:
            self._known[name] = self._resolver.construct_endpoint(operation_model, call_args, request_context)
        return self._known[name]
