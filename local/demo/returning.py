"""The demo's last part: a verified person comes back with a new phone and a new WeChat account."""

from typing import Any

from local.client import Client, sample
from local.demo.steps import Walk, passed
from local.run import Platform

PHONE = "13800008000"  # bound in the demo's first part


def come_back(walk: Walk, run: Platform) -> None:
    """An SMS code alone opens little; with their face the person binds the new WeChat account, and the old is out."""
    walk.title("The resident comes back with a new phone and a new WeChat account")
    client, old, blank = (Client(run.api_url, run.standin_url) for _ in range(3))
    user_id = old.sign_in_by_wechat("someone")["user_id"]
    walk.step("the new WeChat makes an empty account", lambda: blank.sign_in_by_wechat("someone-new"))
    walk.step(
        "sign in by phone: the number may have been sold, so the session is basic",
        lambda: sign_in_by_phone(client, PHONE),
        lambda answer: answer["session"]["assurance"] == "basic" and answer["user"]["user_id"] == user_id,
    )
    walk.step(
        "their businesses stay shut",
        lambda: client.call("GET", "/grants/mine"),
        lambda answer: answer.code == "STEP_UP_REQUIRED",
    )
    walk.step(
        "they look into the camera, and the session is full for 12 hours",
        lambda: client.face_check(sample("selfie.jpg"), purpose="session"),
        lambda seen: passed(seen) and seen["session"]["assurance"] == "full",
    )
    walk.step("their businesses open", lambda: client.expect(200, "GET", "/grants/mine"))
    check = walk.step(
        "once more, to change how the account is entered",
        lambda: client.face_check(sample("selfie.jpg"), purpose="account"),
        passed,
    )
    wanted = {"js_code": "local-someone-new", "face_check_id": check["face_check_id"]}
    walk.step(
        "the new WeChat is bound, and its empty account joined",
        lambda: client.expect(200, "POST", "/auth/wechat", wanted)["user"],
        lambda user: user["wechat_bound"] and user["user_id"] == user_id,
    )
    walk.step(
        "their number is told",
        lambda: client.messages(PHONE)[0],
        lambda text: "绑定新的微信" in text,
    )
    walk.step(
        "other devices are signed out",
        lambda: old.call("GET", "/auth/me"),
        lambda answer: answer.code == "SESSION_ENDED",
    )
    walk.step(
        "the old WeChat leads to an account of its own",
        lambda: old.sign_in_by_wechat("someone"),
        lambda user: user["user_id"] != user_id,
    )


def sign_in_by_phone(client: Client, phone: str) -> Any:
    """Sign in with a code from the outbox; the whole answer."""
    login = {**client.sms_code(phone, "sign_in"), "client": "mini_program"}
    answer = client.expect(201, "POST", "/auth/phone-logins", login)
    client.token = answer["session"]["token"]
    return answer
