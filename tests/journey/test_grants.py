"""A business goes down the hierarchy and comes back: phones and PCs, codes, face checks, jobs; nothing but HTTP."""

import csv
import io
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from functions.institutions.domain.credit_code import check_character
from functions.shared.ids import new_id
from local.client import Answer, Client

pytestmark = pytest.mark.xdist_group("journey")
DATA = Path(__file__).resolve().parent.parent / "data"
OUYANG = {"document_type": "resident_id", "name": "欧阳若兰", "number": "420502199202290042"}
ZHAO = {"document_type": "resident_id", "name": "赵喆", "number": "42092219900707048X"}
AYIGULI = {"document_type": "resident_id", "name": "阿依古丽·买买提", "number": "653101199505201286"}
SELFIES = {"ouyang": "selfie_collins.jpg", "zhao": "selfie_hopper.jpg", "ayiguli": "selfie_collins_cool.jpg"}
MORE_THAN_A_CHUNK = 32
Device = Callable[[], Client]
_numbers = itertools.count(1)


class Person:
    """A verified person with their phone."""

    def __init__(self, phone: Client, key: str, application: dict[str, str]) -> None:
        self.phone = phone
        self._selfie = (DATA / SELFIES[key]).read_bytes()
        self.user_id: str = phone.sign_in_by_wechat(f"grants-{key}")["user_id"]
        phone.consent()
        phone.apply(**application)
        for side in ("front", "back"):
            scan = phone.scan(side, (DATA / f"{key}_{side}_phone.jpg").read_bytes())
            assert scan["status"] == "accepted", scan
        assert phone.face_check(self._selfie)["status"] == "passed"
        assert phone.expect(200, "POST", "/identity/submission")["status"] == "verified"

    def face_check(self, **wanted: str) -> str:
        """The id of a face check for this, passed with a fresh selfie."""
        checked = self.phone.face_check(self._selfie, **wanted)
        assert checked["status"] == "passed", checked
        face_check_id: str = checked["face_check_id"]
        return face_check_id

    def redeem(self, code: str, face_check_id: str | None = None) -> Answer:
        """Take a business on, with this face check or a new one."""
        check = face_check_id or self.face_check(purpose="grant_redemption", grant_code=code)
        return self.phone.call("POST", "/grants/redemptions", {"grant_code": code, "face_check_id": check})

    def invite(self, business: str, institution: str, role: str) -> str:
        """The code of an invitation."""
        check = self.face_check(purpose="invitation", business=business, institution_code=institution)
        body = {"role": role, "face_check_id": check}
        invitation = self.phone.expect(201, "POST", f"/grants/{business}/{institution}/invitations", body)
        code: str = invitation["invitation_code"]
        return code

    def accept(self, code: str) -> Any:
        """The grant."""
        check = self.face_check(purpose="invitation_acceptance", invitation_code=code)
        body = {"invitation_code": code, "face_check_id": check}
        return self.phone.expect(200, "POST", "/grants/invitations/acceptance", body)["grant"]

    def mine(self) -> list[Any]:
        """The businesses that they take part in."""
        items: list[Any] = self.phone.expect(200, "GET", "/grants/mine")["items"]
        return items


def console_of(device: Device, phone: Client) -> Client:
    """A PC that the phone signed in."""
    pc = device()
    pc.sign_in_to_console(phone)
    return pc


def added(administrator: Client, name: str, supervisor_code: str | None) -> str:
    """The code of a new institution."""
    body = f"52420500{next(_numbers):09d}"
    details = {
        "name": name,
        "supervisor_code": supervisor_code,
        "category": "综合医院",
        "unified_social_credit_code": body + check_character(body),
        "region_code": "420500",
    }
    code: str = administrator.expect(201, "POST", "/admin/institutions", details)["institution_code"]
    return code


def open_business(administrator: Client) -> str:
    """A business that is open this month."""
    today = datetime.now(UTC).date()
    business = f"exam-{new_id()[:8]}"
    details = {
        "business": business,
        "name": "资格考试",
        "entry_url": f"https://{business}.example/enter",
        "opens_on": f"{today - timedelta(days=2)}",
        "closes_on": f"{today + timedelta(days=30)}",
    }
    administrator.expect(201, "POST", "/admin/businesses", details)
    return business


def outcome(console: Client, business: str, kind: str, supervisor: str, **more: str) -> Any:
    """A bulk job, when it is over."""
    body = {"supervisor": supervisor, **more}
    job_id = console.expect(202, "POST", f"/console/grants/{business}/{kind}-jobs", body)["job_id"]
    job = console.finished_job(job_id)
    assert job["status"] == "succeeded", job
    return job


def exported_codes(console: Client, business: str, supervisor: str, file_format: str) -> dict[str, str]:
    """Institution code → grant code, as the downloaded file says it; the file is what its name promises."""
    job = outcome(console, business, "export", supervisor, format=file_format)
    content, saved_as = console.download(job["download_url"])
    assert saved_as.endswith(f".{file_format}")
    lines: list[Any]
    if file_format == "csv":
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    else:
        lines = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    rows = [dict(zip(lines[0], (str(cell or "").rstrip("\t") for cell in line), strict=True)) for line in lines[1:]]
    assert {row["授权状态"] for row in rows} == {"待激活"}
    return {row["机构编码"]: row["授权码"] for row in rows}


def statuses(console: Client, business: str, supervisor: str) -> dict[str, str]:
    """Institution code → the state of its grant, from the console's list."""
    page = console.expect(200, "GET", f"/console/grants?business={business}&supervisor={supervisor}&limit=100")
    assert page["next_cursor"] is None
    return {item["institution"]["institution_code"]: item["status"] for item in page["items"]}


def test_a_business_goes_down_the_hierarchy_and_comes_back(device: Device) -> None:
    """Administrator, province, city; an assistant, a successor, a revocation; then everything in bulk."""
    admin_phone = device()
    admin_phone.sign_in_by_wechat("admin")
    admin = console_of(device, admin_phone)
    business = open_business(admin)
    province = added(admin, "西陵省卫生健康委员会", None)
    city = added(admin, "西陵市卫生健康委员会", province)
    people = {"ouyang": OUYANG, "zhao": ZHAO, "ayiguli": AYIGULI}
    with ThreadPoolExecutor(len(people)) as together:
        ouyang, zhao, ayiguli = together.map(lambda key: Person(device(), key, people[key]), people)

    # The administrator issues the province's code, and a verified person redeems it.
    code = admin.expect(201, "POST", f"/console/grants/{business}/{province}/code")["grant_code"]
    taken = ouyang.redeem(code)
    assert (taken.status, taken.body["grant"]["status"]) == (201, "active")
    (mine,) = ouyang.mine()
    assert mine["business"]["entry_url"] == f"https://{business}.example/enter"
    assert ouyang.phone.expect(200, "GET", "/auth/me")["user"]["work_unit"]["institution_code"] == province

    # On the console the province issues the city's code; the city's manager asks an assistant in and hands over to her.
    console = console_of(device, ouyang.phone)
    path = f"/console/grants/{business}/{city}"
    assert console.call("POST", f"/console/grants/{business}/{province}/code").code == "FORBIDDEN"
    code = console.expect(201, "POST", f"{path}/code")["grant_code"]
    assert zhao.redeem(code).status == 201
    assert ayiguli.redeem(code, new_id()).code == "GRANT_TAKEN"
    grant = ayiguli.accept(zhao.invite(business, city, "assistant"))
    assert [one["user_id"] for one in grant["assistants"]] == [ayiguli.user_id]
    old = console_of(device, zhao.phone)
    grant = ayiguli.accept(zhao.invite(business, city, "manager"))
    assert (grant["manager"]["user_id"], grant["assistants"]) == (ayiguli.user_id, [])
    assert zhao.mine() == []
    listing = f"/console/grants?business={business}&supervisor={city}"
    assert old.call("GET", listing).code == "PLACE_ENDED"

    # Revoked: anyone who held it holds nothing, on the phone and on the console that is still signed in.
    successor = console_of(device, ayiguli.phone)
    assert successor.call("GET", listing).status == 200
    console.expect(204, "DELETE", path)
    refused = successor.call("GET", listing)
    assert (refused.status, refused.code) == (403, "PLACE_ENDED")
    assert ayiguli.phone.call("GET", f"/grants/{business}/{city}").status == 403
    assert ayiguli.mine() == []
    told = console.expect(200, "GET", f"{path}/history")["items"]
    assert [one["event"] for one in told] == [
        "grant_revoked",
        "manager_transferred",
        "invitation_created",
        "assistant_joined",
        "invitation_created",
        "grant_redeemed",
        "grant_code_issued",
    ]

    in_bulk(admin, console, business, province, city, (zhao, ayiguli))


def in_bulk(  # noqa: PLR0913, PLR0917 - who and what the story began with
    admin: Client, console: Client, business: str, province: str, city: str, people: tuple[Person, Person]
) -> None:
    """Codes for all, both files, one code redeemed before and one while all unactivated ones are revoked."""
    zhao, ayiguli = people
    with ThreadPoolExecutor(4) as several:
        names = [f"西陵第{number}医院" for number in range(MORE_THAN_A_CHUNK)]
        children = {city, *several.map(lambda name: added(admin, name, province), names)}
    job = outcome(console, business, "code", province)
    assert (job["total"], job["done"], job["skipped"]) == (len(children), len(children), [])
    codes = exported_codes(console, business, province, "csv")
    assert codes == exported_codes(console, business, province, "xlsx")
    assert codes.keys() == children
    assert statuses(console, business, province) == dict.fromkeys(children, "code_issued")

    first, *_, last = sorted(children)
    assert zhao.redeem(codes[first]).status == 201
    check = ayiguli.face_check(purpose="grant_redemption", grant_code=codes[last])
    with ThreadPoolExecutor(1) as meanwhile:
        midway = meanwhile.submit(ayiguli.redeem, codes[last], check)
        job = outcome(console, business, "revocation", province)
    answer = midway.result()
    active = {first} | ({last} if answer.status == 201 else set())
    assert answer.status == 201 or answer.code == "GRANT_CODE_INVALID"
    assert {one["institution_code"]: one["code"] for one in job["skipped"]} == dict.fromkeys(active, "GRANT_ACTIVE")
    assert job["done"] == len(children) - len(active)
    seen = statuses(console, business, province)
    assert seen == {child: "active" if child in active else "vacant" for child in children}
    assert [one["institution"]["institution_code"] for one in zhao.mine()] == [first]
    again = outcome(console, business, "revocation", province)
    assert (again["done"], again["skipped_count"]) == (0, len(children))
    puts_down(console, business, first, zhao)
    is_revoked(admin, console, business, province, ayiguli)


def puts_down(console: Client, business: str, institution: str, manager: Person) -> None:
    """The manager resigns: nothing is theirs any more, and the superior sees it."""
    place = f"/grants/{business}/{institution}"
    manager.phone.expect(204, "DELETE", f"{place}/manager")
    assert manager.mine() == []
    assert manager.phone.expect(200, "GET", "/auth/me")["user"]["work_unit"] is None
    newest = console.expect(200, "GET", f"/console{place}/history")["items"][0]
    assert (newest["event"], newest["person"]["user_id"]) == ("manager_resigned", manager.user_id)
    assert manager.phone.call("DELETE", f"{place}/manager").code == "FORBIDDEN"


def is_revoked(admin: Client, console: Client, business: str, province: str, somebody: Person) -> None:
    """The superior's spreadsheet of codes is worthless from the moment that their own grant is revoked."""
    for one in somebody.mine():  # they may have been faster than the revocation job
        somebody.phone.expect(204, "DELETE", f"/grants/{business}/{one['institution']['institution_code']}/manager")
    outcome(console, business, "code", province)
    codes = exported_codes(console, business, province, "csv")
    code, *others = codes.values()
    check = somebody.face_check(purpose="grant_redemption", grant_code=code)
    admin.expect(204, "DELETE", f"/console/grants/{business}/{province}")
    refused = somebody.redeem(code, check)
    assert (refused.status, refused.code) == (404, "GRANT_CODE_INVALID")
    wanted = {"purpose": "grant_redemption", "grant_code": others[0]}
    assert somebody.phone.call("POST", "/identity/face-checks", wanted).code == "GRANT_CODE_INVALID"
    assert console.call("GET", f"/console/grants?business={business}&supervisor={province}").code == "PLACE_ENDED"
    assert somebody.mine() == []
