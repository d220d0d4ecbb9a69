"""MiniStack, the emulator that gets DynamoDB's conditions and transactions right: races and the rehearsal run on it.

It pins its own botocore, so it lives in a virtual environment of its own (`make .make/stack`), and runs there as a
child process that ends with its parent. Its data lives in memory. It answers one request to a service after the other,
so writes are isolated; what it never does is to answer `TransactionConflict`.
"""

import contextlib
import functools
import importlib
import json
import os
import runpy
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from local.child_process import exit_with_parent
from local.template import ACCOUNT, REGION, ROOT

PYTHON: Final = ROOT / "build" / "stack" / "venv" / "bin" / "python"
SERVICES: Final = "dynamodb,kms,s3,sns,sqs,ssm"
# Where MiniStack, with AUTH=true, writes down who did what: `<principal> <action> allowed|refused`.
ACTIONS: Final = "ACTIONS_FILE"
START_S: Final = 30.0
STOP_S: Final = 3.0


class NotStarted(Exception):
    """MiniStack ended, or did not answer, before it was ready; the message ends with what it printed."""


@contextlib.contextmanager
def running(
    log_file: Path, *, services: str = SERVICES, port: int | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The endpoint of an empty MiniStack on a port (None: a free one), which is ended afterwards.

    `settings` are environment variables, which the Lambda functions that it runs inherit. Raises `NotStarted`.
    """
    if not PYTHON.exists():
        raise NotStarted(f"{PYTHON} is missing: run `make .make/stack`")
    chosen = port or _free_port()
    endpoint = f"http://127.0.0.1:{chosen}"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(PYTHON), "-m", "local.rehearsal.ministack"],
            cwd=ROOT,
            env={**_environment(chosen, services, log_file.parent), **(settings or {})},
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(process, endpoint, log_file)
            yield endpoint
        finally:
            _stop(process)


def messages(endpoint: str, phone: str | None) -> dict[str, list[str]]:
    """The texts of the messages that were sent to a phone (`+8613…`), or to each (None), oldest first."""
    query = urllib.parse.urlencode({} if phone is None else {"phoneNumber": phone})
    with urllib.request.urlopen(f"{endpoint}/_ministack/sns/sms-messages?{query}", timeout=STOP_S) as answer:
        sent = json.load(answer)["sms_messages"]
    return {number: [message["Message"] for message in made] for number, made in sent.items()}


def _environment(port: int, services: str, directory: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "SERVICES": services,
        "TMPDIR": str(directory),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, log_file: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise NotStarted(f"MiniStack is not ready:\n{log_file.read_text(encoding='utf-8')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        with contextlib.suppress(OSError):  # it has ended by itself
            process.stdin.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _write_down_actions(path: Path) -> None:
    """Let MiniStack write a line for each new thing that a principal did, or was refused, by the policies."""
    from ministack.core import iam_evaluator  # type: ignore[import-not-found]  # MiniStack's own interpreter has it

    seen: set[str] = set()
    evaluated, enforced = iam_evaluator.evaluate, iam_evaluator.enforce

    def write_down(principal: str, action: str, decision: str) -> None:
        line = f"{principal} {action} {decision}\n"
        if line not in seen:
            seen.add(line)
            with path.open("a", encoding="utf-8") as file:
                file.write(line)

    def evaluate(context: Any, *policies: Any) -> Any:
        result = evaluated(context, *policies)
        if result.decision == "Allow":
            write_down(context.principal_arn, context.action, "allowed")
        return result

    def enforce(access_key: str, action: str, *arguments: Any, **named: Any) -> Any:
        # MiniStack 1.5.33 asks for actions that IAM does not have: a batch needs the permission of the single call
        # (Amazon SQS Developer Guide, "Amazon SQS batch actions").
        action = action.removesuffix("Batch") if action.startswith("sqs:") else action
        refused = enforced(access_key, action, *arguments, **named)
        if refused is not None:
            write_down(getattr(refused, "principal_arn", "nobody"), action, "refused")
        return refused

    iam_evaluator.evaluate, iam_evaluator.enforce = evaluate, enforce


def _remember_expressions() -> None:
    """Let MiniStack (1.5) read an expression once, not once for each item: four times faster with 5,000 of them."""
    dynamodb = importlib.import_module("ministack.services.dynamodb")

    for name in ("_tokenize", "_condition_syntax_error"):
        setattr(dynamodb, name, functools.lru_cache(1_024)(getattr(dynamodb, name)))


if __name__ == "__main__":
    # In MiniStack's own interpreter.
    exit_with_parent()
    if ACTIONS in os.environ:
        _write_down_actions(Path(os.environ[ACTIONS]))
    _remember_expressions()
    runpy.run_module("ministack", run_name="__main__")
