"""The one way to walk a state machine: a table of which step leads from which status to which."""

from collections.abc import Mapping
from typing import TypeVar

StatusT = TypeVar("StatusT", bound=str)
StepT = TypeVar("StepT", bound=str)


class InvalidTransition(Exception):
    """The state machine has no such step from here."""


def transition(transitions: Mapping[StatusT, Mapping[StepT, StatusT]], status: StatusT, step: StepT) -> StatusT:
    """The status after a step. Raises `InvalidTransition`."""
    next_status = transitions[status].get(step)
    if next_status is None:
        raise InvalidTransition
    return next_status
