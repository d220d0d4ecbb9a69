"""The Lambda workers of the rehearsal: processes of MiniStack, one for each environment that it keeps warm."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from local.rehearsal.stack import StackRun
from local.template import STACK

T = TypeVar("T")


def function_name(stack: StackRun, logical: str) -> str:
    """What a function of the template is called."""
    described = stack.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=logical)
    name: str = described["StackResourceDetail"]["PhysicalResourceId"]
    return name


def kill_workers(stack: StackRun, logical: str) -> int:
    """Kill every worker of a function at once, whatever it does; how many there were."""
    killed = list(_workers(stack, function_name(stack, logical)))
    for process_id in killed:
        os.kill(process_id, signal.SIGKILL)
    return len(killed)


def _workers(stack: StackRun, function: str) -> Iterator[int]:
    """MiniStack unpacks each worker to a folder below its own, named after the function."""
    folder = f"{stack.logs / 'ministack-lambda-'}{function}-"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        if any(argument.startswith(folder.encode()) for argument in arguments):
            yield int(process.name)


def wait_until(ask: Callable[[], T], holds: Callable[[T], bool], patience_s: float) -> T:
    """What was last answered, once it is as wanted. Raises `TimeoutError` with it."""
    deadline = time.monotonic() + patience_s
    while True:
        answer = ask()
        if holds(answer):
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(answer)
        time.sleep(0.02)
