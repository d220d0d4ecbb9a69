"""The shape of the directory: no cycles, and at most six levels, kept without walking any subtree.

Each institution counts its direct children by height: how many levels lie below a child. Its own height follows from
its children's, so a change touches one chain of supervisors, and only as far up as heights change. Every supervisor is
higher than its children, which leaves no room for a cycle.
"""

from collections.abc import Mapping
from typing import NamedTuple

LEVELS = 6
Heights = tuple[int, ...]
NO_CHILDREN: Heights = (0,) * (LEVELS - 1)  # at index h: how many direct children have height h


class TooDeep(ValueError):
    """There would be more than six levels."""


class Cyclic(ValueError):
    """An institution would be above itself."""


class Node(NamedTuple):
    """What the shape knows of one institution."""

    supervisor: str | None
    children: Heights

    @property
    def height(self) -> int:
        """How many levels lie below: 0 without children."""
        return max((height + 1 for height, count in enumerate(self.children) if count), default=0)


def with_children(nodes: Mapping[str, Node], supervisor: str | None, height: int, count: int) -> dict[str, Node]:
    """What changes when `supervisor` gets `count` more children of a height, or loses them when `count` is negative.

    `nodes` holds the supervisor and what is above it, which is looked at as far up as heights change. Raises `TooDeep`.
    """
    after: dict[str, Node] = {}
    changes = [(height, count)]
    while supervisor is not None and changes:
        node = nodes[supervisor]
        children = list(node.children)
        for at, difference in changes:
            if at >= len(children):
                raise TooDeep
            children[at] += difference
        changed = node._replace(children=tuple(children))
        after[supervisor] = changed
        changes = [] if changed.height == node.height else [(node.height, -1), (changed.height, 1)]
        supervisor = node.supervisor
    return after


def with_move(nodes: Mapping[str, Node], code: str, supervisor: str | None) -> dict[str, Node]:
    """What changes when an institution moves with its subtree, the institution included.

    `nodes` holds the institution, the new supervisor and everything above both. Raises `Cyclic`, `TooDeep`.
    """
    above = supervisor
    while above is not None:
        if above == code:
            raise Cyclic
        above = nodes[above].supervisor
    moving = nodes[code]
    after = with_children(nodes, moving.supervisor, moving.height, -1)
    after |= with_children({**nodes, **after}, supervisor, moving.height, 1)
    after[code] = moving._replace(supervisor=supervisor)
    return after
