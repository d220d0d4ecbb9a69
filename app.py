"""The one entry point: builds the app, registers the areas' routes and the event functions; nothing else.

Event functions are plain Lambda functions: `on_s3_event` and its like cannot be packaged with a template of our own, so
their queues, buckets and event mappings come from `infra/` (Chalice 1.34).
"""

from typing import Any

from functions.auth.qr_routes import routes as auth_qr
from functions.auth.routes import routes as auth
from functions.grants.console_routes import routes as grants_console
from functions.grants.job_routes import routes as grants_jobs
from functions.grants.routes import routes as grants
from functions.identity.admin_routes import routes as identity_admin
from functions.identity.routes import routes as identity
from functions.institutions.admin_routes import routes as institutions_admin
from functions.institutions.routes import routes as institutions
from functions.shared.health import routes as health
from functions.shared.http import App
from functions.shared.observability import SERVICE

app = App(app_name=SERVICE, configure_logs=False)
areas = (
    *(health, auth, auth_qr, identity, identity_admin, institutions, institutions_admin),
    *(grants, grants_console, grants_jobs),
)
for routes in areas:
    app.register_blueprint(routes)


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
