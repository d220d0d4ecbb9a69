"""The product's settings for measurements, and the stand-in that answers its DynamoDB calls."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.timing import ROOT
from local.template import REGION, Template

VENV = ROOT / "build" / "bench" / "venv"


def environment(**more: str) -> dict[str, str]:
    """The variables that a function has, and those of this process that a Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/EXAMPLE"}
    aws = {"AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", **keys}
    return {**kept, **Template().environment(), **aws, "PYTHONHASHSEED": "0", **more}


def comparators_python() -> str:
    """The interpreter of what is compared with (`make .make/bench`)."""
    return str(VENV / "bin" / "python")


@contextmanager
def canned_dynamodb(answers: Mapping[str, Any]) -> Iterator[str]:
    """The address of a stand-in that gives these answers by operation (`GetItem`)."""
    with tempfile.TemporaryDirectory() as made:
        file = Path(made, "answers.json")
        file.write_text(json.dumps(answers), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.stub", str(file)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.communicate(timeout=30)
