"""What people reach for to find part of a name: SQLite's FTS5, PostgreSQL's pg_trgm, and a scan of memory.

Each is asked for 20 names that hold a word, in the order of its own. Milliseconds on the wall, the least of some runs:
PostgreSQL works in another process. Where PostgreSQL is not on this machine its row says so.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure
from operations.rows import Row

WORDS = ("医院", "疾病预防控制")  # two characters, and enough for three letters' indexes
MILLION = 28  # provinces
RUNS = 7
LIMIT = 20
TRIGRAM = 3
CANNOT = {
    "memory scan": "a copy in each process, no page in order without sorting",
    "SQLite FTS5": "one writer, one machine",
    "pg_trgm": "no trigram in two characters; a server to run, patch and pay for",
}


def comparisons(generate: Callable[[int, int], Sequence[Row]], province: int) -> Iterator[Figure]:
    """Milliseconds of each, for each word, on one province and on a million names."""
    names = [row.name for row in generate(province, 1)]
    yield from _compared(names, "36,000")
    for seed in range(2, MILLION + 1):
        names += [row.name for row in generate(province, seed)]
    yield from _compared(names, "1,000,000")


def _compared(names: Sequence[str], size: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as made:
        asked = {"memory scan": _in_memory(names), "SQLite FTS5": _fts5(names, Path(made))}
        for name, search in asked.items():
            for word in WORDS:
                if name == "SQLite FTS5" and len(word) < TRIGRAM:
                    yield Figure(f"{name}, {word}, {size}", None, "finds nothing below three characters")
                    continue
                yield Figure(f"{name}, {word}, {size}", _least_ms(search, word), CANNOT[name], "ms")
    if _programs() is None:
        yield Figure(f"pg_trgm, {size}", None, "PostgreSQL is not on this machine")
        return
    with _postgresql(names) as search:
        for word in WORDS:
            yield Figure(f"pg_trgm, {word}, {size}", _least_ms(search, word), CANNOT["pg_trgm"], "ms")


Search = Callable[[str], float | None]


def _least_ms(search: Search, word: str) -> float:
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        told = search(word)  # milliseconds where the server says them itself
        taken.append((time.perf_counter() - started) * 1000 if told is None else told)
    return min(taken)


def _in_memory(names: Sequence[str]) -> Search:
    def search(word: str) -> None:
        assert len(sorted(name for name in names if word in name)[:LIMIT]) == LIMIT

    return search


def _fts5(names: Sequence[str], folder: Path) -> Search:
    database = sqlite3.connect(folder / "names.db")
    database.execute("CREATE VIRTUAL TABLE names USING fts5(name, tokenize='trigram')")
    database.executemany("INSERT INTO names VALUES (?)", ((name,) for name in names))
    database.commit()

    def search(word: str) -> None:
        # In order, as ours is.
        found = database.execute("SELECT name FROM names WHERE name LIKE ? ORDER BY name LIMIT 20", (f"%{word}%",))
        assert len(found.fetchall()) == LIMIT

    return search


def _programs() -> Path | None:
    """Where the newest PostgreSQL of this machine has its programs, as Debian installs them; None without one."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((program.parent for program in found), key=lambda folder: int(folder.parent.name), default=None)


@contextmanager
def _postgresql(names: Sequence[str]) -> Iterator[Search]:
    """A server of its own on a socket, with the index; it tells the milliseconds of a query itself."""
    folder = Path(tempfile.mkdtemp(prefix="bench-pg-"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    bin_folder = _programs()
    assert bin_folder is not None

    def run(*command: str, text: str | None = None) -> str:
        ran = subprocess.run(
            [*as_user, *command],
            input=text,
            text=True,
            check=True,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return ran.stdout

    def psql(statement: str) -> str:
        told_to = ("-h", str(folder), "-U", "postgres", "-Atq", "-v", "ON_ERROR_STOP=1")
        return run(str(bin_folder / "psql"), *told_to, text=statement)

    control = [str(bin_folder / "pg_ctl"), "-D", str(folder / "data")]
    try:
        run(str(bin_folder / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c maintenance_work_mem=512MB"
        run(*control, "-w", "-o", options, "-l", str(folder / "log"), "start")
        try:
            psql("CREATE EXTENSION pg_trgm; CREATE UNLOGGED TABLE names (name text);")
            psql("COPY names FROM STDIN;\n" + "\n".join(names) + "\n\\.\n")
            psql("CREATE INDEX ON names USING gin (name gin_trgm_ops); ANALYZE names;")

            def search(word: str) -> float:
                query = f"SELECT name FROM names WHERE name LIKE '%{word}%' ORDER BY name LIMIT {LIMIT}"
                plan = psql(f"EXPLAIN (ANALYZE, TIMING OFF) {query};")
                said = next(line for line in plan.splitlines() if line.startswith("Execution Time"))
                return float(said.split()[2])

            yield search
        finally:
            run(*control, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
