"""What a first visit loads: JavaScript, compressed as it is sent."""

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response


@pytest.mark.parametrize(("path", "budget_kb"), [("/", 60), ("/console/", 120)])
def test_first_load_stays_small(new_page: Callable[..., Page], path: str, budget_kb: int) -> None:
    """Everything that is loaded until the page is quiet counts."""
    scripts: dict[str, int] = {}
    page = new_page(None)

    def weigh(response: Response) -> None:
        if "javascript" in response.headers.get("content-type", ""):
            scripts[response.url] = len(gzip.compress(response.body(), 6))

    page.on("response", weigh)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    total_kb = sum(scripts.values()) / 1024
    assert scripts
    assert total_kb <= budget_kb, f"{total_kb:.1f} KB: {scripts}"
