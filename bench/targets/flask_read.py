"""The same read in Flask behind apig-wsgi; Flask checks no shape of the answer."""

import json
from typing import Any

from apig_wsgi import make_lambda_handler
from flask import Flask, abort
from flask import request as current

from bench.answers import TOKEN
from bench.events import CONTEXT, request
from bench.targets.shape import EXPECTED, make_client, read_me
from bench.timing import obey

app = Flask("bench")
client = make_client()


@app.get("/auth/me")
def me() -> dict[str, Any]:
    """The calling user."""
    found = read_me(client, current.headers.get("Authorization", ""))
    if found is None:
        abort(401)
    return found


handler = make_lambda_handler(app)
event = request("/auth/me", Authorization=f"Bearer {TOKEN}")
assert json.loads(handler(event, CONTEXT)["body"]) == EXPECTED
obey(lambda: handler(event, CONTEXT))
