"""Every key of the table, as one function each, with an example: the only place where key strings are put together.

`pk` gathers what is read or changed together; `sk` names what the item is. Variable parts never hold personal data in
clear: phones and document numbers stand there as keyed hashes.
"""

import zlib
from typing import NamedTuple


class Key(NamedTuple):
    """The primary key of one item."""

    pk: str
    sk: str


# --- users and signing in -------------------------------------------------------------------------------------------


def user_partition(user_id: str) -> str:
    """Everything about one user: `USER#5f0c…`."""
    return f"USER#{user_id}"


def user(user_id: str) -> Key:
    """The account: `USER#5f0c… / PROFILE`."""
    return Key(user_partition(user_id), "PROFILE")


def user_session(user_id: str, token_fingerprint: str) -> Key:
    """Record that a session belongs to the user: `USER#5f0c… / SESSION#9d41…`."""
    return Key(user_partition(user_id), f"{USER_SESSION_PREFIX}{token_fingerprint}")


USER_SESSION_PREFIX = "SESSION#"


def reviewer_claims(user_id: str) -> Key:
    """The cases that a reviewer claimed last: `USER#5f0c… / REVIEW_CLAIMS`."""
    return Key(user_partition(user_id), "REVIEW_CLAIMS")


ADMINISTRATORS = "ADMINISTRATORS"


def administrator(user_id: str) -> Key:
    """Record that a user is an administrator: `ADMINISTRATORS / USER#5f0c…`."""
    return Key(ADMINISTRATORS, user_partition(user_id))


def session(token_fingerprint: str) -> Key:
    """The session behind a token: `SESSION#9d41… / SESSION`."""
    return Key(f"SESSION#{token_fingerprint}", "SESSION")


def wechat_owner(openid: str) -> Key:
    """Whose a WeChat account is: `WECHAT#oX4f… / OWNER`."""
    return Key(f"WECHAT#{openid}", "OWNER")


def phone_owner(phone_hash: str) -> Key:
    """Whose a phone is: `PHONE#b0aa… / OWNER`."""
    return Key(f"PHONE#{phone_hash}", "OWNER")


def sms_phone(phone_hash: str) -> Key:
    """What the SMS codes of one phone share: `PHONE#b0aa… / SMS`."""
    return Key(f"PHONE#{phone_hash}", "SMS")


def sms_challenge(phone_hash: str, challenge_id: str) -> Key:
    """One SMS code: `PHONE#b0aa… / SMS#6a1e…`."""
    return Key(f"PHONE#{phone_hash}", f"SMS#{challenge_id}")


def qr_login(qr_login_id: str) -> Key:
    """One sign-in of a PC by QR code: `QR_LOGIN#6a1e… / QR_LOGIN`."""
    return Key(f"QR_LOGIN#{qr_login_id}", "QR_LOGIN")


def wechat_access_token(app_id: str) -> Key:
    """The access token that all functions share: `WECHAT_APP#wx12… / ACCESS_TOKEN`."""
    return Key(f"WECHAT_APP#{app_id}", "ACCESS_TOKEN")


# --- identity -------------------------------------------------------------------------------------------------------


def identity(user_id: str) -> Key:
    """The identity of a user, verified or on its way: `USER#5f0c… / IDENTITY`."""
    return Key(user_partition(user_id), "IDENTITY")


def scan(user_id: str, scan_id: str) -> Key:
    """One scan of one side: `USER#5f0c… / SCAN#77e1…`."""
    return Key(user_partition(user_id), f"{SCAN_PREFIX}{scan_id}")


SCAN_PREFIX = "SCAN#"


def face_check(user_id: str, face_check_id: str) -> Key:
    """One face check: `USER#5f0c… / FACE_CHECK#31bd…`."""
    return Key(user_partition(user_id), f"{FACE_CHECK_PREFIX}{face_check_id}")


FACE_CHECK_PREFIX = "FACE_CHECK#"


CUTS_SLOTS = (0, 1)


def portrait_cuts(user_id: str, slot: int) -> Key:
    """The cuts around a portrait, in one of the slots: `USER#5f0c… / PORTRAIT_CUTS#0`."""
    return Key(user_partition(user_id), f"PORTRAIT_CUTS#{slot}")


def picture_claim(mac: str) -> Key:
    """Record that a picture was used for a face check, under one of its marks: `PICTURE#9b2e… / CLAIM`."""
    return Key(f"PICTURE#{mac}", "CLAIM")


def document_owner(person_hash: str) -> Key:
    """Whose a document number is: `DOCUMENT#c3f7… / OWNER`."""
    return Key(f"DOCUMENT#{person_hash}", "OWNER")


def former_document_owner(person_hash: str, user_id: str) -> Key:
    """Whose a document number was until they withdrew their consent: `DOCUMENT#c3f7… / FORMER#5f0c…`."""
    return Key(f"DOCUMENT#{person_hash}", f"FORMER#{user_id}")


def name_birth(name_birth_hash: str) -> Key:
    """Which accounts are verified under one name and birth date: `NAME_BIRTH#81d0… / HOLDERS`."""
    return Key(f"NAME_BIRTH#{name_birth_hash}", "HOLDERS")


def person_step(user_id: str, step: str) -> Key:
    """Work on a verified person that is due at a time: `USER#5f0c… / STEP#impostor`."""
    return Key(user_partition(user_id), f"{STEP_PREFIX}{step}")


STEP_PREFIX = "STEP#"
PERSON_STEPS = "PERSON_STEPS"  # `gsi1pk` of all of them


def person_step_due(due_at: str, user_id: str, step: str) -> str:
    """The position of a step among all, by when it is due: `2026-11-25T08:00:00Z#5f0c…#impostor`."""
    return f"{due_at}#{user_id}#{step}"


REVIEW_QUEUE = "REVIEW#IDENTITY"


def review_position(submitted_at: str, user_id: str) -> str:
    """The place of an application in the review queue (`gsi1sk`): `2026-11-22T08:00:00Z#5f0c…`, oldest first."""
    return f"{submitted_at}#{user_id}"


def reviewed(status: str) -> str:
    """The applications that a reviewer decided like this (`gsi1pk`): `REVIEWED#IDENTITY#rejected`."""
    return f"REVIEWED#IDENTITY#{status}"


def queue_facet(facet: str) -> str:
    """The applications in review that have something in common: `REVIEW#IDENTITY#reason=face_failed`."""
    return f"{REVIEW_QUEUE}#{facet}"


def queue_entry(facet: str, position: str) -> Key:
    """One of them, at its place in the queue: `REVIEW#IDENTITY#reason=face_failed / 2026-11-22T08:00:00Z#5f0c…`."""
    return Key(queue_facet(facet), position)


QUEUE_SHARDS = 4  # so that submissions at the same moment rarely change the same count


def queue_count(shard: int) -> Key:
    """How many applications of some users are in review: `REVIEW#IDENTITY#COUNTS / 07`."""
    return Key(f"{REVIEW_QUEUE}#COUNTS", f"{shard:02d}")


def queue_shard(user_id: str) -> int:
    """Which of the counts is that of a user."""
    return zlib.crc32(user_id.encode()) % QUEUE_SHARDS


def case_mark(mac: str, user_id: str) -> Key:
    """Record that an application is found by a name or number, under its keyed hash: `CASE#81d0… / 5f0c…`."""
    return Key(f"CASE#{mac}", user_id)


# --- institutions ---------------------------------------------------------------------------------------------------


def institution(institution_code: str) -> Key:
    """An institution of the directory: `INSTITUTION#420000100001 / PROFILE`."""
    return Key(f"INSTITUTION#{institution_code}", "PROFILE")


def member(institution_code: str, user_id: str) -> Key:
    """Record that an institution is somebody's work unit: `INSTITUTION#420000100001 / MEMBER#5f0c…`."""
    return Key(institution(institution_code).pk, f"{MEMBER_PREFIX}{user_id}")


MEMBER_PREFIX = "MEMBER#"


def children(supervisor_code: str | None) -> str:
    """The institutions directly below one (`gsi1pk`): `CHILDREN#420000100001`; those without one: `CHILDREN#ROOT`."""
    return f"CHILDREN#{supervisor_code or NO_SUPERVISOR}"


NO_SUPERVISOR = "ROOT"


def name_suffix_partition(suffix: str) -> str:
    """Every suffix of a name that begins with the same two characters: `NAME#人民`."""
    return f"NAME#{suffix[:2]}"


def name_suffix(suffix: str, institution_code: str) -> Key:
    """One suffix of a normalized name: `NAME#人民 / 人民医院#420000100001`."""
    return Key(name_suffix_partition(suffix), f"{suffix}#{institution_code}")


def name_claim(supervisor_code: str | None, normalized_name: str) -> Key:
    """Whose a name below a supervisor is: `NAME_BELOW#420000100001#第一人民医院 / CLAIM`."""
    return Key(f"NAME_BELOW#{supervisor_code or NO_SUPERVISOR}#{normalized_name}", "CLAIM")


def credit_code_claim(credit_code: str) -> Key:
    """Whose a unified social credit code is: `CREDIT_CODE#91350100M000100Y43 / CLAIM`."""
    return Key(f"CREDIT_CODE#{credit_code}", "CLAIM")


def registration(registration_id: str) -> Key:
    """A request to add an institution: `REGISTRATION#1b7e… / PROFILE`."""
    return Key(f"REGISTRATION#{registration_id}", "PROFILE")


def phone_partition(phone_hash: str) -> str:
    """Everything about one phone: `PHONE#b0aa…`."""
    return f"PHONE#{phone_hash}"


def phone_registration(phone_hash: str, began_at: str, registration_id: str) -> Key:
    """A registration listed under its phone: `PHONE#b0aa… / REGISTRATION#2026-11-22T08:00:00Z#1b7e…`."""
    return Key(phone_partition(phone_hash), f"{REGISTRATION_PREFIX}{began_at}#{registration_id}")


def user_registration(user_id: str, began_at: str, registration_id: str) -> Key:
    """Record that a person submitted a registration: `USER#5f0c… / REGISTRATION#2026-11-22T08:00:00Z#1b7e…`."""
    return Key(user_partition(user_id), f"{REGISTRATION_PREFIX}{began_at}#{registration_id}")


def pending_registration(claim: Key, user_id: str) -> Key:
    """Record that a person's registration asks for what can be claimed there: `CREDIT_CODE#9135… / PENDING#5f0c…`."""
    return Key(claim.pk, f"{PENDING_PREFIX}{user_id}")


PENDING_PREFIX = "PENDING#"
REGISTRATION_PREFIX = "REGISTRATION#"  # the same under a person and a phone, so that both lists are one order
REGISTRATION_QUEUE = "REVIEW#REGISTRATION"


def decided_registrations(status: str) -> str:
    """Those that were decided one way (`gsi1pk`), by when: `REGISTRATIONS#rejected`."""
    return f"REGISTRATIONS#{status}"


# --- grants ---------------------------------------------------------------------------------------------------------


def business(business_code: str) -> Key:
    """A business: `BUSINESS#title-review-2026 / PROFILE`."""
    return Key(f"BUSINESS#{business_code}", "PROFILE")


BUSINESSES = "BUSINESSES"  # `gsi1pk` of all businesses; `gsi1sk` is the code


def grant(business_code: str, institution_code: str) -> Key:
    """The right of one institution to run one business: `GRANT#title-review-2026#420000100001 / GRANT`."""
    return Key(f"GRANT#{business_code}#{institution_code}", "GRANT")


def grants_below(business_code: str, supervisor_code: str | None) -> str:
    """The grants that are not vacant of the institutions below one (`gsi1pk`): `GRANTS#title-review-2026#420000`."""
    return f"GRANTS#{business_code}#{supervisor_code or NO_SUPERVISOR}"


def grant_code(code_fingerprint: str) -> Key:
    """What a grant code is good for: `GRANT_CODE#7b0d… / CODE`."""
    return Key(f"GRANT_CODE#{code_fingerprint}", "CODE")


def invitation(code_fingerprint: str) -> Key:
    """What an invitation code is good for: `INVITATION#c41a… / INVITATION`."""
    return Key(f"INVITATION#{code_fingerprint}", "INVITATION")


def role(user_id: str, business_code: str, institution_code: str) -> Key:
    """Record that a user is manager or assistant: `USER#5f0c… / ROLE#title-review-2026#420000100001`."""
    return Key(user_partition(user_id), f"{ROLE_PREFIX}{business_code}#{institution_code}")


ROLE_PREFIX = "ROLE#"


def job(job_id: str) -> Key:
    """A bulk job: `JOB#3e9d… / JOB`."""
    return Key(f"JOB#{job_id}", "JOB")


def jobs_of(user_id: str) -> str:
    """The bulk jobs that a user made (`gsi1pk`): `JOBS#5f0c…`."""
    return f"JOBS#{user_id}"


def job_skips(job_id: str, chunk: int) -> Key:
    """What one chunk of a job skipped: `JOB#3e9d… / SKIPS#00000012`."""
    return Key(job(job_id).pk, f"{JOB_SKIPS_PREFIX}{chunk:08d}")


JOB_SKIPS_PREFIX = "SKIPS#"


# --- across areas ---------------------------------------------------------------------------------------------------


def audit_event(thing: Key, version: int) -> Key:
    """One event in the life of a thing, beside it: `USER#5f0c… / AUDIT#PROFILE#00000007`."""
    return Key(thing.pk, f"{audit_prefix(thing)}{version:08d}")


def audited(event: Key) -> tuple[Key, int] | None:
    """The thing that an audit event is about, and its version; None for the key of anything else."""
    if not event.sk.startswith(AUDIT_PREFIX):
        return None
    sk, _, version = event.sk.removeprefix(AUDIT_PREFIX).rpartition("#")
    return Key(event.pk, sk), int(version)


AUDIT_PREFIX = "AUDIT#"


def audit_prefix(thing: Key) -> str:
    """What the sort keys of all events of a thing begin with: `AUDIT#PROFILE#`."""
    return f"{AUDIT_PREFIX}{thing.sk}#"


def limit(name: str, subject: str, window: int) -> Key:
    """How often something was done in one window of time: `LIMIT#sms_phone_hour#b0aa… / 494512`."""
    return Key(f"LIMIT#{name}#{subject}", str(window))


IDEMPOTENT_ANSWERS = "IDEMPOTENCY"


def idempotent_answer(prefixed_fingerprint: str) -> Key:
    """What a call under an `Idempotency-Key` answered: `IDEMPOTENCY#4fd2… / ANSWER`.

    Powertools puts its prefix, `IDEMPOTENT_ANSWERS`, before the fingerprint itself.
    """
    return Key(prefixed_fingerprint, "ANSWER")
