"""What was read from a scan, sealed: a reviewer sees it beside what was typed, and it can be compared again."""

import base64

import msgspec

from functions.identity.domain.evidence import ReadText, SideScan
from functions.shared.personal_data import seal, unseal
from functions.shared.table.identity import Identity

_PURPOSE = "scan-text"


def sealed(user_id: str, read: ReadText) -> str | None:
    """Return what was read as it is kept; None where nothing was. One KMS round trip."""
    if read == ReadText():
        return None
    return base64.b64encode(seal(msgspec.json.encode(read), purpose=_PURPOSE, user_id=user_id)).decode()


def unsealed(identity: Identity, scan: SideScan) -> ReadText | None:
    """Return what was read from a side, or None. One KMS round trip where there is anything."""
    if scan.read_sealed is None:
        return None
    plain = unseal(base64.b64decode(scan.read_sealed), purpose=_PURPOSE, user_id=identity.user_id)
    return msgspec.json.decode(plain, type=ReadText)
