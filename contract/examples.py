"""Examples in the OpenAPI document: made from each shape, its texts from the one table here, by the fields' names.

A name means the same everywhere; where it does not, `Shape.name` goes first. A text that stands nowhere is an error, so
that a new field is thought of. The person and the institutions are those of the demo.
"""

from collections.abc import Mapping
from typing import Any

from contract.forms import FORMS

TIME, UNTIL = "2026-11-22T08:00:00Z", "2026-11-22T08:10:00Z"
ID = "5f0c77e131bd4a1e8d2b6c9a40f3e7d1"
TEXTS: Mapping[str, Any] = {
    "Agreement.version": "2026-11",
    "ApplicationDetails.name": "柯爱琳",
    "ApplicationView.name": "柯爱琳",
    "CaseSearch.name": "柯爱琳",
    "ChosenNumber.number": "42",
    "DocumentType.DocumentType": "resident_id",
    "GrantEvent.text": "柯**使用授权码，成为业务负责人。",
    "JobSummary.kind": "code",
    "SkippedInstitution.detail": "已有有效的授权码，未重新签发。",
    "GrantEvent.event": "grant_redeemed",
    "ReadSide.name": "柯爱琳",
    "Image.url": "https://uploads.example.org/documents/5f0c/77e1.jpg?X-Amz-Expires=300",
    "JobFailure.code": "FORBIDDEN",
    "JobFailure.detail": "您已不再是管理人。",
    "NewApplication.name": "柯爱琳",
    "NewDirectGrant.name": "柯爱琳",
    "address": "江城市长江路1号",
    "InstitutionChange.after": "江城市第一人民医院",
    "InstitutionChange.before": "江城市第一医院",
    "InstitutionChange.field": "name",
    "InstitutionEvent.event": "institution_amended",
    "InstitutionEvent.text": "The institution's details were changed.",
    "Category.name": "General hospital",
    "DocumentTypeView.name": "Resident ID card",
    "DocumentTypeView.number_example": "110101199003070011",
    "ListedRegion.name": "湖北省",
    "Nationality.code": "CHN",
    "Nationality.name": "China",
    "Reason.code": "PHOTO_UNREADABLE",
    "RegionView.name": "武汉市",
    "browser": "Firefox",
    "by_masked": "管**",
    "scanned_by_masked": "管**",
    "system": "Windows",
    "business_name": "2026年卫生专业技术资格考试",
    "institution_name": "江城市第一医院",
    "parent": "420000",
    "RequestedFrom.address": "192.0.2.7",
    "Upload.url": "https://uploads.example.org/",
    "accepted_version": "2026-11",
    "actor_masked": "柯**",
    "agreement": "机构注册须知 ……",
    "agreement_version": "2026-11",
    "appeal_comment": "姓名与证件一致，请再核对。",
    "business": "exam-2026",
    "category": "综合医院",
    "challenge_id": ID,
    "claimed_by_masked": "管**",
    "code": "482913",
    "comment": "材料与证件一致，请再核对。",
    "confirmation_code": "DGHJKLMN",
    "contact_name": "李四",
    "contact_phone": "027-87654321",
    "cursor": "AYx3kQ",
    "detail": "照片不够清晰，请重新拍摄。",
    "download_url": "https://uploads.example.org/exports/5f0c.csv?X-Amz-Expires=300",
    "entry_url": "https://exam.example.org/in",
    "face_check_id": ID,
    "fields": {"key": "uploads/scans/5f0c/77e1", "Content-Type": "image/jpeg"},
    "grant_code": "7K3M-Q9XT-2VBN-5HJD",
    "image_id": ID,
    "institution_code": "420100",
    "institutions": "420101A",
    "invitation_code": "9XTQ-7K3M-5HJD-2VBN",
    "invitation_id": ID,
    "issuer": "武汉市公安局武昌分局",
    "job_id": ID,
    "device": "WeChat · Android",
    "js_code": "local-someone",
    "match_number": "42",
    "invited_by_masked": "柯**",
    "rotated_by_masked": "柯**",
    "note": "手术室",
    "network": "192.0.2.*",
    "mini_program_code": "data:image/png;base64,iVBORw0KGgo=",
    "name": "江城市第一医院",
    "name_masked": "柯**",
    "nationality": "CHN",
    "next_cursor": "AYx3kQ",
    "number": "420106198611190025",
    "number_masked": "420***********0025",
    "other_user_id": ID,
    "proposed_by": ID,
    "work_unit": "420100",
    "verified_until": "2038-03-05",
    "roles_end_on": "2038-06-04",
    "phone": "13800138000",
    "phone_masked": "138****8000",
    "poll_secret": "mF3kQ9xT2vBn5hJd7K3Mq9XT2VBN5HJDmF3kQ9xT2vA",
    "manager_name_masked": "柯**",
    "qr_login_id": ID,
    "qr_svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "query": "第一医院",
    "reason": "主管单位负责人出缺，代为办理。",
    "region_code": "420100",
    **{f"{form}.method": "selfie" for form in FORMS["NewFaceCheck"]},
    "FaceTicketView.method": "selfie",
    "registration_id": ID,
    "review_reasons": "scan_limit",
    "scan_id": ID,
    "scene": ID,
    "session_id": ID,
    "supervisor": "420100",
    "supervisor_code": "420100",
    "text": "……",
    "token": "kQ9xT2vBn5hJd7K3Mq9XT2VBN5HJDmF3kQ9xT2vBn5A",
    "unified_social_credit_code": "12420000420000001G",
    "url": "https://portal.example.org/institution-registration",
    "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "user_id": ID,
    "version": "2026-11",
    "wechat_phone_code": "local-13800138000",
}
# Approving needs no reason, codes do not change, and some fields are for special cases.
LEFT_OUT = {
    "AmendedBusiness": {"business"},
    "CaseSearch": {"number", "phone", "cursor"},
    "IdentityDecision": {"reason_code", "comment", "name", "duplicate", "person"},
    "NewApplication": {"nationality", "face_check_id"},
    "NewDirectGrant": {"nationality"},
    **{form: {"js_code"} for form in FORMS["NewFaceCheck"]},
    "FaceTicketView": {"verify_id"},
    "NewInstitution": {"institution_code"},
    "RegistrationDecision": {"reason_code", "comment", "institution_code", "fields"},
}
SIMPLE = {"boolean": False, "integer": 1, "number": 1}
FORMATS = {"date-time": TIME, "date": "2026-12-01"}


class Examples:
    """Examples of shapes; `schemas` are the components of the document."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def of_shape(self, name: str) -> Any:
        """An example of a component."""
        return self._value(self._schemas[name], name, name)

    def of_field(self, name: str, schema: Mapping[str, Any]) -> Any:
        """An example of a parameter."""
        return self._value(schema, "", name)

    def _value(self, schema: Mapping[str, Any], shape: str, name: str) -> Any:
        if "$ref" in schema:
            return self.of_shape(schema["$ref"].rpartition("/")[2])
        if choices := schema.get("oneOf") or schema.get("anyOf"):
            return self._value(next(one for one in choices if one.get("type") != "null"), shape, name)
        if "enum" in schema:
            return TEXTS.get(f"{shape}.{name}", schema["enum"][0])
        kind = schema.get("type")
        if kind == "array":
            return [self._value(schema["items"], shape, name)]
        if kind == "object" and "properties" in schema:
            fields = {field: one for field, one in schema["properties"].items() if field not in LEFT_OUT.get(shape, ())}
            return {field: self._value(described, shape, field) for field, described in fields.items()}
        return _simple(schema, shape, name)


def _simple(schema: Mapping[str, Any], shape: str, name: str) -> Any:
    if schema.get("type") in SIMPLE:
        return schema.get("default", schema.get("minimum", SIMPLE[schema["type"]]))
    for known in (f"{shape}.{name}", name):
        if known in TEXTS:
            return TEXTS[known]
    if schema.get("format") == "date-time" and name.endswith("_until"):
        return UNTIL
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    raise LookupError(f"there is no example of {shape}.{name}")
