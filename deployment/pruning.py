"""What the functions never read is not shipped: most of botocore is the description of services we do not call."""

import gzip
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

# The services that `functions/` makes clients of. A test compares this list with the policies.
SERVICES: Final = ("dynamodb", "kms", "rekognition", "s3", "sns", "sqs", "ssm")
# Where endpoints, partitions, retries and modes are described for all of them.
_SHARED: Final = ("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json")
_UNUSED: Final = (
    "botocore/data/*/*/examples-1.json",
    "botocore/data/*/2011-12-05",  # DynamoDB's first API
    "boto3/data",  # boto3's resources; clients do without
    "boto3/examples",
    "dateutil/zoneinfo",  # time zones come from the system
    "urllib3/contrib/emscripten",
)
_UNUSED_EVERYWHERE: Final = ("*.pyi", "__pycache__", "tests")


def prune(packages: Path, services: Iterable[str] = SERVICES) -> None:
    """Remove what is never read below a folder of installed packages."""
    data = packages / "botocore" / "data"
    kept = {*services, *_SHARED}
    remove(path for path in data.glob("*") if path.name not in kept)
    _slim_endpoints(data / "endpoints.json", set(services))
    for model in sorted(data.glob("*/*/service-2.json.gz")):
        _slim_model(model)
    remove(path for pattern in _UNUSED for path in packages.glob(pattern))
    remove(path for pattern in _UNUSED_EVERYWHERE for path in packages.rglob(pattern))


def _slim_endpoints(path: Path, services: set[str]) -> None:
    """Only our services' addresses: botocore reads all of them (1.2 MB) for the first client, at 50 ms of CPU."""
    if not path.exists():
        return
    endpoints = json.loads(path.read_bytes())
    for partition in endpoints["partitions"]:
        known = partition["services"]
        partition["services"] = {name: known[name] for name in sorted(services & set(known))}
    _write(path, endpoints)


def _slim_model(path: Path) -> None:
    """A service's description without its documentation, which is most of it, and not compressed twice."""
    _write(path.with_suffix(""), _without_documentation(json.loads(gzip.decompress(path.read_bytes()))))
    path.unlink()


def _without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        # A member of a shape may have that name too; its value is no text. Of S3's client parameters botocore (1.44)
        # insists on having one.
        return {
            name: part if name == "clientContextParams" else _without_documentation(part)
            for name, part in node.items()
            if not (name == "documentation" and isinstance(part, str))
        }
    return [_without_documentation(part) for part in node] if isinstance(node, list) else node


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def remove(paths: Iterable[Path]) -> None:
    """Remove files and whole folders."""
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
