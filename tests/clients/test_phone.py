"""The mini-program in a browser, as a nurse uses it; its camera sees a sample photo.

uni-app keeps the pages below the current one in the document, hidden: what a test looks for is what can be seen.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from local.camera import frame
from local.client import SAMPLES, Client, sample
from local.demo.institutions import COMMISSION
from local.run import Run, free_ports, local_run
from tests.clients.conftest import PATIENCE_MS, Watched, overflows, violations
from tests.journey.test_grants import open_business

NAME, NUMBER = "柯爱琳", "420106198611190025"


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A platform without the demo's people: the person of the sample card is not known yet."""
    with local_run(free_ports(pages=True)) as running:
        yield running


@pytest.fixture(scope="session")
def phone_browser(tmp_path_factory: pytest.TempPathFactory, chromium: Callable[..., Browser]) -> Iterator[Browser]:
    """A browser whose camera sees a face."""
    seen = io.BytesIO()
    with Image.open(io.BytesIO(frame(sample("selfie_3.jpg")))) as selfie:
        selfie.save(seen, "JPEG", quality=92)
    file = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    file.write_bytes(seen.getvalue() * 2)
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={file}",
    )
    started = chromium(*camera)
    yield started
    started.close()


Phone = Callable[..., Page]


@pytest.fixture
def phone(phone_browser: Browser, run: Run, watched: Watched) -> Iterator[Phone]:
    """A maker of phones: `phone("zhang")` is that WeChat user's."""
    contexts: list[BrowserContext] = []

    def make(wechat: str, *, path: str = "", language: str = "zh-CN", width: int = 375, camera: bool = True) -> Page:
        context = phone_browser.new_context(
            viewport={"width": width, "height": 720},
            locale=language,
            base_url=run.web_url,
            has_touch=True,
            permissions=["camera"] if camera else [],
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        watched.watch(page)
        page.goto(f"/phone/?wechat={wechat}{path}")
        return page

    yield make
    for context in contexts:
        context.close()


def button(page: Page, name: str) -> Locator:
    """The button that can be seen, with exactly these words."""
    return page.get_by_role("button", name=name, exact=True)


def sign_in(page: Page) -> None:
    """Accept the policy and sign in by WeChat."""
    page.get_by_role("checkbox").click()
    button(page, "微信登录").click()
    expect(button(page, "添加业务")).to_be_visible()


def send_photo(page: Page, photo: Path | bytes) -> None:
    """Take a photo with the system's camera and keep it."""
    with page.expect_file_chooser() as chooser:
        button(page, "用系统相机拍").click()
    content = photo.read_bytes() if isinstance(photo, Path) else photo
    chooser.value.set_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content})
    page.get_by_role("button").filter(has_text="使用").first.click()


def pass_face_check(page: Page, selfie: str = "selfie_2.jpg") -> None:
    """Take the face check that the page asks for."""
    button(page, "开始核验").click()
    send_photo(page, frame(sample(selfie)))


def fill_details(page: Page) -> None:
    """From the start page to the first scan, a wrong number on the way."""
    button(page, "继续").click()
    expect(page.get_by_text("请阅读同意书并勾选同意。")).to_be_visible()
    page.get_by_role("checkbox").click()
    button(page, "继续").click()
    page.get_by_role("radio", name="居民身份证", exact=True).click()
    button(page, "继续").click()
    page.get_by_label("姓名").fill(NAME)
    button(page, "继续").click()
    page.get_by_label("证件号码").fill(f"{NUMBER[:-2]}35")
    button(page, "继续").click()
    expect(page.get_by_role("alert").filter(has_text="证件号码有误")).to_be_visible()
    page.get_by_label("证件号码").fill(NUMBER)
    button(page, "继续").click()
    expect(page.get_by_role("heading", name="拍摄证件人像面")).to_be_visible()


def issued_code(device: Callable[[], Client]) -> str:
    """A grant code of a new business for the province's commission."""
    admin, pc = device(), device()
    admin.sign_in_by_wechat("admin")
    pc.sign_in_to_console(admin)
    code = pc.expect(201, "POST", f"/console/grants/{open_business(pc)}/{COMMISSION}/code")["grant_code"]
    return str(code)


def test_from_the_first_tap_to_a_business_and_a_pc(
    phone: Phone, run: Run, device: Callable[[], Client], watched: Watched
) -> None:
    """Identity with every kind of slip, a grant code, a PC, and nothing private left in the browser."""
    watched.expect("status of (404|409|422)")
    page = phone("nurse")
    sign_in(page)
    button(page, "开始认证").click()
    fill_details(page)
    send_photo(page, SAMPLES / "front_blurred.jpg")
    expect(page.get_by_text("还可以拍 4 次")).to_be_visible()
    send_photo(page, SAMPLES / "front.jpg")
    expect(page.get_by_role("heading", name="拍摄证件背面")).to_be_visible()

    # The network is lost while the back is sent: the same photo continues with the same form.
    watched.expect("ERR_FAILED")
    lost: list[str] = []

    def lose_once(route: Any) -> None:
        lost.append(route.request.url)
        route.abort("failed") if len(lost) == 1 else route.continue_()

    page.route("**/health-talent-uploads*", lose_once)
    send_photo(page, SAMPLES / "back.jpg")
    button(page, "继续上传").click()
    button(page, "提交").click()

    # The live camera, not the system's.
    button(page, "开始核验").click()
    expect(page.get_by_role("status").filter(has_text="清晰，可以拍照")).to_be_visible()
    button(page, "拍照").click()
    page.get_by_role("button").filter(has_text="使用这张").click()
    expect(page.get_by_text("身份已认证")).to_be_visible()
    assert len(lost) == 3, "the back twice, and the selfie"

    code = issued_code(device)
    button(page, "首页").click()
    button(page, "添加业务").click()
    page.get_by_label("授权码").fill(f" {code.lower()} ")
    button(page, "继续").click()
    expect(page.get_by_text("资格考试")).to_be_visible()
    button(page, "核验人脸并接受").click()
    pass_face_check(page)
    expect(page.get_by_text("已添加，您现在是管理员。")).to_be_visible()

    other_pc = device()
    ticket = other_pc.expect(201, "POST", "/auth/qr-logins")
    page.goto(f"/phone/?wechat=nurse#/pages/console/console?scene={ticket['scene']}")
    page.reload()
    page.get_by_label("请输入电脑上显示的两位数字").fill(ticket["match_number"])
    button(page, "确认登录").click()
    expect(page.get_by_text("电脑端已登录。")).to_be_visible()
    polled = other_pc.call(
        "GET", f"/auth/qr-logins/{ticket['qr_login_id']}", **{"X-Poll-Secret": ticket["poll_secret"]}
    )
    assert polled.body["session"]["client"] == "console"

    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href])")
    assert NUMBER not in stored
    assert NAME not in stored
    assert code not in stored


def test_signing_in_by_phone_and_away(phone: Phone, device: Callable[[], Client], watched: Watched) -> None:
    """A code from a text message, the sessions, another language, larger text, and signing out."""
    watched.expect("status of 404")
    page = phone("nobody")
    button(page, "获取验证码").click()
    expect(page.get_by_role("alert")).to_contain_text("请先阅读并勾选同意隐私政策")
    page.get_by_role("checkbox").click()
    page.get_by_label("手机号").fill("138 0013 1234")
    button(page, "获取验证码").click()
    expect(page.get_by_text("验证码已发送到 13800131234")).to_be_visible()
    page.get_by_label("短信验证码").fill(device().newest_code("13800131234"))
    button(page, "登录").click()
    expect(button(page, "添加业务")).to_be_visible()
    page.goto("/phone/?wechat=nobody#/pages/me/me")
    button(page, "English").click()
    button(page, "Largest").click()
    assert violations(page) == []
    button(page, "Sessions").click()
    expect(page.get_by_text("This device")).to_be_visible()
    assert violations(page) == []
    button(page, "Sign out everywhere").click()
    expect(button(page, "Sign in with WeChat")).to_be_visible()


def test_a_lent_phone_shows_nothing_of_who_had_it_before(phone: Phone) -> None:
    """What one person typed and did not send is gone when the next one signs in on the same phone."""
    page = phone("lender")
    sign_in(page)
    page.evaluate("void (location.hash = '#/identity/name')")
    page.get_by_label("姓名").fill(NAME)
    page.evaluate("void (location.hash = '#/identity/number')")
    page.get_by_label("证件号码").fill(NUMBER)
    page.evaluate("void (location.hash = '#/pages/me/me')")
    button(page, "退出登录").click()
    sign_in(page)
    page.evaluate("void (location.hash = '#/identity/name')")
    expect(page.get_by_label("姓名")).to_have_value("")
    page.evaluate("void (location.hash = '#/identity/number')")
    expect(page.get_by_label("证件号码")).to_have_value("")


def test_a_request_of_another_pc_is_denied(phone: Phone, device: Callable[[], Client]) -> None:
    """Opened by WeChat's own scanner before signing in; "not me" ends the PC's request."""
    pc = device()
    ticket = pc.expect(201, "POST", "/auth/qr-logins")
    scanned = quote(f"https://portal.example/console-sign-in?scene={ticket['scene']}", safe="")
    page = phone("admin", path=f"#/pages/console/console?q={scanned}")
    page.get_by_role("checkbox").click()
    button(page, "微信登录").click()
    button(page, "不是我").click()
    expect(page.get_by_text("已拒绝这次登录。")).to_be_visible()
    polled = pc.call("GET", f"/auth/qr-logins/{ticket['qr_login_id']}", **{"X-Poll-Secret": ticket["poll_secret"]})
    assert polled.body["status"] == "denied"


def test_without_a_camera_there_is_another_way(phone: Phone) -> None:
    """Who does not permit the camera photographs with the system's camera, or takes a photo from the album."""
    page = phone("nocamera")
    page.evaluate(
        "void (navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError') })"
    )
    sign_in(page)
    page.evaluate("void (location.hash = '#/identity/scan?side=front')")
    expect(page.get_by_text("没有使用相机的权限")).to_be_visible()
    expect(button(page, "从相册选择")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        button(page, "用系统相机拍").click()
    chooser.value.set_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no photo at all"})
    expect(page.get_by_text("这个文件不是可以识别的照片")).to_be_visible()


PAGES = (
    "pages/home/home",
    "pages/me/me",
    "pages/me/phone",
    "pages/me/withdraw",
    "pages/console/console",
    "identity/start",
    "identity/document",
    "identity/name",
    "identity/number",
    "identity/status",
    "work/work-unit",
    "work/add-business",
    "work/accept-invitation",
)


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_pages_are_accessible_and_fit(phone: Phone, language: str) -> None:
    """Nothing for axe to find on any page, and nothing scrolls sideways at 320 pixels."""
    page = phone("reader", language=language, width=320)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert violations(page) == []
    page.get_by_role("checkbox").click()
    page.get_by_role("button", name="微信登录" if language == "zh-CN" else "Sign in with WeChat").click()
    expect(page.get_by_role("button", name="添加业务" if language == "zh-CN" else "Add a business")).to_be_visible()
    found = violations(page)
    for path in PAGES:
        page.evaluate(f"void (location.hash = '#/{path}')")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        found += [f"{path}: {line}" for line in violations(page)]
        found += [f"{path} scrolls sideways"] if overflows(page) else []
    assert found == []
