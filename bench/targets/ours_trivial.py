"""Our whole app on its trivial route; `POWERTOOLS_LOG_LEVEL` decides whether it logs its line."""

from app import app
from bench.events import CONTEXT, request
from bench.timing import obey

event = request("/healthz")
assert app(event, CONTEXT)["body"] == '{"status":"ok"}'
obey(lambda: app(event, CONTEXT))
