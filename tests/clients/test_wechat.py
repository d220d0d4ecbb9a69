"""The mini-program as it ships: what WeChat does not have is not in it, and it fits."""

import json
import re
from pathlib import Path

import pytest

from local.template import ROOT

BUILT = ROOT / "build" / "wechat"
# WeChat refuses packages over 2 MB; old phones in the country load what is small.
MAIN_PACKAGE_BYTES = 500_000
PACKAGE_BYTES = 200_000
NOT_IN_WECHAT = {
    "fetch": r"(?<![.\w])fetch\(",
    "FormData": r"\bFormData\b",
    "window": r"(?<![.\w])window\.",
    "document": r"(?<![.\w\"' ])document\.",
    "XMLHttpRequest": r"\bXMLHttpRequest\b",
    "PATCH": r"\"PATCH\"",
}


def size(folder: Path, *, without: tuple[str, ...] = ()) -> int:
    """The bytes of all files below a folder."""
    return sum(
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and file.relative_to(folder).parts[0] not in without
    )


def test_nothing_needs_a_browser() -> None:
    """No script uses what only browsers have."""
    scripts = sorted(BUILT.rglob("*.js"))
    assert scripts
    found = [
        f"{script.relative_to(BUILT)}: {name}"
        for script in scripts
        for name, pattern in NOT_IN_WECHAT.items()
        if re.search(pattern, script.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_packages_fit() -> None:
    """The main package and each subpackage stay below their budgets."""
    roots = tuple(package["root"] for package in json.loads((BUILT / "app.json").read_text())["subPackages"])
    assert set(roots) == {"identity", "work"}
    assert size(BUILT, without=roots) <= MAIN_PACKAGE_BYTES
    for root in roots:
        assert size(BUILT / root) <= PACKAGE_BYTES


@pytest.mark.parametrize("kind", ["wxml", "json", "js"])
def test_every_page_is_there(kind: str) -> None:
    """Each page of the configuration has its files."""
    app = json.loads((BUILT / "app.json").read_text())
    pages = [
        *app["pages"],
        *(f"{package['root']}/{page}" for package in app["subPackages"] for page in package["pages"]),
    ]
    assert len(pages) >= 15
    missing = [page for page in pages if not (BUILT / f"{page}.{kind}").is_file()]
    assert missing == []
