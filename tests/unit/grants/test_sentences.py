"""The history of a grant in words."""

from typing import get_args

import pytest

from functions.grants.domain import GrantEventName
from functions.grants.sentences import sentence


@pytest.mark.parametrize("event", get_args(GrantEventName))
def test_every_event_is_a_sentence(event: GrantEventName) -> None:
    """Old names too, in both languages, with nothing left to fill in."""
    said = sentence(event, actor="王**", person="柯**", before="李**", role="assistant", reason="换人")
    assert all(text and "{" not in text for text in said)
