"""The grants area on moto, which is made fast enough for a directory, with names forgotten between the tests."""

from collections.abc import Iterator

import pytest

from functions.grants import display_names
from local.aws.moto_tables import patch_moto_tables
from tests.integration.client import Http
from tests.integration.grants.builders import Tree, tree

patch_moto_tables()


@pytest.fixture
def world(http: Http) -> Iterator[Tree]:
    """A province with cities and hospitals, an open business and its administrator."""
    display_names.clear_cache()
    yield tree(http)
    display_names.clear_cache()
