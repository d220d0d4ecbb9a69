"""What can go wrong when the right to run a business is handed on.

Forbidden ──────── NotManager*
NotFound ───────── GrantCodeInvalid*, InvitationInvalid*
Conflict ───────── BusinessExists, BusinessChanged, BusinessClosed, GrantTaken*, OwnAuthority*, GrantActive,
                   GrantVacant, GrantChanged, CodeNotIssued, TransferOpen, AssistantLimit, AlreadyMember, JobOver
TooManyRequests ── GrantCodeLimit*, DirectGrantLimit, ReissueLimit, RotationLimit
AppError 422 ───── PersonNotVerified, ReasonRequired

* raised already when the face check is asked for, so they stand in `identity.errors`.
"""

from functions.identity.errors import (
    GrantCodeInvalid,
    GrantCodeLimit,
    GrantTaken,
    InvitationInvalid,
    NotManager,
    OwnAuthority,
)
from functions.shared.errors import AppError, Conflict, Text, TooManyRequests

__all__ = [
    "AlreadyMember",
    "AssistantLimit",
    "BusinessClosed",
    "BusinessExists",
    "CodeNotIssued",
    "DirectGrantLimit",
    "GrantActive",
    "GrantChanged",
    "GrantCodeInvalid",
    "GrantCodeLimit",
    "GrantTaken",
    "GrantVacant",
    "InvitationInvalid",
    "JobOver",
    "NotManager",
    "OwnAuthority",
    "PersonNotVerified",
    "ReasonRequired",
    "ReissueLimit",
    "RotationLimit",
    "TransferOpen",
]


class BusinessChanged(Conflict):
    """The business has changed since the administrator opened it."""

    code = "REVISION_STALE"
    text = Text(
        "业务内容已变化，请刷新后重新修改。", "The business has changed. Please reload it and make your change again."
    )


class BusinessExists(Conflict):
    """Another business has this code."""

    code = "BUSINESS_EXISTS"
    text = Text("该业务编码已存在。", "There is a business with this code already.")


class BusinessClosed(Conflict):
    """The last day of the business is over: nobody takes it on any more."""

    code = "BUSINESS_CLOSED"
    text = Text("该业务已结束。", "This business is closed.")


class GrantActive(Conflict):
    """The grant has a manager; it must be revoked before a new code."""

    code = "GRANT_ACTIVE"
    text = Text("该机构已有业务负责人，请先解除授权。", "The institution has a manager already. Please revoke first.")


class GrantVacant(Conflict):
    """There is nothing to revoke."""

    code = "GRANT_VACANT"
    text = Text("该机构尚未授权。", "There is nothing to revoke.")


class GrantChanged(Conflict):
    """The grant was revoked or changed hands while the invitation was being accepted."""

    code = "GRANT_CHANGED"
    text = Text("该业务授权已变更，邀请已失效。", "The grant has changed, so the invitation is void.")


class CodeNotIssued(Conflict):
    """A direct grant needs an issued code."""

    code = "CODE_NOT_ISSUED"
    text = Text("请先生成授权码，再直接授权。", "Please issue a code first, then grant directly.")


class TransferOpen(Conflict):
    """A successor is invited already."""

    code = "TRANSFER_OPEN"
    text = Text("已有待接受的转移邀请，请先撤回。", "A successor is invited already. Please withdraw that first.")


class AssistantLimit(Conflict):
    """Five assistants, those invited included."""

    code = "ASSISTANT_LIMIT"
    text = Text("辅助管理员最多 5 人（含待接受的邀请）。", "There may be 5 assistants, invited ones included.")


class AlreadyMember(Conflict):
    """The invitee is the manager, or an assistant already."""

    code = "ALREADY_MEMBER"
    text = Text("您已是该业务的管理人员。", "You have a place in this grant already.")


class JobOver(Conflict):
    """The job has ended already, so it cannot be cancelled."""

    code = "JOB_OVER"
    text = Text("该批量任务已结束，无需取消。", "This job has ended already. There is nothing to cancel.")


class ReissueLimit(TooManyRequests):
    """An assistant may not end a code that was issued a short time ago; the manager may."""

    code = "REISSUE_LIMIT"
    text = Text(
        "该机构的授权码刚签发不久，请稍后再重新签发，或由业务负责人办理。",
        "The last code was issued a short time ago. Please try again later, or ask the manager to issue a new one.",
    )


class RotationLimit(TooManyRequests):
    """An assistant may not rotate a confirmation code again so soon; the manager may."""

    code = "ROTATION_LIMIT"
    text = Text(
        "单位确认码刚更换不久，请稍后再更换，或由业务负责人办理。",
        "The confirmation code was changed a short time ago. Please try again later, or ask the manager to change it.",
    )


class DirectGrantLimit(TooManyRequests):
    """The caller has named too many people who could not be found."""

    code = "DIRECT_GRANT_LIMIT"
    text = Text("直接授权尝试次数过多，请稍后再试。", "Too many attempts at a direct grant. Please try again later.")


class PersonNotVerified(AppError):
    """No verified user has this name and number, for whatever reason."""

    status = 422
    code = "PERSON_NOT_VERIFIED"
    text = Text("未找到姓名和证件号码一致的已实名认证用户。", "No verified user has this name and document number.")


class ReasonRequired(AppError):
    """An administrator acts for an institution that has a supervisor, and does not say why."""

    status = 422
    code = "REASON_REQUIRED"
    text = Text(
        "该机构有主管单位，平台管理员代为操作时请填写理由（reason）。",
        "This institution has a supervisor. State a reason to act in its place.",
    )
