"""`python -m contract` writes `docs/openapi.json`."""

import os
import sys

import msgspec

from contract.document import PATH, document, encode
from functions.shared.config import Settings


def main() -> int:
    """Write the document. Returns the exit code."""
    # The app wants its settings; the document depends on none of those that have no default.
    required = (field.name.upper() for field in msgspec.structs.fields(Settings) if field.required)
    os.environ.update(dict.fromkeys(required, "contract"), AWS_DEFAULT_REGION="us-east-1")
    described = document()
    PATH.write_bytes(encode(described))
    print(f"{PATH}: {sum(map(len, described['paths'].values()))} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
