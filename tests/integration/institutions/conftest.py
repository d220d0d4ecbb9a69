"""The institutions area on moto, which is made fast enough for a directory."""

import pytest

from local.aws.moto_tables import patch_moto_tables
from tests.integration.client import Http, new_user

patch_moto_tables()


@pytest.fixture
def admin(http: Http) -> Http:
    """A client with the session of an administrator."""
    return http.signed_in(new_user(administrator=True)[1])
