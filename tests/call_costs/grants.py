"""Who may act: businesses, codes, managers and assistants, the console, bulk jobs."""

from collections.abc import Sequence

from tests.call_costs.ledger import Ledger
from tests.integration.grants import job_queue
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, Someone, Tree, passed, reachable

OF, CONSOLE = "/grants/{business}/{institution_code}", "/console/grants/{business}/{institution_code}"
BUSINESSES, CHECKS = "/admin/businesses", "/identity/face-checks"
BUSINESS = {
    "name": "卫生高级职称评审",
    "entry_url": "https://review.test/in",
    "opens_on": "2026-11-01",
    "closes_on": "2026-12-31",
}


def offer(ledger: Ledger, world: Tree) -> None:
    """A business: made, changed, listed."""
    admin = world.admin.phone
    ledger.count(f"POST {BUSINESSES}", lambda: admin.post(BUSINESSES, {"business": "review-2026", **BUSINESS}))
    longer = {**BUSINESS, "closes_on": "2027-01-31"}
    ledger.count(f"PUT {BUSINESSES}/{{business}}", lambda: admin.put(f"{BUSINESSES}/review-2026", longer))
    ledger.count("GET /businesses", lambda: admin.get("/businesses"))
    ledger.count("GET /businesses/{business}", lambda: admin.get(f"/businesses/{EXAM}"))


def _check(ledger: Ledger, row: str, person: Someone, **wanted: str) -> str:
    answer = ledger.count(f"POST {CHECKS} ({row})", lambda: person.phone.post(CHECKS, wanted))
    return passed(person.user_id, answer.body["face_check_id"])


def take_on(ledger: Ledger, world: Tree, city: Someone) -> None:
    """A code from the console, redeemed; then shared with an assistant and handed to a successor."""
    row = f"POST {CONSOLE}/code"
    code = ledger.count(row, lambda: city.issue(HOSPITAL)).body["grant_code"]
    ledger.count(f"{row} (once more)", lambda: city.issue(HOSPITAL))
    at = f"/console/grants/{EXAM}/{HOSPITAL}/code"
    once = {"Idempotency-Key": "0" * 32}
    row = f"{row} (with an Idempotency-Key)"
    code = ledger.count(row, lambda: city.console.post(at, **once)).body["grant_code"]
    manager, assistant, successor = world.person(), world.person(), world.person()
    preview = {"grant_code": code}
    ledger.count("POST /grants/code-preview", lambda: manager.phone.post("/grants/code-preview", preview))
    check = _check(ledger, "to redeem", manager, purpose="grant_redemption", grant_code=code)
    ledger.count("POST /grants/redemptions", lambda: manager.redeem(code, check))
    ledger.count("GET /grants/mine", lambda: manager.phone.get("/grants/mine"))
    at = f"/grants/{EXAM}/{HOSPITAL}"
    for role, invited in (("assistant", assistant), ("manager", successor)):
        _share(ledger, role, manager, invited)
    ledger.count(f"GET {OF}", lambda: successor.phone.get(at))
    ledger.count(f"GET {CONSOLE}", lambda: city.console.get(f"/console/grants/{EXAM}/{HOSPITAL}"))
    invitation = successor.invite(HOSPITAL).body["invitation_id"]
    place = f"DELETE {OF}/invitations/{{invitation_id}}"
    ledger.count(place, lambda: successor.phone.delete(f"{at}/invitations/{invitation}"))
    place = f"DELETE {OF}/assistants/{{user_id}}"
    ledger.count(place, lambda: successor.phone.delete(f"{at}/assistants/{assistant.user_id}"))
    history = f"/console/grants/{EXAM}/{HOSPITAL}/history"
    ledger.count(f"GET {CONSOLE}/history", lambda: city.console.get(history))
    ledger.count(f"DELETE {CONSOLE}", lambda: city.revoke(HOSPITAL))
    assert city.issue(HOSPITAL).status == 201
    named = world.person()
    row = f"POST {CONSOLE}/direct-grant"
    ledger.count(row, lambda: city.name_directly(HOSPITAL, named.name, named.number))
    reachable(city, "13800138766")
    ledger.count(f"DELETE {OF}/manager", lambda: named.phone.delete(f"{at}/manager"))
    row = f"POST {CONSOLE}/code (an administrator, below the top)"
    ledger.count(row, lambda: world.admin.issue(HOSPITAL))


def _share(ledger: Ledger, role: str, manager: Someone, invited: Someone) -> None:
    wanted = {"purpose": "invitation", "business": EXAM, "institution_code": HOSPITAL}
    first = f"POST {CHECKS} (to invite)" not in ledger.rows
    check = _check(ledger, "to invite", manager, **wanted) if first else manager.face_check(**wanted)
    body = {"role": role, "face_check_id": check}
    row, at = f"POST {OF}/invitations", f"/grants/{EXAM}/{HOSPITAL}/invitations"
    if first:
        code = ledger.count(row, lambda: manager.phone.post(at, body)).body["invitation_code"]
    else:
        code = manager.phone.post(at, body).body["invitation_code"]
    wanted = {"purpose": "invitation_acceptance", "invitation_code": code}
    if first:
        preview = {"invitation_code": code}
        at = "/grants/invitations/preview"
        ledger.count(f"POST {at}", lambda: invited.phone.post(at, preview))
    check = _check(ledger, "to accept", invited, **wanted) if first else invited.face_check(**wanted)
    accepted = {"invitation_code": code, "face_check_id": check}
    row = f"POST /grants/invitations/acceptance ({role})"
    ledger.count(row, lambda: invited.phone.post("/grants/invitations/acceptance", accepted))


def work_in_bulk(ledger: Ledger, city: Someone, children: Sequence[str]) -> None:
    """Jobs: made, worked off, looked at; a whole chunk of codes and of revocations."""
    ledger.count("GET /console/grants", lambda: city.list(CITY))
    ledger.count("GET /console/grants (filtered)", lambda: city.list(CITY, status="vacant", query="人民"))
    for kind, count in (("code", 47), ("revocation", 31), ("export", 47)):
        body = {"supervisor": CITY, "institutions": list(children[:count])}
        at, route = f"/console/grants/{EXAM}/{kind}-jobs", f"/console/grants/{{business}}/{kind}-jobs"
        made = ledger.count(f"POST {route}", lambda at=at, body=body: city.console.post(at, body))
        job_id = made.body["job_id"]
        message = job_queue.message_of(job_id)
        row = f"jobs: {count} {kind}s" if kind != "export" else "jobs: an export of 47"
        assert ledger.count(row, lambda message=message: job_queue.deliver(message))
        shown = f"/console/jobs/{job_id}"
        if kind != "revocation":
            row = "GET /console/jobs/{job_id}" + (" (with a link)" if kind == "export" else "")
            found = ledger.count(row, lambda shown=shown: city.console.get(shown)).body
            assert found["status"] == "succeeded", found
    ledger.count("GET /console/jobs", lambda: city.console.get("/console/jobs"))
    job_id = job_queue.made(city, "code", CITY, institutions=[HOSPITAL])
    ledger.count("GET /console/overview", lambda: city.console.get("/console/overview"))
    shown = f"/console/jobs/{job_id}"
    ledger.count("DELETE /console/jobs/{job_id}", lambda: city.console.delete(shown))
    job_id = job_queue.made(city, "revocation", CITY, institutions=list(children[:20]))
    assert job_queue.deliver(job_queue.message_of(job_id))
    shown = f"/console/jobs/{job_id}/skipped"
    ledger.count("GET /console/jobs/{job_id}/skipped", lambda: city.console.get(shown))
