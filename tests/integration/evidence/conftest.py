"""The evidence function on moto, in a small province with grants."""

import pytest

from tests.integration.client import Http
from tests.integration.conftest import http
from tests.integration.grants.builders import Tree, tree

__all__ = ["http"]


@pytest.fixture
def world(http: Http) -> Tree:
    """A province, two businesses, an administrator."""
    return tree(http)
