"""The one way to walk a state machine: a table of which step leads from which status to which."""

from collections.abc import Mapping
from typing import TypeVar

StatusT = TypeVar("StatusT", bound=str)
StepT = TypeVar("StepT", bound=str)


class StepNotOpen(Exception):
    """The state machine has no such step from here."""


def follow(transitions: Mapping[StatusT, Mapping[StepT, StatusT]], status: StatusT, step: StepT) -> StatusT:
    """The status after a step. Raises `StepNotOpen`."""
    following = transitions[status].get(step)
    if following is None:
        raise StepNotOpen
    return following
