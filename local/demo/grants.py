"""The demo's last part: the right to run a business goes down the hierarchy, by code, by name and in bulk."""

from datetime import UTC, datetime, timedelta
from typing import Any

from local.client import Client, sample
from local.demo.institutions import CITY, COMMISSION, DIRECTORY
from local.demo.steps import PASSPORT, Walk, passed
from local.run import Platform

BUSINESS = "title-review"


def run_a_business(walk: Walk, run: Platform) -> None:
    """The administrator, the resident who was verified by the machine, and the visitor whom a reviewer verified."""
    walk.title("The right to run a business goes down the hierarchy")
    phone, admin_phone, visitor = (Client(run.api_url, run.standin_url) for _ in range(3))
    admin, console, city_console = (Client(run.api_url, run.standin_url) for _ in range(3))
    for client, name in ((phone, "someone"), (admin_phone, "admin"), (visitor, "visitor")):
        client.sign_in_by_wechat(name)
    walk.step("the administrator scans the QR code of the console", lambda: admin.sign_in_to_console(admin_phone))
    walk.step("and opens a business", lambda: admin.expect(201, "POST", "/admin/businesses", details()))
    place = f"/console/grants/{BUSINESS}"
    code = walk.step(
        "a code for the province", lambda: admin.expect(201, "POST", f"{place}/{COMMISSION}/code")["grant_code"]
    )
    wanted = {"purpose": "grant_redemption", "grant_code": code}
    check = walk.step(
        "the resident looks into the camera", lambda: phone.face_check(sample("selfie.jpg"), **wanted), passed
    )
    taken = {"grant_code": code, "face_check_id": check["face_check_id"]}
    walk.step("and takes the business on", lambda: phone.expect(201, "POST", "/grants/redemptions", taken))
    walk.step(
        "it is among their businesses, with the way in",
        lambda: phone.expect(200, "GET", "/grants/mine")["items"],
        lambda items: items[0]["business"]["entry_url"] == details()["entry_url"],
    )
    walk.step("they sign in to the console", lambda: console.sign_in_to_console(phone))
    walk.step("a code for the city", lambda: console.expect(201, "POST", f"{place}/{CITY}/code"))
    walk.step(
        "given directly to the visitor, by name and passport",
        lambda: console.expect(200, "POST", f"{place}/{CITY}/direct-grant", {**PASSPORT, "nationality": "GBR"}),
        lambda answer: answer["grant"]["status"] == "active",
    )
    walk.step("who signs in to the console too", lambda: city_console.sign_in_to_console(visitor))
    hospitals = sum(supervisor == CITY for _, _, supervisor, _ in DIRECTORY)
    walk.step("codes for all hospitals", lambda: bulk(city_console, "code"), lambda job: job["done"] == hospitals)
    export = walk.step("exported as a spreadsheet", lambda: bulk(city_console, "export", format="xlsx"))
    walk.step(
        "and downloaded",
        lambda: city_console.download(export["download_url"])[1],
        lambda saved_as: saved_as.endswith(".xlsx"),
    )
    walk.step("all taken back", lambda: bulk(city_console, "revocation"), lambda job: job["done"] == hospitals)
    hospital = next(code for code, _, supervisor, _ in DIRECTORY if supervisor == CITY)
    last_code = walk.step(
        "a last code for a hospital", lambda: city_console.expect(201, "POST", f"{place}/{hospital}/code")["grant_code"]
    )
    walk.step("the province revokes the city's grant", lambda: console.expect(204, "DELETE", f"{place}/{CITY}"))
    walk.step(
        "and the visitor's console may nothing any more",
        lambda: city_console.call("GET", f"/console/grants?business={BUSINESS}&supervisor={CITY}"),
        lambda answer: answer.status == 403,
    )
    late = {"purpose": "grant_redemption", "grant_code": last_code}
    walk.step(
        "the code that the city issued is worthless",
        lambda: phone.call("POST", "/identity/face-checks", late).code,
        lambda refusal: refusal == "GRANT_CODE_INVALID",
    )
    walk.step("the resident resigns", lambda: phone.expect(204, "DELETE", f"/grants/{BUSINESS}/{COMMISSION}/manager"))


def details() -> dict[str, str]:
    """A business that is open now."""
    today = datetime.now(UTC).date()
    return {
        "business": BUSINESS,
        "name": "职称评审",
        "entry_url": "https://title-review.example/enter",
        "opens_on": f"{today - timedelta(days=2)}",
        "closes_on": f"{today + timedelta(days=30)}",
    }


def bulk(console: Client, kind: str, **more: str) -> Any:
    """A bulk job over the city's hospitals, when it is over."""
    body = {"supervisor": CITY, **more}
    return console.finished_job(console.expect(202, "POST", f"/console/grants/{BUSINESS}/{kind}-jobs", body)["job_id"])
