"""Words that are stored and that rules are about, each declared once: for the items, the domains and the answers."""

from typing import Literal

RoleName = Literal["manager", "assistant"]
WorkUnitBy = Literal["code", "grant"]  # how a work unit was chosen
SmsPurpose = Literal["sign_in", "bind_phone"]
StoredQrStatus = Literal["created", "scanned", "confirmed", "exchanged", "denied"]
QrDenial = Literal["number", "person", "role", "session"]  # why a QR sign-in was denied

IdentityStatus = Literal["unverified", "draft", "in_review", "verified", "rejected"]
VerificationRoute = Literal["automatic", "manual"]
VerificationPolicy = Literal["authoritative", "photo", "off"]  # what a machine may verify by itself
Side = Literal["front", "back"]
ScanStatus = Literal["awaiting_upload", "processing", "accepted", "rejected", "for_review"]
FaceMethod = Literal["wechat", "selfie"]
FaceCheckStatus = Literal["requested", "passed", "failed", "consumed"]

RegistrationState = Literal["pending", "rejected", "included"]

GrantStatus = Literal["vacant", "code_issued", "active"]
JobKind = Literal["code", "revocation", "export"]
JobStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]
