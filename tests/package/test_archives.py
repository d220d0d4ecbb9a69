"""Zips, pruning, bytecode and the budget: the same input gives the same file, and nothing grows unseen."""

import gzip
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import botocore.session
import pytest
from botocore.loaders import Loader

from deployment import budget, bytecode, layers, pruning, zip_writer
from deployment.errors import DeploymentFailed
from deployment.target import Target, here, interpreter
from deployment.zip_writer import Sizes


def write(root: Path, *names: str, content: str = "answer = 42\n") -> None:
    """Make files."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def test_one_content_is_one_file(tmp_path: Path) -> None:
    """Times, modes, and the order in which files were made do not matter; names and contents do."""
    write(tmp_path / "one", "b.py", "a/c.so")
    write(tmp_path / "two", "a/c.so", "b.py")
    os.utime(tmp_path / "two" / "b.py", (0, 0))
    (tmp_path / "two" / "b.py").chmod(0o600)
    sizes = zip_writer.write_zip(tmp_path / "one", tmp_path / "one.zip")
    zip_writer.write_zip(tmp_path / "two", tmp_path / "two.zip")
    assert zip_writer.digest(tmp_path / "one.zip") == zip_writer.digest(tmp_path / "two.zip")
    assert sizes == Sizes((tmp_path / "one.zip").stat().st_size, 24)
    write(tmp_path / "two", "b.py", content="answer = 43\n")
    zip_writer.write_zip(tmp_path / "two", tmp_path / "two.zip")
    assert zip_writer.digest(tmp_path / "one.zip") != zip_writer.digest(tmp_path / "two.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as zipped:
        assert zipped.namelist() == ["a/c.so", "b.py"]
        assert [entry.external_attr >> 16 for entry in zipped.infolist()] == [0o100755, 0o100644]


def test_pruning_leaves_what_is_called(tmp_path: Path) -> None:
    """Other services' data goes; the data of ours and what is shared by all stay."""
    kept = ["botocore/data/endpoints.json", "botocore/client.py"]
    gone = [
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "botocore/data/s3/2006-03-01/examples-1.json",
        "boto3/data/s3/resources-1.json",
        "msgspec/__init__.pyi",
        "numpy/tests/test_all.py",
    ]
    write(tmp_path, *kept, *gone)
    service = tmp_path / "botocore/data/s3/2006-03-01/service-2.json.gz"
    shapes = {"documentation": {"shape": "Text", "documentation": "What it is."}}
    service.write_bytes(gzip.compress(json.dumps({"documentation": "What it is.", "members": shapes}).encode()))
    endpoints = tmp_path / "botocore/data/endpoints.json"
    partition = {"partition": "aws", "services": {"ec2": {}, "s3": {"endpoints": {}}}}
    endpoints.write_text(json.dumps({"partitions": [partition]}), encoding="utf-8")
    pruning.prune(tmp_path)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted([*kept, "botocore/data/s3/2006-03-01/service-2.json"])
    assert json.loads(service.with_suffix("").read_bytes()) == {"members": {"documentation": {"shape": "Text"}}}
    assert json.loads(endpoints.read_bytes())["partitions"] == [
        {"partition": "aws", "services": {"s3": {"endpoints": {}}}}
    ]


def test_every_client_works_with_what_pruning_leaves(tmp_path: Path) -> None:
    """Botocore reads the pruned descriptions of all services that are called, and signs an upload form with them."""
    data = Path(botocore.__file__).parent / "data"
    kept = tmp_path / "botocore" / "data"
    for name in (*pruning.SERVICES, "endpoints.json", "partitions.json", "_retry.json"):
        (shutil.copytree if (data / name).is_dir() else shutil.copy)(data / name, kept.joinpath(name))
    shutil.copy(data / "sdk-default-configuration.json", kept)
    pruning.prune(tmp_path)
    session = botocore.session.Session()
    loader = Loader(extra_search_paths=[str(kept)], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    session.set_credentials("test", "test")
    made = {name: session.create_client(name, region_name="us-east-1") for name in pruning.SERVICES}
    form = made["s3"].generate_presigned_post("bucket", "key")
    assert form["url"] == "https://bucket.s3.amazonaws.com/"
    assert made["kms"].meta.service_model.operation_names


def test_dependencies_are_bytecode_and_ours_keeps_its_sources(tmp_path: Path) -> None:
    """Both are compiled with unchecked hashes as if they lay where Lambda unpacks them, and both can be imported."""
    write(tmp_path, "theirs/__init__.py", "single.py", "ours/__init__.py", content="def where():\n    return 42\n")
    assert bytecode.compile_tree(tmp_path, "/var/task", here(), keep_sources=("ours",))
    tag = f"cpython-{here().python.replace('.', '')}"
    cached = tmp_path / "ours" / "__pycache__" / f"__init__.{tag}.pyc"
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {tmp_path / "theirs/__init__.pyc", tmp_path / "single.pyc", tmp_path / "ours/__init__.py", cached}
    for compiled in files - {tmp_path / "ours/__init__.py"}:
        assert compiled.read_bytes()[4:8] == b"\x01\0\0\0"  # a hash that is not checked (PEP 552)
    program = "import single, theirs, ours; print(single.where.__code__.co_filename, ours.where())"
    command = [str(interpreter(here().python)), "-c", program]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["/var/task/single.py", "42"]


def test_without_the_targets_python_the_sources_stay(tmp_path: Path) -> None:
    """A machine that lacks it makes a package that works all the same."""
    write(tmp_path, "theirs/__init__.py")
    assert not bytecode.compile_tree(tmp_path, "/var/task", Target(python="2.99"))
    assert (tmp_path / "theirs/__init__.py").exists()


def test_code_that_does_not_compile_is_refused(tmp_path: Path) -> None:
    """A broken module would otherwise fail in Lambda first."""
    write(tmp_path, "ours/broken.py", content="def\n")
    with pytest.raises(DeploymentFailed, match="ours"):
        bytecode.compile_tree(tmp_path, "/var/task", here(), keep_sources=("ours",))


def test_the_budget_is_kept() -> None:
    """Within it, each zip has its line; over it, or over Lambda's limit, packaging fails and names the zip."""
    known = json.loads(budget.PATH.read_text(encoding="utf-8"))
    assert set(known) == {"functions.zip", *(f"layers/{name}.zip" for name in layers.names())}
    small = dict.fromkeys(known, Sizes(1_000_000, 2_000_000))
    assert len(budget.check(small, "functions.zip")) == len(known)
    with pytest.raises(DeploymentFailed, match=r"functions\.zip.*over its budget"):
        budget.check({**small, "functions.zip": Sizes(50_000_000, 2_000_000)}, "functions.zip")
    with pytest.raises(DeploymentFailed, match=r"layers/new\.zip has no budget"):
        budget.check({**small, "layers/new.zip": Sizes(1, 1)}, "functions.zip")
    with pytest.raises(DeploymentFailed, match=r"imaging\.zip.*250 MB"):
        budget.check({**small, "layers/imaging.zip": Sizes(1, 249_000_000)}, "functions.zip")


def test_the_budget_is_half_of_what_stock_packaging_ships() -> None:
    """The stock package holds every description of botocore's, compressed already: its zip is no smaller than those.

    Built in full (`deployment.function_zip.build_stock`, two minutes) it weighed 18.9 MB, where ours weighed 4.5.
    """
    descriptions = (Path(botocore.__file__).parent / "data").rglob("*.json.gz")
    at_least = sum(path.stat().st_size for path in descriptions)
    allowed = json.loads(budget.PATH.read_text(encoding="utf-8"))["functions.zip"]["zipped"] * 1e6
    assert allowed <= 0.5 * at_least


def test_functions_with_their_layers_fit_into_lambda() -> None:
    """By their budgets already: the code with each layer is below 250 MB unzipped."""
    allowed = json.loads(budget.PATH.read_text(encoding="utf-8"))
    for name in layers.names():
        together = allowed["functions.zip"]["unzipped"] + allowed[f"layers/{name}.zip"]["unzipped"]
        assert together * 1e6 < budget.LAMBDA_UNZIPPED
