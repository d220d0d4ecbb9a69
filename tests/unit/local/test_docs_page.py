"""The browsable API page of the local run."""

import json

import pytest

from local.docs_page import page


def test_the_page_loads_only_what_is_served_beside_it() -> None:
    """The page names its own files, each of which is there, and nothing elsewhere."""
    found = page("/docs")
    assert found is not None
    media_type, content = found
    assert media_type.startswith("text/html")
    assert b"http" not in content.replace(b"<!doctype html>", b"")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"):
        assert name.encode() in content
        asset = page(f"/docs/{name}")
        assert asset is not None
        assert len(asset[1]) > 100


def test_the_document_is_served() -> None:
    """The contract itself is JSON under the same address."""
    found = page("/docs/openapi.json?x=1")
    assert found is not None
    assert json.loads(found[1])["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    "path", ["/docs/nothing.js", "/docs/../app.py", "/docs/%2e%2e/app.py", "/docs/LICENSE", "/docs//etc/passwd"]
)
def test_nothing_else_is_served(path: str) -> None:
    """Only the page's own assets leave the machine."""
    assert page(path) is None
