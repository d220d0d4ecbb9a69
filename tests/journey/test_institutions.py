"""Finding one's institution and joining it, or registering one that is missing: over HTTP, as the clients do it."""

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.institutions.domain.credit_code import check_character
from local.client import Client
from local.run import Platform

pytestmark = pytest.mark.xdist_group("journey")
DATA = Path(__file__).resolve().parent.parent / "data"
HOPPER = {"document_type": "resident_id", "name": "何慧", "number": "420102196612093468"}
PHONE = "13600006000"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def administrator(run: Platform) -> Client:
    """The demo administrator."""
    client = Client(run.api_url, run.standin_url)
    client.sign_in_by_wechat("admin")
    return client


@pytest.fixture(scope="module")
def console(run: Platform, administrator: Client) -> Client:
    """The PC at which the administrator has signed in by QR code."""
    client = Client(run.api_url, run.standin_url)
    client.sign_in_to_console(administrator)
    return client


@pytest.fixture(scope="module")
def person(run: Platform) -> Client:
    """A verified person with a bound phone: scans, face check and all."""
    client = Client(run.api_url, run.standin_url)
    client.sign_in_by_wechat("institutions-person")
    client.expect(200, "POST", "/auth/phone", client.sms_code(PHONE, "bind_phone"))
    prove(client)
    return client


def prove(client: Client) -> None:
    """Be verified, with scans and a face check."""
    client.consent()
    client.apply(**HOPPER)
    for side in ("front", "back"):
        assert client.scan(side, (DATA / f"hopper_{side}_phone.jpg").read_bytes())["status"] == "accepted"
    assert client.face_check((DATA / "selfie_hopper.jpg").read_bytes())["status"] == "passed"
    assert client.expect(200, "POST", "/identity/submission")["status"] == "verified"


def details(name: str, supervisor_code: str | None) -> dict[str, Any]:
    """The fields of an institution, with a credit code of its own."""
    body = f"52420000{next(_numbers):09d}"
    return {
        "name": name,
        "supervisor_code": supervisor_code,
        "category": "综合医院",
        "unified_social_credit_code": body + check_character(body),
        "region_code": "420100",
    }


def added(administrator: Client, name: str, supervisor_code: str | None = None) -> str:
    """The code of a new institution."""
    made = administrator.expect(201, "POST", "/admin/institutions", details(name, supervisor_code))
    code: str = made["institution_code"]
    return code


def confirmation_code(console: Client, institution_code: str) -> str:
    """What an institution tells its people."""
    path = f"/console/institutions/{institution_code}/confirmation-code"
    code: str = console.expect(200, "GET", path)["confirmation_code"]
    return code


def found(client: Client, query: str) -> list[str]:
    """The names that a search finds."""
    page = client.call("GET", f"/institutions?query={query}").body
    return [item["name"] for item in page["items"]]


def test_search_and_join(administrator: Client, console: Client, person: Client, device: Callable[[], Client]) -> None:
    """Two characters find the hospital with its supervisor; its code makes it the work unit; leaving works too."""
    commission = added(administrator, "江汉卫生健康委员会")
    hospital = added(administrator, "江汉琴台医院", commission)
    for part in ("琴台", "台医", "江汉琴台医院", "琴台 医院"):
        assert "江汉琴台医院" in found(person, part)
    (item,) = person.expect(200, "GET", "/institutions?query=琴台")["items"]
    assert item["supervisor"] == {"institution_code": commission, "name": "江汉卫生健康委员会"}
    code = confirmation_code(console, hospital)
    joined = {"institution_code": hospital, "confirmation_code": code}
    assert device_without_identity(device, joined) == "IDENTITY_REQUIRED"
    unit = person.expect(200, "PUT", "/institutions/work-unit", joined)["work_unit"]
    assert (unit["institution_code"], unit["name"], unit["by"]) == (hospital, "江汉琴台医院", "code")
    shown = {"institution_code": hospital, "name": "江汉琴台医院"}
    assert person.expect(200, "GET", "/auth/me")["user"]["work_unit"] == shown
    assert found(person, hospital) == ["江汉琴台医院"]
    whole = person.expect(200, "GET", f"/institutions/{hospital}")
    assert whole["path"] == [{"institution_code": commission, "name": "江汉卫生健康委员会"}]
    below = person.expect(200, "GET", f"/institutions/{commission}/children")
    assert [item["name"] for item in below["items"]] == ["江汉琴台医院"]
    listed = administrator.expect(200, "GET", f"/admin/institutions?supervisor={commission}")
    assert [item["institution_code"] for item in listed["items"]] == [hospital]
    history = administrator.expect(200, "GET", f"/admin/institutions/{hospital}/history")
    assert history["items"][-1]["event"] == "institution_created"
    assert person.call("DELETE", "/institutions/work-unit").status in {200, 204}
    assert person.expect(200, "GET", "/auth/me")["user"]["work_unit"] is None


def device_without_identity(device: Callable[[], Client], wanted: dict[str, str]) -> str | None:
    """What somebody who is not verified is told."""
    client = device()
    client.sign_in_by_wechat("nobody-yet")
    return client.call("PUT", "/institutions/work-unit", wanted).code


def test_guessing_ends(administrator: Client, console: Client, person: Client) -> None:
    """Five wrong codes a day for one institution, then even the right one is refused."""
    guarded = added(administrator, "守口如瓶诊所")
    wrong = {"institution_code": guarded, "confirmation_code": "BBBBBBBB"}
    for _ in range(5):
        assert person.call("PUT", "/institutions/work-unit", wrong).code == "CONFIRMATION_CODE_INVALID"
    right = {**wrong, "confirmation_code": confirmation_code(console, guarded)}
    refused = person.call("PUT", "/institutions/work-unit", right)
    assert (refused.status, refused.code) == (429, "CONFIRMATION_LIMIT")
    assert int(refused.headers["Retry-After"]) > 0


def test_register_what_is_missing(administrator: Client, console: Client, person: Client) -> None:
    """Not found, registered, rejected with a reason, amended, included, found at once, joined."""
    commission = added(administrator, "沙湖区卫生健康局")
    empty = person.expect(200, "GET", "/institutions?query=沙湖岛")
    assert empty["items"] == []
    assert empty["registration"]["agreement"]
    assert empty["registration"]["url"]
    agreement = person.expect(200, "GET", "/institutions/registration-agreement")
    wanted = {
        **details("沙湖岛卫生院", commission),
        "agreement_version": agreement["version"],
        "address": "沙湖路 8 号",
        "contact_name": "何慧",
        "contact_phone": "027-88880000",
    }
    offered = {one["category"] for one in person.expect(200, "GET", "/reference")["categories"]}
    assert wanted["category"] in offered
    slips = {**wanted, "region_code": "999999", "contact_phone": "电话"}
    wrong = person.call("POST", "/institutions/registrations/check", slips)
    assert {error["field"] for error in wrong.body["errors"]} == {"region_code", "contact_phone"}
    assert person.call("POST", "/institutions/registrations/check", wanted).status == 204
    registered = person.expect(201, "POST", "/institutions/registrations", wanted)
    again = person.call("POST", "/institutions/registrations", wanted)
    assert (again.status, again.code) == (409, "REGISTRATION_PENDING")
    assert again.body["registration_id"] == registered["registration_id"]
    status = f"/institutions/registration-status?supervisor_code={commission}&name=沙湖岛卫生院"
    assert person.expect(200, "GET", status)["status"] == "pending"

    case = f"/admin/institution-registrations/{registered['registration_id']}"
    why = {
        "decision": "reject",
        "comment": "地址不完整",
        "revision": administrator.expect(200, "GET", case)["revision"],
    }
    administrator.expect(200, "POST", f"{case}/decision", why)
    assert person.expect(200, "GET", status)["status"] == "rejected"
    (mine,) = person.expect(200, "GET", "/institutions/registrations")["items"]
    assert mine["status"] == "rejected"
    assert mine["rejection"]["comment"] == "地址不完整"
    whole = person.expect(200, "GET", f"/institutions/registrations/{registered['registration_id']}")
    assert {field: whole[field] for field in ("address", "contact_name", "contact_phone")} == {
        field: wanted[field] for field in ("address", "contact_name", "contact_phone")
    }

    amended = {**wanted, "address": "江汉市沙湖区沙湖路 8 号"}
    path = f"/institutions/registrations/{registered['registration_id']}"
    assert person.expect(200, "PUT", path, amended)["status"] == "pending"
    approval = {"decision": "approve", "revision": administrator.expect(200, "GET", case)["revision"]}
    included = administrator.expect(200, "POST", f"{case}/decision", approval)
    code = included["institution"]["institution_code"]
    assert found(person, "沙湖岛") == ["沙湖岛卫生院"]
    assert person.expect(200, "GET", status)["status"] == "included"
    joined = {"institution_code": code, "confirmation_code": confirmation_code(console, code)}
    assert person.expect(200, "PUT", "/institutions/work-unit", joined)["work_unit"]["name"] == "沙湖岛卫生院"
    taken = person.call("POST", "/institutions/registrations", wanted)
    assert (taken.status, taken.code) == (409, "INSTITUTION_EXISTS")


def test_a_hospital_registers_beside_a_stranger(
    administrator: Client, person: Client, device: Callable[[], Client]
) -> None:
    """A stranger's registration with the hospital's credit code stops neither the hospital nor the administrator."""
    commission = added(administrator, "梁子湖区卫生健康局")
    agreement = person.expect(200, "GET", "/institutions/registration-agreement")
    hospital = {
        **details("梁子湖区人民医院", commission),
        "agreement_version": agreement["version"],
        "address": "梁子湖路 1 号",
        "contact_name": "何慧",
        "contact_phone": "027-88880000",
    }
    stranger = device()
    proof = {**stranger.sms_code("13600006001", "sign_in"), "client": "portal"}
    stranger.token = stranger.expect(201, "POST", "/auth/phone-logins", proof)["session"]["token"]
    stranger.expect(201, "POST", "/institutions/registrations", {**hospital, "name": "随便什么诊所"})
    mine = person.expect(201, "POST", "/institutions/registrations", hospital)["registration_id"]

    case = f"/admin/institution-registrations/{mine}"
    seen = administrator.expect(200, "GET", case)
    assert [(one["name"], one["because"]) for one in seen["equal"]] == [("随便什么诊所", ["credit_code"])]
    approval = {"decision": "approve", "revision": seen["revision"]}
    included = administrator.expect(200, "POST", f"{case}/decision", approval)
    assert included["institution"]["name"] == "梁子湖区人民医院"
    (theirs,) = stranger.expect(200, "GET", "/institutions/registrations")["items"]
    assert (theirs["status"], theirs["rejection"]["code"]) == ("rejected", "ALREADY_LISTED")


def test_a_member_is_removed_after_a_rotation(administrator: Client, console: Client, person: Client) -> None:
    """Who joined by a code that was rotated away is listed so, and is out once the rotation forgets."""
    clinic = added(administrator, "樊湖区卫生院")
    joined = {"institution_code": clinic, "confirmation_code": confirmation_code(console, clinic)}
    assert person.expect(200, "PUT", "/institutions/work-unit", joined)["work_unit"]["name"] == "樊湖区卫生院"
    path = f"/console/institutions/{clinic}"
    (member,) = console.expect(200, "GET", f"{path}/members")["items"]
    assert (member["by"], member["current_code"]) == ("code", True)
    console.expect(200, "POST", f"{path}/confirmation-code")
    (member,) = console.expect(200, "GET", f"{path}/members")["items"]
    assert member["current_code"] is False
    assert console.expect(200, "POST", f"{path}/confirmation-code", {"forget_older": True})["forgetting"]
    until(lambda: not console.expect(200, "GET", f"{path}/members")["items"])
    assert person.expect(200, "GET", "/institutions/work-unit")["work_unit"] is None

    joined["confirmation_code"] = confirmation_code(console, clinic)
    person.expect(200, "PUT", "/institutions/work-unit", joined)
    assert console.call("DELETE", f"{path}/members/{member['user_id']}").status == 204
    assert person.expect(200, "GET", "/auth/me")["user"]["work_unit"] is None


def until(holds: Callable[[], bool]) -> None:
    """Wait for what a message brings about."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
