"""What the functions never read is not shipped: most of botocore is the description of services we do not call."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

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
    remove(path for pattern in _UNUSED for path in packages.glob(pattern))
    remove(path for pattern in _UNUSED_EVERYWHERE for path in packages.rglob(pattern))


def remove(paths: Iterable[Path]) -> None:
    """Remove files and whole folders."""
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
