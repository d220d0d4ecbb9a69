"""Building the imaging layer, and the directory of text models that the local run and the tests use.

    python -m layers.imaging.build models DIR [--wheel RAPIDOCR.whl]
    python -m layers.imaging.build layer --platform manylinux2014_x86_64 --python 3.12 OUT.zip [--wheel RAPIDOCR.whl]

The models come out of the RapidOCR wheel and count only with the pinned SHA-256. The layer holds the locked wheels of
`requirements.txt` for another platform, without what recognition never loads, and is the same file at every build.
"""

import argparse
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
MODELS = {
    "PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    "PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}
WHEEL_FOLDER = "rapidocr/models/"

# What Lambda's Python 3.12 and newer run on: Amazon Linux 2023 has glibc 2.34. Older wheels are taken too.
PLATFORMS = {
    "manylinux2014_x86_64": "x86_64-manylinux_2_34",
    "manylinux2014_aarch64": "aarch64-manylinux_2_34",
}
MAX_UNZIPPED = 200_000_000  # Lambda: 250 MB with the function's own code

# Never loaded when a photo is read. onnxruntime's Python module has the engine inside: the library is its second copy.
TRIMMED = (
    "bin",
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
    "PIL/_avif*",
    "PIL/_imagingft*",
    "PIL/_imagingtk*",
    "PIL/_webp*",
    "pillow.libs/libavif*",
    "pillow.libs/libbrotli*",
    "pillow.libs/libfreetype*",
    "pillow.libs/libharfbuzz*",
    "pillow.libs/libpng*",
    "pillow.libs/libsharpyuv*",
    "pillow.libs/libwebp*",
)
TRIMMED_EVERYWHERE = ("tests", "include", "*.pyi", "*.h", "*.a", "*.pxd", "__pycache__", ".lock")
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class BuildFailed(Exception):
    """The layer or the models cannot be built as pinned; the message says what is wrong."""


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 with a message where the build fails."""
    parser = argparse.ArgumentParser(prog="python -m layers.imaging.build", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    models = commands.add_parser("models", help="copy the text models into a directory")
    models.add_argument("directory", type=Path)
    layer = commands.add_parser("layer", help="build the Lambda layer")
    layer.add_argument("--platform", choices=sorted(PLATFORMS), required=True)
    layer.add_argument("--python", required=True, help="the runtime's version, such as 3.12")
    layer.add_argument("output", type=Path)
    for command in (models, layer):
        command.add_argument("--wheel", type=Path, help="the RapidOCR wheel (default: the installed RapidOCR)")
    options = parser.parse_args(arguments)
    try:
        if options.command == "models":
            copy_models(options.directory, options.wheel)
        else:
            build_layer(options.output, options.platform, options.python, options.wheel)
    except BuildFailed as failure:
        print(f"imaging layer: {failure}", file=sys.stderr)
        return 1
    return 0


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


def build_layer(output: Path, platform: str, python: str, wheel: Path | None = None) -> None:
    """Write the layer's zip and print its sizes; raises BuildFailed above 200 MB unzipped."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        install(root / "python", platform, python)
        trim(root / "python")
        compile_bytecode(root, python)
        copy_models(root / "models", wheel)
        unzipped = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        if unzipped > MAX_UNZIPPED:
            raise BuildFailed(f"{unzipped / 1e6:.1f} MB unzipped are more than {MAX_UNZIPPED / 1e6:.0f} MB")
        output.parent.mkdir(parents=True, exist_ok=True)
        write_zip(root, output)
    print(f"{output}: {unzipped / 1e6:.1f} MB unzipped, {output.stat().st_size / 1e6:.1f} MB zipped")


def install(target: Path, platform: str, python: str) -> None:
    """Install the locked wheels for another platform and Python, their hashes checked.

    By uv, since pip reads a requirement's conditions with the Python it runs on, not with the one it installs for.
    """
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(target)]
    command += ["--python-platform", PLATFORMS[platform], "--python-version", python, "--only-binary", ":all:"]
    command += ["--no-deps", "--require-hashes", "--no-compile-bytecode", "-r", str(REQUIREMENTS)]
    if subprocess.run(command, check=False).returncode:
        raise BuildFailed(f"the wheels for {platform} and Python {python} could not be installed")


def trim(packages: Path) -> None:
    """Remove what recognition never loads."""
    found = [path for pattern in TRIMMED for path in packages.glob(pattern)]
    found += [path for pattern in TRIMMED_EVERYWHERE for path in packages.rglob(pattern)]
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def compile_bytecode(root: Path, python: str) -> None:
    """Compile the modules, as Lambda cannot write bytecode beside a layer: a cold start saves a second.

    Needs the runtime's own Python on this machine; without it the layer works, only more slowly at first.
    """
    find = [sys.executable, "-m", "uv", "python", "find", "--no-project", "--no-python-downloads", python]
    interpreter = subprocess.run(find, check=False, capture_output=True, text=True).stdout.strip()
    if not interpreter:
        print(f"imaging layer: no python{python} here, so the layer holds no bytecode", file=sys.stderr)
        return
    command = [interpreter, "-m", "compileall", "-q", "-s", str(root), "-p", "/opt"]
    command += ["--invalidation-mode", "unchecked-hash", str(root / "python")]
    if subprocess.run(command, check=False).returncode:
        raise BuildFailed("the modules could not be compiled")


def write_zip(root: Path, output: Path) -> None:
    """All files under a directory as a zip that depends on nothing but their names and contents."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = (0o100755 if path.suffix == ".so" or ".so." in path.name else 0o100644) << 16
            archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
