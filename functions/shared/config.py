"""Every setting of the product, read once from the environment; nothing else reads it.

Names are the upper-case names of the fields. Those without a default are set by the template (`infra/`) or by the
local run; the values with a default are those of the domain's table of values and rarely change.
"""

import functools
import os
from typing import Literal

import msgspec

from functions.shared.vocabulary import VerificationPolicy


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one function; times are seconds, sizes bytes."""

    # Where things are
    table_name: str
    upload_bucket: str
    jobs_queue_url: str
    scans_queue_url: str
    selfies_queue_url: str
    data_key_id: str  # KMS key that seals document numbers, names and phones
    hash_key_id: str  # KMS HMAC key under which they are found
    functions_key_id: str  # KMS HMAC key that only the functions may use: codes and the audit chain are keyed by it
    evidence_bucket: str  # with Object Lock: what is written there stays
    web_origin: str  # the one origin of portal and console
    wechat_app_id: str
    wechat_secret_parameter: str  # name of the SSM parameter that holds the app secret
    wechat_url: str = "https://api.weixin.qq.com"
    rekognition_region: str | None = None  # None: the function's own region
    text_models_dir: str = "/opt/models"
    audit_signer: Literal["functions", "operator"] = "functions"  # whose key audit events are written under

    # auth
    mini_program_session_s: int = 30 * 86_400
    portal_session_s: int = 2 * 3_600
    console_session_s: int = 2 * 3_600
    sms_code_s: int = 5 * 60
    sms_code_tries: int = 5
    sms_resend_s: int = 60
    sms_per_phone_hour: int = 5  # asked for from networks it has signed in from; as many from all others together
    sms_per_phone_day: int = 10
    sms_unused_per_phone_day: int = 3  # asked for from other networks and never used
    sms_per_user_hour: int = 5  # by a signed-in user, to bind a phone
    sms_per_user_day: int = 10
    notices_per_person_day: int = 20  # of each kind, such as those of direct grants
    sms_unused_per_network_day: int = 600  # never used; as many again to phones that have signed in from it
    sms_wrong_per_network_day: int = 45  # wrong codes, those of people who then signed in not counted
    sms_wrong_known_per_network_day: int = 50  # the same of phones that have signed in from it
    sms_wrong_total_hour: int = 600  # the first two of all networks together
    sms_wrong_known_total_hour: int = 2_000
    sms_total_hour: int = 20_000  # the breakers: a whole province signing in by phone in one hour stays below them
    sms_total_day: int = 60_000
    sms_newcomers_hour: int = 10_000  # where they fall on numbers that no account has
    sms_newcomers_day: int = 40_000
    sms_networks_kept: int = 8  # of one phone
    sms_networks_kept_s: int = 180 * 86_400
    entry_changes_per_day: int = 10  # of how one account is entered; each may send a text message
    qr_login_s: int = 120
    qr_poll_interval_s: int = 2
    qr_slow_down_s: int = 5  # how much the interval grows each time it is not kept (RFC 8628, section 3.5)
    qr_exchange_repeat_s: int = 30  # how long a PC that lost the answer is handed its session again
    qr_unscanned_per_network: int = 600  # tickets started within the life of one, scanned ones not counted
    wechat_refused_per_network_hour: int = 300  # login codes that WeChat did not know

    # review of identities and registrations
    review_claim_s: int = 15 * 60
    review_claim_most_s: int = 60 * 60  # of one reviewer and case, renewals and pauses shorter than a claim included
    review_claims_at_once: int = 10  # of one reviewer
    review_link_s: int = 5 * 60
    review_usual_wait_h: int = 48  # what applicants are told; nothing depends on it
    case_searches_per_hour: int = 200  # of one reviewer: applications by name, number or phone

    # identity
    review_submissions_per_week: int = 5  # of one user, for review; what the machine verifies is not counted
    contest_s: int = 72 * 3_600  # how long the person of an account may object before their number moves
    automatic_verification: VerificationPolicy = "authoritative"  # docs/security.md
    wechat_face_check: bool = False  # whether the operator's mini-program has WeChat's face check
    upload_form_s: int = 10 * 60
    upload_max_bytes: int = 8 * 1024 * 1024
    uploads_per_hour: int = 60  # forms handed to one user for scans, and as many for selfies
    scan_lease_s: int = 75  # longer than the scan function may run: nothing is taken from a worker that is at work
    scan_failures: int = 5
    scan_failures_window_s: int = 6 * 3_600
    face_check_s: int = 5 * 60
    full_assurance_s: int = 12 * 3_600  # of a session, after a face check for it
    face_similarity: float = 99.0
    face_failures: int = 5
    face_failures_window_s: int = 15 * 60
    face_pause_s: int = 30 * 60
    face_checks_per_day: int = 100  # of one user: each may ask the face service twice, or WeChat once
    face_checks_total_hour: int = 20_000  # the breaker on the face service's bill, with an alarm
    scans_per_day: int = 100  # of one user: each may be read by text recognition and face detection
    scans_total_hour: int = 20_000

    # institutions
    wrong_confirmation_codes_per_day_per_institution: int = 5  # of one user at one institution
    wrong_confirmation_codes_per_day: int = 10  # of one user over all
    confirmation_rotation_s: int = (
        3_600  # how long an assistant leaves a confirmation code as it is; a manager need not
    )
    extra_regions: str = ""  # that the table of regions lacks: `690000=云梦省;690100=…`
    registrations_per_day: int = 20  # of one phone, amended ones included

    # grants
    grant_code_s: int = 30 * 86_400
    grant_code_reissue_s: int = 3_600  # how long an assistant leaves an issued code as it is; a manager need not
    wrong_grant_codes_per_day: int = 10  # of one user
    direct_grant_misses_per_day: int = 10  # of one superior's grant, or administrator: people who were not found
    invitation_s: int = 86_400
    job_lease_s: int = 90  # a worker's hold of a job; each chunk prolongs it
    jobs_per_hour: int = 60  # bulk jobs of one manager
    export_link_s: int = 5 * 60
    export_kept_s: int = 86_400  # as long as the bucket keeps it, at least


@functools.cache
def settings() -> Settings:
    """The settings of this process.

    Raises `msgspec.ValidationError`, naming the field, when one is missing or not of its type.
    """
    known = {field.upper(): field for field in Settings.__struct_fields__}
    given = {field: os.environ[name] for name, field in known.items() if os.environ.get(name)}
    return msgspec.convert(given, Settings, strict=False)
