"""What the tests of imaging share: the sample documents, the text models and one reader."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.identity.imaging.text_reader import TextReader, text_reader
from layers.imaging.build import copy_models

DATA = Path(__file__).parents[3] / "data"


@pytest.fixture(scope="session")
def samples() -> dict[str, dict[str, Any]]:
    """What each sample image shows, by its file's name."""
    return {sample["file"]: sample for sample in json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the models, made as the layer's are."""
    directory = tmp_path_factory.mktemp("models")
    copy_models(directory)
    return directory


@pytest.fixture(scope="session")
def reader(models: Path) -> TextReader:
    """The process's reader."""
    return text_reader(models)
