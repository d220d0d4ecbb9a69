"""Counts the DynamoDB clients that a process makes, and the connections they open, when it uses everything there is."""

import json

from botocore.session import Session

made: list[object] = []
real = Session.create_client


def counting(self: Session, service_name: str, *args: object, **more: object) -> object:
    """What botocore makes, counted."""
    client = real(self, service_name, *args, **more)
    if service_name == "dynamodb":
        made.append(client)
    return client


Session.create_client = counting

from bench.targets.data_layer import our_get, our_query, our_transaction  # noqa: E402 - imported under the count

made.clear()  # the one of boto3 that the comparison makes
for call in (our_get, our_query, our_transaction):
    call()
from functions.shared.table.base import connection  # noqa: E402 - its connection is made at import

session = connection().connection.client._endpoint.http_session  # noqa: SLF001 - what is counted is inside
pools = session._manager.pools  # noqa: SLF001
sockets = sum(pools[key].num_connections for key in pools.keys())  # noqa: SIM118 - a container, no dict
print(json.dumps({"clients": len(made), "connections": sockets}))
