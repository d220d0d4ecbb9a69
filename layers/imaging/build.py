"""What the imaging layer holds beside its packages, and the directory of text models that the local run uses.

    python -m layers.imaging.build models DIR [--wheel RAPIDOCR.whl]

The models come out of the RapidOCR wheel and count only with the pinned SHA-256. `make package` builds the layer
(`deployment.layers`): the locked wheels of `requirements.txt` without `TRIMMED`, and what `complete` adds.
"""

import argparse
import hashlib
import importlib.util
import sys
import zipfile
from pathlib import Path

from layers.pictures.build import TRIMMED as PILLOW_TRIMMED

MODELS = {
    "PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    "PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}
WHEEL_FOLDER = "rapidocr/models/"

# Never loaded when a photo is read. onnxruntime's Python module has the engine inside: the library is its second copy.
TRIMMED = (
    *PILLOW_TRIMMED,
    "flatbuffers*",
    "google",
    "protobuf*",
    "packaging*",
    "onnxruntime/backend",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "onnxruntime/capi/libonnxruntime.so*",
    "numpy/f2py",
    "numpy/_pyinstaller",
)


class BuildFailed(Exception):
    """The models are not as pinned; the message says what is wrong."""


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 with a message where the build fails."""
    parser = argparse.ArgumentParser(prog="python -m layers.imaging.build", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    models = commands.add_parser("models", help="copy the text models into a directory")
    models.add_argument("directory", type=Path)
    models.add_argument("--wheel", type=Path, help="the RapidOCR wheel (default: the installed RapidOCR)")
    options = parser.parse_args(arguments)
    try:
        copy_models(options.directory, options.wheel)
    except BuildFailed as failure:
        print(f"imaging layer: {failure}", file=sys.stderr)
        return 1
    return 0


def complete(root: Path) -> None:
    """Add to the layer's root what Lambda unpacks to `/opt/models`. Raises `BuildFailed`."""
    copy_models(root / "models")


def copy_models(directory: Path, wheel: Path | None = None) -> None:
    """Put the two models into a directory; raises BuildFailed where one is missing or is not the pinned one."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, pinned in MODELS.items():
        content = model_content(name, wheel)
        found = hashlib.sha256(content).hexdigest()
        if found != pinned:
            raise BuildFailed(f"{name} has SHA-256 {found}, pinned is {pinned}")
        (directory / name).write_bytes(content)


def model_content(name: str, wheel: Path | None) -> bytes:
    """The bytes of a model in a wheel file, or in the installed RapidOCR, which is found without being imported."""
    try:
        if wheel is not None:
            with zipfile.ZipFile(wheel) as archive:
                return archive.read(WHEEL_FOLDER + name)
        package = importlib.util.find_spec("rapidocr")
        if package is None or package.origin is None:
            raise BuildFailed("RapidOCR is not installed: install requirements-dev.txt or name a wheel with --wheel")
        return (Path(package.origin).parent / "models" / name).read_bytes()
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise BuildFailed(f"{name} cannot be read: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
