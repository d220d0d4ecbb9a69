"""A request, called as Lambda calls the function: on a trivial route, and reading with a session."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack

from bench import answers
from bench.environment import canned_dynamodb, comparators_python, environment
from bench.figures import Figure
from bench.timing import Subject, alternate, ratio

ROUNDS, READ_ROUNDS = 25, 60


def measure() -> Iterator[Figure]:
    """Three trivial routes side by side, then three authenticated reads."""
    yield from _trivial()
    yield from _authenticated()


def _trivial() -> Iterator[Figure]:
    with ExitStack() as stack:
        quiet = stack.enter_context(Subject("bench.targets.ours_trivial", environment(POWERTOOLS_LOG_LEVEL="WARNING")))
        logging = stack.enter_context(Subject("bench.targets.ours_trivial", environment()))
        bare = stack.enter_context(Subject("bench.targets.chalice_trivial", environment()))
        taken = alternate({"quiet": quiet.cpu(300), "logging": logging.cpu(300), "bare": bare.cpu(300)}, ROUNDS)
    us = {name: f"{min(times) * 1e6:.0f} us" for name, times in taken.items()}
    yield Figure("trivial route, no log line", ratio(taken, "quiet", "bare"), f"{us['quiet']} / Chalice {us['bare']}")
    yield Figure("trivial route, log line", ratio(taken, "logging", "bare"), f"{us['logging']} / Chalice {us['bare']}")


def _authenticated() -> Iterator[Figure]:
    others = {"FastAPI + Mangum": "bench.targets.fastapi_read", "Flask + apig-wsgi": "bench.targets.flask_read"}
    with canned_dynamodb(answers.AUTHENTICATED_READ) as endpoint, ExitStack() as stack:
        given = environment(AWS_ENDPOINT_URL_DYNAMODB=endpoint)
        subjects = {"ours": stack.enter_context(Subject("bench.targets.ours_read", given, sys.executable))}
        for name, module in others.items():
            subjects[name] = stack.enter_context(Subject(module, given, comparators_python()))
        taken = alternate({name: subject.cpu(8) for name, subject in subjects.items()}, READ_ROUNDS)
    us = {name: f"{min(times) * 1e6:.0f} us" for name, times in taken.items()}
    for name in others:
        yield Figure(f"authenticated read: ours / {name}", ratio(taken, "ours", name), f"{us['ours']} / {us[name]}")
