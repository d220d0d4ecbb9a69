"""HTTP of the institutions area for everybody: search, work units, registrations."""

import msgspec

from functions.institutions import (
    agreement,
    directory,
    errors,
    hierarchy,
    views,
    work_units,
)
from functions.institutions.domain.codes import parse_institution_code
from functions.institutions.search import found_before, search
from functions.shared.admission import PHONE, PUBLIC
from functions.shared.blueprint import Blueprint
from functions.shared.config import settings
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import IdentityRequired, NotFound
from functions.shared.guards import signed_in
from functions.shared.http import Request, public
from functions.shared.parsing import PageQuery, ShortText

routes = Blueprint("institutions")

REGISTRATION_PAGE = "/institution-registration"  # of the portal


class SearchQuery(PageQuery, kw_only=True):
    """Parts of the name, with spaces between them."""

    query: ShortText


class ChildrenQuery(PageQuery, kw_only=True):
    """A part of the name, or an exact code; all without one."""

    query: ShortText | None = None


class NewWorkUnit(msgspec.Struct):
    """The work unit and its confirmation code."""

    institution_code: ShortText
    confirmation_code: ShortText


@routes.add(
    "GET",
    "/institutions",
    guard=public,
    clients=PUBLIC,
    request_model=SearchQuery,
    response_model=views.SearchPage,
    errors=(CursorInvalid,),
)
def search_institutions(request: Request, wanted: SearchQuery) -> views.SearchPage:
    """Search by any part of the name, or by the exact code; when nothing is found, how to register the institution."""
    found, cursor = search(wanted.query, wanted.limit, wanted.cursor)
    more_than = len(found) if cursor is not None and wanted.cursor is None else None
    page = views.SearchPage(found, cursor, more_than)
    if not found and cursor is None and not found_before(wanted.query, wanted.cursor):
        page.registration = views.HowToRegister(
            request.localize(agreement.TEXT), settings().web_origin + REGISTRATION_PAGE
        )
    return page


@routes.add("GET", "/institutions/work-unit", guard=signed_in, clients=PHONE, response_model=views.WorkUnitAnswer)
def show_work_unit(request: Request) -> views.WorkUnitAnswer:
    """Where the user works."""
    return views.work_unit_answer(work_units.work_unit(request.user_id))


@routes.add(
    "PUT",
    "/institutions/work-unit",
    guard=signed_in,
    clients=PHONE,
    request_model=NewWorkUnit,
    response_model=views.WorkUnitAnswer,
    errors=(IdentityRequired, NotFound, errors.ConfirmationCodeInvalid, errors.ConfirmationLimit),
)
def choose_work_unit(request: Request, wanted: NewWorkUnit) -> views.WorkUnitAnswer:
    """Choose or change the work unit by its confirmation code."""
    code = parse_institution_code(wanted.institution_code) or wanted.institution_code
    return views.work_unit_answer(work_units.choose_work_unit(request.user_id, code, wanted.confirmation_code))


@routes.add("DELETE", "/institutions/work-unit", guard=signed_in, clients=PHONE, status=204)
def leave_work_unit(request: Request) -> None:
    """Leave the work unit."""
    work_units.leave_work_unit(request.user_id)


@routes.add(
    "GET",
    "/institutions/{institution_code}",
    guard=public,
    clients=PUBLIC,
    response_model=views.InstitutionView,
    errors=(NotFound,),
)
def show_institution(request: Request) -> views.InstitutionView:
    """One institution, with those above it."""
    return hierarchy.institution_view(directory.find(_code_in(request)))


@routes.add(
    "GET",
    "/institutions/{institution_code}/children",
    guard=public,
    clients=PUBLIC,
    request_model=ChildrenQuery,
    response_model=views.ChildrenPage,
    errors=(NotFound, CursorInvalid),
)
def list_children(request: Request, wanted: ChildrenQuery) -> views.ChildrenPage:
    """The institutions directly below one, by code; with a query those whose name holds it. None of an unknown one."""
    return hierarchy.children(_code_in(request), wanted.query, wanted.limit, wanted.cursor)


def _code_in(request: Request) -> str:
    code = parse_institution_code(request.path["institution_code"])
    if code is None:
        raise NotFound
    return code
