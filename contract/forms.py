"""Bodies with several forms, as the document describes them: what each form has and needs.

The routes take one struct for all forms and check the rest by themselves. A form without a discriminator is recognised
by its fields.
"""

from collections.abc import Mapping
from typing import NamedTuple

from functions.identity.domain.face_purposes import NEEDED, Purpose


class Form(NamedTuple):
    """One form of a body: its fields, those that it needs, and the value of the field that tells the forms apart."""

    description: str
    fields: tuple[str, ...]
    required: tuple[str, ...]
    discriminator: str | None = None
    value: str | None = None


_FACE_CHECKS: Mapping[Purpose, tuple[str, str]] = {
    "identity": ("IdentityFaceCheck", "For an application."),
    "grant_redemption": ("RedemptionFaceCheck", "For redeeming a grant code."),
    "invitation": ("InvitationFaceCheck", "For inviting to a grant, as its manager."),
    "invitation_acceptance": ("AcceptanceFaceCheck", "For accepting an invitation."),
    "session": ("SessionFaceCheck", "For full assurance of the session that asks, for some hours."),
    "account": ("AccountFaceCheck", "For one change of a verified account."),
}

FORMS: Mapping[str, Mapping[str, Form]] = {
    "NewFaceCheck": {
        name: Form(
            description,
            ("method", "js_code", "content_type", "size", *NEEDED[purpose]),
            NEEDED[purpose],
            discriminator="purpose",
            value=purpose,
        )
        for purpose, (name, description) in _FACE_CHECKS.items()
    },
    "PhoneProof": {
        "PhoneProofBySms": Form(
            "The code that came by SMS.",
            ("challenge_id", "phone", "code", "take_over", "face_check_id"),
            ("challenge_id", "phone", "code"),
        ),
        "PhoneProofByWechat": Form(
            "The code of WeChat's phone button.",
            ("wechat_phone_code", "face_check_id"),
            ("wechat_phone_code",),
        ),
    },
}
