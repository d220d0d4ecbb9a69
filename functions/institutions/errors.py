"""What can go wrong in the directory, when joining an institution, and when registering one.

Forbidden ──────── PhoneRequired, OwnRegistration
Conflict ───────── InstitutionExists, RegistrationPending, InstitutionCodeTaken, AgreementOutdated,
                   RegistrationNotRejected, RegistrationDecided, RegistrationChanged, OwnRegistrationChanged,
                   HierarchyRefused, ChangeTooLarge, InstitutionChanged
TooManyRequests ── ConfirmationLimit, RegistrationLimit
AppError 422 ───── ConfirmationCodeInvalid
"""

from types import MappingProxyType
from typing import Any

from functions.shared.errors import AppError, Conflict, Forbidden, Text, TooManyRequests


class PhoneRequired(Forbidden):
    """A registration belongs to a phone, and the caller has bound none."""

    code = "PHONE_REQUIRED"
    text = Text("请先绑定手机号。", "Please bind your phone number first.")


class OwnRegistration(Forbidden):
    """No one reviews their own registration."""

    code = "OWN_REGISTRATION"
    text = Text("不能审核自己提交的申请。", "You cannot review your own registration.")


class InstitutionExists(Conflict):
    """The name below this supervisor, or the credit code, is in the directory; the answer shows the institution."""

    code = "INSTITUTION_EXISTS"
    text = Text("该机构已在机构库中，请直接搜索。", "This institution is already in the directory.")
    extra_shapes = MappingProxyType({"institution": "InstitutionSummary"})

    def __init__(self, institution: Any) -> None:
        super().__init__(self.code)
        self.extra = {"institution": institution}


class RegistrationPending(Conflict):
    """Another registration of the same person asks for this name below this supervisor, or this credit code."""

    code = "REGISTRATION_PENDING"
    text = Text(
        "您已提交过该机构的注册申请，正在审核中，请等待审核结果。",
        "Your registration of this institution is already being reviewed. Please wait for the result.",
    )
    extra_shapes = MappingProxyType({"registration_id": "string"})

    def __init__(self, registration_id: str | None = None) -> None:
        super().__init__(self.code)
        if registration_id is not None:
            self.extra = {"registration_id": registration_id}


class InstitutionCodeTaken(Conflict):
    """Another institution has this code."""

    code = "INSTITUTION_CODE_TAKEN"
    text = Text("该机构编码已被使用。", "This institution code is taken.")


class AgreementOutdated(Conflict):
    """The version that was accepted is not the one in force."""

    code = "AGREEMENT_OUTDATED"
    text = Text("注册协议已更新，请重新阅读并同意。", "The agreement has been updated. Please read it again.")


class RegistrationNotRejected(Conflict):
    """Only a rejected registration can be amended."""

    code = "REGISTRATION_NOT_REJECTED"
    text = Text("只有被拒绝的申请可以修改。", "Only a rejected registration can be amended.")


class RegistrationDecided(Conflict):
    """The registration is not waiting for a decision any more."""

    code = "REGISTRATION_DECIDED"
    text = Text("该申请已审核，请刷新后重试。", "This registration has already been decided.")


class RegistrationChanged(Conflict):
    """The registration has changed since the reviewer opened it."""

    code = "REVISION_STALE"
    text = Text("申请内容已变化，请重新打开后再审核。", "The registration has changed. Please open it again.")


class OwnRegistrationChanged(Conflict):
    """The registration has changed since its person opened it, such as on another device."""

    code = "REVISION_STALE"
    text = Text("申请内容已变化，请重新打开后再修改。", "The registration has changed. Please open it again.")


class HierarchyRefused(Conflict):
    """The institution would be above itself, or more than six levels deep."""

    code = "HIERARCHY_REFUSED"
    text = Text(
        "主管单位不合适：机构不能隶属于自身或其下级，且最多六级。",
        "This supervisor is not possible: an institution cannot be below itself, and there are at most six levels.",
    )


class ChangeTooLarge(Conflict):
    """Name and supervisor cannot both change at once here: DynamoDB's transactions have at most 100 writes."""

    code = "CHANGE_TOO_LARGE"
    text = Text(
        "一次修改的内容过多，请先修改名称，再修改主管单位。",
        "This change is too large. Please change the name first, and then the supervisor.",
    )


class RegistrationLimit(TooManyRequests):
    """Too many registrations of this person or phone today; those that were refused do not count."""

    code = "REGISTRATION_LIMIT"
    text = Text("今日提交的注册申请过多，请明天再试。", "Too many registrations today. Please try again tomorrow.")


class InstitutionChanged(Conflict):
    """The institution has changed since the administrator opened it."""

    code = "REVISION_STALE"
    text = Text("内容已变化，请刷新后重新修改。", "This page is out of date. Please open it again.")


class ConfirmationCodeInvalid(AppError):
    """It is not the institution's confirmation code."""

    status = 422
    code = "CONFIRMATION_CODE_INVALID"
    text = Text(
        "单位确认码错误，请咨询本单位业务负责人。", "This is not the confirmation code. Please ask your manager."
    )


class ConfirmationLimit(TooManyRequests):
    """Too many wrong confirmation codes today."""

    code = "CONFIRMATION_LIMIT"
    text = Text("单位确认码错误次数过多，请明天再试。", "Too many wrong codes. Please try again tomorrow.")
