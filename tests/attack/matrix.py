"""The rows of the table: what is attacked, and the modules whose tests do it."""

from pathlib import Path
from typing import NamedTuple


class Row(NamedTuple):
    """One promise and the modules whose tests attack it."""

    name: str
    modules: tuple[str, ...]


IDENTITY, GRANTS, AUTH = "tests/integration/identity", "tests/integration/grants", "tests/integration/auth"
ROWS = [
    Row(
        "Confused deputies",
        ("tests/attack/test_deputies.py", f"{GRANTS}/test_refusals.py", f"{AUTH}/test_qr_authority.py"),
    ),
    Row(
        "Idempotency keys",
        (
            "tests/attack/test_keys.py",
            "tests/integration/shared/test_idempotency.py",
        ),
    ),
    Row("Generated requests", ("tests/attack/test_fuzz.py", "tests/attack/test_links.py")),
    Row("Bad input", ("tests/integration/shared/test_http.py", f"{IDENTITY}/test_contract.py")),
    Row(
        "Numbers, names, text",
        (
            "tests/attack/test_text.py",
            "tests/unit/identity/test_documents_numbers.py",
            "tests/unit/identity/test_documents_area_codes.py",
            "tests/unit/identity/test_documents_mrz.py",
            "tests/unit/identity/test_names.py",
            "tests/unit/institutions/test_credit_code.py",
        ),
    ),
    Row(
        "Images",
        (
            "tests/attack/test_images.py",
            "tests/attack/test_uploads.py",
            "tests/unit/identity/imaging/test_photo.py",
            f"{IDENTITY}/test_scan_processing.py",
        ),
    ),
    Row(
        "Guessing",
        (
            "tests/attack/test_guessing.py",
            "tests/attack/test_unknown.py",
            f"{AUTH}/test_sms_codes.py",
            "tests/integration/shared/test_limits.py",
            "tests/integration/shared/test_cursors.py",
        ),
    ),
    Row(
        "Faults of AWS and providers",
        (
            "tests/attack/test_faults.py",
            "tests/attack/test_worker_faults.py",
            "tests/integration/shared/test_transactions.py",
            f"{IDENTITY}/test_gateways.py",
        ),
    ),
    Row("Faults on the wire, journeys", ("tests/attack/test_storm.py",)),
    Row("Workers killed", ("tests/attack/test_killed.py",)),
    Row("Goals", tuple(f"tests/attack/{path.name}" for path in sorted(Path(__file__).parent.glob("test_goals_*.py")))),
    Row("Files and sockets outside", ("tests/attack/test_outside.py",)),
    Row("Secrets and headers", ("tests/attack/test_secrets.py",)),
    Row("Tampering with the trail", (f"{IDENTITY}/test_trail.py", "tests/unit/evidence", "tests/integration/evidence")),
]
# All but the operator's imports: no one from outside begins one.
RACED = (
    *("binding", "directory", "entries", "grant_jobs", "grants", "limits", "persons", "photos"),
    *("reviews", "sign_in", "verification", "withdrawal"),
)
RACES = Row("Races, 32 callers at once", tuple(f"tests/races/test_{name}.py" for name in RACED))
