"""What the callers call: the product's own capabilities, with answers cut down to what can cross a process."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from functions.auth import sessions
from functions.auth.accounts import sign_in_or_register
from functions.auth.binding import bind_phone, bind_wechat
from functions.auth.domain import Origin
from functions.auth.phone_login import sign_in_by_phone
from functions.auth.sms_codes import request_sms_code
from functions.auth.store import count_sms_try
from functions.grants import (
    codes,
    confirmation_codes,
    direct_grant,
    invitations,
    managers,
    redemption,
    resignation,
    revocation,
)
from functions.grants.jobs import worker as job_worker
from functions.identity import (
    appeals,
    applications,
    duplicates,
    face_checks,
    face_comparisons,
    opened_case,
    review,
    scan_processing,
    scans,
    verification,
    withdrawal,
)
from functions.identity.errors import FaceCheckRequired
from functions.institutions import directory, registrations, work_units
from functions.institutions import review as registration_review
from functions.institutions.details import Details
from functions.institutions.members import forget_older
from functions.institutions.registration_forms import NewRegistration
from functions.shared import face_proofs
from functions.shared.errors import TooManyRequests
from functions.shared.http import Caller
from functions.shared.limits import Limit, consume
from functions.shared.table import keys
from functions.shared.table.auth import SmsChallenge, User
from functions.shared.table.grants import Job
from functions.shared.table.identity import Identity
from functions.shared.table.transactions import Transaction, get, get_many, retry_on_conflict
from functions.shared.vocabulary import RoleName

MAX_PAUSE_S, MAX_LONG_PAUSE_S, MAX_JOB_S = 0.1, 1.5, 30.0


def sign_in_by_openid(openid: str) -> tuple[str, str, bool]:
    """User id, token, and whether the account is new: what signing in by WeChat does once WeChat has answered."""
    session, user, created = retry_on_conflict(sign_in_or_register)(
        keys.wechat_owner(openid), {"wechat_openid": openid}, "mini_program", by="wechat"
    )
    return user.user_id, session.token, created


def sign_in_by_code(challenge_id: str, phone: str, code: str) -> tuple[str, str, bool]:
    """User id, token, and whether the account is new."""
    origin = Origin(f"2001:db8:{int(phone[-8:-4])}:{int(phone[-4:])}::1")
    session, user, created = sign_in_by_phone(challenge_id, phone, code, "portal", origin)
    return user.user_id, session.token, created


def ask_for_code(phone: str) -> str:
    """The id of the challenge."""
    return request_sms_code(phone, "sign_in", f"2001:db8:{int(phone[-8:-4])}:{int(phone[-4:])}::1").challenge_id


def count_try(phone_hash: str, challenge_id: str, most: int) -> bool:
    """Whether a code may be compared."""
    challenge = SmsChallenge.new(keys.sms_challenge(phone_hash, challenge_id))
    return count_sms_try(challenge) and challenge.tries <= most


def take_one(limit: Limit) -> None:
    """Count one."""
    consume(limit, TooManyRequests)


def bind(caller: Caller, phone: str, phone_hash: str) -> str:
    """The id of the account that has the phone afterwards."""
    return bind_phone(caller, phone, phone_hash)


def take_over(caller: Caller, phone: str, phone_hash: str) -> str:
    """The id of the account that has the phone afterwards."""
    return bind_phone(caller, phone, phone_hash, take_over=True)


def bind_account(caller: Caller, openid: str, face_check_id: str | None) -> str:
    """The id of the account that has the WeChat account afterwards."""
    return bind_wechat(caller, openid, face_check_id=face_check_id)


def sign_in_by_number(phone: str, phone_hash: str) -> tuple[str, str]:
    """User id and token: what signing in by phone does once the code was right."""
    account = {"phone": phone, "phone_hash": phone_hash}
    session, user, _ = retry_on_conflict(sign_in_or_register)(
        keys.phone_owner(phone_hash), account, "mini_program", by="phone"
    )
    return user.user_id, session.token


def sign_out_everywhere(caller: Caller) -> str:
    """That all sessions were ended."""
    sessions.sign_out_everywhere(caller)
    return "signed out"


def submit(user_id: str) -> str:
    """The status."""
    return verification.submit(user_id).status


def approve(reviewer_id: str, user_id: str, revision: int) -> str:
    """The status."""
    decided = review.approve(reviewer_id, user_id, review.Approval(revision))
    return decided.status if isinstance(decided, Identity) else str(decided)


def reject(reviewer_id: str, user_id: str, revision: int) -> str:
    """The status."""
    return review.reject(reviewer_id, user_id, revision, "PHOTO_UNREADABLE", None).status


def view(reviewer_id: str, user_id: str) -> None:
    """Look at an application."""
    opened_case.open_application(reviewer_id, user_id)


def join_persons(user_id: str) -> str:
    """How far the decision is that two accounts are one person's."""
    return duplicates.decide_for("operations", user_id, "same_person", reason="race").status


def claim(reviewer_id: str, user_id: str) -> str:
    """Who holds the case."""
    review.claim(reviewer_id, user_id)
    return reviewer_id


def take_over_case(reviewer_id: str, user_id: str) -> str:
    """Who holds the case from now on."""
    review.claim(reviewer_id, user_id, take_over=True)
    return reviewer_id


def appeal(user_id: str) -> str:
    """The status."""
    return appeals.appeal(user_id, "Look again.").status


def withdraw(user_id: str, face_check_id: str) -> str:
    """That the consent was withdrawn: the part that decides, which is as long as taking on a grant is."""
    withdrawal.end_verification(user_id, face_check_id, keep_session=None)
    return "withdrawn"


def save(user_id: str, typed: applications.ApplicationInput) -> int:
    """The revision."""
    return int(applications.save_application(user_id, typed).revision)


def request_scan(user_id: str) -> str:
    """The id of the scan."""
    return scans.request_scan(user_id, scans.WantedScan("front", "image/jpeg", 1_000)).scan_id


def request_face_check(user_id: str) -> str:
    """The id of the face check."""
    return face_checks.request_face_check(user_id).face_check_id


def compare(user_id: str, face_check_id: str) -> bool:
    """Whether it passed."""
    return face_comparisons.compare_face(user_id, face_check_id, "").passed


def consume_face_check(user_id: str, face_check_id: str, subject: str) -> None:
    """Use a face check for something that does nothing else."""
    tx = Transaction()
    face_proofs.consume_in(tx, user_id, face_check_id, subject, on_failure=FaceCheckRequired)
    tx.commit()


def process_scan(user_id: str, scan_id: str, key: str, version: str, sequencer: str) -> None:
    """Do what the scan function does with one event."""
    scan_processing.process_scan(user_id, scan_id, key, version, sequencer)


def register(user_id: str, wanted: NewRegistration) -> str:
    """The id of the registration."""
    return registrations.register(user_id, wanted).registration_id


def amend_registration(user_id: str, registration_id: str, wanted: NewRegistration) -> str:
    """The id of a registration that is amended."""
    return registrations.amend(user_id, registration_id, wanted).registration_id


def include(reviewer_id: str, registration_id: str) -> str:
    """The code of the institution that it became."""
    return registration_review.include(reviewer_id, registration_id, 1, None, None)[1].institution_code


def turn_down(reviewer_id: str, registration_id: str) -> str:
    """The status of a registration that is rejected."""
    return registration_review.reject(reviewer_id, registration_id, 1, "OTHER", None).status


def amend(institution_code: str, wanted: Details) -> str | None:
    """The supervisor afterwards."""
    return directory.amend(institution_code, wanted, actor="races").supervisor_code


def create(wanted: Details) -> str:
    """The code of the new institution."""
    return directory.create(wanted, actor="races").institution_code


def choose(user_id: str, institution_code: str, confirmation_code: str) -> str:
    """The code of the work unit."""
    return work_units.choose_work_unit(user_id, institution_code, confirmation_code).institution.institution_code


def rotate_and_look(caller_id: str, institution_code: str, user_ids: Sequence[str]) -> list[str]:
    """Replace the confirmation code after a little while; who of these people works there at that moment."""
    time.sleep(random.uniform(0, MAX_PAUSE_S))
    confirmation_codes.rotate_confirmation_code(caller_id, institution_code)
    accounts = get_many(*map(keys.user, user_ids)).values()
    return sorted(one.user_id for one in accounts if isinstance(one, User) and one.work_unit_code == institution_code)


def rotate_and_forget(caller_id: str, institution_code: str) -> bool:
    """Replace the confirmation code after a little while, and remove who joined by an older one; whether all are."""
    time.sleep(random.uniform(0, MAX_PAUSE_S))
    confirmation_codes.rotate_confirmation_code(caller_id, institution_code, forget_older=True)
    return forget_older(institution_code, lambda: 300.0)


def issue(caller_id: str, business: str, institution_code: str) -> str:
    """The grant code."""
    return codes.issue_code(caller_id, business, institution_code).grant_code


def redeem(user_id: str, grant_code: str, face_check_id: str) -> str:
    """The manager."""
    return redemption.redeem_grant(user_id, grant_code, face_check_id).manager.user_id


def redeem_soon(user_id: str, grant_code: str, face_check_id: str, after_job: str | None) -> str:
    """The manager: at once or after a while that is another one each time, or when that job is over."""
    while_s = random.choice((0.0, random.uniform(0, MAX_LONG_PAUSE_S)))  # a quiet machine ends the job within a moment
    deadline = time.monotonic() + (MAX_JOB_S if after_job is not None else while_s)
    while time.monotonic() < deadline:
        time.sleep(0.05)
        job = get(Job, keys.job(after_job)) if after_job is not None else None
        if job is not None and job.status == "succeeded":
            break
    return redeem(user_id, grant_code, face_check_id)


def name_directly(caller_id: str, business: str, institution_code: str, name: str, number: str) -> str:
    """The manager."""
    person = direct_grant.PersonQuery(name, number)
    return str(direct_grant.grant_directly(caller_id, business, institution_code, person).manager_id)


def revoke(caller_id: str, business: str, institution_code: str) -> str:
    """That it was."""
    revocation.revoke_grant(caller_id, business, institution_code)
    return "revoked"


def resign(user_id: str, business: str, institution_code: str) -> str:
    """That they did."""
    resignation.resign(user_id, business, institution_code)
    return "resigned"


def end_roles(user_id: str) -> str:
    """That all roles ended."""
    resignation.end_roles(user_id)
    return "ended"


def work_off(job_id: str) -> None:
    """Deliver a bulk job's message to a worker with all the time it needs."""
    job_worker.work_off(job_id, lambda: 300.0)


def invite(user_id: str, business: str, institution_code: str, role: RoleName, face_check_id: str) -> str:
    """The invitation code."""
    return invitations.invite(user_id, business, institution_code, role, face_check_id).invitation_code


def accept(user_id: str, invitation_code: str, face_check_id: str) -> str:
    """Who accepted."""
    managers.accept_invitation(user_id, invitation_code, face_check_id)
    return user_id
