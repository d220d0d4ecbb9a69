"""HTTP of the institutions area for administrators: the directory."""

import msgspec

from functions.institutions import directory, errors, hierarchy, views
from functions.institutions.details import Details, InstitutionInput, check, supervisor_unknown
from functions.institutions.domain.codes import NO_SUPERVISOR, parse_institution_code
from functions.institutions.history import institution_history
from functions.shared.admission import ANY_SESSION
from functions.shared.blueprint import Blueprint
from functions.shared.cursors import CursorInvalid
from functions.shared.errors import Invalid, NotFound
from functions.shared.guards import AdministratorRequired, administrator
from functions.shared.http import Request
from functions.shared.parsing import PageQuery, ShortText

routes = Blueprint("institutions")


class InstitutionsQuery(PageQuery):
    """What the administrators' list is narrowed to; `supervisor` is a code or `root`."""

    query: ShortText | None = None
    supervisor: ShortText | None = None
    category: ShortText | None = None


class NewInstitution(msgspec.Struct):
    """A new institution; the code is generated if missing, without a supervisor it is at the top."""

    name: ShortText
    category: ShortText
    unified_social_credit_code: ShortText
    region_code: ShortText
    institution_code: ShortText | None = None
    supervisor_code: ShortText | None = None


class AmendedInstitution(msgspec.Struct):
    """All details of an institution; without a supervisor it is at the top.

    With `revision`, the change fails if somebody else has changed it since.
    """

    name: ShortText
    supervisor_code: ShortText | None
    category: ShortText
    unified_social_credit_code: ShortText
    region_code: ShortText
    revision: int | None = None


@routes.add(
    "POST",
    "/admin/institutions",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=NewInstitution,
    response_model=views.InstitutionDetails,
    status=201,
    errors=(
        AdministratorRequired,
        errors.InstitutionExists,
        errors.InstitutionCodeTaken,
        errors.HierarchyRefused,
    ),
)
def create_institution(request: Request, wanted: NewInstitution) -> views.InstitutionDetails:
    """Add an institution to the directory."""
    details = _checked(wanted, wanted.institution_code)
    return views.details_view(directory.create(details, actor=request.user_id))


@routes.add(
    "GET",
    "/admin/institutions",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=InstitutionsQuery,
    response_model=views.AdminInstitutionPage,
    etag=True,
    errors=(AdministratorRequired, CursorInvalid),
)
def list_institutions(_: Request, wanted: InstitutionsQuery) -> views.AdminInstitutionPage:
    """Institutions: found by a part of the name or the exact code, or those directly below a supervisor, by code.

    Without `query` and `supervisor` those at the top. `supervisor` may be `root`.
    """
    return hierarchy.administrators_list(
        wanted.query,
        _supervisor_in(wanted.supervisor),
        wanted.category,
        wanted.limit,
        wanted.cursor,
    )


@routes.add(
    "GET",
    "/admin/institutions/{institution_code}/history",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=PageQuery,
    response_model=views.InstitutionHistory,
    errors=(AdministratorRequired, NotFound, CursorInvalid),
)
def show_institution_history(request: Request, wanted: PageQuery) -> views.InstitutionHistory:
    """What happened to an institution, newest first."""
    return institution_history(request, _code_in(request), wanted.limit, wanted.cursor)


@routes.add(
    "GET",
    "/admin/institutions/{institution_code}",
    guard=administrator,
    clients=ANY_SESSION,
    response_model=views.InstitutionDetails,
    errors=(AdministratorRequired, NotFound),
)
def show_institution_details(request: Request) -> views.InstitutionDetails:
    """Return an institution with the details for administrators."""
    return views.details_view(directory.find(_code_in(request)))


@routes.add(
    "PUT",
    "/admin/institutions/{institution_code}",
    guard=administrator,
    clients=ANY_SESSION,
    request_model=AmendedInstitution,
    response_model=views.InstitutionDetails,
    errors=(
        AdministratorRequired,
        NotFound,
        errors.InstitutionExists,
        errors.InstitutionChanged,
        errors.HierarchyRefused,
        errors.ChangeTooLarge,
    ),
)
def amend_institution(request: Request, wanted: AmendedInstitution) -> views.InstitutionDetails:
    """Rename, move or correct an institution."""
    code, details = _code_in(request), _checked(wanted)
    return views.details_view(directory.amend(code, details, actor=request.user_id, revision=wanted.revision))


def _checked(wanted: NewInstitution | AmendedInstitution, institution_code: str | None = None) -> Details:
    return check(
        InstitutionInput(
            name=wanted.name,
            supervisor_code=wanted.supervisor_code,
            category=wanted.category,
            unified_social_credit_code=wanted.unified_social_credit_code,
            region_code=wanted.region_code,
            institution_code=institution_code,
        )
    )


def _supervisor_in(raw: str | None) -> str | None:
    """The code of a supervisor, `ROOT` for those without one, or None. Raises `Invalid` for what can be no code."""
    if raw is None:
        return None
    if raw.upper() == NO_SUPERVISOR:
        return NO_SUPERVISOR
    code = parse_institution_code(raw)
    if code is None:
        raise Invalid(supervisor_unknown("supervisor"))
    return code


def _code_in(request: Request) -> str:
    code = parse_institution_code(request.path["institution_code"])
    if code is None:
        raise NotFound
    return code
