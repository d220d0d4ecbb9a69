"""Reads the text of a card on a phone photo: our reader, or RapidOCR's engine called plainly (`MEASURED`)."""

import os
from pathlib import Path

import numpy as np

from bench.timing import ROOT, obey
from functions.identity.imaging.photo import read_photo
from functions.identity.imaging.text_reader import text_reader

NUMBER = "420106198611190025"
photo = read_photo(Path(ROOT, "tests", "data", "collins_front_phone.jpg").read_bytes(), "image/jpeg")


def ours() -> str:
    """All the text, by the one reader of the process."""
    return " ".join(line.text for line in text_reader(Path(os.environ["TEXT_MODELS_DIR"])).read(photo.image))


if os.environ["MEASURED"] == "ours":
    call = ours
else:
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "error"})
    pixels = np.ascontiguousarray(np.asarray(photo.image)[:, :, ::-1])

    def plain() -> str:
        """All the text, by an engine that is kept too."""
        return " ".join(engine(pixels).txts or ())

    call = plain

assert NUMBER in call()
obey(call)
