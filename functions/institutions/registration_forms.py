"""The form that registers an institution: what it holds, and every wrong field at once.

The rules apply to the fields that could be read, so that those whose shape is wrong are reported together with those
whose content is (`shared.http.Routes`).
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from functions.institutions import agreement, store
from functions.institutions.details import Details, InstitutionInput, parse_details, supervisor_unknown
from functions.institutions.errors import AgreementOutdated
from functions.shared.errors import FieldError, Invalid, Text

MAX_CONTACT_NAME = 50
_PHONE = re.compile("[+]?[0-9][0-9 -]{5,18}[0-9]")

MISSING = Text("此项必填。", "This is required.")
UNPRINTABLE = Text(
    "含有无法显示的字符，请删除后重新填写。", "This contains characters that cannot be shown. Please remove them."
)
CONTACT_NAME_TOO_LONG = Text(
    f"联系人姓名不能超过 {MAX_CONTACT_NAME} 个字。", f"A contact's name has at most {MAX_CONTACT_NAME} characters."
)
PHONE_FORMAT = Text(
    "请填写手机号码，或带区号的固定电话，如 027-87654321。",
    "Enter a mobile number, or a landline with its area code, such as 027-87654321.",
)


class Contact(msgspec.Struct, frozen=True):
    """Whom to ask about a registration: the content of the sealed attribute."""

    name: str
    phone: str


class NewRegistration(msgspec.Struct, frozen=True):
    """Everything that is filled in to register an institution; all of it is required."""

    agreement_version: str
    institution: InstitutionInput
    address: str
    contact: Contact

    def fields(self) -> dict[str, str | None]:
        """Return the fields by their names in the form."""
        return {
            **msgspec.structs.asdict(self.institution),
            "address": self.address,
            "contact_name": self.contact.name,
            "contact_phone": self.contact.phone,
        }


class Checked(msgspec.Struct, frozen=True):
    """A registration whose fields follow the rules."""

    details: Details
    supervisor_code: str
    address: str
    contact: Contact


def check(wanted: NewRegistration) -> Checked:
    """Return the registration in canonical form. One read.

    Raises `AgreementOutdated`, or `Invalid` with every field that is wrong, a supervisor that is not listed included.
    """
    if wanted.agreement_version != agreement.VERSION:
        raise AgreementOutdated
    given = {field: value for field, value in wanted.fields().items() if value is not None}
    parsed, errors = _parse(given)
    if errors:
        raise Invalid(*errors)
    details = Details(
        name=parsed["name"],
        supervisor_code=parsed["supervisor_code"],
        category=parsed["category"],
        credit_code=parsed["unified_social_credit_code"],
        region_code=parsed["region_code"],
    )
    contact = Contact(parsed["contact_name"], parsed["contact_phone"])
    return Checked(details, parsed["supervisor_code"], parsed["address"], contact)


def errors_in(given: Mapping[str, Any]) -> list[FieldError]:
    """Return the errors of the fields of a form that are there. At most one read."""
    return _parse({field: value for field, value in given.items() if isinstance(value, str)})[1]


def _parse(given: Mapping[str, str]) -> tuple[dict[str, str], list[FieldError]]:
    parsed, errors = parse_details(given)
    supervisor_code = parsed.get("supervisor_code")
    if supervisor_code is not None and store.institution(supervisor_code) is None:
        errors.append(supervisor_unknown())
    for field in ("address", "contact_name", "contact_phone"):
        if field not in given:
            continue
        text = " ".join(given[field].split())
        error = _error_of(field, text)
        if error is not None:
            errors.append(error)
        else:
            parsed[field] = text
    return parsed, errors


def _error_of(field: str, text: str) -> FieldError | None:
    if not text:
        return FieldError(field, "MISSING", MISSING)
    if not text.isprintable():
        return FieldError(field, "FORMAT", UNPRINTABLE)
    if field == "contact_name" and len(text) > MAX_CONTACT_NAME:
        return FieldError(field, "NAME_TOO_LONG", CONTACT_NAME_TOO_LONG)
    if field == "contact_phone" and not _PHONE.fullmatch(text):
        return FieldError(field, "FORMAT", PHONE_FORMAT)
    return None
