"""Reading much of the directory: for the operator's import and export, which know no stores."""

from collections.abc import Sequence

from functions.institutions import store
from functions.shared.table.institutions import Claim, Institution
from functions.shared.table.keys import Key
from functions.shared.table.pages import PagePosition

AT_ONCE = store.BATCH_GET_LIMIT


def institutions(codes: Sequence[str]) -> dict[str, Institution]:
    """Return those of the institutions that exist, by code. One round trip for each hundred."""
    return store.institutions(codes)


def claims(wanted: Sequence[Key]) -> dict[Key, Claim]:
    """Return those claims of up to 100 that exist. One round trip."""
    return store.claims(*wanted)


def children(
    supervisor_code: str | None, limit: int, after: PagePosition | None
) -> tuple[list[Institution], PagePosition | None]:
    """Return a page of the institutions directly below one, by code, and where the next page begins. One Query."""
    return store.children(supervisor_code, limit, after)
