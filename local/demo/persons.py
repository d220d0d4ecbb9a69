"""The part of the demo in which a number is verified on two accounts: two reviewers decide, and its person objects."""

from typing import Any

from local.client import Client, codes, sample
from local.demo.steps import Walk, passed
from local.run import Platform

QUEUE = "/admin/identity-applications"


def decide_a_duplicate(walk: Walk, run: Platform) -> None:
    """Somebody applied with the resident's number: taken for an impostor's victim, until the resident objects."""
    walk.title("A number is verified on another account: two administrators decide, and its person objects")
    first, second, resident = (Client(run.api_url, run.standin_url) for _ in range(3))
    for client, name in ((first, "admin"), (second, "admin-two"), (resident, "someone")):
        client.sign_in_by_wechat(name)
    case = walk.step(
        "the first administrator finds the case",
        lambda: next(one for one in _queue(first) if "duplicate_person" in codes(one["review_reasons"])),
    )
    path = f"{QUEUE}/{case['user_id']}"
    opened = walk.step(
        "and sees both applications side by side",
        lambda: first.expect(200, "GET", path),
        lambda seen: seen["number"] == seen["other"]["application"]["number"] and seen["other"]["images"],
    )
    decision = {"decision": "approve", "revision": opened["revision"], "duplicate": "impostor"}
    walk.step(
        "takes the older account for an impostor's: a second administrator has to say the same",
        lambda: first.expect(202, "POST", f"{path}/decision", decision),
        lambda answer: answer["status"] == "awaiting_second",
    )
    walk.step(
        "who does: the number would move in three days",
        lambda: second.expect(202, "POST", f"{path}/decision", decision),
        lambda answer: answer["status"] == "takes_effect_at",
    )
    walk.step(
        "the resident is notified",
        lambda: resident.expect(200, "GET", "/identity")["contested_until"],
        lambda until: until is not None,
    )
    check = walk.step("shows their face", lambda: resident.face_check(sample("selfie.jpg"), purpose="account"), passed)
    proof = {"face_check_id": check["face_check_id"]}
    walk.step(
        "and objects",
        lambda: resident.expect(200, "POST", "/identity/objection", proof),
        lambda seen: seen["status"] == "verified" and seen["contested_until"] is None,
    )
    walk.step(
        "so the case is in review again",
        lambda: codes(first.expect(200, "GET", path)["review_reasons"]),
        lambda reasons: "duplicate_objected" in reasons,
    )


def _queue(client: Client) -> list[Any]:
    found: list[Any] = client.expect(200, "GET", f"{QUEUE}?limit=100")["items"]
    return found
