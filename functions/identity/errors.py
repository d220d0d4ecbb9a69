"""What can go wrong while a person proves who they are.

Forbidden ──────── OwnApplication
Conflict ───────── ConsentRequired, ConsentOutdated, ApplicationRequired, IdentityInReview, ScanLimit, ScansMissing,
                   FaceCheckRequired, FaceMethodUnavailable, FaceNotDone, FaceNotUploaded, FaceCheckUsed, RevisionStale,
                   ClaimRequired, NotInReview, NothingRejected, DuplicatePerson, RoleHeld,
                   RoleStillHeld, ErasureUnderWay, ImagesGone, NothingContested, DecisionPending
Gone ───────────── FaceCheckExpired
TooManyRequests ── FacePaused, FaceLimit, ScanBudget, SubmissionLimit, CaseSearchLimit
Unavailable ────── FaceUnavailable
"""

from collections.abc import Sequence
from types import MappingProxyType

from functions.shared.errors import TEXTS, Conflict, Forbidden, Gone, Text, TooManyRequests, Unavailable


class ConsentRequired(Conflict):
    """Face and document images may not be processed before the user has agreed."""

    code = "CONSENT_REQUIRED"
    text = Text("请先阅读并同意个人信息处理规则。", "Please read and accept the consent first.")


class ConsentOutdated(Conflict):
    """The version that was accepted is not the one in force."""

    code = "CONSENT_OUTDATED"
    text = Text("授权书已更新，请重新阅读并同意。", "The consent has been updated. Please read it again.")


class RoleStillHeld(Conflict):
    """Anyone who is manager or assistant of a grant stays verified until somebody else is."""

    code = "PLACE_HELD"
    text = Text(
        "您仍是业务负责人或辅助管理员，请先转移或卸任，再撤回同意。",
        "You are still a manager or assistant of a business. Please transfer the role or resign first.",
    )


class ErasureUnderWay(Conflict):
    """The consent was withdrawn a moment ago, and the images are still being deleted."""

    code = "ERASURE_UNDER_WAY"
    retry_after_s = 900  # from the withdrawal on
    text = Text(
        "您的照片正在删除，撤回同意后约需 15 分钟，请稍后再试。",
        "Your photos are still being deleted. This takes about 15 minutes from the withdrawal. Please try again then.",
    )

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(self.code)
        self.retry_after_s = retry_after_s


class ApplicationRequired(Conflict):
    """There is no application in draft: none yet, a rejected one, or the person is verified."""

    code = "APPLICATION_REQUIRED"
    text = Text(
        "请先填写（或重新填写）证件信息；已通过实名认证的，无需再次办理。",
        "Please fill in your document's details first. If you are already verified, there is nothing to do.",
    )


class IdentityInReview(Conflict):
    """The application is with a reviewer and cannot be changed."""

    code = "IDENTITY_IN_REVIEW"
    text = Text(
        "您的认证正在人工审核中，请耐心等待。", "Your application is being reviewed. Please wait for the result."
    )


class ScanLimit(Conflict):
    """Too many scans failed: only manual review is open, and one photo of each side for it."""

    code = "SCAN_LIMIT"
    retry_after_s = 21_600
    text = Text(
        "扫描失败次数过多，请为缺少的每一面补拍一张供人工审核的照片，再提交人工审核。",
        "Too many scans have failed. Please send one photo of each missing side for the reviewer, and submit.",
    )

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(self.code)
        self.retry_after_s = retry_after_s


class ScansMissing(Conflict):
    """Not every side of the document has an accepted scan."""

    code = "SCANS_MISSING"
    text = Text("请先完成证件扫描。", "Please scan your document first.")


class FaceCheckRequired(Conflict):
    """There is no fresh passed face check for this application."""

    code = "FACE_CHECK_REQUIRED"
    text = Text("请先完成人脸识别。", "Please complete the face check first.")


class FaceLimit(TooManyRequests):
    """Too many face checks of this user today, or of all users in this hour."""

    code = "FACE_LIMIT"
    text = Text("人脸识别次数过多，请稍后再试。", "Too many face checks. Please try again later.")


class ScanBudget(TooManyRequests):
    """Too many scans of this user today, or of all users in this hour."""

    code = "SCAN_BUDGET"
    text = Text("证件扫描次数过多，请稍后再试。", "Too many scans. Please try again later.")


class FaceMethodUnavailable(Conflict):
    """This person cannot use this method of face check, or the operator's mini-program lacks the capability."""

    code = "FACE_METHOD_UNAVAILABLE"
    text = Text(
        "当前无法使用这种人脸识别方式，请改用其他方式或申请人工审核。",
        "This kind of face check is not available to you. Please use another one, or ask for manual review.",
    )


class WechatCapabilityMissing(FaceMethodUnavailable):
    """WeChat refuses its face check to the operator's mini-program (48001, 48004)."""


class PortraitNotKept(Conflict):
    """The person was verified by a reviewer without a portrait, so a selfie has nothing to be compared with.

    The way out: WeChat's own sign-in, and the document once more. On an account that has no WeChat, that makes a second
    account, which the reviewers join (`same_person`).
    """

    code = "PORTRAIT_NOT_KEPT"
    text = Text(
        "您的实名认证没有留存人像，无法进行自拍比对。请在小程序中用微信登录，重新提交证件，由审核员核对；"
        "也可携带证件到现场，请平台管理员办理。",
        "No portrait was kept with your verification, so a selfie cannot be compared. Sign in with WeChat in the"
        " mini-program and submit your document again: a reviewer decides. Or bring the document to the operator.",
    )


class FaceNotDone(Conflict):
    """WeChat has no result of this check yet."""

    code = "FACE_NOT_DONE"
    text = Text(
        "尚未完成微信人脸识别，请在微信中完成后重试。",
        "The face check in WeChat is not finished. Please complete it and try again.",
    )


class FaceNotUploaded(Conflict):
    """The selfie has not arrived."""

    code = "FACE_NOT_UPLOADED"
    text = Text("尚未收到自拍照片，请先上传。", "The selfie has not been uploaded yet.")


class FaceCheckUsed(Conflict):
    """The face check was compared already, or is being compared."""

    code = "FACE_CHECK_USED"
    text = Text("本次人脸识别已使用，请重新发起。", "This face check has already been used. Please start a new one.")


class FaceCheckExpired(Gone):
    """The five minutes are over."""

    code = "FACE_CHECK_EXPIRED"
    text = Text("人脸识别已超时，请重新发起。", "This face check has expired. Please start a new one.")


class FacePaused(TooManyRequests):
    """Too many face checks failed."""

    code = "FACE_PAUSED"
    text = Text(
        "人脸识别失败次数过多，请稍后再试，或提交人工审核。",
        "Too many face checks have failed. Please try again later, or submit for manual review.",
    )


class FaceUnavailable(Unavailable):
    """The comparison service does not answer; the attempt was not counted. The breaker opens for half a minute."""

    code = "FACE_UNAVAILABLE"
    retry_after_s = 30
    text = Text("人脸识别服务暂时不可用，请稍后再试。", "Face comparison is not available right now. Please try again.")


class RevisionStale(Conflict):
    """The application has changed since the reviewer opened it."""

    code = "REVISION_STALE"
    text = Text("申请内容已变化，请刷新后重新审核。", "The application has changed. Please open it again.")
    extra_shapes = MappingProxyType({"changed": TEXTS})

    def __init__(self, changed: Sequence[str] = ()) -> None:
        super().__init__(self.code)
        self.extra = {"changed": list(changed)}


class ClaimRequired(Conflict):
    """Only the reviewer who holds a case gets new links to its images without another recorded look."""

    code = "CLAIM_REQUIRED"
    text = Text("请先认领该申请。", "Please claim the application first.")


class NotInReview(Conflict):
    """There is nothing to decide."""

    code = "NOT_IN_REVIEW"
    text = Text("该申请不在审核中。", "This application is not in review.")


class NothingRejected(Conflict):
    """Only a rejection can be appealed against."""

    code = "NOTHING_REJECTED"
    text = Text("只有被拒绝的申请可以申诉。", "Only a rejected application can be appealed against.")


class ImagesGone(Conflict):
    """The review, or the appeal, took longer than the images are kept."""

    code = "IMAGES_GONE"
    text = Text(
        "照片已超过保存期限被删除，请拒绝该申请，由申请人重新提交。",
        "The images have been deleted. Please reject the application so that it can be submitted again.",
    )


class DuplicatePerson(Conflict):
    """Another user is verified with this document number."""

    code = "DUPLICATE_PERSON"
    text = Text("该证件号码已被其他用户认证。", "Another user has been verified with this document number.")


class SubmissionLimit(TooManyRequests):
    """Too many submissions for review this week."""

    code = "SUBMISSION_LIMIT"
    text = Text(
        "本周提交人工审核的次数已达上限，请下周再试。",
        "You have submitted for review too often this week. Please try again next week.",
    )


class CaseSearchLimit(TooManyRequests):
    """Too many searches for applications by this reviewer in an hour."""

    code = "CASE_SEARCH_LIMIT"
    text = Text("查找次数过多，请稍后再试。", "You have searched too often. Please try again later.")


class RoleHeld(Conflict):
    """An account whose person is replaced, or that is joined to another one, may not be manager or assistant."""

    code = "ROLE_HELD"
    text = Text(
        "该账号仍担任业务负责人或辅助管理员，须先转移或解除授权。",
        "The account still has a role as manager or assistant. Transfer the role or have it revoked first.",
    )


class AccountInUse(Conflict):
    """Only an account that holds nothing but a way to sign in can be joined into another one like this."""

    code = "ACCOUNT_IN_USE"
    text = Text(
        "该账号已有其他资料，不能合并，请使用新注册的空白账号。",
        "This account has other data and cannot be merged. Please use a newly registered account without data.",
    )


class NothingContested(Conflict):
    """No decision is pending that moves the number of this account to another one."""

    code = "NOTHING_CONTESTED"
    text = Text(
        "目前没有针对您实名认证的处理决定，无需提出异议。",
        "There is no pending decision about your identity, so there is nothing to object to.",
    )


class DecisionPending(Conflict):
    """The application is decided, and the decision takes effect later."""

    code = "DECISION_PENDING"
    text = Text(
        "该申请已作出决定，等待生效或异议期结束。",
        "This application has been decided. The decision takes effect when the objection period ends.",
    )


class OtherPersonOnAccount(Conflict):
    """The account is verified as somebody else, who would lose it together with the other account's person."""

    code = "OTHER_PERSON_ON_ACCOUNT"
    text = Text(
        "该账户此前认证的可能不是同一人，号码不能移入。请驳回此申请，由本人用另一账户重新申请。",
        "This account may be verified as somebody else, so no number moves to it. Reject the application; the person "
        "can apply on an account of their own.",
    )


class OwnApplication(Forbidden):
    """No one reviews themselves."""

    code = "OWN_APPLICATION"
    text = Text("不能审核本人的申请。", "You cannot review your own application.")
