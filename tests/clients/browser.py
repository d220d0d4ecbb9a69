"""The browser of the page tests: an installed Chrome or Chromium, or one that this machine can install.

`python -m tests.clients.browser` finds or installs one and says which.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
# Quiet on the network; without a sandbox only where Chromium has none to offer, as root in a container.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
)


class NoBrowser(Exception):
    """There is no browser, and none could be installed; the message says what to do."""


def find() -> str | None:
    """The path of an installed Chrome or Chromium, Playwright's own last; None where there is none."""
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    if installed or MAC.exists():
        return installed or str(MAC)
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> str:
    """Install one the way that this machine allows; its path. Raises `NoBrowser`."""
    for command in _ways():
        print(f"Installing a browser for the tests of the pages: {' '.join(command)}", flush=True)
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env=_environment()).returncode == 0:
            found = find()
            if found:
                return found
    raise NoBrowser("The tests of the pages need Chrome or Chromium, and none could be installed. Please install one.")


def _ways() -> list[list[str]]:
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    if shutil.which("apt-get") and os.geteuid() == 0:
        script = "apt-get -qq update && apt-get -qq install --yes --no-install-recommends chromium fonts-noto-cjk"
        return [["sh", "-c", script], [*playwright, "--with-deps"]]
    return [playwright]


def _environment() -> dict[str, str]:
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def main() -> int:
    """Say which browser the tests use; the exit code."""
    try:
        path = find() or install()
    except NoBrowser as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The tests of the pages use {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
