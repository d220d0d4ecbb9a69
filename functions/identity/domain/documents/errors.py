"""Why a document number, nationality or name was refused, in words the person at the phone can act on.

    ID_FORMAT           not a number of that document        ID_CHECKSUM   its check character does not agree
    ID_BIRTH_DATE       its birth date cannot be             ID_WRONG_TYPE it is the number of another document
    NATIONALITY_FORMAT  no nationality of ICAO 9303          NAME_FORMAT   no name as documents show it

A plain exception of the rules: capabilities turn it into the field error of a 422. It never holds the number.
"""

from enum import StrEnum

from functions.shared.errors import FieldCode, Text


class DocumentType(StrEnum):
    """The documents a person can be verified with, as the API names them."""

    RESIDENT_ID = "resident_id"
    RESIDENCE_PERMIT = "residence_permit"
    FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"
    PASSPORT = "passport"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    TEMPORARY_RESIDENT_ID = "temporary_resident_id"


class DocumentRefused(ValueError):
    """Something typed from a document cannot be right; `code` is stable, `text` says what to do."""

    def __init__(self, code: FieldCode, text: Text) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


DOCUMENT_NAMES = {
    DocumentType.RESIDENT_ID: Text("居民身份证", "resident ID card"),
    DocumentType.RESIDENCE_PERMIT: Text(
        "港澳台居民居住证", "residence permit for Hong Kong, Macau and Taiwan residents"
    ),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: Text("外国人永久居留身份证", "foreign permanent resident ID card"),
    DocumentType.PASSPORT: Text("护照", "passport"),
    DocumentType.HK_MACAU_PERMIT: Text(
        "港澳居民来往内地通行证", "mainland travel permit for Hong Kong and Macau residents"
    ),
    DocumentType.TAIWAN_PERMIT: Text("台湾居民来往大陆通行证", "mainland travel permit for Taiwan residents"),
    DocumentType.TEMPORARY_RESIDENT_ID: Text("临时居民身份证", "temporary resident ID card"),
}

FORMATS = {
    DocumentType.RESIDENT_ID: Text(
        "居民身份证号码为 18 位，最后一位可能是字母 X，请对照证件重新填写。",
        "A resident ID number has 18 characters, the last of which may be X. Please copy it from the card again.",
    ),
    DocumentType.TEMPORARY_RESIDENT_ID: Text(
        "临时居民身份证号码为 18 位，最后一位可能是字母 X，请对照证件重新填写。",
        "A resident ID number has 18 characters, the last of which may be X. Please copy it from the card again.",
    ),
    DocumentType.RESIDENCE_PERMIT: Text(
        "居住证号码为 18 位，以 810000、820000 或 830000 开头，请对照证件重新填写。",
        "A residence permit number has 18 characters and begins with 810000, 820000 or 830000. "
        "Please copy it from the card again.",
    ),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: Text(
        "外国人永久居留身份证号码为以 9 开头的 18 位，或 3 个字母加 12 位数字，请对照证件重新填写。",
        "A foreign permanent resident number has 18 characters beginning with 9, or 3 letters and 12 digits. "
        "Please copy it from the card again.",
    ),
    DocumentType.PASSPORT: Text(
        "护照号码为 5 至 9 位字母或数字，请对照护照资料页重新填写。",
        "A passport number has 5 to 9 letters or digits. Please copy it from the passport's data page again.",
    ),
    DocumentType.HK_MACAU_PERMIT: Text(
        "通行证号码为字母 H 或 M 加 8 位数字（旧版另有 2 位换证次数），请对照证件重新填写。",
        "A permit number is H or M and 8 digits (on older ones 2 more for the reissue). "
        "Please copy it from the permit again.",
    ),
    DocumentType.TAIWAN_PERMIT: Text(
        "通行证号码为 8 位数字（旧版另有 2 位签发次数和签发机关代码），请对照证件重新填写。",
        "A permit number has 8 digits (on older ones 2 more for the issue and a letter for the office). "
        "Please copy it from the permit again.",
    ),
}


def wrong_format(document_type: DocumentType) -> DocumentRefused:
    """ID_FORMAT, with what a number of this document looks like."""
    return DocumentRefused("ID_FORMAT", FORMATS[document_type])


def wrong_checksum() -> DocumentRefused:
    """ID_CHECKSUM: a digit was mistyped or two were swapped."""
    return DocumentRefused(
        "ID_CHECKSUM",
        Text(
            "证件号码有误，请逐位核对后重新填写；如证件上确实如此，请确认“与证件一致”后提交。",
            "This number cannot be right. Please compare it with the document digit by digit. "
            "If the document shows exactly this number, confirm it with number_as_printed.",
        ),
    )


def wrong_birth_date() -> DocumentRefused:
    """ID_BIRTH_DATE: the date in the number does not exist, or has not come yet."""
    return DocumentRefused(
        "ID_BIRTH_DATE",
        Text(
            "证件号码中的出生日期不正确，请核对后重新填写。",
            "The birth date in this number is not valid. Please compare it with the document.",
        ),
    )


def wrong_type(right: DocumentType) -> DocumentRefused:
    """ID_WRONG_TYPE, naming the document that the number belongs to."""
    name = DOCUMENT_NAMES[right]
    return DocumentRefused(
        "ID_WRONG_TYPE",
        Text(
            f"这是{name.zh}的号码，请将证件类型改为{name.zh}。",
            f"This is the number of a {name.en}. Please choose that document type.",
        ),
    )
