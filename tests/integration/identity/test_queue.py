"""The review queue of a whole province: what a page costs does not depend on how many wait."""

from datetime import timedelta
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from functions.shared import clock
from functions.shared.table import keys
from functions.shared.table.base import connection
from functions.shared.table.identity import Identity
from local.aws.moto_tables import patch_moto_tables
from local.template import ACCOUNT, REGION
from tests.integration.client import Http

patch_moto_tables()

WAITING = 10_000
QUEUE = "/admin/identity-applications"


def test_a_page_of_ten_thousand_is_one_query(administrator: Http) -> None:
    """The first page is one Query and one batch read of counts; the oldest case is one Query more behind the cursor."""
    began = clock.now() - timedelta(days=1)
    moments = [began + timedelta(seconds=number) for number in range(WAITING)]
    table = dynamodb_backends[ACCOUNT][REGION].tables[Identity.Meta.table_name]
    for number, moment in enumerate(moments):
        table.put_item(_waiting(f"{number:032d}", moment).to_dynamodb_dict())  # by HTTP it takes five times as long
    made: list[str] = []
    events = connection().connection.client.meta.events
    events.register("before-call.dynamodb", lambda model, **_: made.append(model.name), unique_id="made")
    try:
        first = administrator.get(f"{QUEUE}?status=in_review").body
        second = administrator.get(f"{QUEUE}?status=in_review&cursor={first['next_cursor']}").body
    finally:
        events.unregister("before-call.dynamodb", unique_id="made")
    first_page = ["GetItem", "GetItem", "BatchGetItem", "Query"]
    assert made == [*first_page, *first_page, "Query"]
    assert second["oldest_at"] == first["oldest_at"] == first["items"][0]["submitted_at"]
    shown = [item["user_id"] for item in first["items"] + second["items"]]
    assert shown == [f"{number:032d}" for number in range(40)]


def _waiting(user_id: str, submitted_at: Any) -> Identity:
    """An application in review, as the queue needs it."""
    return Identity.new(
        keys.identity(user_id),
        user_id=user_id,
        status="in_review",
        document_type="passport",
        submitted_at=submitted_at,
        review_reasons=["document_type"],
        gsi1pk=keys.REVIEW_QUEUE,
        gsi1sk=keys.review_position(clock.rfc3339(submitted_at), user_id),
    )
