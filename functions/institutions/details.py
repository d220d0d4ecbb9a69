"""What is typed about an institution, brought into canonical form; every wrong field is named at once."""

import msgspec

from functions.institutions.domain.codes import parse_institution_code, parse_region_code
from functions.institutions.domain.credit_code import CreditCodeRefused, parse_credit_code
from functions.institutions.domain.names import FORMULA, NameRefused, parse_name
from functions.shared.errors import FieldError, Invalid, Text

LONGEST_CATEGORY = 20

CODE_FORMAT = Text(
    "机构编码为 4 至 20 位数字或大写字母。", "An institution code has 4 to 20 digits or capital letters."
)
REGION_FORMAT = Text("行政区划代码为 6 位数字。", "A region code has six digits.")
CATEGORY_FORMAT = Text(
    f"机构类别为 1 至 {LONGEST_CATEGORY} 个字，以文字开头。",
    f"A category has 1 to {LONGEST_CATEGORY} characters and begins with a letter.",
)
SUPERVISOR_UNKNOWN = Text("主管单位不在机构库中。", "This supervisor is not in the directory.")


class Typed(msgspec.Struct, frozen=True):
    """The details as they were typed."""

    name: str
    supervisor_code: str | None
    category: str
    unified_social_credit_code: str
    region_code: str
    institution_code: str | None = None


class Details(msgspec.Struct, frozen=True):
    """The details of an institution in canonical form; without `institution_code` it is given one."""

    name: str
    supervisor_code: str | None
    category: str
    credit_code: str
    region_code: str
    institution_code: str | None = None


def check(typed: Typed) -> Details:
    """The details in canonical form. Raises `Invalid` with every field that cannot be right.

    Whether the supervisor is in the directory is not checked.
    """
    errors: list[FieldError] = []
    name = credit_code = ""
    code = supervisor = None
    try:
        name = parse_name(typed.name)
    except NameRefused as refused:
        errors.append(FieldError("name", refused.code, refused.text))
    if typed.supervisor_code is not None:
        supervisor = parse_institution_code(typed.supervisor_code)
        if supervisor is None:
            errors.append(supervisor_unknown())
    category = " ".join(typed.category.split())
    if not category.isprintable() or not 1 <= len(category) <= LONGEST_CATEGORY or category.startswith(FORMULA):
        errors.append(FieldError("category", "CATEGORY_FORMAT", CATEGORY_FORMAT))
    try:
        credit_code = parse_credit_code(typed.unified_social_credit_code)
    except CreditCodeRefused as refused:
        errors.append(FieldError("unified_social_credit_code", refused.code, refused.text))
    region = parse_region_code(typed.region_code)
    if region is None:
        errors.append(FieldError("region_code", "REGION_CODE_FORMAT", REGION_FORMAT))
    if typed.institution_code is not None:
        code = parse_institution_code(typed.institution_code)
        if code is None:
            errors.append(FieldError("institution_code", "INSTITUTION_CODE_FORMAT", CODE_FORMAT))
    if errors or region is None:
        raise Invalid(*errors)
    return Details(name, supervisor, category, credit_code, region, code)


def supervisor_unknown() -> FieldError:
    """What is said of a supervisor that is not in the directory."""
    return FieldError("supervisor_code", "SUPERVISOR_UNKNOWN", SUPERVISOR_UNKNOWN)
