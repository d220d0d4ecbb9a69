"""What the routes of the console read from their paths and bodies."""

from typing import Annotated

import msgspec

from functions.institutions.domain.codes import parse_institution_code
from functions.shared.errors import NotFound
from functions.shared.http import Request

MAX_BUSINESS_CODE = 40
TOP = "root"  # in place of a supervisor's code where there is none
Reason = Annotated[str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200)]


def business_in(request: Request) -> str:
    """The code of a business from the path. Raises `NotFound` for what cannot be one."""
    code = request.path["business"]
    if not code or len(code) > MAX_BUSINESS_CODE:
        raise NotFound
    return code


def institution_in(request: Request) -> str:
    """The code of an institution from the path. Raises `NotFound` for what cannot be one."""
    code = parse_institution_code(request.path["institution_code"])
    if code is None:
        raise NotFound
    return code
