"""A bare Chalice route with the same answer."""

from chalice.app import Chalice

from bench.events import CONTEXT, request
from bench.timing import obey

app = Chalice(app_name="bare")


@app.route("/healthz")
def health() -> dict[str, str]:
    """Check that the API is running."""
    return {"status": "ok"}


event = request("/healthz")
assert app(event, CONTEXT)["body"] == '{"status":"ok"}'
obey(lambda: app(event, CONTEXT))
