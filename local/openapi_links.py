"""How one call leads to the next: the links of the OpenAPI document, for readers and for tests that follow chains.

`LINKS[operation]` are the operations that an answer leads to, with what they take from it. In an expression, `body` is
the answer's body, `path` and `sent` are the path and the body of the request that was answered.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class Link(NamedTuple):
    """The operation that follows, its parameters, and its body where it takes more than its own example."""

    to: str
    parameters: Mapping[str, str] = {}
    body: Mapping[str, str] = {}


QR, REGISTRATION = {"qr_login_id": "path/qr_login_id"}, {"registration_id": "body/registration_id"}
GRANT = {"business": "path/business", "institution_code": "path/institution_code"}
INSTITUTION, FIRST = (
    {"institution_code": "body/institution_code"},
    {"institution_code": "body/items/0/institution_code"},
)
FIRST_CASE, FIRST_FILED = {"user_id": "body/items/0/user_id"}, {"registration_id": "body/items/0/registration_id"}
JOB, CASE, FILED = {"job_id": "body/job_id"}, {"user_id": "path/user_id"}, {"registration_id": "path/registration_id"}
INVITED = {"invitation_code": "body/invitation_code"}

LINKS: Mapping[str, tuple[Link, ...]] = {
    "create_sms_code": (
        Link("create_phone_login", body={"challenge_id": "body/challenge_id", "phone": "sent/phone"}),
        Link("bind_phone", body={"challenge_id": "body/challenge_id", "phone": "sent/phone"}),
    ),
    "list_sessions": (Link("delete_one_session", {"session_id": "body/items/0/session_id"}),),
    "create_qr_login": (
        Link("show_qr_login", {"qr_login_id": "body/qr_login_id", "X-Poll-Secret": "body/poll_secret"}),
        Link("scan_qr_login", {"qr_login_id": "body/qr_login_id"}),
    ),
    "scan_qr_login": (Link("deny_qr_login", QR),),
    "confirm_qr_login": (Link("deny_qr_login", QR),),
    "show_consent": (Link("accept_consent", body={"version": "body/version"}),),
    "accept_consent": (Link("save_application"),),
    "save_application": (Link("create_scan"), Link("create_face_check"), Link("submit")),
    "create_scan": (Link("show_scan", {"scan_id": "body/scan_id"}),),
    "create_face_check": (Link("compare_face", {"face_check_id": "body/face_check_id"}),),
    "list_applications": (
        Link("show_application", FIRST_CASE),
        Link("claim_application", FIRST_CASE),
    ),
    "show_application": (Link("decide_application", CASE, {"revision": "body/revision"}),),
    "claim_application": (Link("release_application", CASE), Link("decide_application", CASE)),
    "search_institutions": (Link("show_institution", FIRST), Link("choose_work_unit", body=FIRST)),
    "create_registration": (
        Link("amend_registration", REGISTRATION),
        Link("appeal_registration", REGISTRATION),
        Link("show_registration", REGISTRATION),
        Link("claim_registration", REGISTRATION),
        Link("decide_registration", REGISTRATION),
    ),
    "list_registrations": (
        Link("amend_registration", FIRST_FILED),
        Link("appeal_registration", FIRST_FILED),
    ),
    "list_pending_registrations": (
        Link("show_registration", FIRST_FILED),
        Link("claim_registration", FIRST_FILED),
    ),
    "claim_registration": (Link("release_registration", FILED), Link("decide_registration", FILED)),
    "decide_registration": (Link("show_registration", FILED),),
    "create_institution": (
        Link("show_institution", INSTITUTION),
        Link("show_institution_details", INSTITUTION),
        Link("amend_institution", INSTITUTION),
        Link("show_confirmation_code", INSTITUTION),
        Link("rotate_confirmation_code", INSTITUTION),
        Link("create_institution", body={"supervisor_code": "body/institution_code"}),
    ),
    "show_confirmation_code": (
        Link(
            "choose_work_unit",
            body={"institution_code": "path/institution_code", "confirmation_code": "body/confirmation_code"},
        ),
    ),
    "create_business": (Link("amend_business", {"business": "body/business"}),),
    "list_child_grants": (Link("show_institution", {"institution_code": "body/items/0/institution/institution_code"}),),
    "issue_code": (
        Link("create_face_check", body={"purpose": "'grant_redemption'", "grant_code": "body/grant_code"}),
        Link("redeem_grant", body={"grant_code": "body/grant_code"}),
        Link("grant_directly", GRANT),
        Link("revoke_grant", GRANT),
        Link("show_grant_history", GRANT),
        Link("show_grant", GRANT),
    ),
    "create_invitation": (
        Link("create_face_check", body={"purpose": "'invitation_acceptance'", **INVITED}),
        Link("accept_invitation", body=INVITED),
        Link("delete_invitation", {**GRANT, "invitation_id": "body/invitation_id"}),
    ),
    "issue_codes": (Link("show_job", JOB),),
    "export_grants": (Link("show_job", JOB),),
    "revoke_unactivated": (Link("show_job", JOB),),
}  # fmt: skip
PREFIXES = {"body": "$response.body#", "path": "$request.path.", "sent": "$request.body#"}


def links_of(operation: str, bodies: Mapping[str, Any]) -> dict[str, Any]:
    """The links of an operation's answer, by the operations that follow; `bodies` are examples of what they take."""
    made: dict[str, Any] = {}
    for link in LINKS.get(operation, ()):
        described: dict[str, Any] = {"operationId": link.to}
        if link.parameters:
            described["parameters"] = {name: _expression(taken) for name, taken in link.parameters.items()}
        if link.body:
            described["requestBody"] = {**bodies[link.to], **{k: _expression(taken) for k, taken in link.body.items()}}
        made[link.to] = described
    return made


def _expression(taken: str) -> str:
    literal = re.fullmatch("'(.*)'", taken)
    if literal:
        return literal[1]
    place, _, rest = taken.partition("/")
    return PREFIXES[place] + (rest if place == "path" else f"/{rest}")
