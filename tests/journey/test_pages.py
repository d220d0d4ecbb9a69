"""Every page is filled from calls alone: at most three for a page, none for a row, and nothing it shows is missing.

A page is what a client shows at once. Its row names the calls that fill it and, as paths, what each answer must hold:
`items[].institution.name` is the name in every item, of which there must be one. A value may be null where a person has
none; a field may not be absent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from local.client import Client, sample
from local.run import Platform
from tests.journey.test_grants import added, console_of, open_business, outcome
from tests.journey.test_institutions import details
from tests.journey.test_review import apply

pytestmark = pytest.mark.xdist_group("journey")
MAX_CALLS = 3
SELFIE = "selfie_other_person.jpg"
PHONE = "13600007000"


class Page(NamedTuple):
    """A page: who looks at it, and the calls that fill it, each with what its answer must hold."""

    name: str
    viewer: str
    calls: dict[str, str]


@dataclass
class Scene:
    """Who looks at the pages, by name, and what stands in braces in their calls."""

    viewers: dict[str, Client]
    things: dict[str, str]


PAGES = (
    Page(
        "everywhere: session and menu",
        "phone",
        {
            "GET /auth/me": "user.user_id user.name_masked user.identity_status user.roles[].business_name "
            "user.roles[].institution_name session.client session.assurance session.expires_at may"
        },
    ),
    Page(
        "everywhere: values and texts",
        "stranger",
        {
            "GET /reference": "document_types[].sides document_types[].needs_nationality nationalities[].name "
            "categories[].name identity_rejections[].detail registration_rejections[].detail review_reasons[].detail "
            "scan_reasons[].detail limits.upload_max_bytes limits.assistants limits.scan_failures",
            "GET /reference/regions?parent=420000": "items[].region_code items[].name",
        },
    ),
    Page(
        "portal: search",
        "stranger",
        {"GET /institutions?query={name}": "items[].name items[].supervisor items[].category next_cursor"},
    ),
    Page(
        "portal: register",
        "registrant",
        {
            "GET /institutions/registration-agreement": "version text",
            "GET /reference": "categories[].category limits.institution_name_length",
            "GET /reference/regions?parent=420000": "items[].name",
        },
    ),
    Page(
        "portal: my registrations",
        "registrant",
        {
            "GET /institutions/registrations": "items[].registration_id items[].name items[].supervisor "
            "items[].category "
            "items[].unified_social_credit_code items[].region items[].address items[].status items[].rejection "
            "items[].may_appeal items[].submitted_at items[].decided_at items[].institution items[].revision"
        },
    ),
    Page(
        "portal: amend a registration",
        "registrant",
        {
            "GET /institutions/registrations/{registration}": "name supervisor_code category "
            "unified_social_credit_code region address contact_name contact_phone agreement_version "
            "status rejection revision"
        },
    ),
    Page(
        "portal: status without signing in",
        "stranger",
        {
            "GET /institutions/registration-status?supervisor_code={province}&name=%E7%94%B3%E8%AF%B7": "status "
            "submitted_on decided_on"
        },
    ),
    Page(
        "console: home",
        "console",
        {
            "GET /auth/me": "user.name_masked session.expires_at may",
            "GET /console/overview": "places[].business.name places[].business.state places[].institution.name "
            "places[].role places[].counts.total places[].counts.vacant places[].counts.code_issued "
            "places[].counts.expired places[].counts.active places[].expiring_soon more_places jobs administration",
        },
    ),
    Page(
        "console: grants of one business below one institution",
        "console",
        {
            "GET /console/grants?business={business}&supervisor={province}": "supervisor.name path[].institution_code "
            "path[].name business.name business.state counts.total counts.active matching may reason_required "
            "items[].institution.name items[].status items[].grant_code items[].code_expires_at "
            "items[].manager_name_masked items[].assistants_count items[].has_children items[].issued_at "
            "items[].activated_at next_cursor",
            "GET /console/jobs?status=queued,running": "items next_cursor",
        },
    ),
    Page(
        "console: one grant below",
        "console",
        {
            "GET /console/grants/{business}/{child}": "business.name institution.name path[].name status grant_code "
            "code_expires_at issued_at activated_at epoch manager assistants invitations children_active may "
            "reason_required",
            "GET /console/grants/{business}/{child}/history": "items[].at items[].event items[].text "
            "items[].actor.kind items[].actor.name_masked items[].actor.institution items[].person items[].role "
            "items[].epoch next_cursor",
        },
    ),
    Page(
        "console: jobs",
        "console",
        {
            "GET /console/jobs": "items[].job_id items[].kind items[].status items[].business.name "
            "items[].supervisor.name items[].total items[].done items[].skipped_count items[].created_at "
            "items[].finished_at items[].failure items[].file_kept_until items[].poll_after_s next_cursor"
        },
    ),
    Page(
        "console: one job",
        "console",
        {
            "GET /console/jobs/{job}": "status total done skipped_count skipped[].institution.name skipped[].code "
            "skipped[].detail download_url download_expires_at",
            "GET /console/jobs/{job}/skipped": "items[].institution_code items[].institution.name items[].code "
            "items[].detail next_cursor",
        },
    ),
    Page(
        "console: confirmation code",
        "console",
        {
            "GET /console/institutions/{province}/confirmation-code": "confirmation_code rotated_at rotated_by_masked "
            "members_count rotation_advised forgetting",
            "GET /console/institutions/{province}/members": "items[].name_masked items[].since items[].by "
            "items[].current_code forgetting",
        },
    ),
    Page(
        "console: home of an administrator",
        "administration",
        {
            "GET /console/overview": "administration.identities.waiting administration.identities.oldest_at "
            "administration.registrations.waiting administration.registrations.oldest_at"
        },
    ),
    Page(
        "administration: identity queue",
        "administration",
        {
            "GET /admin/identity-applications?status=in_review": "items[].user_id items[].name_masked "
            "items[].document_type items[].submitted_at items[].review_reasons items[].on_appeal items[].claim "
            "counts.in_review counts.mine counts.appeals oldest_at next_cursor"
        },
    ),
    Page(
        "administration: review desk",
        "administration",
        {
            "GET /admin/identity-applications/{applicant}": "name number valid_until nationality revision "
            "review_reasons[].detail images[].image_id images[].side images[].url images[].expires_at images[].width "
            "images[].height read.front scans[].status scans[].reasons face_checks[].method earlier account.created_at "
            "account.phone_masked claim"
        },
    ),
    Page(
        "administration: registration queue",
        "administration",
        {
            "GET /admin/institution-registrations?status=pending": "items[].registration_id items[].name "
            "items[].supervisor items[].submitted_at items[].claim items[].equal_count counts.pending next_cursor"
        },
    ),
    Page(
        "administration: registration desk",
        "administration",
        {
            "GET /admin/institution-registrations/{registration}": "name supervisor category region address "
            "contact_name contact_phone revision similar equal earlier claim"
        },
    ),
    Page(
        "administration: businesses",
        "administration",
        {"GET /businesses": "items[].business items[].name items[].entry_url items[].opens_on items[].revision"},
    ),
    Page(
        "sessions",
        "phone",
        {
            "GET /auth/sessions": "items[].client items[].created_at items[].last_used_at items[].expires_at "
            "items[].current items[].device items[].confirmed_at"
        },
    ),
    Page(
        "phone: home",
        "phone",
        {
            "GET /auth/me": "user.identity_status user.work_unit session",
            "GET /grants/mine": "items[].business.name items[].business.entry_url items[].institution.name "
            "items[].role items[].grant_status",
        },
    ),
    Page(
        "phone: identity",
        "newcomer",
        {
            "GET /identity": "status next consent_accepted document_type sides scans scan_attempts_left scan_again_at "
            "face face_attempts_left face_again_at face_methods manual_review_open review_reasons rejection revision",
            "GET /identity/application": "document_type name number valid_until nationality revision",
            "GET /identity/consent": "version text accepted_version erasure_under_way",
        },
    ),
    Page("phone: work unit", "phone", {"GET /institutions/work-unit": "work_unit"}),
    Page(
        "phone: add a business",
        "newcomer",
        {
            "POST /grants/code-preview grant_code={code}": "business.name institution.name issued_by.name expires_at "
            "needs[]"
        },
    ),
    Page(
        "phone: accept an invitation",
        "newcomer",
        {
            "POST /grants/invitations/preview invitation_code={invitation}": "business.name institution.name role "
            "invited_by_masked expires_at needs[]"
        },
    ),
    Page(
        "phone: a business",
        "phone",
        {
            "GET /grants/{business}/{province}": "business.name institution.name status manager.name_masked "
            "manager.since assistants invitations[].role invitations[].note invitations[].created_at "
            "invitations[].expires_at may assistants_left"
        },
    ),
)


@pytest.fixture(scope="module")
def scene(run: Platform) -> Iterator[Scene]:
    """A manager with grants below, a job, an open code and an invitation; a newcomer, and cases for a reviewer."""

    def device() -> Client:
        return Client(run.api_url, run.standin_url)

    admin, phone, newcomer, registrant, applicant = (device() for _ in range(5))
    admin.sign_in_by_wechat("admin")
    phone.sign_in_by_wechat("admin-two")  # verified, as everybody here who needs to be
    newcomer.sign_in_by_wechat("pages-newcomer")
    newcomer.consent()
    newcomer.apply(document_type="resident_id", name="韩梅梅", number="420106198611190025")
    applicant_id = applicant.sign_in_by_wechat("pages-applicant")["user_id"]
    applicant.consent()
    apply(applicant)
    administration = console_of(device, admin)
    business, province = open_business(admin), added(admin, "页面省卫健委", None)
    child, other = (added(admin, f"页面第{number}医院", province) for number in ("一", "二"))
    code = administration.expect(201, "POST", f"/console/grants/{business}/{province}/code", {})["grant_code"]
    _redeem(phone, code)
    console = console_of(device, phone)
    shown = console.expect(201, "POST", f"/console/grants/{business}/{child}/code", {})["grant_code"]
    job = outcome(console, business, "code", province)
    registrant.sign_in_by_wechat("pages-registrant")
    registrant.expect(200, "POST", "/auth/phone", registrant.sms_code(PHONE, "bind_phone"))
    registration = registrant.expect(201, "POST", "/institutions/registrations", _registration(registrant, province))
    yield Scene(
        {
            "stranger": device(),
            "phone": phone,
            "console": console,
            "administration": administration,
            "newcomer": newcomer,
            "registrant": registrant,
        },
        {
            "business": business,
            "province": province,
            "child": child,
            "other": other,
            "code": shown,
            "invitation": _invite(phone, business, province),
            "job": job["job_id"],
            "registration": registration["registration_id"],
            "applicant": applicant_id,
            "name": "%E9%A1%B5%E9%9D%A2%E7%AC%AC",  # 页面第
        },
    )
    phone.expect(204, "DELETE", f"/grants/{business}/{province}/manager")
    applicant.withdraw(sample(SELFIE))


def _redeem(phone: Client, code: str) -> None:
    checked = phone.face_check(sample(SELFIE), purpose="grant_redemption", grant_code=code)
    body = {"grant_code": code, "face_check_id": checked["face_check_id"]}
    phone.expect(201, "POST", "/grants/redemptions", body)


def _invite(phone: Client, business: str, institution: str) -> str:
    wanted = {"purpose": "invitation", "business": business, "institution_code": institution}
    checked = phone.face_check(sample(SELFIE), **wanted)
    body = {"role": "assistant", "face_check_id": checked["face_check_id"], "note": "信息科"}
    code: str = phone.expect(201, "POST", f"/grants/{business}/{institution}/invitations", body)["invitation_code"]
    return code


def _registration(client: Client, province: str) -> dict[str, Any]:
    version = client.expect(200, "GET", "/institutions/registration-agreement")["version"]
    contact = {"address": "江城市长江路1号", "contact_name": "李四", "contact_phone": "027-87654321"}
    return {**details("申请中的页面医院", province), "agreement_version": version, **contact}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_filled_from_calls_alone(scene: Scene, page: Page) -> None:
    """Every field that the page shows is in the answers of at most three calls."""
    assert len(page.calls) <= MAX_CALLS
    for call, fields in page.calls.items():
        method, path, *sent = call.format(**scene.things).split(" ")
        body = dict(one.split("=", 1) for one in sent) or None
        answer = scene.viewers[page.viewer].call(method, path, body)
        assert answer.status == 200, (call, answer)
        missing = [field for field in fields.split() if not _holds(answer.body, field)]
        assert missing == [], (call, answer.body)


def _holds(value: Any, path: str) -> bool:
    """Whether a value holds what a path leads to; of a list, every item, and there is one."""
    if not path:
        return True
    name, _, rest = path.partition(".")
    if not isinstance(value, dict) or name.removesuffix("[]") not in value:
        return False
    found = value[name.removesuffix("[]")]
    if not name.endswith("[]"):
        return _holds(found, rest)
    return isinstance(found, list) and bool(found) and all(_holds(one, rest) for one in found)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a", True), ("b", False), ("list[].a", True), ("list[].b", False), ("none[].a", False), ("a.b", False)],
)
def test_what_is_missing_is_seen(path: str, *, expected: bool) -> None:
    """The look at an answer does not pass over an empty list, an absent field or a null on the way."""
    assert _holds({"a": None, "list": [{"a": 1}, {"a": 2, "b": 3}], "none": []}, path) is expected
