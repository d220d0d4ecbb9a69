"""The administrators' pages: the review desk by keyboard, registrations to the end, two reviewers on one case."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.client import Client, sample
from local.demo.institutions import CITY as DEMO_CITY
from tests.clients.conftest import Watched, overflows, violations
from tests.clients.test_console import sign_in
from tests.clients.test_portal import credit_code, fill_registration

Device = Callable[[], Client]
Apply = Callable[[str], tuple[Client, str]]
_people = itertools.count(1)
PASSPORT = {
    "document_type": "passport",
    "name": "Grace Anne Harper",
    "number": "925076473",
    "nationality": "GBR",
    "valid_until": "2034-05-14",
}


@pytest.fixture
def apply(device: Device) -> Iterator[Apply]:
    """A maker of applicants with the sample passport, their phone and id; its number is free again after the test."""
    applied: list[tuple[Client, str]] = []

    def make(selfie: str) -> tuple[Client, str]:
        phone = device()
        user = phone.sign_in_by_wechat(f"applicant-{next(_people)}")
        applied.append((phone, selfie))
        phone.consent()
        send_in(phone, selfie)
        return phone, user["user_id"]

    yield make
    for phone, selfie in applied:
        phone.withdraw(sample(selfie))


def send_in(phone: Client, selfie: str) -> None:
    """Everything up to the review."""
    phone.apply(**PASSPORT)
    phone.scan("front", sample("passport.jpg"))
    phone.face_check(sample(selfie))
    phone.expect(200, "POST", "/identity/submission", {})


def approve(device: Device, user_id: str) -> None:
    """Decide for an application through the API."""
    admin = device()
    admin.sign_in_by_wechat("admin")
    revision = admin.opened_application(user_id, {"front", "selfie"})["revision"]
    path = f"/admin/identity-applications/{user_id}/decision"
    admin.expect(200, "POST", path, {"decision": "approve", "revision": revision})


def open_case(page: Page, user_id: str) -> None:
    """Open a case on the desk, with its images."""
    page.goto(f"/console/identities/{user_id}")
    expect(page.locator(".stage img")).to_be_visible(timeout=20_000)


def register(device: Device, name: str, phone: str) -> tuple[Client, str]:
    """Submit a registration through the API; its person and its id."""
    person = device()
    proof = {**person.sms_code(phone, "sign_in"), "client": "portal"}
    person.token = person.expect(201, "POST", "/auth/phone-logins", proof)["session"]["token"]
    wanted = {
        "agreement_version": person.expect(200, "GET", "/institutions/registration-agreement")["version"],
        "name": name,
        "supervisor_code": DEMO_CITY,
        "category": "综合医院",
        "unified_social_credit_code": credit_code(),
        "region_code": "420106",
        "address": "长江路 1 号",
        "contact_name": "李四",
        "contact_phone": "027-87654321",
    }
    made: dict[str, Any] = person.expect(201, "POST", "/institutions/registrations", wanted)
    return person, made["registration_id"]


def test_a_passport_is_reviewed_by_keyboard(new_page: Callable[..., Page], device: Device, apply: Apply) -> None:
    """Zoom, rotate and reject with keys alone; the applicant amends; then approved."""
    applicant, user_id = apply("selfie_other_person.jpg")
    page = new_page("/console/")
    sign_in(page, device, "admin")
    open_case(page, user_id)
    stage = page.locator(".stage")
    for key in ("+", "+", "]"):
        page.keyboard.press(key)
    expect(stage).to_have_attribute("aria-label", re.compile("放大 156%，旋转 90 度"))
    page.keyboard.press("0")
    expect(stage).to_have_attribute("aria-label", re.compile("放大 100%，旋转 0 度"))

    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("审核未通过，请查看审核说明").focus()
    page.keyboard.press("Space")
    dialog.get_by_role("button", name="确认拒绝").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("选择“其他”时必须填写审核说明。")).to_be_visible()
    expect(dialog.get_by_role("textbox", name="审核说明")).to_be_focused()
    page.keyboard.type("请核对姓名。")
    expect(dialog.get_by_role("status").filter(has_text="请核对姓名。")).to_be_visible()
    dialog.get_by_role("button", name="确认拒绝").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("已拒绝。")).to_be_visible()
    rejection = applicant.expect(200, "GET", "/identity")["rejection"]
    assert rejection["comment"] == "请核对姓名。"

    send_in(applicant, "selfie_other_person_2.jpg")
    open_case(page, user_id)
    page.keyboard.press("a")
    page.get_by_role("dialog").get_by_role("button", name="确认通过").click()
    expect(page.get_by_text("已通过。")).to_be_visible()
    assert applicant.expect(200, "GET", "/identity")["status"] == "verified"


def test_a_duplicate_is_decided(new_page: Callable[..., Page], device: Device, apply: Apply) -> None:
    """The same passport on another account: both persons side by side, and the relation has to be said."""
    _, holder_id = apply("selfie_other_person_3.jpg")
    approve(device, holder_id)
    _, user_id = apply("selfie_other_person_6.jpg")
    page = new_page("/console/")
    sign_in(page, device, "admin")
    open_case(page, user_id)
    expect(page.get_by_role("heading", name="同一证件号码已在另一个账号认证")).to_be_visible()
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="确认通过").click()
    expect(dialog.get_by_text("请选择两个账号的关系。")).to_be_visible()
    dialog.get_by_label("原账号冒用").check()
    dialog.get_by_role("button", name="确认通过").click()
    expect(page.get_by_text("已提交，等待另一位管理员确认。")).to_be_visible()


def test_two_reviewers_on_one_case(new_page: Callable[..., Page], device: Device, watched: Watched) -> None:
    """The second one sees who has it, takes it over, and the first one's decision is refused in words."""
    watched.expect("409")
    _, registration_id = register(device, "江楚市双审医院", "13800132001")
    first, second = new_page("/console/"), new_page("/console/")
    sign_in(first, device, "admin")
    sign_in(second, device, "admin-two")
    first.goto(f"/console/registrations/{registration_id}")
    expect(first.get_by_text("由您审核")).to_be_visible()
    second.goto(f"/console/registrations/{registration_id}")
    second.get_by_role("button", name="接手审核").click()
    expect(second.get_by_text("由您审核")).to_be_visible()
    first.get_by_role("button", name="通过", exact=True).click()
    first.get_by_role("button", name="确认通过").click()
    expect(first.get_by_role("dialog").get_by_role("alert").locator(".message")).to_be_visible()
    second.get_by_role("button", name="通过", exact=True).click()
    second.get_by_role("button", name="确认通过").click()
    expect(second.get_by_text("已收录，机构编码")).to_be_visible()


def test_from_the_first_search_to_the_directory(new_page: Callable[..., Page], device: Device) -> None:
    """Search without result, register, be rejected, see why, amend, be included, be found."""
    name, phone = "江楚市长江大桥医院", "13800132002"
    portal = new_page("/")
    portal.get_by_role("searchbox").fill(name)
    portal.keyboard.press("Enter")
    portal.get_by_role("link", name="申请注册机构").click()
    fill_registration(portal, device, name, phone)
    portal.get_by_role("button", name="提交申请").click()
    expect(portal.get_by_role("heading", name="申请已提交")).to_be_visible()

    desk = new_page("/console/")
    sign_in(desk, device, "admin")
    desk.get_by_role("link", name="机构注册审核").first.click()
    desk.get_by_role("link", name=name).click()
    desk.get_by_role("button", name="拒绝").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="确认拒绝").click()
    expect(dialog.get_by_text("请选择拒绝原因。")).to_be_visible()
    dialog.get_by_role("radio").first.check()
    dialog.get_by_label("详细地址").check()
    dialog.get_by_role("textbox", name="审核说明").fill("请填写门牌号。")
    dialog.get_by_role("button", name="确认拒绝").click()
    expect(desk.get_by_text("已拒绝。")).to_be_visible()

    portal.get_by_role("main").get_by_role("link", name="我的申请").click()
    expect(portal.get_by_text("请填写门牌号。")).to_be_visible()
    portal.get_by_role("link", name="修改后重新提交").click()
    expect(portal.get_by_label("机构全称")).to_have_value(name)
    portal.get_by_label("详细地址").fill("长江路 88 号")
    portal.get_by_label("我已阅读并同意").check()
    portal.get_by_role("button", name="重新提交").click()
    expect(portal.get_by_text("已重新提交，正在等待审核。")).to_be_visible()

    desk.get_by_role("link", name="回到待审核列表").click()
    desk.get_by_role("link", name=name).click()
    expect(desk.get_by_text("长江路 88 号")).to_be_visible()
    desk.get_by_role("button", name="通过", exact=True).click()
    desk.get_by_role("button", name="确认通过").click()
    expect(desk.get_by_text("已收录，机构编码")).to_be_visible()

    portal.goto("/")
    portal.get_by_role("searchbox").fill(name)
    portal.keyboard.press("Enter")
    expect(portal.get_by_role("heading", name=name, exact=True)).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_accessible_and_fit(
    new_page: Callable[..., Page], device: Device, apply: Apply, language: str
) -> None:
    """Nothing for axe to find on any page of administration, wide and at 320 pixels, where nothing scrolls sideways."""
    _, user_id = apply(f"selfie_other_person_{4 if language == 'zh' else 5}.jpg")
    _, registration_id = register(device, f"江楚市{language}医院", f"1380013200{3 if language == 'zh' else 4}")
    page = new_page("/console/")
    sign_in(page, device, "admin")
    if language == "en":
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    for path in (
        "/console/",
        "/console/identities",
        "/console/identities?status=verified",
        f"/console/identities/{user_id}",
        "/console/registrations",
        "/console/registrations?query=none",
        f"/console/registrations/{registration_id}",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        for width in (320, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert violations(page) == [], path
            assert not overflows(page), path
