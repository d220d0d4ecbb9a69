"""The directory: search, registrations, work units, confirmation codes."""

from functools import partial
from urllib.parse import quote

from functions.grants import businesses
from tests.call_costs.ledger import Ledger
from tests.integration.client import Http
from tests.integration.grants.builders import CITY, EXAM, HOSPITAL, PROVINCE, Someone, Tree, details, someone
from tests.integration.institutions.builders import added, confirmation_code, fields, registration, user_with_phone

REGISTRATIONS, ADMIN = "/institutions/registrations", "/admin/institution-registrations"
INSTITUTIONS = "/admin/institutions"
NUMBERS = "一二三四五六七八九十"


def build(http: Http) -> tuple[Tree, list[str]]:
    """A city in a province, with a hospital and 47 more institutions below it, and an open business; their codes."""
    admin = someone(http, "管理员", administrator=True)
    added(admin.phone, "江楚省卫生健康委员会", institution_code=PROVINCE)
    added(admin.phone, "江楚市卫生健康委员会", PROVINCE, institution_code=CITY)
    added(admin.phone, "江楚市第零人民中医院", CITY, institution_code=HOSPITAL)
    names = (f"江楚市第{NUMBERS[place // 10]}{NUMBERS[place % 10]}人民中医院" for place in range(47))
    businesses.create(EXAM, details(), actor=admin.user_id)
    return Tree(http, admin), [added(admin.phone, name, CITY) for name in names]


def look_and_change(ledger: Ledger, world: Tree) -> None:
    """What anybody may look at, and what administrators change."""
    admin = world.admin.phone
    new = fields("江楚市高新区中医院", CITY)
    code = ledger.count(f"POST {INSTITUTIONS}", lambda: admin.post(INSTITUTIONS, new)).body["institution_code"]
    one = f"{INSTITUTIONS}/{code}"
    shown = ledger.count(f"GET {INSTITUTIONS}/{{institution_code}}", lambda: admin.get(one)).body
    credit_code = shown["unified_social_credit_code"]
    renamed = fields("江楚市高新区中西医院", CITY, unified_social_credit_code=credit_code)
    row = f"PUT {INSTITUTIONS}/{{institution_code}}"
    ledger.count(row, lambda: admin.put(one, renamed))
    ledger.count(f"GET {INSTITUTIONS}/{{institution_code}}/history", lambda: admin.get(f"{one}/history"))
    ledger.count(f"GET {INSTITUTIONS}", lambda: admin.get(f"{INSTITUTIONS}?supervisor={CITY}"))
    found_by_name = f"{INSTITUTIONS}?query={quote('人民中医')}"
    ledger.count(f"GET {INSTITUTIONS} (searches)", lambda: admin.get(found_by_name))
    ledger.count(
        "GET /institutions/{institution_code}/children", lambda: world.http.get(f"/institutions/{CITY}/children")
    )
    search = f"/institutions?query={quote('人民中医')}"
    found = ledger.count("GET /institutions", lambda: world.http.get(search)).body
    assert len(found["items"]) == 20
    ledger.count("GET /institutions/{institution_code}", lambda: world.http.get(f"/institutions/{code}"))
    for path in ("/reference", "/reference/regions"):
        ledger.count(f"GET {path}", partial(world.http.get, path))
    agreement = "/institutions/registration-agreement"
    ledger.count(f"GET {agreement}", lambda: world.http.get(agreement))


def register(ledger: Ledger, world: Tree) -> None:
    """A registration, looked at, claimed, rejected, amended, appealed, included."""
    admin, applicant = world.admin.phone, world.http.signed_in(user_with_phone()[1])
    new = registration("江楚市新城区中心卫生院", CITY)
    case = f"{ADMIN}/{{registration_id}}"
    one = f"{REGISTRATIONS}/{{registration_id}}"
    ledger.count(f"POST {REGISTRATIONS}/check", lambda: applicant.post(f"{REGISTRATIONS}/check", new))
    made = ledger.count(f"POST {REGISTRATIONS}", lambda: applicant.post(REGISTRATIONS, new)).body["registration_id"]
    mine, at = f"{REGISTRATIONS}/{made}", f"{ADMIN}/{made}"
    ledger.count(f"GET {REGISTRATIONS}", lambda: applicant.get(REGISTRATIONS))
    ledger.count(f"GET {one}", lambda: applicant.get(mine))
    status = f"/institutions/registration-status?supervisor_code={CITY}&name={quote(new['name'])}"
    ledger.count("GET /institutions/registration-status", lambda: world.http.get(status))
    ledger.count(f"GET {ADMIN}", lambda: admin.get(ADMIN))
    ledger.count(f"GET {case}", lambda: admin.get(at))
    ledger.count(f"POST {case}/claim", lambda: admin.post(f"{at}/claim"))
    ledger.count(f"DELETE {case}/claim", lambda: admin.delete(f"{at}/claim"))
    reject = {"decision": "reject", "reason_code": "INFORMATION_WRONG", "revision": 1}
    ledger.count(f"POST {case}/decision (rejects)", lambda: admin.post(f"{at}/decision", reject))
    ledger.count(f"PUT {one}", lambda: applicant.put(mine, new))
    approve = {"decision": "approve", "revision": 2}
    ledger.count(f"POST {case}/decision (includes)", lambda: admin.post(f"{at}/decision", approve))
    other = applicant.post(REGISTRATIONS, registration("江楚市旧城区中心卫生院", CITY)).body["registration_id"]
    assert admin.post(f"{ADMIN}/{other}/decision", reject).status == 200
    comment = {"comment": "信息无误，请再核实。"}
    row = f"POST {one}/appeal"
    ledger.count(row, lambda: applicant.post(f"{REGISTRATIONS}/{other}/appeal", comment))


def belong(ledger: Ledger, person: Someone, institution: str) -> None:
    """A work unit: chosen, seen, left."""
    chosen = {"institution_code": institution, "confirmation_code": confirmation_code(institution)}
    at = "/institutions/work-unit"
    ledger.count(f"PUT {at}", lambda: person.phone.put(at, chosen))
    ledger.count(f"GET {at}", lambda: person.phone.get(at))
    ledger.count(f"DELETE {at}", lambda: person.phone.delete(at))


def keep_the_code(ledger: Ledger, console: Http, institution: str) -> None:
    """The confirmation code: seen, and rotated."""
    at = f"/console/institutions/{institution}/confirmation-code"
    row = "/console/institutions/{institution_code}/confirmation-code"
    ledger.count(f"GET {row}", lambda: console.get(at))
    ledger.count(f"POST {row}", lambda: console.post(at))
    members = f"/console/institutions/{institution}/members"
    page = ledger.count(
        "GET /console/institutions/{institution_code}/members", lambda: console.get(f"{members}?limit=20")
    ).body
    one = f"{members}/{page['items'][0]['user_id']}"
    ledger.count("DELETE /console/institutions/{institution_code}/members/{user_id}", lambda: console.delete(one))
