"""Reasons for manual review: one vocabulary, each with its text, and what of it an applicant is shown.

An applicant must not learn from an answer that somebody else is registered with a number or a name, nor what a forger
would have to change. Those reasons are left out; where no other reason remains, `under_review` is shown.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, cast, get_args

from functions.shared.errors import Text

ReviewReason = Literal[
    # The application or its scans
    "document_type",
    "scan_limit",
    "text_mismatch",
    "area_code_unknown",
    "document_expired",
    "validity_implausible",
    "name_unclear",
    "name_script",
    "number_check_character",
    "copy_suspected",
    # The face check
    "face_failed",
    "no_authoritative_check",
    "manual_review",
    "provider_unavailable",
    # Other accounts, or the person verified before
    "duplicate_person",
    "possible_duplicate",
    "other_person",
    # A review that continues
    "appeal",
    "duplicate_objected",
]
ShownReason = ReviewReason | Literal["under_review"]

# What only reviewers see.
REVIEWERS_ONLY: frozenset[str] = frozenset(
    {"duplicate_person", "possible_duplicate", "other_person", "validity_implausible", "duplicate_objected"}
)

REVIEW_REASONS: Mapping[ShownReason, Text] = {
    "document_type": Text("此类证件须人工审核。", "Documents of this type are always reviewed."),
    "scan_limit": Text("证件扫描失败次数过多。", "Too many scans failed."),
    "text_mismatch": Text("证件内容与填写的信息不一致。", "The document does not agree with the details given."),
    "area_code_unknown": Text("证件号码的地区代码未知。", "The area code of the number is unknown."),
    "document_expired": Text("证件已过有效期。", "The document has expired."),
    "validity_implausible": Text(
        "证件有效期与签发时的年龄不符，或尚未生效。",
        "The validity does not fit the age at issue, or has not started.",
    ),
    "name_unclear": Text("姓名中有无法输入的字。", "The name has a character that cannot be typed."),
    "name_script": Text("证件姓名与填写的姓名使用不同文字。", "The document shows the name in another script."),
    "number_check_character": Text(
        "证件号码的校验码不符，申请人已确认与证件一致。",
        "The check character of the number is wrong; the applicant confirmed that it is printed this way.",
    ),
    "copy_suspected": Text(
        "照片可能是复印件、截图或电子证件。", "The photo may show a photocopy, a screenshot or an electronic document."
    ),
    "face_failed": Text("人脸识别失败次数过多。", "Too many face checks failed."),
    "no_authoritative_check": Text(
        "人脸识别未经权威数据核验。", "The face check did not use the public-security portrait."
    ),
    "manual_review": Text("申请人选择人工审核。", "The applicant chose manual review."),
    "provider_unavailable": Text(
        "无法自动比对人脸（人脸识别服务不可用，或未能确定证件照片的位置）。",
        "Faces could not be compared: the service was not available, or the place of the portrait is not known.",
    ),
    "duplicate_person": Text("该证件号码已在另一账号实名认证。", "The number is verified on another account."),
    "possible_duplicate": Text(
        "另一账号的姓名和出生日期与此相同。", "Another account has the same name and birth date."
    ),
    "other_person": Text(
        "与该账户此前认证的可能不是同一人。", "This may not be the person the account was verified as before."
    ),
    "appeal": Text("申请人对拒绝提出申诉。", "The applicant appealed against a rejection."),
    "duplicate_objected": Text(
        "原账号的持有人对冒用认定提出异议。", "The holder of the other account objected to the decision."
    ),
    "under_review": Text("正在人工审核，请耐心等待。", "A reviewer is looking at your application. Please wait."),
}


def shown_to_applicant(reasons: Sequence[str]) -> list[ShownReason]:
    """The reasons that an applicant may see; `under_review` where there is a reason but none of these."""
    shown = [reason for reason in reasons if reason not in REVIEWERS_ONLY]
    return cast("list[ShownReason]", shown) if shown or not reasons else ["under_review"]


KNOWN: frozenset[str] = frozenset(get_args(ReviewReason))
