"""What a cold start imports: the API's modules, compiled as a package has them, and nothing of the layers."""

import compileall
import json
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.environment import environment
from bench.figures import Figure
from bench.timing import ROOT, alternate, cpu_of_process, ratio

ROUNDS = 15
COPY = ROOT / "build" / "bench" / "api"
ALONE = "import chalice, pynamodb.models, pynamodb.transactions"
APP = "import app"
# The scan function's layer and reader, QR codes, spreadsheets, and what a tracer would patch.
UNWANTED = ("PIL", "numpy", "onnxruntime", "rapidocr", "segno", "openpyxl", "aws_xray_sdk", "boto3", "requests")


def measure() -> Iterator[Figure]:
    """CPU of a process that imports the app, beside one that imports what it stands on; then what was imported."""
    _compiled_copy(COPY)
    given = environment(PYTHONPATH=str(COPY))

    def start(program: str) -> Callable[[], float]:
        return lambda: cpu_of_process([sys.executable, "-c", program], given, COPY)

    taken = alternate({"alone": start(ALONE), "ours": start(APP)}, ROUNDS)
    least = {name: f"{min(seconds) * 1000:.0f} ms" for name, seconds in taken.items()}
    note = f"{least['ours']} / {least['alone']}"
    yield Figure("import of the API / chalice + pynamodb", ratio(taken, "ours", "alone"), note)
    loaded = _loaded(given)
    found = [name for name in UNWANTED if name in loaded]
    yield Figure("unwanted packages imported by the API", len(found), ", ".join(found))


def _compiled_copy(copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    shutil.copy(ROOT / "app.py", copy)
    shutil.copytree(ROOT / "functions", copy / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(copy, quiet=1, invalidation_mode=unchecked):
        raise RuntimeError(f"{copy} does not compile")


def _loaded(given: dict[str, str]) -> set[str]:
    program = "import json, sys, app; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    ran = subprocess.run(
        [sys.executable, "-c", program], env=given, cwd=COPY, capture_output=True, text=True, check=True
    )
    return set(json.loads(ran.stdout))
