"""HTTP of the reference data: public, the same for everybody, kept by clients for an hour."""

from typing import Annotated

import msgspec

from functions.institutions.domain.regions import regions_within
from functions.reference import catalogue
from functions.shared.admission import PUBLIC
from functions.shared.blueprint import Blueprint
from functions.shared.http import Request, public

routes = Blueprint("reference")

_AN_HOUR_S = 3_600
RegionCode = Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]{5}$", max_length=6)]


class RegionsQuery(msgspec.Struct):
    """The region whose parts are wanted; the provinces without one."""

    parent: RegionCode | None = None


class ListedRegion(msgspec.Struct):
    """An administrative region (GB/T 2260)."""

    region_code: str
    name: str
    has_parts: bool


class Regions(msgspec.Struct):
    """The regions directly below one, by code."""

    items: list[ListedRegion]


@routes.add(
    "GET",
    "/reference",
    guard=public,
    clients=PUBLIC,
    response_model=catalogue.Reference,
    cache_s=_AN_HOUR_S,
    etag=True,
)
def show_reference(request: Request) -> catalogue.Reference:
    """Return the values of forms: documents, nationalities, categories, reasons with texts, limits."""
    return catalogue.reference(request.localize)


@routes.add(
    "GET",
    "/reference/regions",
    guard=public,
    clients=PUBLIC,
    request_model=RegionsQuery,
    response_model=Regions,
    cache_s=_AN_HOUR_S,
    etag=True,
)
def list_regions(_: Request, wanted: RegionsQuery) -> Regions:
    """List the provinces, or the regions directly within one; empty for a county or an unknown code."""
    found = regions_within(wanted.parent)
    return Regions([ListedRegion(one.region_code, one.name, bool(regions_within(one.region_code))) for one in found])
