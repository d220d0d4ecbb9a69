"""The portal, as the personnel officer of a hospital uses it."""

import itertools
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from functions.institutions.domain.credit_code import check_character
from local.client import Client
from tests.clients.conftest import Watched, overflows, violations

_numbers = itertools.count(1)


def credit_code() -> str:
    """Another credit code each time."""
    body = f"124200009{next(_numbers):08d}"
    return body + check_character(body)


def sign_in(page: Page, device: Callable[[], Client], phone: str) -> None:
    """Fill in phone and code on the page that asks for them."""
    page.get_by_label("手机号", exact=True).fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    code = page.get_by_label("短信验证码")
    expect(code).to_be_focused()
    code.fill(device().newest_code(phone))
    page.keyboard.press("Enter")


def choose_supervisor(page: Page, name: str) -> None:
    """Search for the supervisor and take the first result."""
    page.get_by_label("主管单位").fill(name)
    page.get_by_role("button", name=name).first.click()


def choose_region(page: Page) -> None:
    """Hubei, Wuhan, Wuchang."""
    page.get_by_label("省级").select_option("420000")
    page.get_by_label("市级").select_option("420100")
    page.get_by_label("区、县").select_option("420106")


def fill_registration(page: Page, device: Callable[[], Client], name: str, phone: str) -> None:
    """From the agreement to the answers to check, everything right."""
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="继续").click()
    sign_in(page, device, phone)
    page.get_by_label("机构全称").fill(name)
    choose_supervisor(page, "江楚市卫生健康委员会")
    page.get_by_label("机构类别").select_option("综合医院")
    page.get_by_role("button", name="继续").click()
    page.get_by_label("统一社会信用代码").fill(credit_code())
    choose_region(page)
    page.get_by_label("详细地址").fill("长江路 1 号")
    page.get_by_role("button", name="继续").click()
    page.get_by_label("联系人姓名").fill("李四")
    page.get_by_label("联系电话").fill("027-87654321")
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("heading", name="核对后提交")).to_be_visible()


def test_registering_starts_with_a_search_that_finds_nothing(
    new_page: Callable[..., Page], device: Callable[[], Client]
) -> None:
    """Search, register step by step, submit, and find it again under one's own registrations."""
    page = new_page("/")
    page.get_by_role("searchbox").fill("江楚市长江医院")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="申请注册机构").click()
    fill_registration(page, device, "江楚市长江医院", "13800130001")
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("heading", name="申请已提交")).to_be_focused()
    page.get_by_role("main").get_by_role("link", name="我的申请").click()
    expect(page.get_by_role("heading", name="江楚市长江医院")).to_be_visible()
    expect(page.get_by_text("待审核")).to_be_visible()
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "13800130001" not in stored
    assert "李四" not in stored


def test_every_field_wrong_once(new_page: Callable[..., Page], device: Callable[[], Client]) -> None:
    """Each wrong field is named in a summary that has the focus and leads to it; nothing that was typed is lost."""
    page = new_page("/institution-registration")
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("请先阅读并勾选同意协议。")).to_be_visible()
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="继续").click()
    page.get_by_label("手机号", exact=True).fill("123")
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_text("请填写 11 位手机号。")).to_be_visible()
    sign_in(page, device, "13800130002")
    page.get_by_role("button", name="继续").click()
    summary = page.get_by_role("alert").filter(has_text="有 3 处需要修改")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="请查询并选择主管单位。").click()
    expect(page.get_by_label("主管单位")).to_be_focused()
    page.get_by_label("机构全称").fill("江楚市错误医院")
    choose_supervisor(page, "江楚市卫生健康委员会")
    page.get_by_label("机构类别").select_option("综合医院")
    page.get_by_role("button", name="继续").click()
    page.get_by_label("统一社会信用代码").fill("12420000900000001X")
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("有 3 处需要修改")).to_be_visible()
    expect(page.get_by_text("最后一位校验不符").first).to_be_visible()
    page.go_back()
    expect(page.get_by_label("机构全称")).to_have_value("江楚市错误医院")


def test_signing_out_in_one_tab_signs_out_the_other(
    new_page: Callable[..., Page], device: Callable[[], Client]
) -> None:
    """The session of a tab is its own, its end is not."""
    page = new_page("/sign-in")
    sign_in(page, device, "13800130003")
    expect(page.get_by_text("还没有提交过申请")).to_be_visible()
    other = page.context.new_page()
    other.goto("/sign-in?to=/registrations")
    expect(other.get_by_role("link", name="登录", exact=True)).to_be_visible()
    sign_in_again = "13800130004"
    sign_in(other, device, sign_in_again)
    expect(other.get_by_text("还没有提交过申请")).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    expect(other.get_by_text("您已在另一个页面退出登录")).to_be_visible()


def test_a_dropped_connection_keeps_everything_and_submits_once(
    new_page: Callable[..., Page], device: Callable[[], Client], watched: Watched
) -> None:
    """The answer of a submission is lost; pressing again returns the same registration."""
    watched.expect("ERR_FAILED|ERR_INTERNET_DISCONNECTED")
    page = new_page("/institution-registration")
    fill_registration(page, device, "江楚市断网医院", "13800130005")
    keys: list[str] = []

    def lose(route) -> None:  # type: ignore[no-untyped-def]
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort("failed")
        else:
            route.continue_()

    page.route("**/api/institutions/registrations", lose)
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("没有收到服务器的回应")).to_be_visible()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("heading", name="申请已提交")).to_be_visible()
    assert len(keys) == 2
    assert keys[0] == keys[1]
    page.unroute_all(behavior="wait")
    page.get_by_role("main").get_by_role("link", name="我的申请").click()
    expect(page.get_by_role("heading", name="江楚市断网医院")).to_have_count(1)


PAGES = ("/", "/?q=江楚", "/?q=火星人", "/institution-registration", "/sign-in", "/status", "/help", "/none")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_accessible_and_fit(new_page: Callable[..., Page], path: str, language: str) -> None:
    """Nothing for axe to find; nothing scrolls sideways at 320 pixels, which is 1280 at 400 %."""
    page = new_page(path, language=language, width=320)
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("lang", "en" if language == "en" else "zh-CN")
    assert violations(page) == []
    assert not overflows(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    assert violations(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("state", ["loading", "error", "empty"])
def test_states_of_a_list(
    new_page: Callable[..., Page], device: Callable[[], Client], watched: Watched, state: str, language: str
) -> None:
    """A list that loads, that fails and that is empty says so, accessibly."""
    watched.expect("503")
    page = new_page("/sign-in", language=language)
    held = []
    if state == "loading":
        page.route("**/api/institutions/registrations*", lambda route: held.append(route))  # noqa: PLW0108
    elif state == "error":
        page.route(
            "**/api/institutions/registrations*",
            lambda route: route.fulfill(status=503, headers={"Retry-After": "0"}, body=""),
        )
    phone = f"138001310{next(_numbers):02d}"
    page.locator("#phone").fill(phone)
    page.keyboard.press("Enter")
    expect(page.locator("#sms-code")).to_be_focused()
    page.locator("#sms-code").fill(device().newest_code(phone))
    page.keyboard.press("Enter")
    shown = {
        "loading": page.locator("[aria-busy=true]"),
        "error": page.get_by_role("alert").get_by_role("button"),
        "empty": page.get_by_role("heading", level=2),
    }[state]
    expect(shown).to_be_visible()
    assert violations(page) == []
    for route in held:
        route.abort()
    page.unroute_all(behavior="ignoreErrors")
    watched.expect("ERR_FAILED")
