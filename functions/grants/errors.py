"""What can go wrong when the right to run a business is handed on.

Forbidden ──────── NotManager, RoleEnded
NotFound ───────── GrantCodeInvalid, InvitationInvalid
Conflict ───────── BusinessExists, BusinessChanged, BusinessClosed, GrantTaken, OwnAuthority, GrantActive,
                   GrantVacant, GrantChanged, CodeNotIssued, TransferOpen, AssistantLimit, AlreadyMember, JobOver
TooManyRequests ── GrantCodeLimit, DirectGrantLimit, ReissueLimit, RotationLimit
AppError 422 ───── PersonNotVerified, ReasonRequired
"""

from functions.shared.errors import AppError, Conflict, Forbidden, NotFound, Text, TooManyRequests

MAX_ASSISTANTS = 5  # of one grant, open invitations included


class NotManager(Forbidden):
    """The caller is not the manager of this grant, whether there is one or not."""

    text = Text("仅限该业务的负责人。", "Only the manager of this business may do this.")


class RoleEnded(Forbidden):
    """The caller had a role here and lost it; what they may not do is the same as for everybody else."""

    code = "PLACE_ENDED"
    text = Text(
        "您在该机构的业务管理权限已结束，如有疑问请联系上级单位。",
        "Your role at this institution has ended. Please ask the supervisor if you have questions.",
    )


class GrantCodeInvalid(NotFound):
    """Unknown, of an old epoch, expired or revoked: all alike, so that an answer helps no one who guesses."""

    code = "GRANT_CODE_INVALID"
    text = Text("授权码错误或已失效，请向上级核实。", "This grant code is wrong or no longer valid.")


class GrantTaken(Conflict):
    """Somebody has redeemed this code."""

    code = "GRANT_TAKEN"
    text = Text("该授权码已被使用。", "This grant code has already been used.")


class OwnAuthority(Conflict):
    """Anyone who hands a grant on does not accept it: the superior's manager and assistants, and who issued or names.

    Nor those who lost such a role after the code was issued.
    """

    code = "OWN_AUTHORITY"
    text = Text(
        "授权方的管理人员（含授权码签发时在任的）不能接受该授权。已离任的，请上级重新签发授权码；"
        "确需兼任两级业务的，请由其他平台管理员签发授权码。",
        "Those who grant a business, now or when the code was issued, cannot accept it. If you have left, ask for a "
        "new code; to serve both levels, ask an administrator for one.",
    )


class GrantCodeLimit(TooManyRequests):
    """Too many wrong grant codes today."""

    code = "GRANT_CODE_LIMIT"
    text = Text("今天授权码输入错误次数过多，请稍后再试。", "Too many wrong grant codes today. Please try again later.")


class InvitationInvalid(NotFound):
    """Unknown, expired, withdrawn or accepted: all alike."""

    code = "INVITATION_INVALID"
    text = Text("邀请码错误或已失效。", "This invitation is wrong or no longer valid.")


class BusinessChanged(Conflict):
    """The business has changed since the administrator opened it."""

    code = "REVISION_STALE"
    text = Text(
        "业务内容已变化，请刷新后重新修改。", "The business has changed. Please reload it and make your change again."
    )


class BusinessExists(Conflict):
    """Another business has this code."""

    code = "BUSINESS_EXISTS"
    text = Text("该业务编码已存在。", "A business with this code already exists.")


class BusinessClosed(Conflict):
    """The last day of the business is over: no one takes it on any more."""

    code = "BUSINESS_CLOSED"
    text = Text("该业务已结束。", "This business is closed.")


class GrantActive(Conflict):
    """The grant has a manager; it must be revoked before a new code."""

    code = "GRANT_ACTIVE"
    text = Text(
        "该机构已有业务负责人，请先解除授权。", "The institution already has a manager. Please revoke the grant first."
    )


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
    text = Text(
        "已有待接受的转移邀请，请先撤回。",
        "A successor has already been invited. Please withdraw that invitation first.",
    )


class AssistantLimit(Conflict):
    """Five assistants, those invited included."""

    code = "ASSISTANT_LIMIT"
    text = Text(
        f"辅助管理员最多 {MAX_ASSISTANTS} 人（含待接受的邀请）。",
        f"At most {MAX_ASSISTANTS} assistants, including open invitations.",
    )


class AlreadyMember(Conflict):
    """The invitee is the manager, or an assistant already."""

    code = "ALREADY_MEMBER"
    text = Text("您已是该业务的管理人员。", "You already have a role in this grant.")


class JobOver(Conflict):
    """The job has ended already, so it cannot be cancelled."""

    code = "JOB_OVER"
    text = Text("该批量任务已结束，无需取消。", "This job has already ended. There is nothing to cancel.")


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
        "This institution has a supervisor. Give a reason for acting in its place.",
    )
