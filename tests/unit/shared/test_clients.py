"""One session, one DynamoDB client and one connection for the process (ADR 63)."""

from typing import Any

import pytest
from pynamodb.connection.base import Connection

from functions.shared import clients
from functions.shared.table.base import Item, OneSession, connection
from tests.unit.shared.test_items_as_pynamodb import KINDS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_item_uses_the_one_connection(kind: type[Item]) -> None:
    """PynamoDB makes a connection of its own for a class that finds none; none does."""
    assert kind._get_connection() is connection()


def test_the_connection_makes_its_client_of_the_one_session() -> None:
    """PynamoDB asks its connection for a session; ours answers with that of all clients."""
    assert isinstance(Connection.session, property)
    assert type(connection().connection) is OneSession
    assert connection().connection.session is clients.session()


def test_requests_carry_the_fixed_user_agent() -> None:
    """Of a client of the session, the user agent is a short text of ours and botocore's checksum mark."""
    client = clients.session().create_client("dynamodb", region_name="us-west-2", config=clients._CONFIG)
    sent: list[Any] = []

    def refuse(request: Any, **_: Any) -> None:
        sent.append(request)
        raise clients.DeadlineExceeded

    client.meta.events.register_first("before-send.dynamodb", refuse)
    with pytest.raises(clients.DeadlineExceeded):
        client.get_item(TableName="one", Key={"pk": {"S": "a"}})
    client.close()
    assert str(sent[0].headers["User-Agent"], "ascii").startswith(clients.USER_AGENT)
