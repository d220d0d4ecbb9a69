"""The shape of the directory, against a plain model that walks whole subtrees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.institutions.domain.hierarchy import LEVELS, NO_CHILDREN, Cyclic, Node, TooDeep, with_children, with_move

Tree = dict[str, str | None]


def level(tree: Tree, code: str) -> int:
    """On which level an institution stands; more than a hundred means a circle."""
    count, above = 1, tree[code]
    while above is not None and count < 100:
        count, above = count + 1, tree[above]
    return count


def height(tree: Tree, code: str) -> int:
    """How many levels lie below."""
    return max((1 + height(tree, child) for child, above in tree.items() if above == code), default=0)


def nodes_of(tree: Tree) -> dict[str, Node]:
    """The nodes of a tree, counted by walking it."""
    nodes = {}
    for code, above in tree.items():
        counts = [0] * len(NO_CHILDREN)
        for child in [child for child, supervisor in tree.items() if supervisor == code]:
            counts[height(tree, child)] += 1
        nodes[code] = Node(above, tuple(counts))
    return nodes


steps = st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(-1, 30)), max_size=40)


@given(steps)
def test_every_step_is_allowed_exactly_when_the_shape_allows_it(moves: list[tuple[bool, int, int]]) -> None:
    """Creations and moves are refused exactly for circles and a seventh level, and the counts are always right."""
    tree: Tree = {}
    nodes: dict[str, Node] = {}
    for is_move, which, target in moves:
        codes = list(tree)
        above = codes[target % len(codes)] if codes and target >= 0 else None
        code = codes[which % len(codes)] if is_move and codes else f"n{len(tree)}"
        wanted = {**tree, code: above}
        circle = level(wanted, code) >= 100
        allowed = not circle and all(level(wanted, each) <= LEVELS for each in wanted)
        try:
            if code in tree:
                after = {**nodes, **with_move(nodes, code, above)}
            else:
                after = {**nodes, **with_children(nodes, above, 0, 1), code: Node(above, NO_CHILDREN)}
        except (Cyclic, TooDeep) as error:
            refused: type[Exception] | None = type(error)
        else:
            refused = None
            tree, nodes = wanted, after
        assert refused is (None if allowed else Cyclic if circle else TooDeep)
        assert nodes == nodes_of(tree)


def test_only_the_chain_above_changes() -> None:
    """A second child of the same height changes its supervisor alone, and nothing above is looked at."""
    tree: Tree = {"top": None, "middle": "top", "low": "middle", "child": "low"}
    after = with_children({"low": nodes_of(tree)["low"]}, "low", 0, 3)
    assert list(after) == ["low"]
    assert after["low"].children[0] == 4


def test_itself_is_a_circle() -> None:
    """Nothing is its own supervisor."""
    with pytest.raises(Cyclic):
        with_move(nodes_of({"top": None}), "top", "top")
