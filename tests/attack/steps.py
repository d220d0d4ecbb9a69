"""The steps that somebody succeeds in who has come just far enough: one row for each.

Beside the rows of `deputies`, where everybody tries and most are refused, faults and repeated calls so meet the whole
of every way. Who takes them is made by `steppers`.
"""

from typing import Any

from tests.attack.authorization_matrix import Try
from tests.attack.prepared_callers import BOUND_PHONE, JOINED_PHONE, LOGIN_PHONE, TAKEN_PHONE
from tests.integration.identity.applicant import resident
from tests.integration.institutions.builders import fields

MOVED = fields("改名医院", "{its_new_supervisor}")
SEEN = {"face_check_id": "{account_check}"}
PHOTO = {"side": "front", "content_type": "image/jpeg", "size": 1_000}
APPROVE = {"decision": "approve", "revision": 1}


def steps() -> list[Try]:
    """A row for each success."""
    decision, case = "POST /admin/identity-applications/{user_id}/decision", "/admin/identity-applications"
    comparison = "/identity/face-checks/{selfie_check}/comparison"
    institution = "PUT /admin/institutions/{institution_code}"
    return [
        _step("POST /auth/wechat-logins", "nobody", 201, {"js_code": "code"}),
        _step("POST /auth/sms-codes", "nobody", 202, {"phone": "13900139000", "purpose": "sign_in"}),
        _step("POST /auth/phone-logins", "nobody", 201, {**_proof(LOGIN_PHONE, "login"), "client": "portal"}),
        _step("POST /auth/phone", "newcomer_binding", 200, _proof(BOUND_PHONE, "binding")),
        _step("POST /auth/phone", "newcomer_joining", 200, _proof(JOINED_PHONE, "joining")),
        _step("POST /auth/phone", "newcomer_binding", 200, {"wechat_phone_code": "code"}),
        _step("POST /auth/phone", "newcomer_taking", 200, {**_proof(TAKEN_PHONE, "taking"), "take_over": True}),
        _step("POST /auth/phone", "returning", 200, {**_proof(BOUND_PHONE, "binding"), **SEEN}),
        _step("POST /auth/wechat", "newcomer_binding", 200, {"js_code": "code"}),
        _step("POST /auth/wechat", "returning", 200, {"js_code": "code", **SEEN}),
        _step("POST /identity/consent", "newcomer_binding", 200, {"version": "{consent_version}"}),
        _step("PUT /identity/application", "consented", 200, resident(901)),
        _step("POST /identity/scans", "drafted", 201, PHOTO),
        _step("GET /identity/application", "drafted", 200),
        _step("POST /identity/scans", "closed_out", 201, {**PHOTO, "for_review": True}),
        _step(
            *("POST /admin/identity-applications/{user_id}/image-links", "administrator", 200),
            path=f"{case}/{{id_of_claimed}}/image-links",
        ),
        _step("POST /identity/face-checks", "scanned", 201, {"purpose": "identity"}),
        _step("POST /identity/face-checks/{face_check_id}/comparison", "scanned", 200, path=comparison),
        _step("POST /identity/submission", "ready", 200),
        _step("POST /identity/submission", "ready_traveller", 200),
        _step("POST /identity/appeal", "rejected", 200, {"comment": "为什么"}),
        _step("POST /identity/objection", "contested", 200, {"face_check_id": "{objection_check}"}),
        _step(decision, "administrator", 200, APPROVE, path=f"{case}/{{id_of_waiting}}/decision"),
        _step(
            *("POST /admin/institution-registrations/{registration_id}/decision", "administrator", 200),
            APPROVE,
            path="/admin/institution-registrations/{right_registration}/decision",
        ),
        _step(institution, "administrator", 200, MOVED, path="/admin/institutions/{moved_institution}"),
    ]


def _step(route: str, who: str, answer: int, body: Any = None, *, path: str = "") -> Try:
    return Try(route, path, "public" if who == "nobody" else "session", frozenset({who}), answer, body=body)


def _proof(phone: str, name: str) -> dict[str, str]:
    return {"challenge_id": f"{{{name}_challenge}}", "phone": phone, "code": f"{{{name}_code}}"}
