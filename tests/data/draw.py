"""Draws every sample image and manifest.json: `.venv/bin/python tests/data/draw.py`.

Nothing is downloaded and every picture has its own fixed seed, so a second run gives the same files. What there is to
draw stands in `sample_plan.py`, the pages in `sample_documents.py`, the camera in `sample_effects.py`.
"""

from __future__ import annotations

import io
import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import sample_documents as documents
import sample_effects as effects
from PIL import Image
from sample_plan import DEVELOPER_SAMPLES, PEOPLE, Photo, Selfie, photos, selfies
from staged import staged

HERE = Path(__file__).parent
STAGED = HERE / "staged"
LOCAL_SAMPLES = HERE.parents[1] / "local" / "samples"
UPRIGHT_TO_STORED = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270, 3: Image.Transpose.ROTATE_180}
ORIENTATION_TAG = 0x0112
PERSONAL_FIELDS = ("person", "name", "number", "valid_from", "valid_until", "nationality")


def page(photo: Photo, scale: float) -> Image.Image:
    """The flat document of the photo."""
    if not photo.person:
        return documents.squared_paper(scale)
    person = PEOPLE[photo.person]
    if photo.kind == "resident_front":
        return documents.resident_front(person, scale)
    if photo.kind == "resident_back":
        return documents.resident_back(person, scale)
    if photo.kind == "temporary_resident_id":
        return documents.temporary_card(person, scale)
    if photo.kind == "hk_macau_permit":
        return documents.hk_macau_permit(person, photo.second_name, scale)
    return documents.passport(person, scale, photo.issuer, photo.personal)


def photograph(photo: Photo, rng: np.random.Generator) -> Image.Image:
    """The document as the phone sees it, upright (EXIF orientation is applied when saving)."""
    if photo.flat:
        return page(photo, photo.size[0] / documents.CARD[0])
    width, height = photo.size
    ground = effects.table(width, height, rng, photo.table)
    long_side = documents.PASSPORT_PAGE[0] if photo.kind == "passport" else documents.CARD[0]
    scale = 1.15 * width * photo.fill / long_side
    sheet = documents.rounded(page(photo, scale), 3.2 * scale)
    picture = effects.lay(sheet, ground, photo.fill, photo.degrees, photo.tilt, photo.shift)
    picture = effects.lamp(picture, photo.warmth, photo.exposure, photo.falloff, (0.35, 0.3))
    if photo.glare:
        picture = effects.glare(picture, *photo.glare)
    if photo.blur:
        picture = effects.defocus(picture, photo.blur)
    if photo.shake:
        picture = effects.shake(picture, *photo.shake)
    picture = effects.noise(picture, photo.noise, rng)
    return Image.fromarray(picture).rotate(photo.turn, expand=True)


def portrait_photo(selfie: Selfie, rng: np.random.Generator) -> Image.Image:
    """A person, several or no one in a room."""
    width, height = selfie.size
    picture = effects.room(width, height, rng, selfie.wall)
    if selfie.mirrored_room:
        picture = np.ascontiguousarray(picture[:, ::-1])
    for name, tall, middle, degrees in selfie.figures:
        figure = np.asarray(Image.open(HERE / "portraits" / f"{name}.png").convert("RGBA"))
        picture = effects.stand(figure, picture, tall, middle, degrees)
    picture = effects.gamma(picture, selfie.gamma)
    picture = effects.lamp(picture, selfie.warmth, selfie.exposure, selfie.falloff, selfie.light)
    if selfie.blur:
        picture = effects.defocus(picture, selfie.blur)
    return Image.fromarray(effects.noise(picture, selfie.noise, rng))


def save(image: Image.Image, name: str, quality: int, orientation: int) -> None:
    """Writes JPEG or PNG by the name's ending; a 12-megapixel photo is stored as the sensor sees it, with its EXIF."""
    if name.endswith(".png"):
        image.save(HERE / name, optimize=True)
        return
    exif = Image.Exif()
    if orientation != 1:
        image = image.transpose(UPRIGHT_TO_STORED[orientation])
        exif[ORIENTATION_TAG] = orientation
        exif[0x010F], exif[0x0110] = "Sample", "Drawn phone"  # Make, Model: there must be something to strip
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, exif=exif)
    (HERE / name).write_bytes(buffer.getvalue())


def entry(photo: Photo) -> dict[str, Any]:
    """The manifest's line for a document photo: the whole document's data, whichever side is shown."""
    fields: dict[str, str | None] = dict.fromkeys(PERSONAL_FIELDS)
    if photo.person:
        person = PEOPLE[photo.person]
        fields = {
            "person": person.key,
            "name": person.name.replace(", ", " "),
            "number": person.number,
            "valid_from": person.valid_from.isoformat(),
            "valid_until": person.valid_until.isoformat() if person.valid_until else None,
            "nationality": person.nationality,
        }
    return {
        "file": photo.file,
        "kind": photo.kind,
        **fields,
        "effects": list(photo.effects),
        "expect": photo.expect,
    }


def selfie_entry(selfie: Selfie) -> dict[str, Any]:
    """The manifest's line for a selfie: who is in it, and whose document `expect` is about."""
    fields: dict[str, str | None] = dict.fromkeys(PERSONAL_FIELDS)
    if len(selfie.figures) == 1:
        fields["person"] = selfie.figures[0][0]
    return {
        "file": selfie.file,
        "kind": "selfie",
        **fields,
        "effects": list(selfie.effects),
        "expect": selfie.expect,
        "against": selfie.against,
    }


def draw_staged() -> None:
    """Draws the staged photos and their manifest."""
    STAGED.mkdir(exist_ok=True)
    for old in STAGED.glob("*.jpg"):
        old.unlink()
    listed = []
    for one in staged():
        rng = np.random.default_rng(zlib.crc32(one.file.encode()))
        one.drawn(rng).save(STAGED / one.file, "JPEG", quality=78)
        listed.append(one.entry())
    (STAGED / "manifest.json").write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Draws all, writes the manifest, copies the few samples a developer uses by hand."""
    for old in (*HERE.glob("*.jpg"), *HERE.glob("*.png")):
        old.unlink()
    manifest = []
    for photo in photos():
        rng = np.random.default_rng(zlib.crc32(photo.file.encode()))
        save(photograph(photo, rng), photo.file, photo.quality, photo.orientation)
        manifest.append(entry(photo))
    for selfie in selfies():
        rng = np.random.default_rng(zlib.crc32(selfie.file.encode()))
        save(portrait_photo(selfie, rng), selfie.file, 88, 1)
        manifest.append(selfie_entry(selfie))
    (HERE / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draw_staged()
    LOCAL_SAMPLES.mkdir(parents=True, exist_ok=True)
    for target, source in DEVELOPER_SAMPLES.items():
        shutil.copyfile(HERE / source, LOCAL_SAMPLES / target)


if __name__ == "__main__":
    main()
