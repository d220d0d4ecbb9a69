"""The grants area on moto, which is made fast enough for a directory, with names forgotten between the tests."""

from collections.abc import Iterator

import pytest

from functions.grants import names
from local.moto_tables import hold_more_items
from tests.integration.client import Http
from tests.integration.grants.builders import Tree, tree

hold_more_items()


@pytest.fixture
def world(http: Http) -> Iterator[Tree]:
    """A province with cities and hospitals, an open business and its administrator."""
    names.forget()
    yield tree(http)
    names.forget()
