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
    "createSmsCode": (
        Link("createPhoneLogin", body={"challenge_id": "body/challenge_id", "phone": "sent/phone"}),
        Link("bindPhone", body={"challenge_id": "body/challenge_id", "phone": "sent/phone"}),
    ),
    "listSessions": (Link("endSession", {"session_id": "body/items/0/session_id"}),),
    "createQrLogin": (
        Link("showQrLogin", {"qr_login_id": "body/qr_login_id", "X-Poll-Secret": "body/poll_secret"}),
        Link("scanQrLogin", {"qr_login_id": "body/qr_login_id"}),
    ),
    "scanQrLogin": (Link("denyQrLogin", QR),),
    "confirmQrLogin": (Link("denyQrLogin", QR),),
    "showConsent": (Link("acceptConsent", body={"version": "body/version"}),),
    "acceptConsent": (Link("saveApplication"),),
    "saveApplication": (Link("createScan"), Link("createFaceCheck"), Link("submitApplication")),
    "createScan": (Link("showScan", {"scan_id": "body/scan_id"}),),
    "createFaceCheck": (Link("compareFace", {"face_check_id": "body/face_check_id"}),),
    "listApplications": (
        Link("showApplication", FIRST_CASE),
        Link("claimApplication", FIRST_CASE),
    ),
    "showApplication": (Link("decideApplication", CASE, {"revision": "body/revision"}),),
    "claimApplication": (Link("releaseApplication", CASE), Link("decideApplication", CASE)),
    "searchInstitutions": (Link("showInstitution", FIRST), Link("chooseWorkUnit", body=FIRST)),
    "createRegistration": (
        Link("showOwnRegistration", REGISTRATION),
        Link("amendRegistration", REGISTRATION),
        Link("appealRegistration", REGISTRATION),
        Link("showRegistration", REGISTRATION),
        Link("claimRegistration", REGISTRATION),
        Link("decideRegistration", REGISTRATION),
    ),
    "listRegistrations": (
        Link("showOwnRegistration", FIRST_FILED),
        Link("amendRegistration", FIRST_FILED),
        Link("appealRegistration", FIRST_FILED),
    ),
    "listPendingRegistrations": (
        Link("showRegistration", FIRST_FILED),
        Link("claimRegistration", FIRST_FILED),
    ),
    "claimRegistration": (Link("releaseRegistration", FILED), Link("decideRegistration", FILED)),
    "decideRegistration": (Link("showRegistration", FILED),),
    "createInstitution": (
        Link("showInstitution", INSTITUTION),
        Link("showInstitutionDetails", INSTITUTION),
        Link("showInstitutionHistory", INSTITUTION),
        Link("listChildren", INSTITUTION),
        Link("amendInstitution", INSTITUTION),
        Link("showConfirmationCode", INSTITUTION),
        Link("rotateConfirmationCode", INSTITUTION),
        Link("createInstitution", body={"supervisor_code": "body/institution_code"}),
    ),
    "showConfirmationCode": (
        Link(
            "chooseWorkUnit",
            body={"institution_code": "path/institution_code", "confirmation_code": "body/confirmation_code"},
        ),
    ),
    "createBusiness": (
        Link("showBusiness", {"business": "body/business"}),
        Link("amendBusiness", {"business": "body/business"}),
    ),
    "listChildGrants": (Link("showInstitution", {"institution_code": "body/items/0/institution/institution_code"}),),
    "issueCode": (
        Link("previewCode", body={"grant_code": "body/grant_code"}),
        Link("createFaceCheck", body={"purpose": "'grant_redemption'", "grant_code": "body/grant_code"}),
        Link("redeemGrant", body={"grant_code": "body/grant_code"}),
        Link("grantDirectly", GRANT),
        Link("revokeGrant", GRANT),
        Link("showGrantHistory", GRANT),
        Link("showChildGrant", GRANT),
        Link("showGrant", GRANT),
    ),
    "createInvitation": (
        Link("previewInvitation", body=INVITED),
        Link("createFaceCheck", body={"purpose": "'invitation_acceptance'", **INVITED}),
        Link("acceptInvitation", body=INVITED),
        Link("deleteInvitation", {**GRANT, "invitation_id": "body/invitation_id"}),
    ),
    "issueCodes": (Link("showJob", JOB), Link("listSkipped", JOB), Link("cancelJob", JOB)),
    "exportGrants": (Link("showJob", JOB),),
    "revokeUnactivated": (Link("showJob", JOB),),
    "listJobs": (Link("showJob", {"job_id": "body/items/0/job_id"}),),
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
