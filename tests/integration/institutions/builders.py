"""What tests of the directory are made of: details, institutions, people and registrations."""

import itertools
from typing import Any

from functions.institutions.domain.credit_code import check_character
from tests.integration.client import Answer, Http, new_user

_numbers = itertools.count(1)
AGREEMENT = "2026-11"


def credit_code() -> str:
    """A valid unified social credit code that no other institution of the test run has."""
    body = f"12420000{next(_numbers):09d}"
    return body + check_character(body)


def fields(name: str, supervisor_code: str | None = None, **changed: Any) -> dict[str, Any]:
    """The body of `POST /admin/institutions`."""
    body = {
        "name": name,
        "supervisor_code": supervisor_code,
        "category": "综合医院",
        "unified_social_credit_code": credit_code(),
        "region_code": "420100",
    }
    return {**body, **changed}


def registration(name: str, supervisor_code: str, **changed: Any) -> dict[str, Any]:
    """The body of `POST /institutions/registrations`."""
    body = {
        "agreement_version": AGREEMENT,
        "address": "长江路 1 号",
        "contact_name": "李四",
        "contact_phone": "027-87654321",
    }
    return {**fields(name, supervisor_code), **body, **changed}


def added(admin: Http, name: str, supervisor_code: str | None = None, **changed: Any) -> str:
    """The code of a new institution."""
    answer = admin.post("/admin/institutions", fields(name, supervisor_code, **changed))
    assert answer.status == 201, answer.body
    code: str = answer.body["institution_code"]
    return code


def verified_user() -> tuple[str, str]:
    """Id and token of a user whose identity is verified."""
    from functions.shared.table import keys
    from functions.shared.table.auth import User

    user_id, token = new_user()
    User.new(keys.user(user_id)).update(actions=[User.identity_status.set("verified")])
    return user_id, token


def user_with_phone(phone: str = "13800138000") -> tuple[str, str]:
    """Id and token of a user who has bound a phone; every time another user, as after a change of hands."""
    from functions.shared.personal_data import keyed_hash
    from functions.shared.table import keys
    from functions.shared.table.auth import User

    user_id, token = new_user()
    User.new(keys.user(user_id)).update(actions=[User.phone_hash.set(keyed_hash("phone", phone))])
    return user_id, token


def confirmation_code(code: str) -> str:
    """The confirmation code of an institution."""
    from functions.institutions import directory

    return directory.find(code).current_confirmation_code()


def names(answer: Answer) -> list[str]:
    """The names on a page of search results."""
    return [item["name"] for item in answer.body["items"]]


def table_items() -> list[dict[str, Any]]:
    """Every item of the table, as it is stored."""
    import boto3

    from functions.shared.config import settings

    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=settings().table_name)
    return [item for page in pages for item in page["Items"]]
