"""The shape that the directory would have, from a file and the counts of children above its institutions."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from functions.institutions.details import Details
from functions.institutions.domain.hierarchy import LEVELS, Node
from operations.hierarchy_check import check_shape
from operations.rows import Entry

CODES = [f"H{number:04d}" for number in range(14)]
Tree = dict[str, str | None]


def level(tree: Tree, code: str) -> int:
    """On which level an institution stands; more than all of them in a circle."""
    levels, above = 1, tree[code]
    while above is not None and levels <= len(tree):
        levels, above = levels + 1, tree[above]
    return levels


def height(tree: Tree, code: str) -> int:
    """How many levels lie below an institution."""
    return max((1 + height(tree, child) for child, above in tree.items() if above == code), default=0)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A directory of six levels at most, in which long chains are likely."""
    tree: Tree = {}
    for number, code in enumerate(CODES):
        possible = [None, *(above for above in CODES[max(number - 3, 0) : number] if level(tree, above) < LEVELS)]
        tree[code] = draw(st.sampled_from(possible[::-1]))
    return tree


@given(trees(), st.dictionaries(st.sampled_from(CODES), st.sampled_from([None, *CODES]), min_size=1, max_size=4))
def test_a_file_is_right_where_the_whole_directory_is(tree: Tree, moves: Tree) -> None:
    """What is above a file's institutions is enough to know whether anything would be too deep, or in a circle."""
    known, wanted = set(), {*moves, *moves.values()} - {None}
    while wanted:
        known |= wanted
        wanted = {tree[code] for code in wanted} - known - {None}
    heights = {code: Counter(height(tree, child) for child, above in tree.items() if above == code) for code in known}
    standing = {code: Node(tree[code], tuple(heights[code][each] for each in range(LEVELS - 1))) for code in known}
    entries = [
        Entry(line, code, Details(code, supervisor, "医院", code, "420100"))
        for line, (code, supervisor) in enumerate(moves.items(), start=2)
    ]
    after = {**tree, **moves}
    assert (check_shape(entries, standing) == []) == all(level(after, code) <= LEVELS for code in after)
