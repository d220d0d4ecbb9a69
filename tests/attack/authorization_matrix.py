"""Who may do what on whose thing: one row or more for every route, written by hand from the contract.

A row is a try on somebody's thing. `who` gets `answer`, a status or a code that shows that authority was not what was
missing; everybody else is refused with `otherwise`. What is needed before (a session, the console's, the office of an
administrator) is the row's `entrance`, and `basic` whether an SMS code alone is enough on a verified account. `{names}`
stand for the things of the scene.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from tests.attack.fixtures import BASIC, CONSOLE, PHONE, WAITING
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL
from tests.integration.institutions.builders import fields, registration

Entrance = Literal["public", "session", "person", "mini_program", "phone_and_console", "console", "administrator"]
ANYBODY = frozenset(
    {
        *("newcomer", "verified", "owner", "hospital_manager", "hospital_assistant", "sibling"),
        *("superior", "superior_assistant", "grandparent", "other_business", "elsewhere", "administrator"),
    }
)
VERIFIED = ANYBODY - {"newcomer"}
ADMINISTRATOR = frozenset({"administrator"})
OWNER = frozenset({"owner"})
SUPERIOR = frozenset({"superior"})
OVER_CITY = frozenset({"superior", "superior_assistant"})
SUPERIORS = OVER_CITY | ADMINISTRATOR
MANAGER = frozenset({"hospital_manager"})
MEMBERS = MANAGER | {"hospital_assistant"}
KEEPERS = MEMBERS | {"administrator"}


# The sessions that come no further, with what they are told, by the row's entrance.
TURNED_AWAY: dict[tuple[Entrance, str], str] = {
    ("person", CONSOLE): "CLIENT_NOT_ALLOWED",
    ("mini_program", CONSOLE): "CLIENT_NOT_ALLOWED",
    ("console", PHONE): "CONSOLE_SESSION_REQUIRED",
    ("console", BASIC): "CONSOLE_SESSION_REQUIRED",
}


@dataclass(frozen=True)
class Try:
    """One try of everybody's. `unlike` names callers whose answer differs for a reason that is not authority."""

    route: str
    path: str
    entrance: Entrance
    who: frozenset[str]
    answer: int | str
    otherwise: str = "FORBIDDEN"
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    unlike: dict[str, int | str] = field(default_factory=dict)
    basic: bool = False
    unlike_basic: dict[str, int | str] = field(default_factory=dict)

    def expected(self, caller: str, session: str) -> int | str:
        """What this caller is answered with this kind of session: a status, or the code of a refusal."""
        if caller == "nobody":
            return self.answer if self.entrance == "public" else "UNAUTHENTICATED"
        if (self.entrance, session) in TURNED_AWAY:
            return TURNED_AWAY[self.entrance, session]
        if self.entrance == "administrator" and caller != "administrator":
            return "ADMINISTRATOR_REQUIRED"
        if session == BASIC and caller in VERIFIED and not self.basic and self.entrance != "public":
            return "STEP_UP_REQUIRED"
        if session == BASIC and caller in self.unlike_basic:
            return self.unlike_basic[caller]
        return self.unlike.get(caller, self.answer if caller in self.who else self.otherwise)


GRANT, CHILD, QR = f"/grants/{EXAM}/{HOSPITAL}", f"/console/grants/{EXAM}", "/auth/qr-logins/{qr_login_id}"
NO_PHONE = {"challenge_id": "0" * 32, "phone": "13900139000", "code": "000000"}
REDEEM = {"grant_code": "{grant_code}", "face_check_id": "{redemption_check}"}
ACCEPT = {"invitation_code": "{invitation_code}", "face_check_id": "{acceptance_check}"}
INVITE = {"role": "assistant", "face_check_id": "{invitation_check}"}
ADMIN_CASE = "/admin/identity-applications/{id_of_applicant}"
ADMIN_REGISTRATION = "/admin/institution-registrations/{pending_registration}"
BUSINESS = {"name": "新业务", "entry_url": "https://new.test/", "opens_on": "2026-11-01", "closes_on": "2026-12-01"}
REJECT = {"decision": "reject", "reason_code": "OTHER", "comment": "请补充材料"}
HANDING_ON: dict[str, int | str] = dict.fromkeys(OVER_CITY, "OWN_AUTHORITY")
JUST_ISSUED: dict[str, int | str] = {"superior_assistant": "REISSUE_LIMIT"}
UNREASONED: dict[str, int | str] = {"administrator": "REASON_REQUIRED"}
MEMBERS_ALREADY: dict[str, int | str] = dict.fromkeys(MEMBERS, "ALREADY_MEMBER")


def tries() -> list[Try]:
    """All rows."""
    return [*_auth(), *_identity(), *_institutions(), *_grants(), *_console()]


def _auth() -> list[Try]:
    login = {**NO_PHONE, "client": "portal"}
    return [
        Try("GET /healthz", "/healthz", "public", ANYBODY, 200),
        Try("GET /reference", "", "public", ANYBODY, 200),
        Try("GET /reference/regions", "", "public", ANYBODY, 200),
        Try("POST /auth/wechat-logins", "", "public", ANYBODY, "INVALID", body={"js_code": ""}),
        Try("POST /auth/sms-codes", "", "public", ANYBODY, "INVALID", body={"phone": "1", "purpose": "sign_in"}),
        Try("POST /auth/phone-logins", "", "public", ANYBODY, "SMS_CODE_INVALID", body=login),
        Try("POST /auth/phone", "", "mini_program", ANYBODY, "SMS_CODE_INVALID", body=NO_PHONE),
        Try(
            *("POST /auth/wechat", "", "mini_program", frozenset({"newcomer"}), 200, "FACE_CHECK_REQUIRED"),
            body={"js_code": "code"},
        ),
        Try("GET /auth/me", "", "session", ANYBODY, 200, basic=True),
        Try("DELETE /auth/session", "", "session", ANYBODY, 204, basic=True),
        Try("DELETE /auth/sessions", "", "person", ANYBODY, 204),
        Try("GET /auth/sessions", "", "person", ANYBODY, 200),
        Try("DELETE /auth/sessions/{session_id}", "", "person", OWNER, 204, "NOT_FOUND"),
        Try("POST /auth/qr-logins", "", "public", ANYBODY, 201),
        Try(
            "GET /auth/qr-logins/{qr_login_id}", QR, "public", ANYBODY, 200, headers={"X-Poll-Secret": "{poll_secret}"}
        ),
        Try("GET /auth/qr-logins/{qr_login_id}", QR, "public", ANYBODY, "NOT_FOUND", headers={"X-Poll-Secret": "x"}),
        Try("POST /auth/qr-logins/{qr_login_id}/scan", "", "mini_program", SUPERIOR, 200, "QR_TAKEN"),
        Try(
            *("POST /auth/qr-logins/{qr_login_id}/confirmation", "", "mini_program", SUPERIOR, 200, "QR_TAKEN"),
            body={"number": "{match_number}"},
        ),
        Try("POST /auth/qr-logins/{qr_login_id}/denial", "", "mini_program", SUPERIOR, 200, "QR_TAKEN"),
    ]


def _identity() -> list[Try]:
    check, case = "POST /identity/face-checks", "/admin/identity-applications/{user_id}"
    comparison = "/identity/face-checks/{requested_check}/comparison"
    own = {"document_type": "resident_id", "name": "", "number": ""}
    asked = {"grant_code": "{grant_code}", "purpose": "grant_redemption"}
    invited = {"purpose": "invitation", "business": EXAM, "institution_code": HOSPITAL}
    accepting = {"purpose": "invitation_acceptance", "invitation_code": "{invitation_code}"}
    scan = {"side": "front", "content_type": "image/jpeg", "size": 1}
    decision = {**REJECT, "revision": 1}
    return [
        Try("GET /identity", "", "mini_program", ANYBODY, 200),
        Try("GET /identity/consent", "", "mini_program", ANYBODY, 200),
        Try("POST /identity/consent", "", "mini_program", ANYBODY, "CONSENT_OUTDATED", body={"version": "no such"}),
        Try("DELETE /identity/consent", "", "mini_program", ANYBODY, 204),
        Try("GET /identity/application", "", "mini_program", ANYBODY, "NOT_FOUND"),
        Try("PUT /identity/application", "", "mini_program", ANYBODY, "INVALID", body=own),
        Try("POST /identity/scans", "", "mini_program", ANYBODY, "APPLICATION_REQUIRED", body=scan),
        Try("GET /identity/scans/{scan_id}", "", "mini_program", OWNER, 200, "NOT_FOUND"),
        Try(check, "", "person", VERIFIED, 201, "IDENTITY_REQUIRED", body=asked, unlike=HANDING_ON),
        Try(check, "", "person", MANAGER, 201, body=invited),
        Try(check, "", "person", VERIFIED, 201, "IDENTITY_REQUIRED", body={"purpose": "session"}, basic=True),
        Try(check, "", "person", VERIFIED, 201, "IDENTITY_REQUIRED", body={"purpose": "account"}),
        Try(check, "", "person", VERIFIED, 201, "IDENTITY_REQUIRED", body=accepting),
        Try(
            *(
                "POST /identity/face-checks/{face_check_id}/comparison",
                comparison,
                "person",
                OWNER,
                "FACE_NOT_UPLOADED",
                "NOT_FOUND",
            ),
            unlike_basic={"owner": "STEP_UP_REQUIRED"},
            basic=True,
        ),
        Try("POST /identity/submission", "", "mini_program", ANYBODY, "APPLICATION_REQUIRED"),
        Try("POST /identity/appeal", "", "mini_program", ANYBODY, "NOTHING_REJECTED", body={"comment": "为什么"}),
        Try(
            *("POST /identity/objection", "", "mini_program", ANYBODY, "NOTHING_CONTESTED"),
            body={"face_check_id": "0" * 32},
        ),
        Try("GET /admin/identity-applications", "", "administrator", ADMINISTRATOR, 200),
        Try("POST /admin/identity-applications/search", "", "administrator", ADMINISTRATOR, 200, body={"name": "李四"}),
        Try(
            *(f"POST {case}/image-links", f"{ADMIN_CASE}/image-links", "administrator", ADMINISTRATOR),
            "CLAIM_REQUIRED",
        ),
        Try(f"GET {case}", ADMIN_CASE, "administrator", ADMINISTRATOR, 200),
        Try(f"POST {case}/claim", f"{ADMIN_CASE}/claim", "administrator", ADMINISTRATOR, 200),
        Try(f"DELETE {case}/claim", f"{ADMIN_CASE}/claim", "administrator", ADMINISTRATOR, 204),
        Try(
            *(f"POST {case}/decision", f"{ADMIN_CASE}/decision", "administrator", ADMINISTRATOR, 200),
            body=decision,
        ),
    ]


def _institutions() -> list[Try]:
    unit = {"institution_code": HOSPITAL, "confirmation_code": "BCDFGHJK"}
    new, case = registration("新医院", CITY), ADMIN_REGISTRATION
    mine = "/institutions/registrations/{rejected_registration}"
    route = "/admin/institution-registrations/{registration_id}"
    one = "/admin/institutions/{institution_code}"
    search = "/institutions?query=%E6%9C%BA%E6%9E%84"
    status = f"/institutions/registration-status?supervisor_code={CITY}&name=x"
    return [
        Try("GET /institutions", search, "public", ANYBODY, 200),
        Try("GET /institutions/registration-agreement", "", "public", ANYBODY, 200),
        Try("GET /institutions/registration-status", status, "public", ANYBODY, 200),
        Try("GET /institutions/{institution_code}", f"/institutions/{HOSPITAL}", "public", ANYBODY, 200),
        Try(
            *("GET /institutions/{institution_code}/children", f"/institutions/{CITY}/children", "public"),
            *(ANYBODY, 200),
        ),
        Try("GET /institutions/work-unit", "", "mini_program", ANYBODY, 200),
        Try("PUT /institutions/work-unit", "", "mini_program", VERIFIED, 200, "IDENTITY_REQUIRED", body=unit),
        Try("DELETE /institutions/work-unit", "", "mini_program", ANYBODY, 204),
        Try("GET /institutions/registrations", "", "person", ANYBODY, 200, basic=True),
        Try("POST /institutions/registrations", "", "person", ANYBODY, 201, body=new, basic=True),
        Try("POST /institutions/registrations/check", "", "person", ANYBODY, 204, body=new, basic=True),
        Try(
            *("GET /institutions/registrations/{registration_id}", mine, "person", OWNER, 200, "NOT_FOUND"),
            basic=True,
        ),
        Try(
            "PUT /institutions/registrations/{registration_id}",
            mine,
            "person",
            OWNER,
            200,
            "NOT_FOUND",
            body=new,
            basic=True,
        ),
        Try(
            *("POST /institutions/registrations/{registration_id}/appeal", f"{mine}/appeal", "person"),
            *(OWNER, 200, "NOT_FOUND"),
            body={"comment": "为什么"},
            basic=True,
        ),
        Try("GET /admin/institution-registrations", "", "administrator", ADMINISTRATOR, 200),
        Try(f"GET {route}", case, "administrator", ADMINISTRATOR, 200),
        Try(f"POST {route}/claim", f"{case}/claim", "administrator", ADMINISTRATOR, 200),
        Try(f"DELETE {route}/claim", f"{case}/claim", "administrator", ADMINISTRATOR, 204),
        Try(
            f"POST {route}/decision",
            f"{case}/decision",
            "administrator",
            ADMINISTRATOR,
            200,
            body={**REJECT, "revision": 1},
        ),
        Try("POST /admin/institutions", "", "administrator", ADMINISTRATOR, 201, body=fields("新机构")),
        Try("GET /admin/institutions", "", "administrator", ADMINISTRATOR, 200),
        Try(f"GET {one}", f"/admin/institutions/{HOSPITAL}", "administrator", ADMINISTRATOR, 200),
        Try(f"GET {one}/history", f"/admin/institutions/{HOSPITAL}/history", "administrator", ADMINISTRATOR, 200),
        Try(
            *(f"PUT {one}", f"/admin/institutions/{HOSPITAL}", "administrator", ADMINISTRATOR, "HIERARCHY_REFUSED"),
            body=fields("在自己之下", HOSPITAL),
        ),
    ]


def _grants() -> list[Try]:
    of, business = "/grants/{business}/{institution_code}", "/admin/businesses/{business}"
    return [
        Try("GET /businesses", "", "phone_and_console", ANYBODY, 200),
        Try("GET /businesses/{business}", f"/businesses/{EXAM}", "phone_and_console", ANYBODY, 200),
        Try("POST /admin/businesses", "", "administrator", ADMINISTRATOR, 201, body={"business": "new", **BUSINESS}),
        Try(f"PUT {business}", f"/admin/businesses/{EXAM}", "administrator", ADMINISTRATOR, 200, body=BUSINESS),
        Try("GET /grants/mine", "", "mini_program", ANYBODY, 200),
        Try(
            *("POST /grants/redemptions", "", "mini_program", OWNER, 201, "FACE_CHECK_REQUIRED"),
            body=REDEEM,
            unlike={"newcomer": "IDENTITY_REQUIRED"},
        ),
        Try(
            *("POST /grants/invitations/acceptance", "", "mini_program", OWNER, 200, "FACE_CHECK_REQUIRED"),
            body=ACCEPT,
            unlike={"newcomer": "IDENTITY_REQUIRED", **MEMBERS_ALREADY},
        ),
        Try(
            *("POST /grants/code-preview", "", "mini_program", ANYBODY - OVER_CITY, 200, "OWN_AUTHORITY"),
            body={"grant_code": "{grant_code}"},
        ),
        Try(
            *("POST /grants/invitations/preview", "", "mini_program", ANYBODY, 200),
            body={"invitation_code": "{invitation_code}"},
        ),
        Try(f"GET {of}", GRANT, "mini_program", MEMBERS, 200),
        Try(f"POST {of}/invitations", f"{GRANT}/invitations", "mini_program", MANAGER, 201, body=INVITE),
        Try(
            f"DELETE {of}/invitations/{{invitation_id}}",
            f"{GRANT}/invitations/{{invitation_id}}",
            "mini_program",
            MANAGER,
            204,
        ),
        Try(
            *(f"DELETE {of}/assistants/{{user_id}}", f"{GRANT}/assistants/{{id_of_hospital_assistant}}"),
            *("mini_program", MEMBERS, 204),
        ),
        Try(f"DELETE {of}/manager", f"{GRANT}/manager", "mini_program", MANAGER, 204),
    ]


def _console() -> list[Try]:
    of, why = "/console/grants/{business}/{institution_code}", {"reason": "代市卫健委办理"}
    job = {"supervisor": CITY, **why}
    there, waiting = f"{CHILD}/{HOSPITAL}", f"{CHILD}/{WAITING}"
    kept = "/console/institutions/{institution_code}/confirmation-code"
    code = f"/console/institutions/{HOSPITAL}/confirmation-code"
    members = f"/console/institutions/{HOSPITAL}/members"
    named = {"name": "{name}", "number": "{number}", **why}
    children = f"/console/grants?business={EXAM}&supervisor={CITY}"
    top = f"/console/grants?business={EXAM}&supervisor=root"
    return [
        Try("GET /console/grants", children, "console", SUPERIORS, 200),
        Try("GET /console/grants", top, "console", ADMINISTRATOR, 200),
        Try("GET /console/overview", "", "console", ANYBODY, 200),
        Try(f"GET {of}", there, "console", SUPERIORS | MEMBERS, 200),
        Try(f"POST {of}/code", f"{there}/code", "console", SUPERIORS, "GRANT_ACTIVE", body=why),
        Try(f"POST {of}/code", f"{waiting}/code", "console", SUPERIORS, 201, body=why, unlike=JUST_ISSUED),
        Try(f"POST {of}/code", f"{waiting}/code", "console", OVER_CITY, 201, unlike={**UNREASONED, **JUST_ISSUED}),
        Try(f"POST {of}/direct-grant", f"{waiting}/direct-grant", "console", SUPERIORS, 200, body=named),
        Try(f"DELETE {of}", f"{there}?reason=stated", "console", SUPERIORS, 204),
        Try(f"DELETE {of}", there, "console", OVER_CITY, 204, unlike=UNREASONED),
        Try(f"GET {of}/history", f"{there}/history", "console", SUPERIORS | MEMBERS, 200),
        Try("POST /console/grants/{business}/code-jobs", f"{CHILD}/code-jobs", "console", SUPERIORS, 202, body=job),
        Try("POST /console/grants/{business}/export-jobs", f"{CHILD}/export-jobs", "console", SUPERIORS, 202, body=job),
        Try(
            *("POST /console/grants/{business}/revocation-jobs", f"{CHILD}/revocation-jobs", "console", SUPERIORS, 202),
            body=job,
        ),
        Try(
            *("POST /console/grants/{business}/code-jobs", f"{CHILD}/code-jobs", "console", OVER_CITY, 202),
            body={"supervisor": CITY},
            unlike=UNREASONED,
        ),
        Try("GET /console/jobs", "", "console", ANYBODY, 200),
        Try("GET /console/jobs/{job_id}", "", "console", SUPERIOR, 200, "NOT_FOUND"),
        Try("GET /console/jobs/{job_id}/skipped", "", "console", SUPERIOR, 200, "NOT_FOUND"),
        Try("DELETE /console/jobs/{job_id}", "", "console", SUPERIOR, 204, "NOT_FOUND"),
        Try(f"GET {kept}", code, "console", KEEPERS, 200),
        Try(f"POST {kept}", code, "console", KEEPERS, 200, unlike={"hospital_assistant": "ROTATION_LIMIT"}),
        Try("GET /console/institutions/{institution_code}/members", members, "console", KEEPERS, 200),
        Try(
            *("DELETE /console/institutions/{institution_code}/members/{user_id}", f"{members}/{{id_of_sibling}}"),
            *("console", MANAGER | ADMINISTRATOR, "NOT_FOUND"),
        ),
        Try(
            "DELETE /console/institutions/{institution_code}/members/{user_id}",
            f"{members}/{{id_of_hospital_manager}}",
            "console",
            MANAGER | ADMINISTRATOR,
            204,
        ),
    ]
