"""`python -m bench [row ...]`: measures, prints, writes `results.json`, and fails where a budget is missed."""

import json
import platform
import signal
import sys
import time
from importlib import import_module

from bench.figures import RESULTS, Figure, budgets, line, missed

# In the order of the table.
ROWS = ("http", "imports", "package", "units", "data_layer", "search", "imaging", "grants", "worker", "costs")


def main(chosen: list[str]) -> int:
    """Measure all rows, or those chosen; the exit code. Only a whole run is written down."""
    # What was started (a PostgreSQL, stand-ins, workers) is ended then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    unknown = set(chosen) - set(ROWS)
    if unknown:
        print(f"There is no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}.", file=sys.stderr)
        return 2
    rows = chosen or list(ROWS)
    allowed = budgets()
    figures: list[Figure] = []
    for row in rows:
        started = time.monotonic()
        print(f"--- {row}")
        for figure in import_module(f"bench.measurements.{row}").measure():
            figures.append(figure)
            print(line(figure, allowed.get(figure.name)), flush=True)
        print(f"    ({time.monotonic() - started:.0f} s)", flush=True)
    if not chosen:
        results = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "figures": [figure._asdict() for figure in figures],
        }
        RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    wrong = missed(figures, rows)
    print(f"{len(figures)} figures, {len(wrong)} over budget", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
