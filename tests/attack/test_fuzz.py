"""Generated requests against the local run, made by Schemathesis from `docs/openapi.json`, chains of calls included.

Anyone who calls: no answer is a 500, none has a status that the document does not name, and each is within its schema.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.document import PATH
from local.client import Client
from local.run import Run, local_run

pytestmark = pytest.mark.attack

# Long enough for every operation's edge cases. Chains of calls have a time of their own, and well-formed requests:
# what is refused leads nowhere.
SECONDS = int(os.environ.get("FUZZ_S", "25"))
PHASES = {
    "each call": ("--phases", "examples,coverage,fuzzing", "--max-time", str(SECONDS)),
    "chains of calls": ("--phases", "stateful", "--mode", "positive", "--max-time", str(max(1, SECONDS // 2))),
}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# These end the session that the run is made with: what would come after them is 401 alone.
ENDING = ("signOut", "signOutEverywhere", "endSession", "withdrawConsent")


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A platform of its own."""
    with local_run() as running:
        yield running


def session_of(run: Run, who: str) -> str | None:
    """The token of somebody new, or of the administrator on the phone or at the console; None is no one."""
    if who == "nobody":
        return None
    phone = Client(run.api_url, run.standin_url)
    phone.sign_in_by_wechat("fuzz" if who == "user" else "admin")
    if who != "console":
        return phone.token
    console = Client(run.api_url, run.standin_url)
    console.sign_in_to_console(phone)
    return console.token


@pytest.mark.parametrize("phases", PHASES)
@pytest.mark.parametrize("who", ["nobody", "user", "administrator", "console"])
def test_generated_requests_are_answered_as_documented(run: Run, who: str, phases: str, tmp_path: Path) -> None:
    """Examples, edge cases, random ones and chains of calls: what comes back is what the document says."""
    token = session_of(run, who)
    command = [Path(sys.executable).with_name("schemathesis"), "run", PATH, "--url", run.api_url]
    command += [*PHASES[phases], "--checks", ",".join(CHECKS)]
    command += ["--seed", "7", "--no-color", "--suppress-health-check", "all"]
    command += ["--continue-on-failure", "--warnings", "off", "--request-timeout", "60"]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
        command += [part for name in ENDING for part in ("--exclude-operation-id", name)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-2_000:]
