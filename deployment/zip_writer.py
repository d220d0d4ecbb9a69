"""Zips that depend on nothing but the names and contents of their files."""

import hashlib
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)


class Sizes(NamedTuple):
    """Bytes of a zip, and of what is in it."""

    zipped: int
    unzipped: int


def write_zip(root: Path, output: Path) -> Sizes:
    """All files below a folder, sorted, with one time and two modes; links are followed."""
    output.parent.mkdir(parents=True, exist_ok=True)
    unzipped = 0
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted((path for path in root.rglob("*") if path.is_file()), key=lambda path: path.as_posix()):
            content = path.read_bytes()
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = (0o100755 if path.suffix == ".so" or ".so." in path.name else 0o100644) << 16
            archive.writestr(entry, content)
            unzipped += len(content)
    return Sizes(output.stat().st_size, unzipped)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
