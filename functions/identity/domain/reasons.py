"""Reasons a person is given, with what they can do about them: for scans, face checks and rejections."""

from collections.abc import Mapping
from typing import Literal

from functions.identity.domain.evidence import ReadField
from functions.shared.errors import Text

ScanReasonCode = Literal[
    "NOT_AN_IMAGE",
    "CONTENT_MISMATCH",
    "IMAGE_TOO_LARGE",
    "IMAGE_TOO_SMALL",
    "IMAGE_BLURRED",
    "IMAGE_GLARE",
    "WRONG_SIDE",
    "DUPLICATE_IMAGE",
    "TEXT_UNREADABLE",
    "TEXT_MISMATCH",
    "PORTRAIT_MISSING",
    "MORE_THAN_ONE_FACE",
    "MORE_THAN_ONE_DOCUMENT",
    "DOCUMENT_EXPIRED",
    "SCAN_LIMIT",
    "APPLICATION_CHANGED",
]
FaceReasonCode = Literal[
    "FACE_COUNT",
    "FACE_QUALITY",
    "FACE_MISMATCH",
    "FACE_REPEATED",
    "FACE_CANCELLED",
    "FACE_PERMISSION",
    "FACE_NETWORK",
    "FACE_TIMEOUT",
    "FACE_DEVICE_UNSUPPORTED",
    "FACE_SYSTEM",
]
RejectionCode = Literal[
    "PHOTO_UNREADABLE",
    "DOCUMENT_EXPIRED",
    "DOCUMENT_MISMATCH",
    "DOCUMENT_NOT_ACCEPTED",
    "FACE_MISMATCH",
    "DUPLICATE_PERSON",
    "OTHER",
]
# What an applicant can correct: a field of the application, the scan of a side, or the face check.
Concern = Literal["document_type", "name", "number", "valid_until", "nationality", "front", "back", "face"]

SCAN_REASONS: Mapping[ScanReasonCode, Text] = {
    "NOT_AN_IMAGE": Text(
        "无法打开照片，请重新拍摄并上传 JPEG 或 PNG 照片。",
        "The photo cannot be opened. Please take it again as JPEG or PNG.",
    ),
    "CONTENT_MISMATCH": Text(
        "照片格式与所选格式不一致，请重新上传。", "The photo is not of the declared type. Please upload it again."
    ),
    "IMAGE_TOO_LARGE": Text("照片过大，请降低分辨率后重试。", "The photo is too large. Please use a lower resolution."),
    "IMAGE_TOO_SMALL": Text(
        "照片过小，请靠近证件重新拍摄。", "The photo is too small. Please move closer to the document."
    ),
    "IMAGE_BLURRED": Text("照片模糊，请拿稳手机重新拍摄。", "The photo is blurred. Please hold the phone still."),
    "IMAGE_GLARE": Text("照片反光，请避开强光重新拍摄。", "The photo has glare. Please avoid strong light."),
    "WRONG_SIDE": Text(
        "拍摄的不是所需的一面，请翻面重新拍摄。", "This is the other side of the document. Please turn it over."
    ),
    "DUPLICATE_IMAGE": Text("该照片已提交过，请重新拍摄。", "This photo was submitted before. Please take a new one."),
    "TEXT_UNREADABLE": Text(
        "无法识别证件文字，请将证件放满画面重新拍摄。",
        "The text cannot be read. Please fill the frame with the document.",
    ),
    "TEXT_MISMATCH": Text(
        "证件内容与填写的信息不一致，请核对姓名和证件号码。",
        "The document does not agree with what you typed. Please check name and number.",
    ),
    "PORTRAIT_MISSING": Text(
        "未在证件上找到人像，请将证件正面完整、无遮挡地放入画面重新拍摄。",
        "No portrait was found on the document. Please photograph the whole document, with nothing covering it.",
    ),
    "MORE_THAN_ONE_FACE": Text(
        "画面中除证件人像外还有其他人脸，请将证件平放，只拍摄证件本身。",
        "The photo shows another face besides the portrait. Please lay the document flat and photograph only it.",
    ),
    "MORE_THAN_ONE_DOCUMENT": Text(
        "画面中有另一份证件，或证件以外的姓名、号码等文字，请移开其他物品，只拍摄证件本身。",
        "There is a second document, or another name or number, in the photo. Please remove everything else and "
        "photograph the document alone.",
    ),
    "DOCUMENT_EXPIRED": Text("证件已过有效期，请使用有效证件。", "The document has expired. Please use a valid one."),
    "SCAN_LIMIT": Text(
        "扫描失败次数过多，此照片未被采用，请提交人工审核。",
        "Too many scans have failed, so this photo was not used. Please submit for manual review.",
    ),
    "APPLICATION_CHANGED": Text(
        "填写的信息已修改，请重新扫描。", "Your details were changed meanwhile. Please scan the document again."
    ),
}

# `TEXT_MISMATCH`, where it is known which field of the document disagrees with the application.
MISMATCHES: Mapping[ReadField, Text] = {
    "name": Text(
        "证件上的姓名与填写的不一致，请核对姓名。",
        "The name on the document is not the one you typed. Please check the name.",
    ),
    "number": Text(
        "证件上的号码与填写的不一致，请核对证件号码。",
        "The number on the document is not the one you typed. Please check the number.",
    ),
    "nationality": Text(
        "护照上的国籍与填写的不一致，请核对国籍。",
        "The nationality in the passport is not the one you typed. Please check the nationality.",
    ),
}

FACE_REASONS: Mapping[FaceReasonCode, Text] = {
    "FACE_COUNT": Text("画面中需要且只能有一张人脸。", "There must be exactly one face in the picture."),
    "FACE_QUALITY": Text(
        "人脸不够清晰，请正对镜头、光线充足、不戴口罩和墨镜。",
        "The face is not clear enough. Please look straight ahead in good light, without mask or sunglasses.",
    ),
    "FACE_MISMATCH": Text("人脸与证件照片不一致。", "The face does not agree with the portrait."),
    "FACE_REPEATED": Text(
        "这张照片已使用过，或来自证件照片。请稍微移动手机，现场重新拍一张。",
        "This picture was used before, or comes from the document. Please move your phone a little and take a new one.",
    ),
    "FACE_CANCELLED": Text("人脸识别已取消，请重新开始。", "The face check was cancelled. Please start again."),
    "FACE_PERMISSION": Text(
        "未获得相机或麦克风权限，请在微信设置中允许后重试。",
        "WeChat may not use the camera or microphone. Please allow it in the settings and try again.",
    ),
    "FACE_NETWORK": Text(
        "网络不稳定，请检查网络后重试。", "The network connection failed. Please check it and try again."
    ),
    "FACE_TIMEOUT": Text("识别超时，请按提示尽快完成。", "The face check took too long. Please try again."),
    "FACE_DEVICE_UNSUPPORTED": Text(
        "此手机不支持微信人脸识别，请换一部手机，或申请人工审核。",
        "This phone does not support WeChat's face check. Please use another phone, or ask for manual review.",
    ),
    "FACE_SYSTEM": Text(
        "微信人脸识别出现故障，请稍后重试。", "WeChat's face check had a fault. Please try again in a moment."
    ),
}

REJECTION_REASONS: Mapping[RejectionCode, Text] = {
    "PHOTO_UNREADABLE": Text("证件照片不清晰，请重新拍摄。", "The photos cannot be read. Please take them again."),
    "DOCUMENT_EXPIRED": Text("证件已过有效期。", "The document has expired."),
    "DOCUMENT_MISMATCH": Text("填写的信息与证件不一致。", "Your details do not agree with the document."),
    "DOCUMENT_NOT_ACCEPTED": Text("该证件不符合要求。", "This document cannot be accepted."),
    "FACE_MISMATCH": Text(
        "自拍照片与证件照片不是同一人。", "The person in the selfie is not the person on the document."
    ),
    "DUPLICATE_PERSON": Text("该证件号码已被其他用户认证。", "Another user has been verified with this number."),
    "OTHER": Text("审核未通过，请查看审核说明。", "The application was not approved. Please read the comment."),
}

# What each rejection asks the applicant to correct, so that a page can show it there.
REJECTION_CONCERNS: Mapping[RejectionCode, tuple[Concern, ...]] = {
    "PHOTO_UNREADABLE": ("front", "back"),
    "DOCUMENT_EXPIRED": ("valid_until", "front", "back"),
    "DOCUMENT_MISMATCH": ("name", "number"),
    "DOCUMENT_NOT_ACCEPTED": ("document_type", "front", "back"),
    "FACE_MISMATCH": ("face",),
    "DUPLICATE_PERSON": ("number",),
    "OTHER": (),
}
# Rejections that say nothing without the reviewer's comment; an applicant is shown `OTHER` for the second.
COMMENT_REQUIRED: frozenset[RejectionCode] = frozenset({"OTHER", "DUPLICATE_PERSON"})
