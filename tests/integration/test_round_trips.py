"""How many calls each operation makes: the table in `docs/architecture.md` is this one, counted."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.shared import clients, clock
from functions.shared.table import keys
from functions.shared.table.base import connection
from functions.shared.table.identity import Identity
from tests.integration.client import Http, last_sms, new_user

ARCHITECTURE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
Count = Callable[[Callable[[], Any]], dict[str, int]]


@pytest.fixture
def count(aws: None) -> Count:
    """Counts the AWS calls that something makes, by service."""
    seen: Counter[str] = Counter()

    def note(model: Any, **_: Any) -> None:
        seen[model.service_model.service_name] += 1

    for client in (connection().connection.client, clients.kms(), clients.s3(), clients.sns()):
        client.meta.events.register("before-call", note)

    def counted(do: Callable[[], Any]) -> dict[str, int]:
        seen.clear()
        answer = do()
        assert answer.status < 300, answer
        return dict(seen)

    return counted


def documented(operation: str) -> dict[str, int]:
    """The row of an operation in the documentation: the calls to each service."""
    for line in ARCHITECTURE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == f"`{operation}`":
            services = ("dynamodb", "kms", "s3", "sns")
            return {name: int(cell) for name, cell in zip(services, cells[1:], strict=False) if cell}
    raise AssertionError(f"{operation} is not in {ARCHITECTURE}")


def test_signing_in_by_phone(http: Http, count: Count) -> None:
    """A code, the first sign-in, a later one, and the session check cost what the documentation says."""
    phone = {"phone": "13800008000"}
    asked = {**phone, "purpose": "sign_in"}
    answers: list[Any] = []

    def ask() -> Any:
        answers.append(http.post("/auth/sms-codes", asked))
        return answers[-1]

    assert count(ask) == documented("POST /auth/sms-codes")
    code = "".join(filter(str.isdigit, last_sms()[1]))[:6]
    login = {**phone, "challenge_id": answers[-1].body["challenge_id"], "code": code, "client": "portal"}
    assert count(lambda: http.post("/auth/phone-logins", login)) == documented("POST /auth/phone-logins (new)")


def test_a_session(http: Http, count: Count) -> None:
    """A session check is one read; showing oneself one more; signing out a transaction besides."""
    _, token = new_user()
    client = http.signed_in(token)
    assert count(lambda: client.get("/identity")) == documented("GET /identity")
    assert count(lambda: client.get("/auth/me")) == documented("GET /auth/me")
    assert count(lambda: client.delete("/auth/session")) == documented("DELETE /auth/session")


def test_applying(http: Http, count: Count) -> None:
    """Consent, application and a scan's form cost what the documentation says."""
    user_id, token = new_user()
    client = http.signed_in(token)
    version = client.get("/identity/consent").body["version"]
    consent = {"version": version}
    assert count(lambda: client.post("/identity/consent", consent)) == documented("POST /identity/consent")
    details = {"document_type": "resident_id", "name": "柯爱琳", "number": "420106198611190025"}
    assert count(lambda: client.put("/identity/application", details)) == documented("PUT /identity/application")
    wanted = {"side": "front", "content_type": "image/jpeg", "size": 1000}
    assert count(lambda: client.post("/identity/scans", wanted)) == documented("POST /identity/scans")
    scan_id = client.post("/identity/scans", wanted).body["scan_id"]
    shown = count(lambda: client.get(f"/identity/scans/{scan_id}"))
    assert shown == documented("GET /identity/scans/{scan_id}")
    assert Identity.get(*keys.identity(user_id)).version == 4
    assert count(lambda: client.delete("/identity/consent")) == documented("DELETE /identity/consent")


def test_reviewing(http: Http, count: Count) -> None:
    """The queue, a claim and giving it back cost what the documentation says."""
    user_id, _ = new_user()
    waiting = Identity.new(
        keys.identity(user_id),
        user_id=user_id,
        status="in_review",
        document_type="passport",
        submitted_at=clock.now(),
        gsi1pk=keys.REVIEW_QUEUE,
        gsi1sk="1",
    )
    waiting.save()
    reviewer = http.signed_in(new_user(administrator=True)[1])
    queue = "/admin/identity-applications"
    claim = f"{queue}/{user_id}/claim"
    assert reviewer.get(f"{queue}?limit=1").body["items"]  # the key that signs cursors is derived once a process
    assert count(lambda: reviewer.get(f"{queue}?limit=1")) == documented(f"GET {queue}")
    assert count(lambda: reviewer.post(claim)) == documented(f"POST {queue}/{{user_id}}/claim")
    assert count(lambda: reviewer.delete(claim)) == documented(f"DELETE {queue}/{{user_id}}/claim")
