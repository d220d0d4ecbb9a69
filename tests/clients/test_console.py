"""The console, as the manager of a business uses it: sign-in by QR code, grants, jobs, confirmation code."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from local.client import Client
from local.demo.people import CITY, COMMISSION
from local.run import Run
from tests.clients.conftest import Watched, overflows, violations

BUSINESS = "pages-exam"
PROVINCE, PREFECTURE = "690000000001", "690100000008"  # of the made-up province
Device = Callable[[], Client]


def phone_of(device: Device, name: str) -> Client:
    """The phone of a demo user."""
    phone = device()
    phone.sign_in_by_wechat(name)
    return phone


def ticket(page: Page) -> tuple[str, str]:
    """The scene and the number that the page shows."""
    link = page.get_by_role("link", name="打开模拟手机端")
    expect(link).to_be_visible()
    scene = (link.get_attribute("href") or "").partition("scene=")[2]
    return scene, page.locator(".number strong").inner_text()


def sign_in(page: Page, device: Device, name: str) -> None:
    """Scan the code of the page with the phone of a demo user and type the number."""
    scene, number = ticket(page)
    phone = phone_of(device, name)
    phone.expect(200, "POST", f"/auth/qr-logins/{scene}/scan")
    expect(page.get_by_text(f"请在手机上输入 {number}")).to_be_visible()
    phone.expect(200, "POST", f"/auth/qr-logins/{scene}/confirmation", {"number": number})
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()


def grant(console: Client, institution: str, person: Any) -> None:
    """Make a person the manager of an institution's grant."""
    path = f"/console/grants/{BUSINESS}/{institution}"
    console.expect(201, "POST", f"{path}/code")
    console.expect(200, "POST", f"{path}/direct-grant", {"name": person.name, "number": person.number})


@pytest.fixture(scope="module")
def business(run: Run) -> str:
    """A business with a manager at the province and one at a prefecture with 22 institutions below."""
    admin, admin_phone = Client(run.api_url, run.standin_url), Client(run.api_url, run.standin_url)
    admin_phone.sign_in_by_wechat("admin")
    admin.sign_in_to_console(admin_phone)
    today = datetime.now(UTC).date()
    details = {
        "business": BUSINESS,
        "name": "执业考试",
        "entry_url": "https://exam.example.org/",
        "opens_on": f"{today - timedelta(days=1)}",
        "closes_on": f"{today + timedelta(days=30)}",
    }
    admin.expect(201, "POST", "/admin/businesses", details)
    grant(admin, PROVINCE, COMMISSION)
    commission, phone = Client(run.api_url, run.standin_url), Client(run.api_url, run.standin_url)
    phone.sign_in_by_wechat("commission")
    commission.sign_in_to_console(phone)
    grant(commission, PREFECTURE, CITY)
    return BUSINESS


def test_a_manager_hands_the_business_down(new_page: Callable[..., Page], device: Device, business: str) -> None:
    """Sign in, issue all codes with a reload in the middle, export, copy a code, grant directly, revoke, history."""
    page = new_page("/console/", permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, device, "city")
    page.get_by_role("link", name="管理授权").click()
    expect(page.get_by_text("22 个机构")).to_be_visible(timeout=15_000)

    page.get_by_role("button", name="批量生成授权码").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="开始").click()
    expect(dialog.get_by_text("请输入 22。")).to_be_visible()
    dialog.get_by_role("textbox").fill("22")
    dialog.get_by_role("button", name="开始").click()
    page.wait_for_url("**/console/jobs/*")
    page.reload()
    expect(page.get_by_text("已完成")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("已处理 22 / 22")).to_be_visible()

    page.get_by_role("link", name="回到授权列表").click()
    page.get_by_role("button", name="导出授权码").click()
    page.get_by_role("dialog").get_by_role("button", name="开始").click()
    link = page.get_by_role("link", name="下载文件")
    expect(link).to_be_visible(timeout=30_000)
    content, name = device().download(link.get_attribute("href") or "")
    assert content.startswith(b"PK")
    assert ".xlsx" in name

    page.get_by_role("link", name="回到授权列表").click()
    first = page.get_by_role("row").nth(1)
    first.get_by_role("button", name="复制").click()
    expect(first.get_by_text("已复制")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", copied)

    first.get_by_role("button", name="直接授权").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("姓名").fill("林晓梅")
    dialog.get_by_label("证件号码").fill("420100199003080040")
    dialog.get_by_role("button", name="直接授权").click()
    expect(dialog.get_by_text("最后一位校验不符").first).to_be_visible()
    dialog.get_by_label("证件号码").fill("420100199003080048")
    dialog.get_by_role("button", name="直接授权").click()
    expect(dialog.get_by_text("已成为业务负责人")).to_be_visible()
    page.keyboard.press("Escape")
    expect(first.get_by_text("已激活")).to_be_visible()

    first.get_by_role("button", name="解除授权").click()
    expect(page.get_by_role("dialog").get_by_text("不再是业务负责人")).to_be_visible()
    page.get_by_role("button", name="确认解除").click()
    expect(page.get_by_text("已解除")).to_be_visible()
    first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="历史记录")).to_be_visible()
    expect(page.get_by_text(re.compile("解除了授权"))).to_be_visible()


def test_a_code_is_rotated(new_page: Callable[..., Page], device: Device, business: str) -> None:
    """The new code is another one, and the message ready to send has it."""
    page = new_page("/console/confirmation-code/" + PREFECTURE)
    sign_in(page, device, "city")
    shown = page.locator(".big")
    expect(shown).to_be_visible()
    before = shown.inner_text()
    page.get_by_role("button", name="更换确认码").click()
    page.get_by_role("dialog").get_by_role("button", name="更换", exact=True).click()
    expect(page.get_by_text("确认码已更换。")).to_be_visible()
    expect(shown).not_to_have_text(before)
    code = shown.inner_text().replace("-", "")
    expect(page.get_by_text(f"单位确认码：{code}")).to_be_visible()


@pytest.mark.parametrize(("end", "text"), [("number", "手机上输入的数字不对"), ("person", "不是我")])
def test_denied_sign_ins_say_why(
    new_page: Callable[..., Page], device: Device, business: str, end: str, text: str
) -> None:
    """A wrong number, and not me; one button leads to a new code."""
    page = new_page("/console/")
    scene, number = ticket(page)
    phone = phone_of(device, "city")
    path = f"/auth/qr-logins/{scene}"
    phone.expect(200, "POST", f"{path}/scan")
    if end == "number":
        wrong = f"{(int(number) + 1) % 100:02d}"
        phone.call("POST", f"{path}/confirmation", {"number": wrong})
    else:
        phone.expect(200, "POST", f"{path}/denial")
    expect(page.get_by_text(text)).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="换一个新的二维码").click()
    assert ticket(page)[0] != scene


def test_whoever_has_no_role_leaves_the_code_to_others(
    new_page: Callable[..., Page], device: Device, business: str
) -> None:
    """Their scan is refused on the phone; the same code then signs a manager in."""
    page = new_page("/console/")
    scene, _ = ticket(page)
    assert phone_of(device, "somebody-else").call("POST", f"/auth/qr-logins/{scene}/scan").status == 403
    sign_in(page, device, "city")


def test_the_code_stays_while_the_server_is_away(
    new_page: Callable[..., Page], device: Device, business: str, watched: Watched
) -> None:
    """503 and a lost connection in the middle of polling are waited out."""
    watched.expect("503|ERR_FAILED")
    page = new_page("/console/")
    scene, _ = ticket(page)
    answers = iter(["503", "lost"])

    def disturb(route: Route) -> None:
        kind = next(answers, None)
        if kind == "503":
            route.fulfill(status=503, body="")
        elif kind == "lost":
            route.abort("failed")
        else:
            route.continue_()

    page.route("**/api/auth/qr-logins/*", disturb)
    expect(page.get_by_text("暂时连不上服务器")).to_be_visible(timeout=10_000)
    phone_of(device, "city").expect(200, "POST", f"/auth/qr-logins/{scene}/scan")
    expect(page.get_by_text("已扫描")).to_be_visible(timeout=30_000)
    page.unroute_all(behavior="ignoreErrors")


def test_a_revoked_manager_is_led_out(
    new_page: Callable[..., Page], device: Device, business: str, run: Run, watched: Watched
) -> None:
    """The next click after the superior has revoked says so in words."""
    watched.expect("403")
    page = new_page("/console/")
    sign_in(page, device, "city")
    commission = device()
    commission.sign_in_to_console(phone_of(device, "commission"))
    commission.expect(204, "DELETE", f"/console/grants/{BUSINESS}/{PREFECTURE}")
    try:
        page.get_by_role("link", name="管理授权").click()
        expect(page.get_by_role("heading", name="您在该机构的角色已结束")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("link", name="回到首页").click()
        expect(page.get_by_text("您目前没有业务")).to_be_visible()
    finally:
        grant(commission, PREFECTURE, CITY)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_accessible_and_fit(
    new_page: Callable[..., Page], device: Device, business: str, language: str
) -> None:
    """Nothing for axe to find on any page of the console, wide and at 320 pixels, where nothing scrolls sideways."""
    page = new_page("/console/", width=320)
    assert violations(page) == []
    sign_in(page, device, "city")
    if language == "en":
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    for path in (
        "/console/",
        f"/console/grants/{BUSINESS}/below/{PREFECTURE}",
        f"/console/grants/{BUSINESS}/below/{PREFECTURE}?query=none",
        f"/console/grants/{BUSINESS}/{PREFECTURE}",
        "/console/jobs",
        f"/console/confirmation-code/{PREFECTURE}",
        "/console/account",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        for width in (320, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert violations(page) == [], path
            assert not overflows(page), path
