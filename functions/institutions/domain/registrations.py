"""The life of a registration: a request to add an institution that is not in the directory.

pending ──▶ included | rejected        rejected ──▶ pending (amended, or on appeal)
"""

from collections.abc import Mapping
from typing import Literal

from functions.shared.errors import Text
from functions.shared.transitions import transition
from functions.shared.vocabulary import RegistrationState

Step = Literal["include", "reject", "amend", "appeal"]
RejectionCode = Literal["ALREADY_LISTED", "INFORMATION_INCOMPLETE", "INFORMATION_WRONG", "NOT_AN_INSTITUTION", "OTHER"]

FormField = Literal[
    "name",
    "supervisor_code",
    "category",
    "unified_social_credit_code",
    "region_code",
    "address",
    "contact_name",
    "contact_phone",
]

TRANSITIONS: Mapping[RegistrationState, Mapping[Step, RegistrationState]] = {
    "pending": {"include": "included", "reject": "rejected"},
    "rejected": {"amend": "pending", "appeal": "pending"},
    "included": {},
}

REJECTION_REASONS: Mapping[RejectionCode, Text] = {
    "ALREADY_LISTED": Text(
        "该机构已在机构库中，请直接搜索。", "The institution is in the directory already. Please search for it."
    ),
    "INFORMATION_INCOMPLETE": Text("填报信息不完整，请补充后重新提交。", "Information is missing. Please complete it."),
    "INFORMATION_WRONG": Text(
        "填报信息与实际不符，请核对后重新提交。", "Some information is not right. Please check it."
    ),
    "NOT_AN_INSTITUTION": Text(
        "该单位不属于机构库收录范围。", "The directory does not include this kind of institution."
    ),
    "OTHER": Text("未通过审核。", "The registration was not accepted."),
}


def next_status(status: RegistrationState, step: Step) -> RegistrationState:
    """The status after a step. Raises `shared.transitions.InvalidTransition`."""
    return transition(TRANSITIONS, status, step)
