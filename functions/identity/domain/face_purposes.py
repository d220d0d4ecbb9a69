"""What a face check is for, and the fields that each purpose needs."""

from collections.abc import Mapping
from typing import Literal

GrantPurpose = Literal["grant_redemption", "invitation", "invitation_acceptance"]
Purpose = Literal["identity", "session", "account"] | GrantPurpose

NEEDED: Mapping[Purpose, tuple[str, ...]] = {
    "identity": (),
    "grant_redemption": ("grant_code",),
    "invitation": ("business", "institution_code"),
    "invitation_acceptance": ("invitation_code",),
    "session": (),
    "account": (),
}
