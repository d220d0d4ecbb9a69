"""Tests of the pages in a real browser, against one local run: journeys, accessibility, budgets.

Every page that a test opens is watched: an error in its console, a violation of the content security policy or an
exception that nothing caught fails the test. What a test provokes on purpose it announces with `Watched.expect`.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from local.client import Client
from local.run import Run, free_ports, local_run
from local.template import ROOT
from tests.clients.browser import ARGUMENTS, find

AXE = ROOT / "clients" / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HERE = Path(__file__).parent
# A machine that runs everything else at the same time is slow; what holds is seen at once all the same.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all of them: one platform and one browser serve them all."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("clients"))


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """The platform with its pages."""
    with local_run(free_ports(pages=True), DEMO_PEOPLE="1") as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Callable[..., Browser]]:
    """A maker of browsers, Chrome or Chromium; Playwright runs once in a process."""
    path = find()
    assert path, "no browser: run `make .make/browser`"
    with sync_playwright() as playwright:
        yield lambda *more: playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])


@pytest.fixture(scope="session")
def browser(chromium: Callable[..., Browser]) -> Iterator[Browser]:
    """Chrome or Chromium."""
    started = chromium()
    yield started
    started.close()


class Watched:
    """What went wrong on the pages of a test, by itself."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """Let errors that match this pass: the test provokes them."""
        self._expected.append(re.compile(pattern))

    def watch(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.found.append(f"exception: {error}"))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.found.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def unexpected(self) -> list[str]:
        """What no one expected."""
        return [line for line in self.found if not any(pattern.search(line) for pattern in self._expected)]


@pytest.fixture
def watched() -> Iterator[Watched]:
    """The watch over the pages of a test."""
    watch = Watched()
    yield watch
    assert watch.unexpected() == []


@pytest.fixture
def new_page(browser: Browser, run: Run, watched: Watched) -> Iterator[Callable[..., Page]]:
    """A maker of pages, each in a browser profile of its own: `new_page("/", language="en", width=320)`."""
    contexts: list[BrowserContext] = []

    def make(
        path: str | None = "/", *, language: str = "zh", width: int = 1280, height: int = 900, **more: Any
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", base_url=run.web_url, **more
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if language == "en":
            context.add_init_script("localStorage.setItem('health-talent.language', 'en')")
        page = context.new_page()
        watched.watch(page)
        if path is not None:
            page.goto(path)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def device(run: Run) -> Callable[[], Client]:
    """A maker of devices that are not signed in."""
    return lambda: Client(run.api_url, run.standin_url)


def violations(page: Page) -> list[str]:
    """What axe finds on a page, one line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
    )
    return [
        f"{one['id']}: {one['help']} at {node['target']}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
