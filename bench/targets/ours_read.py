"""`GET /auth/me` as it is: session check, Query of the account and its roles, one log line."""

import json

from app import app
from bench.answers import TOKEN
from bench.events import CONTEXT, request
from bench.targets.shape import EXPECTED
from bench.timing import obey

event = request("/auth/me", Authorization=f"Bearer {TOKEN}")
assert json.loads(app(event, CONTEXT)["body"]) == EXPECTED
obey(lambda: app(event, CONTEXT))
