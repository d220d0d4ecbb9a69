"""The API function's package, cold: a process that starts, imports, and has its first answer from DynamoDB.

Ours as `make package` builds it, beside what `chalice package` makes of the same code and requirements. Both lie in a
folder that is not written to, as in Lambda: what is not compiled is compiled again at every start.
"""

import hashlib
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import answers
from bench.environment import canned_dynamodb, environment
from bench.figures import Figure
from bench.timing import ROOT, alternate, cpu_of_process, ratio
from deployment.function_zip import build_code, build_stock
from deployment.target import here

ROUNDS = 9
FOLDER = ROOT / "build" / "bench" / "packages"
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from app import app
answer = app(json.load(open(sys.argv[2])), None)
assert answer["statusCode"] == 200, answer
"""


def measure() -> Iterator[Figure]:
    """The ratio of CPU seconds, and what each weighs."""
    unpacked = {"ours": _unpacked("ours", _ours), "stock": _unpacked("stock", build_stock)}
    event = FOLDER / "event.json"
    event.write_text(answers.me_event(), encoding="utf-8")
    with canned_dynamodb(answers.AUTHENTICATED_READ) as endpoint:
        given = environment(AWS_ENDPOINT_URL_DYNAMODB=endpoint, PYTHONDONTWRITEBYTECODE="1")

        def start(task: Path) -> Callable[[], float]:
            # Without the virtual environment: only what is in the package.
            command = [sys.executable, "-S", "-P", "-c", PROGRAM, str(task), str(event)]
            return lambda: cpu_of_process(command, given, FOLDER)

        taken = alternate({name: start(task) for name, task in unpacked.items()}, ROUNDS)
    note = " / ".join(f"{min(taken[name]) * 1000:.0f} ms" for name in ("ours", "stock"))
    yield Figure("packaged, cold, to the first answer / stock chalice package", ratio(taken, "ours", "stock"), note)
    megabytes = {name: (FOLDER / f"{name}.zip").stat().st_size / 1e6 for name in unpacked}
    note = f"{megabytes['ours']:.1f} MB / {megabytes['stock']:.1f} MB"
    yield Figure("zipped package / stock chalice package", megabytes["ours"] / megabytes["stock"], note)


def _ours(output: Path) -> object:
    return build_code(output, output.with_suffix(".json"), here())


def _unpacked(name: str, build: Callable[[Path], object]) -> Path:
    """The folder of an unpacked package, built again when anything it is made of has changed."""
    made_of = hashlib.sha256(here().python.encode())
    for folder in ("functions", "deployment", "infra"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                made_of.update(path.read_bytes())
    for name_of_file in ("app.py", "requirements.txt", "chalice.json"):
        made_of.update((ROOT / name_of_file).read_bytes())
    task, stamp = FOLDER / name, FOLDER / f"{name}.sha256"
    if not (stamp.exists() and stamp.read_text(encoding="ascii") == made_of.hexdigest()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(task, ignore_errors=True)
        build(FOLDER / f"{name}.zip")
        with zipfile.ZipFile(FOLDER / f"{name}.zip") as package:
            package.extractall(task)
        stamp.write_text(made_of.hexdigest(), encoding="ascii")
    return task
