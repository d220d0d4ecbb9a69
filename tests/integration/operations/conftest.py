"""The operator's commands on moto, which is made fast enough for a directory."""

import pytest

from local.aws.moto_tables import patch_moto_tables

patch_moto_tables()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command sets these for its process; afterwards they are as before."""
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "INFO")
    monkeypatch.setenv("AUDIT_SIGNER", "functions")
