"""The only import of onnxruntime, with its telemetry turned off.

Official builds from 1.32 on write a device id and an event database below the home's `.cache/Microsoft` while they are
imported, and look up Microsoft's collector seconds later. `disable_telemetry_events()` comes too late for both: only
this variable, set before the import, prevents them (Privacy.md in the wheel, *Disabling Telemetry*). The template sets
it for every function as well; here it holds for any process.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime  # type: ignore[import-untyped]  # noqa: TID251 - here alone, after the variable

__all__ = ["onnxruntime"]
