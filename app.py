"""The one entry point: says which module serves which paths, and registers the event functions; nothing else.

Event functions are plain Lambda functions: `on_s3_event` and its like cannot be packaged with a template of our own, so
their queues, buckets and event mappings come from `infra/` (Chalice 1.34).
"""

from typing import Any

from functions.shared.app import App
from functions.shared.observability import SERVICE

# The modules that declare the routes below the first word of a path; imported when the first request for it arrives.
app = App(
    SERVICE,
    {
        "healthz": ["functions.shared.health"],
        "auth": ["functions.auth.routes", "functions.auth.qr_routes"],
        "identity": ["functions.identity.routes", "functions.grants.withdrawal_routes"],
        "institutions": ["functions.institutions.routes"],
        "businesses": ["functions.grants.routes"],
        "grants": ["functions.grants.routes"],
        "console": [
            "functions.grants.console_routes",
            "functions.grants.job_routes",
            "functions.grants.member_routes",
        ],
        "admin": [
            "functions.identity.admin_routes",
            "functions.institutions.admin_routes",
            "functions.grants.console_routes",
        ],
    },
)


@app.lambda_function(name="scans")
def scans(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Photos that were uploaded: read, checked and cleaned. Only this function loads the imaging layer."""
    from functions.identity.events import process_uploads  # noqa: PLC0415 - the API must not load the imaging layer

    return process_uploads(event, context)


@app.lambda_function(name="jobs")
def jobs(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Bulk jobs on grants. Only this function has the layer that writes spreadsheets."""
    from functions.grants.events import work_off_jobs  # noqa: PLC0415 - the API does without the batch processor

    return work_off_jobs(event, context)


@app.lambda_function(name="evidence")
def evidence(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Record the audit events of the table's stream where no one can change them, or check them for the operator."""
    from functions.evidence.events import keep_evidence  # noqa: PLC0415 - the API does without it

    return keep_evidence(event, context)
