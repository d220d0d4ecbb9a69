"""In which order institutions change that take things from one another."""

from hypothesis import given
from hypothesis import strategies as st

from functions.institutions.details import Details, InstitutionInput, check
from operations.rename_order import Waits, in_order, without

CODES = [f"H{number:04d}" for number in range(8)]
FIELDS = ("name", "unified_social_credit_code")


@st.composite
def waits(draw: st.DrawFn) -> Waits:
    """Any way in which names and credit codes change hands: each has one owner before, and at most one after."""
    found: dict[str, dict[str, str]] = {}
    for field in FIELDS:
        takers = draw(st.permutations(CODES))
        for code, holder in zip(CODES, takers[: draw(st.integers(0, len(CODES)))], strict=False):
            if code != holder:
                found.setdefault(code, {})[field] = holder
    return found


@given(waits())
def test_whoever_waits_comes_later(waiting: Waits) -> None:
    """What somebody takes has been given up before, at first or in an earlier round."""
    given_up, rounds = in_order(waiting)
    for code, taken in waiting.items():
        for field, holder in taken.items():
            assert field in given_up.get(holder, ()) or rounds[holder] < rounds[code]


@given(waits())
def test_only_circles_are_opened(waiting: Waits) -> None:
    """Only one who waits, at last for itself, gives something up first."""

    def behind(code: str) -> set[str]:
        found, left = set(), [code]
        while left:
            new = set(waiting.get(left.pop(), {}).values()) - found
            found |= new
            left += new
        return found

    given_up, _ = in_order(waiting)
    assert all(code in behind(code) for code in given_up)


def test_a_chain_as_long_as_a_province() -> None:
    """Tens of thousands may wait for one another, and an exchange takes one interim name."""
    chain = {f"{number}": {"name": f"{number + 1}"} for number in range(40_000)}
    given_up, rounds = in_order(chain)
    assert (given_up, rounds["0"], rounds["40000"]) == ({}, 40_000, 0)
    assert in_order({"1": {"name": "2"}, "2": {"name": "1"}}) == ({"1": {"name"}}, {"2": 0, "1": 1})


def test_what_is_given_up_is_replaced_by_something_that_is_right() -> None:
    """Interim names and credit codes are such as could be typed, and no one else's."""
    details = Details("甲医院", None, "综合医院", "12420000000000001Y", "420100")
    seen = {without(code, details, set(FIELDS)) for code in CODES}
    assert len({each.name for each in seen}) == len({each.credit_code for each in seen}) == len(CODES)
    for each in seen:
        assert check(InstitutionInput(each.name, None, each.category, each.credit_code, each.region_code)) == each
    assert without(CODES[0], details, {"name"}).credit_code == details.credit_code
