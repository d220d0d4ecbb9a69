"""Which file an address of the pages leads to, and what no one gets."""

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import pages


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[http.client.HTTPConnection]:
    """Two pages, a script and a file next to them that is none of them; no API behind."""
    root = tmp_path / "pages"
    for name in ("index.html", "console/index.html", "assets/a-1.js"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"<title>{name}</title>")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(pages, "PAGES", root)
    made = pages.make_server(0, 1, 5000, 8001)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", made.server_address[1], timeout=10)
    yield connection
    connection.close()
    made.shutdown()
    made.server_close()


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, str, dict[str, str]]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index.html"),
        ("/registrations", "index.html"),
        ("/console/", "console/index.html"),
        ("/console/grants/exam", "console/index.html"),
        ("/consoles", "index.html"),
        ("/assets/a-1.js", "assets/a-1.js"),
    ],
)
def test_addresses_lead_to_their_page(server: http.client.HTTPConnection, path: str, file: str) -> None:
    """A reload of any page is that page; a file is itself."""
    status, content, headers = _get(server, path)
    assert (status, f"<title>{file}</title>" in content) == (200, True)
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert ("immutable" in headers["Cache-Control"]) == file.startswith("assets/")


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/none.js"])
def test_nothing_beside_the_pages_is_served(server: http.client.HTTPConnection, path: str) -> None:
    """Neither by dots nor by encoded ones."""
    status, content, _ = _get(server, path)
    assert (status, "secret" in content) == (404, False)


def test_an_api_that_does_not_answer_is_a_bad_gateway(server: http.client.HTTPConnection) -> None:
    """The page hears of it at once."""
    status, _, headers = _get(server, "/api/healthz")
    assert status == 502
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_allows_no_inline_code() -> None:
    """Neither scripts nor styles in the page, nor anything that is evaluated."""
    policy = pages.production_headers("http://127.0.0.1:5000")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "${" not in policy
