"""A client as it has to be in a storm: it tries again what was answered 503, under the same `Idempotency-Key`.

Where the answer was lost after the work had been done, the second try is reported by its code that it is done; then
this client continues from what it can read, as a real one would. It keeps a journal of every answer that is not as
promised.
"""

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import quote

from functions.shared.ids import new_id
from local.client import Answer, Client, Unexpected
from tests.attack.test_faults import DONE

MAX_WAIT_S = 0.5  # of what Retry-After asks for: the storm does not end sooner by waiting longer
MAX_TRIES = 100  # a key that could not be let go of is held for half a minute
GATEWAY_S = 29


class AnotherFaceCheck(Exception):
    """This one is used up or its end is not known: take another one."""


class Journal:
    """What was answered, over all clients."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.unavailable: Counter[str] = Counter()
        self.told_done: Counter[str] = Counter()
        self.wrong: list[str] = []

    def note(self, route: str, answer: Answer, took_s: float) -> None:
        """Every answer is a clean 503, a success or a refusal, in time."""
        self.calls[route] += 1
        if answer.status == 503:
            self.unavailable[route] += 1
        problem = answer.status < 400 or answer.headers["Content-Type"] == "application/problem+json"
        if not problem or answer.status == 500 or took_s > GATEWAY_S:
            self.wrong.append(f"{route}: {answer.status} {answer.body} after {took_s:.1f} s")
        if answer.status == 503 and int(answer.headers.get("Retry-After", "0")) <= 0:
            self.wrong.append(f"{route}: 503 without Retry-After")


class Patient(Client):
    """A client that comes again."""

    journal: ClassVar[Journal] = Journal()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """The first answer that is neither 503 nor "not yet"."""
        return self._insist(method, path, body, **headers)[0]

    def _insist(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[Answer, bool]:
        """That answer, and whether there was a 503 before it."""
        if method == "POST":
            headers.setdefault("Idempotency-Key", new_id())
        route, unsure = route_of(method, path), False
        for _ in range(MAX_TRIES):
            started = time.monotonic()
            answer = super().call(method, path, body, **headers)
            self.journal.note(route, answer, time.monotonic() - started)
            too_soon = unsure and answer.code in {"SMS_LIMIT", "SLOW_DOWN"}
            if answer.status != 503 and answer.code != "REQUEST_IN_PROGRESS" and not too_soon:
                break
            unsure = unsure or answer.status == 503
            asked_s = float(answer.headers["Retry-After"])
            time.sleep(asked_s if too_soon else min(asked_s, MAX_WAIT_S))
        return answer, unsure

    def expect(self, status: int, method: str, path: str, body: Any = None) -> Any:
        """The body of the answer with this status, or what stands for it where it was done and the answer was lost."""
        answer, unsure = self._insist(method, path, body)
        if answer.status == status:
            return answer.body
        route = route_of(method, path)
        if not unsure or answer.code not in DONE.get(route, ()):
            raise Unexpected(f"{route}: expected {status}, got {answer.status} {answer.body}, unsure: {unsure}")
        self.journal.told_done[f"{route} {answer.code}"] += 1
        return self._go_on(route, path, body) if method != "DELETE" else None

    def _go_on(self, route: str, path: str, body: Any) -> Any:
        """The same by other means, or what there is to read."""
        if route in {"POST /auth/phone-logins", "POST /auth/phone"}:
            purpose = "sign_in" if route.endswith("logins") else "bind_phone"
            again = self.sms_code(body["phone"], purpose)
            return self.expect(201 if purpose == "sign_in" else 200, "POST", path, {**body, **again})
        if route.startswith("POST /identity/face-checks"):
            raise AnotherFaceCheck
        if route.endswith("/invitations"):
            return self._invite_again(path, body)
        if route == "POST /admin/identity-applications/{user_id}/decision" and "duplicate" in body:
            return self._decided_duplicate(path)
        return self._as_it_stands(route, path, body)

    def _as_it_stands(self, route: str, path: str, body: Any) -> Any:
        """What there is to read of it, in the shape of the answer that was lost."""
        if route.startswith(("POST /identity", "POST /admin/identity")):
            return self.expect(200, "GET", "/identity")
        if route.startswith("POST /admin/institution-registrations"):
            included = self.expect(200, "GET", f"/admin/institution-registrations/{path.split('/')[3]}")
            return {**included, "institution": self._institution(included["name"])}
        if route == "POST /admin/institutions":
            return self._institution(body["name"])
        if "/institutions/registrations" in route:
            mine = self.expect(200, "GET", "/institutions/registrations?limit=100")["items"]
            return next(one for one in mine if one["name"] == body["name"])
        return {"grant": {"status": "active"}} if route.endswith("/direct-grant") else {}

    def _decided_duplicate(self, path: str) -> Any:
        """How far the decision on a number of two accounts is, from the case."""
        decision = self.expect(200, "GET", path.removesuffix("/decision"))["pending_decision"]
        return {**decision, "status": "takes_effect_at" if decision["takes_effect_at"] else "awaiting_second"}

    def _institution(self, name: str) -> Any:
        found = self.expect(200, "GET", f"/institutions?query={quote(name)}")["items"]
        return next((one for one in found if one["name"] == name), None)

    def _invite_again(self, path: str, body: Any) -> Any:
        """Its code was lost with the answer: take the invitation back and make another one, with a new face check."""
        business, institution = path.split("/")[2:4]
        for open_ in self.expect(200, "GET", f"/grants/{business}/{institution}")["invitations"]:
            self.expect(204, "DELETE", f"{path}/{open_['invitation_id']}")
        check = self.face_check(self._selfie, purpose="invitation", business=business, institution_code=institution)
        return self.expect(201, "POST", path, {**body, "face_check_id": check["face_check_id"]})

    def sms_code(self, phone: str, purpose: str) -> dict[str, str]:
        """Ask for a code, and for another one where no message comes: it may have been lost on its way."""
        while True:
            had = len(self.messages(phone))
            challenge = self.expect(202, "POST", "/auth/sms-codes", {"phone": phone, "purpose": purpose})
            if len(self.messages(phone)) > had:
                return {"challenge_id": challenge["challenge_id"], "phone": phone, "code": self.newest_code(phone)}
            time.sleep(challenge["resend_after_s"] + 0.1)

    def face_check(self, selfie: bytes, **wanted: str) -> Any:
        """Take a face check, and another one where it is not known how the first one ended."""
        self._selfie = selfie
        return again_after(AnotherFaceCheck, lambda: super(Patient, self).face_check(selfie, **wanted))

    def sign_in_to_console(self, phone: Client) -> None:
        """Sign in, and begin again where the session was lost on its way."""
        again_after(Unexpected, lambda: super(Patient, self).sign_in_to_console(phone))

    def decided_scan(self, scan_id: str, patience_s: float = 150) -> Any:
        """Wait for longer: a worker that was struck is followed by another one later."""
        return super().decided_scan(scan_id, patience_s)


def again_after(lost: type[Exception], do: Callable[[], Any]) -> Any:
    """Do it, five times at most while it ends like that."""
    for _ in range(4):
        try:
            return do()
        except lost:
            continue
    return do()


def route_of(method: str, path: str) -> str:
    """`POST /identity/scans`: the declared route of a path."""
    from app import ROUTES

    bare = path.partition("?")[0]
    matching = [
        route.path
        for route in ROUTES
        if route.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route.path), bare)
    ]
    return f"{method} {min(matching, key=lambda one: one.count('{'), default=bare)}"
