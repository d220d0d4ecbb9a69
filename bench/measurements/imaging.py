"""A photo made safe and read: time beside the least it can take, memory above what the imports need.

The floor of the first is libjpeg-turbo decoding at half scale and encoding again, with nothing checked or measured. The
second is the plain call of RapidOCR, whose models are ours too, on the same photo.
"""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from bench.environment import environment
from bench.figures import Figure
from bench.timing import ROOT, Subject, alternate, ratio, run_module

ROUNDS, OCR_ROUNDS = 15, 7
MODELS = ROOT / "build" / "imaging" / "models"


def measure() -> Iterator[Figure]:
    """The pipeline without text, its memory, and the reading of a card."""
    given = environment(TEXT_MODELS_DIR=str(MODELS))
    with ExitStack() as stack:
        ours = stack.enter_context(Subject("bench.targets.photo", {**given, "MEASURED": "ours"}))
        floor = stack.enter_context(Subject("bench.targets.photo", {**given, "MEASURED": "floor"}))
        taken = alternate({"ours": ours.cpu(1), "floor": floor.cpu(1)}, ROUNDS)
    yield Figure("scan without OCR, 12 MP / half-scale decode + encode", ratio(taken, "ours", "floor"), _ms(taken))
    memory = {
        size: statistics.median(
            run_module("bench.targets.photo_memory", {**given, "MEASURED": str(size)}) for _ in range(3)
        )
        for size in (12, 24, 48)
    }
    yield Figure("memory of a 12 MP scan above the imports", memory[12], unit="MB")
    yield Figure("memory of 24 MP / 12 MP", memory[24] / memory[12], f"{memory[24]:.1f} MB, the largest that is let in")
    yield Figure(
        "memory of 48 MP / 12 MP", memory[48] / memory[12], f"{memory[48]:.1f} MB, with the limit of 25 MP lifted"
    )
    with ExitStack() as stack:
        ours = stack.enter_context(Subject("bench.targets.reading", {**given, "MEASURED": "ours"}))
        engine = stack.enter_context(Subject("bench.targets.reading", {**given, "MEASURED": "engine"}))
        taken = alternate({"ours": ours.cpu(1), "floor": engine.cpu(1)}, OCR_ROUNDS)
    yield Figure("OCR of a card / the plain engine call", ratio(taken, "ours", "floor"), _ms(taken))


def _ms(taken: dict[str, list[float]]) -> str:
    return " / ".join(f"{min(taken[name]) * 1000:.0f} ms" for name in ("ours", "floor"))
