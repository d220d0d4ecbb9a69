"""The shape that the directory would have after an import: what stands above and below each line, in the file or not.

What is not in the file stays where it is and moves along with what is above it. So of everything above an institution
of the file, before or after, the table's counts of children say how deep it goes below, the file's own left out.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from functions.institutions.domain.hierarchy import LEVELS, Node
from operations.rows import Entry, Problem


def check_shape(entries: Sequence[Entry], standing: Mapping[str, Node], named: Collection[str] = ()) -> list[Problem]:
    """Problems of the hierarchy: supervisors that are nowhere, circles, more than six levels.

    `standing` has every institution of the file that is there and everything above them, as it is. `named` are the
    codes of all lines: no one is blamed for a supervisor whose line has a problem of its own.
    """
    supervisor_of = {
        **dict.fromkeys(named),
        **{code: node.supervisor for code, node in standing.items()},
        **{entry.code: entry.details.supervisor_code for entry in reversed(entries)},
    }  # of repeated codes the first counts
    problems: list[Problem] = []
    in_order: dict[str, Entry] = {}
    for entry in entries:
        supervisor = entry.details.supervisor_code
        if supervisor is not None and supervisor not in supervisor_of:
            text = f"{supervisor} is neither in the file nor in the directory."
            problems.append(Problem(entry.line, "supervisor_code", "SUPERVISOR_UNKNOWN", text))
            continue
        level, circle = _level(supervisor_of, entry.code, supervisor)
        if circle:
            text = "It is, or lies below, an institution circle."
            problems.append(Problem(entry.line, "supervisor_code", "CIRCLE", text))
        elif level > LEVELS:
            text = f"It would stand on level {level}; there are at most {LEVELS}."
            problems.append(Problem(entry.line, "supervisor_code", "TOO_DEEP", text))
        else:
            in_order.setdefault(entry.code, entry)
    in_file = {entry.code for entry in entries}
    return problems + _too_deep_below(in_order, in_file, standing, supervisor_of)


def level_of(entries: Mapping[str, Entry], code: str) -> int:
    """How many institutions of the file stand above one: supervisors are written before those below them."""
    level = 0
    supervisor = entries[code].details.supervisor_code
    while supervisor is not None and supervisor in entries:
        level, supervisor = level + 1, entries[supervisor].details.supervisor_code
    return level


def _level(supervisor_of: Mapping[str, str | None], code: str, supervisor: str | None) -> tuple[int, bool]:
    """On which level an institution stands below a supervisor, and whether that cannot be said because of a circle."""
    level, higher, seen = 1, supervisor, {code}
    while higher is not None and higher not in seen:
        seen.add(higher)
        level, higher = level + 1, supervisor_of.get(higher)
    return level, higher is not None


def _too_deep_below(
    entries: Mapping[str, Entry],
    in_file: Collection[str],
    standing: Mapping[str, Node],
    supervisor_of: Mapping[str, str | None],
) -> list[Problem]:
    """Lines that would push what is below them, and is not in the file, too far down."""
    deepest: dict[str, int] = defaultdict(int)
    for code, below in _others_below(standing).items():
        level, circle = _level(supervisor_of, code, supervisor_of.get(code))
        moved: str | None = code
        while moved is not None and moved not in in_file and not circle:
            moved = supervisor_of.get(moved)
        if moved is not None and moved in entries and not circle:
            deepest[moved] = max(deepest[moved], level + below)
    return [
        Problem(
            entries[code].line,
            "supervisor_code",
            "TOO_DEEP",
            f"What is below it, and not in the file, would stand on level {level}; there are at most {LEVELS}.",
        )
        for code, level in deepest.items()
        if level > LEVELS
    ]


def _others_below(standing: Mapping[str, Node]) -> dict[str, int]:
    """How many levels lie below each of these through institutions that are none of these."""
    others = {code: Counter(dict(enumerate(node.children))) for code, node in standing.items()}
    for node in standing.values():
        if node.supervisor in others:
            others[node.supervisor][node.height] -= 1
    return {
        code: max((height + 1 for height, count in counts.items() if count > 0), default=0)
        for code, counts in others.items()
    }
