"""The browsable API page of the local run: Swagger UI from the files of a PyPI package, nothing from the network."""

import importlib.util
from functools import cache
from pathlib import Path

from contract.document import document, encode

PREFIX = "/docs"
PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Health Talent API</title>
  <link rel="icon" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
  <div id="api"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script>
    SwaggerUIBundle({
      url: "/docs/openapi.json", dom_id: "#api", deepLinking: true, persistAuthorization: true, validatorUrl: null
    });
  </script>
</body>
</html>
"""
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}


def page(path: str) -> tuple[str, bytes] | None:
    """Media type and content of an address under `/docs`, or None when there is no such page."""
    name = path.partition("?")[0].removeprefix(PREFIX).strip("/")
    if not name:
        return "text/html; charset=utf-8", PAGE.encode()
    if name == "openapi.json":
        return "application/json", _document()
    assets = _assets()
    asset = assets / name
    if asset.parent != assets or asset.suffix not in MEDIA_TYPES or not asset.is_file():
        return None
    return MEDIA_TYPES[asset.suffix], asset.read_bytes()


@cache
def _document() -> bytes:
    return encode(document())


@cache
def _assets() -> Path:
    """Where the files of `drf-spectacular-sidecar` are; its Django application is never imported."""
    found = importlib.util.find_spec("drf_spectacular_sidecar")
    if found is None or found.origin is None:
        raise FileNotFoundError("drf-spectacular-sidecar is not installed: run `make run`")
    return Path(found.origin).parent / "static" / "drf_spectacular_sidecar" / "swagger-ui-dist"
