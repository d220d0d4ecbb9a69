"""No secret lies in the repository, and every answer tells a browser to do nothing with it."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.client import Http, new_user

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    # but for the one of AWS's own documentation
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)(?![0-9A-Z]{9}EXAMPLE)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE" + " KEY-----"),
    "a token of GitHub": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{50,}"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "an AWS secret key": re.compile(r"aws_secret_access_key\W{1,5}[A-Za-z0-9/+]{40}\b", re.IGNORECASE),
    "the secret of a WeChat app": re.compile(r"(?i)wechat\w*secret\W{1,5}[0-9a-f]{32}\b"),
    "a password in an address": re.compile(r"[a-z]+://[^/\s:@{}]+:[^/\s:@{}]{6,}@[a-z0-9]"),
}
SAMPLES = {
    "an AWS access key": "AKIA" + "Z" * 16,
    "a private key": "-----BEGIN RSA PRIVATE" + " KEY-----",
    "a token of GitHub": "ghp_" + "a" * 36,
    "a token of Slack": "xoxb-" + "1" * 24,
    "a JSON web token": ".".join(["eyJ" + "a" * 12, "eyJ" + "b" * 12, "c" * 12]),
    "an AWS secret key": "AWS_SECRET_ACCESS_KEY=" + "k" * 40,
    "the secret of a WeChat app": "WECHAT_SECRET: " + "0a" * 16,
    "a password in an address": "https://user:" + "password@example.test",
}
ALWAYS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_the_search_finds_them(kind: str) -> None:
    """Each pattern finds what it is for."""
    assert SECRETS[kind].search(f"x {SAMPLES[kind]} y")


def test_no_secret_is_in_the_repository(record_property: Callable[[str, Any], None]) -> None:
    """No file that is kept holds a key, a token or a password."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    files = [name for name in listed.stdout.decode().split("\0") if name]
    found = []
    for name in files:
        text = (ROOT / name).read_bytes().decode("utf-8", errors="ignore") if (ROOT / name).is_file() else ""
        found += [(name, kind) for kind, pattern in SECRETS.items() if pattern.search(text)]
    record_property("attacks", len(files))
    assert len(files) > 300
    assert found == []


def test_every_answer_is_inert(http: Http) -> None:
    """Answers, empty answers and refusals carry the same headers."""
    client = http.signed_in(new_user()[1])
    answers = [
        client.get("/auth/me"),
        http.get("/auth/me"),
        http.post("/auth/sms-codes", b"{"),
        client.delete("/auth/session"),
    ]
    assert [answer.status for answer in answers] == [200, 401, 400, 204]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
