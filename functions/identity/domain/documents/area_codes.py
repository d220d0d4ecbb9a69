"""Which area codes (GB/T 2260) a resident ID number can begin with; the table is read when first asked."""

from functools import cache


@cache
def _known() -> frozenset[str]:
    # Imported here: sign-in and search share the function and never need these 11 KB.
    from functions.identity.domain.documents.area_code_table import TABLE  # noqa: PLC0415

    codes: set[str] = set()
    for line in TABLE.split("\n"):
        prefecture, _, endings = line.partition(" ")
        for run in filter(None, endings.split(",")):
            first, _, last = run.partition("-")
            codes.update(f"{prefecture}{ending:02}" for ending in range(int(first), int(last or first) + 1))
    return frozenset(codes)


def is_known_area(code: str) -> bool:
    """Whether six digits are, or ever were, the code of a county, district, or city without counties.

    False is a reason for review, never a refusal: new codes appear every year.
    """
    return code in _known()
