"""What is typed about an institution, brought into canonical form; every wrong field is named at once."""

from collections.abc import Callable, Mapping

import msgspec

from functions.institutions.domain.categories import CATEGORIES
from functions.institutions.domain.codes import parse_institution_code, parse_region_code
from functions.institutions.domain.credit_code import CreditCodeRefused, parse_credit_code
from functions.institutions.domain.names import NameRefused, parse_name
from functions.institutions.domain.regions import is_possible_region
from functions.shared.errors import FieldError, Invalid, Text

CODE_FORMAT = Text(
    "机构编码为 4 至 20 位数字或大写字母。", "An institution code has 4 to 20 digits or capital letters."
)
REGION_FORMAT = Text("行政区划代码为 6 位数字。", "A region code has six digits.")
REGION_UNKNOWN = Text(
    "没有这个行政区划代码，请从列表中选择所在地区。",
    "There is no such region code. Please choose the region from the list.",
)
CATEGORY_UNKNOWN = Text("请从列表中选择机构类别。", "Please choose the category from the list.")
SUPERVISOR_UNKNOWN = Text("主管单位不在机构库中。", "This supervisor is not in the directory.")


class InstitutionInput(msgspec.Struct, frozen=True):
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


def check(typed: InstitutionInput) -> Details:
    """The details in canonical form. Raises `Invalid` with every field that cannot be right.

    Whether the supervisor is in the directory is not checked.
    """
    given = {field: value for field, value in msgspec.structs.asdict(typed).items() if value is not None}
    parsed, errors = parse_details(given)
    if errors:
        raise Invalid(*errors)
    return Details(
        name=parsed["name"],
        supervisor_code=parsed.get("supervisor_code"),
        category=parsed["category"],
        credit_code=parsed["unified_social_credit_code"],
        region_code=parsed["region_code"],
        institution_code=parsed.get("institution_code"),
    )


def parse_details(given: Mapping[str, str]) -> tuple[dict[str, str], list[FieldError]]:
    """Return the canonical form of those fields of `Typed` that are given, and the errors of those that have none."""
    parsed: dict[str, str] = {}
    errors: list[FieldError] = []
    for field, parse in _PARSERS.items():
        if field not in given:
            continue
        try:
            value = parse(given[field])
        except (NameRefused, CreditCodeRefused) as refused:
            value = FieldError(field, refused.code, refused.text)
        if isinstance(value, FieldError):
            errors.append(value)
        else:
            parsed[field] = value
    return parsed, errors


def _supervisor(raw: str) -> str | FieldError:
    return parse_institution_code(raw) or supervisor_unknown()


def _category(raw: str) -> str | FieldError:
    category = " ".join(raw.split())
    return category if category in CATEGORIES else FieldError("category", "CATEGORY_UNKNOWN", CATEGORY_UNKNOWN)


def _region(raw: str) -> str | FieldError:
    region = parse_region_code(raw)
    if region is None:
        return FieldError("region_code", "REGION_CODE_FORMAT", REGION_FORMAT)
    return region if is_possible_region(region) else FieldError("region_code", "REGION_CODE_UNKNOWN", REGION_UNKNOWN)


def _institution_code(raw: str) -> str | FieldError:
    return parse_institution_code(raw) or FieldError("institution_code", "INSTITUTION_CODE_FORMAT", CODE_FORMAT)


_PARSERS: Mapping[str, Callable[[str], str | FieldError]] = {
    "name": parse_name,
    "supervisor_code": _supervisor,
    "category": _category,
    "unified_social_credit_code": parse_credit_code,
    "region_code": _region,
    "institution_code": _institution_code,
}


def supervisor_unknown(field: str = "supervisor_code") -> FieldError:
    """What is said of a supervisor that is not in the directory."""
    return FieldError(field, "SUPERVISOR_UNKNOWN", SUPERVISOR_UNKNOWN)
