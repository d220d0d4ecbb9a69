"""The one logger and the one set of metrics: JSON lines without personal data.

What may be logged: ids, codes, states, counts, times. Never: numbers, names, phones, codes people type, tokens, URLs.
"""

from aws_lambda_powertools import Logger

SERVICE = "health-talent"

# The app's name and `configure_logs=False` in app.py make Chalice and Powertools share one JSON line for each event.
logger = Logger(service=SERVICE, use_rfc3339=True, serialize_stacktrace=False, log_record_order=["level", "message"])
