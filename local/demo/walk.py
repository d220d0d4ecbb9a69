"""The whole journey against a run of its own, each step printed with its time: `make demo`.

It fails loudly at the first step that is not as expected.
"""

import sys
import time
from typing import Any

from local.client import Client, Unexpected, codes, sample
from local.demo.grants import run_a_business
from local.demo.institutions import CONFIRMATION_CODE, HOSPITAL
from local.demo.persons import decide_a_duplicate
from local.demo.returning import come_back, sign_in_by_phone
from local.demo.steps import PASSPORT, Walk, accepted, passed, rejected
from local.run import Platform, RunFailed, local_run

COLLINS = {"document_type": "resident_id", "name": "柯爱琳", "number": "420106198611190025"}


def verify_by_machine(walk: Walk, run: Platform) -> None:
    """Sign in by WeChat, bind a phone, and be verified at once."""
    walk.title("A resident signs in and is verified by the machine")
    client = Client(run.api_url, run.standin_url)
    walk.step("sign in by WeChat", lambda: client.sign_in_by_wechat("someone"), lambda user: user["wechat_bound"])
    walk.step(
        "bind a phone with the code from the outbox",
        lambda: client.expect(200, "POST", "/auth/phone", client.sms_code("13800008000", "bind_phone")),
        lambda answer: answer["user"]["phone_masked"] == "138****8000",
    )
    walk.step("accept the consent", client.consent)
    walk.step("apply with a resident ID", lambda: client.apply(**COLLINS), lambda seen: seen["status"] == "draft")
    walk.step(
        "scan the front: a 12-megapixel phone photo",
        lambda: client.scan("front", sample("front_12mp.jpg")),
        lambda scan: scan["status"] == "accepted" and scan["extracted"]["number_masked"].endswith("0025"),
    )
    walk.step("scan the back", lambda: client.scan("back", sample("back.jpg")), accepted)
    walk.step("pass the face check", lambda: client.face_check(sample("selfie.jpg")), passed)
    walk.step(
        "submit: verified at once",
        lambda: client.expect(200, "POST", "/identity/submission"),
        lambda seen: seen["status"] == "verified" and seen["route"] == "automatic",
    )
    walk.step(
        "the account shows it",
        lambda: client.expect(200, "GET", "/auth/me")["user"],
        lambda user: user["identity_status"] == "verified",
    )
    walk.step(
        "a face check by WeChat: the phone does it, the server asks WeChat how it ended",
        lambda: client.face_check_by_wechat(purpose="account"),
        passed,
    )


def be_told_why(walk: Walk, run: Platform) -> None:
    """What goes wrong is answered with reasons that a person can act on."""
    walk.title("Another person is told what is wrong, and what to do about it")
    client = Client(run.api_url, run.standin_url)
    walk.step(
        "sign in by phone",
        lambda: sign_in_by_phone(client, "13900009000"),
        lambda answer: answer["created"],
    )
    walk.step("accept the consent", client.consent)
    walk.step("apply under a wrong name", lambda: client.apply(**{**COLLINS, "name": "何慧"}))
    walk.step("the scan disagrees", lambda: client.scan("front", sample("front.jpg")), rejected("TEXT_MISMATCH"))
    walk.step("fix the name", lambda: client.apply(**COLLINS))
    walk.step("a blurred scan", lambda: client.scan("front", sample("front_blurred.jpg")), rejected("IMAGE_BLURRED"))
    walk.step("the wrong side", lambda: client.scan("front", sample("back.jpg")), rejected("WRONG_SIDE"))
    walk.step("a good scan", lambda: client.scan("front", sample("front.jpg")), accepted)
    walk.step("and the back", lambda: client.scan("back", sample("back.jpg")), accepted)
    walk.step(
        "somebody else's face",
        lambda: client.face_check(sample("selfie_other_person.jpg")),
        lambda seen: [reason["code"] for reason in seen["reasons"]] == ["FACE_MISMATCH"],
    )
    walk.step("the right face", lambda: client.face_check(sample("selfie.jpg")), passed)
    walk.step(
        "submit: the number is verified on another account, so it is reviewed; the reason is not shown",
        lambda: client.expect(200, "POST", "/identity/submission"),
        lambda seen: seen["status"] == "in_review" and codes(seen["review_reasons"]) == ["under_review"],
    )


def join_an_institution(walk: Walk, run: Platform) -> None:
    """The verified resident finds where they work, and joins with the code that the institution tells its people."""
    walk.title("The resident joins the hospital they work at")
    client = Client(run.api_url, run.standin_url)
    walk.step("sign in again", lambda: client.sign_in_by_wechat("someone"))
    found = walk.step(
        "search by any part of the name",
        lambda: client.expect(200, "GET", "/institutions?query=楚市第一")["items"],
        lambda items: [item["institution_code"] for item in items] == [HOSPITAL],
    )
    walk.step(
        "or by several words, among a whole province",
        lambda: everything(client, "镇 卫生室"),
        lambda items: len(items) > 1 and all("镇" in one["name"] and "卫生室" in one["name"] for one in items),
    )
    wanted = {"institution_code": found[0]["institution_code"], "confirmation_code": CONFIRMATION_CODE}
    walk.step(
        "a wrong confirmation code is refused",
        lambda: client.call("PUT", "/institutions/work-unit", {**wanted, "confirmation_code": "BBBBBBBB"}),
        lambda answer: answer.code == "CONFIRMATION_CODE_INVALID",
    )
    walk.step(
        "the right one makes it the work unit", lambda: client.expect(200, "PUT", "/institutions/work-unit", wanted)
    )
    walk.step(
        "the account shows it",
        lambda: client.expect(200, "GET", "/auth/me")["user"]["work_unit"],
        lambda unit: unit["institution_code"] == HOSPITAL,
    )


def be_reviewed(walk: Walk, run: Platform) -> None:
    """A passport is looked at by an administrator."""
    walk.title("A visitor with a passport is verified by an administrator")
    client, administrator = Client(run.api_url, run.standin_url), Client(run.api_url, run.standin_url)
    passport = {"document_type": "passport", "nationality": "GBR", **PASSPORT}
    user_id = walk.step("sign in by WeChat", lambda: client.sign_in_by_wechat("visitor"))["user_id"]
    walk.step("accept the consent", client.consent)
    walk.step("apply with a passport", lambda: client.apply(**passport))
    walk.step("scan the data page", lambda: client.scan("front", sample("passport.jpg")), accepted)
    walk.step("pass the face check", lambda: client.face_check(sample("selfie_other_person.jpg")), passed)
    walk.step(
        "submit: in review",
        lambda: client.expect(200, "POST", "/identity/submission"),
        lambda seen: codes(seen["review_reasons"]) == ["document_type"],
    )
    walk.step("the administrator signs in", lambda: administrator.sign_in_by_wechat("admin"))
    path = f"/admin/identity-applications/{user_id}"
    opened = walk.step(
        "and opens the application",
        lambda: administrator.opened_application(user_id, {"front", "selfie"}),
    )
    decision = {"decision": "approve", "revision": opened["revision"]}
    walk.step("approves it", lambda: administrator.expect(200, "POST", f"{path}/decision", decision))
    walk.step(
        "and the visitor is verified",
        lambda: client.expect(200, "GET", "/identity"),
        lambda seen: seen["status"] == "verified" and seen["route"] == "manual",
    )


def everything(client: Client, query: str) -> list[Any]:
    """All institutions that a search finds, page by page."""
    items, cursor = [], ""
    while True:
        page = client.expect(200, "GET", f"/institutions?query={query}&limit=5{cursor}")
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"


def walk_all(walk: Walk, platform: Platform) -> None:
    """Every step of the journey. Raises `Unexpected`."""
    verify_by_machine(walk, platform)
    join_an_institution(walk, platform)
    be_told_why(walk, platform)
    decide_a_duplicate(walk, platform)
    be_reviewed(walk, platform)
    run_a_business(walk, platform)
    come_back(walk, platform)


def main() -> int:
    """Walk; the exit code."""
    started = time.monotonic()
    try:
        with local_run() as run:
            print(f"The platform runs at {run.api_url} ({time.monotonic() - started:.1f} s to start).")
            walk_all(Walk(), run)
    except (Unexpected, RunFailed) as failed:
        print(f"\nFAILED: {failed}", file=sys.stderr)
        return 1
    print(f"\nEverything as expected, in {time.monotonic() - started:.0f} seconds.")
    return 0
