"""The one entry point: registers the routes of every area and the event functions; nothing else.

Event functions are plain Lambda functions: `on_s3_event` and its like cannot be packaged with a template of our own, so
their queues, buckets and event mappings come from `infra/` (Chalice 1.34).
"""

from typing import Any

from chalice.app import Chalice

from functions.auth import qr_routes
from functions.auth import routes as auth_routes
from functions.grants import console_routes, face_check_routes, member_routes, withdrawal_routes
from functions.grants import routes as grants_routes
from functions.grants.jobs import routes as job_routes
from functions.identity import admin_routes as identity_admin_routes
from functions.identity import routes as identity_routes
from functions.institutions import admin_routes as institutions_admin_routes
from functions.institutions import registration_routes, review_routes
from functions.institutions import routes as institutions_routes
from functions.reference import routes as reference_routes
from functions.shared import health
from functions.shared.observability import SERVICE

BLUEPRINTS = (
    health.routes,
    auth_routes.routes,
    qr_routes.routes,
    identity_routes.routes,
    identity_admin_routes.routes,
    registration_routes.routes,
    institutions_routes.routes,
    review_routes.routes,
    institutions_admin_routes.routes,
    face_check_routes.routes,
    grants_routes.routes,
    withdrawal_routes.routes,
    console_routes.routes,
    member_routes.routes,
    job_routes.routes,
    reference_routes.routes,
)
# The app's name and `configure_logs=False`: Chalice and Powertools share one JSON line for each event.
app = Chalice(SERVICE, configure_logs=False)
for blueprint in BLUEPRINTS:
    app.register_blueprint(blueprint)
# What was declared, for the OpenAPI document.
ROUTES = [route for blueprint in BLUEPRINTS for route in blueprint.declared]


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
