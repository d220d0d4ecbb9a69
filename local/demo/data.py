"""What `make run` fills the platform with, so that no page is empty at first sight; `SEED=none` leaves it out.

It acts as people do, through the API: businesses and grants in every state, registrations, applications with the sample
photos. Only the identities of those who hold roles are made beforehand (`local.demo.people`).
"""

import contextlib
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.institutions.domain.credit_code import check_character
from local.client import Client, Unexpected, sample
from local.demo.institutions import CITY as DEMO_CITY
from local.demo.institutions import COMMISSION as DEMO_COMMISSION
from local.demo.people import CITY, COMMISSION, COUNTY, HOSPITAL
from local.run import Platform

BUSINESS, LATER = "nurse-exam", "title-review"
PROVINCE, PREFECTURE = "690000000001", "690100000008"  # of the made-up province
PASSPORT = {"document_type": "passport", "name": "Grace Anne Harper", "number": "925076473", "nationality": "GBR"}
RESIDENT = {"document_type": "resident_id", "name": "柯爱琳", "number": "420106198611190025"}
APPLICANTS = ("13800137001", "13800137002")
REJECTED = "江楚市南湖街道社区卫生服务中心"
NAMES = (
    ("江楚市康宁医院", "专科医院"),
    ("江楚市南湖街道社区卫生服务中心", "基层医疗卫生机构"),
    ("江楚市第一人民医院东院区", "综合医院"),
    ("江楚市口腔医院", "专科医院"),
)
_numbers = itertools.count(1)


def seed(run: Platform) -> None:
    """Fill a run. Raises `Unexpected` when the platform does not answer as it should."""
    grants(run)
    registrations(run)
    identities(run)


def grants(run: Platform) -> None:
    """Two businesses, and the grants of the first one down to the institutions of a prefecture."""
    admin = _console(run, "admin")
    today = datetime.now(UTC).date()
    for business, name, opens, closes in (
        (BUSINESS, "护士执业资格考试报名", -20, 60),
        (LATER, "卫生系列职称评审", 10, 90),
    ):
        details = {
            "business": business,
            "name": name,
            "entry_url": f"https://{business}.example.org/enter",
            "opens_on": f"{today + timedelta(days=opens)}",
            "closes_on": f"{today + timedelta(days=closes)}",
        }
        admin.expect(201, "POST", "/admin/businesses", details)
    place = f"/console/grants/{BUSINESS}"
    admin.expect(201, "POST", f"{place}/{DEMO_COMMISSION}/code")
    _grant(admin, f"{place}/{PROVINCE}", COMMISSION)

    commission = _console(run, "commission")
    below = _codes_below(commission, PROVINCE)
    others = [code for code in below if code != PREFECTURE]
    _grant(commission, f"{place}/{PREFECTURE}", CITY)
    _grant(commission, f"{place}/{others[0]}", COUNTY)
    for code in others[1:4]:
        commission.expect(201, "POST", f"{place}/{code}/code")

    city = _console(run, "city")
    hospitals = _codes_below(city, PREFECTURE)
    _grant(city, f"{place}/{hospitals[0]}", HOSPITAL)
    job = {"supervisor": PREFECTURE, "institutions": hospitals[1:13]}
    city.finished_job(city.expect(202, "POST", f"{place}/code-jobs", job)["job_id"])


def registrations(run: Platform) -> None:
    """Four registrations of two people; one is rejected and waits to be amended."""
    people = [_by_phone(run, phone) for phone in APPLICANTS]
    version = people[0].expect(200, "GET", "/institutions/registration-agreement")["version"]
    for place, (name, category) in enumerate(NAMES):
        body = f"124200008{next(_numbers):08d}"
        wanted = {
            "agreement_version": version,
            "name": name,
            "supervisor_code": DEMO_CITY,
            "category": category,
            "unified_social_credit_code": body + check_character(body),
            "region_code": "420106",
            "address": f"长江路 {18 + place} 号",
            "contact_name": "李四",
            "contact_phone": "027-87654321",
        }
        made = people[place % 2].expect(201, "POST", "/institutions/registrations", wanted)
        if name == REJECTED:
            _reject(run, made["registration_id"])


def identities(run: Platform) -> None:
    """Two passports and a resident ID that wait for a reviewer, with their photos."""
    for name, details, front, selfie in (
        ("visitor", PASSPORT, "passport.jpg", "selfie_other_person.jpg"),
        ("resident", RESIDENT, "front.jpg", "selfie.jpg"),
        ("second-visitor", PASSPORT, "passport.jpg", "selfie_other_person_2.jpg"),
    ):
        phone = Client(run.api_url, run.standin_url)
        phone.sign_in_by_wechat(name)
        phone.consent()
        more = {"valid_until": "2034-05-14"} if details is PASSPORT else {}
        phone.apply(**details, **more)
        phone.scan("front", sample(front))
        if details is RESIDENT:
            phone.scan("back", sample("back.jpg"))
        phone.face_check(sample(selfie))
        phone.expect(200, "POST", "/identity/submission", {"manual_review": True})


def _console(run: Platform, name: str) -> Client:
    phone, console = Client(run.api_url, run.standin_url), Client(run.api_url, run.standin_url)
    phone.sign_in_by_wechat(name)
    console.sign_in_to_console(phone)
    return console


def _by_phone(run: Platform, phone: str) -> Client:
    client = Client(run.api_url, run.standin_url)
    proof = {**client.sms_code(phone, "sign_in"), "client": "portal"}
    client.token = client.expect(201, "POST", "/auth/phone-logins", proof)["session"]["token"]
    return client


def _grant(console: Client, path: str, person: Any) -> None:
    console.expect(201, "POST", f"{path}/code")
    console.expect(200, "POST", f"{path}/direct-grant", {"name": person.name, "number": person.number})


def _codes_below(console: Client, supervisor: str) -> list[str]:
    page = console.expect(200, "GET", f"/console/grants?business={BUSINESS}&supervisor={supervisor}&limit=100")
    return [item["institution"]["institution_code"] for item in page["items"]]


def _reject(run: Platform, registration_id: str) -> None:
    admin = Client(run.api_url, run.standin_url)
    admin.sign_in_by_wechat("admin")
    path = f"/admin/institution-registrations/{registration_id}"
    revision = admin.expect(200, "GET", path)["revision"]
    decision = {
        "decision": "reject",
        "revision": revision,
        "reason_code": "OTHER",
        "comment": "单位名称与登记证书不一致，请按证书填写全称。",
    }
    admin.expect(200, "POST", f"{path}/decision", decision)
    with contextlib.suppress(Unexpected):  # only claimed where opening claims
        admin.expect(204, "DELETE", f"{path}/claim")
