"""Whether the API answers at all: no dependency is asked."""

from typing import Literal

import msgspec

from functions.shared.admission import PUBLIC
from functions.shared.blueprint import Blueprint
from functions.shared.http import Request, public

routes = Blueprint("shared")


class Health(msgspec.Struct):
    """The function is running."""

    status: Literal["ok"]


@routes.add("GET", "/healthz", guard=public, clients=PUBLIC, response_model=Health)
def show_health(_: Request) -> Health:
    """Check that the API is running."""
    return Health("ok")
