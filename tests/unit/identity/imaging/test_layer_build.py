"""The models are taken by their pinned hash, from the installed RapidOCR or from a wheel, or not at all."""

import zipfile
from pathlib import Path

import pytest

from layers.imaging import build


def test_models_come_from_a_wheel_too(models: Path, tmp_path: Path) -> None:
    """A wheel file gives the same two models as the installed package."""
    wheel = tmp_path / "rapidocr.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in build.MODELS:
            archive.write(models / name, build.WHEEL_FOLDER + name)
    assert build.main(["models", str(tmp_path / "models"), "--wheel", str(wheel)]) == 0
    assert {path.name for path in (tmp_path / "models").iterdir()} == set(build.MODELS)


def test_another_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Content that differs from the pinned hash fails loudly and is not written."""
    wheel = tmp_path / "rapidocr.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in build.MODELS:
            archive.writestr(build.WHEEL_FOLDER + name, b"another model")
    assert build.main(["models", str(tmp_path / "models"), "--wheel", str(wheel)]) == 1
    assert "SHA-256" in capsys.readouterr().err
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("content", [None, b"no wheel", "empty"])
def test_a_wheel_without_models_is_refused(tmp_path: Path, content: bytes | str | None) -> None:
    """A missing, broken or foreign wheel is an error of one line."""
    wheel = tmp_path / "rapidocr.whl"
    if isinstance(content, bytes):
        wheel.write_bytes(content)
    elif content == "empty":
        zipfile.ZipFile(wheel, "w").close()
    assert build.main(["models", str(tmp_path / "models"), "--wheel", str(wheel)]) == 1
