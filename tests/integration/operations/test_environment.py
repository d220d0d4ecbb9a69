"""Where commands work: settings and credentials."""

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from operations import environment
from operations.cli import main
from operations.environment import has_settings, prepare

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONFIG_FILE")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command changes the environment for good; a test does not."""
    for name in ("AWS_ENDPOINT_URL", "AUDIT_SIGNER", "POWERTOOLS_LOG_LEVEL", "TABLE_NAME", *CREDENTIALS):
        monkeypatch.setenv(name, "to be set back")
        monkeypatch.delenv(name)


def test_a_profile_that_asks_asks_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of a profile that may ask for a code are found once, for all processes of a command."""
    given = {"Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": "secret", "SessionToken": "for an hour"}
    (tmp_path / "given.json").write_text(json.dumps({**given, "Expiration": "2099-01-01T00:00:00Z"}))
    asks = tmp_path / "ask.sh"
    asks.write_text(f"echo asked >> {tmp_path}/asked\ncat {tmp_path}/given.json\n")
    config = tmp_path / "config"
    config.write_text(f"[profile operator]\nregion = ap-southeast-1\ncredential_process = sh {asks}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "operator")
    prepare(function=None, endpoint_url=None)
    assert [os.environ[name] for name in CREDENTIALS[:3]] == ["AKIA1", "secret", "for an hour"]
    for _ in range(3):
        found = boto3.Session().get_credentials()
        assert found is not None
        assert found.get_frozen_credentials().token == "for an hour"
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_other_credentials_stay_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that no one is asked for are not written anywhere; an endpoint here has the settings that its run left."""
    config = tmp_path / "config"
    config.write_text("[profile operator]\naws_access_key_id = AKIA2\naws_secret_access_key = secret\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "operator")
    prepare(function=None, endpoint_url=None)
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    assert not has_settings()
    monkeypatch.setattr(environment, "LOCAL_RUNS", tmp_path)
    prepare(function=None, endpoint_url="http://127.0.0.1:5000")
    assert not has_settings()
    (tmp_path / "aws-5000.json").write_text(json.dumps({"TABLE_NAME": "local", "AWS_ACCESS_KEY_ID": "local"}))
    prepare(function=None, endpoint_url="http://127.0.0.1:5000")
    assert (os.environ["AWS_ACCESS_KEY_ID"], os.environ["TABLE_NAME"]) == ("local", "local")


@pytest.mark.parametrize("answer", [{}, {"Environment": {"Variables": {"OTHER": "settings"}}}])
def test_a_function_of_something_else_is_refused(
    answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A function without our settings ends a command with a message, whatever stands in the environment already."""

    class Lambda:
        def get_function_configuration(self, **_: str) -> dict[str, Any]:
            return answer

    monkeypatch.setattr(boto3, "client", lambda _: Lambda())
    monkeypatch.setenv("TABLE_NAME", "of another installation")
    with pytest.raises(SystemExit) as ended:
        main(["--function", "somebody-elses", "institutions", "export", "a.csv"])
    assert ended.value.code == 1
    assert (
        capsys.readouterr().err
        == "somebody-elses has no settings of this platform. Give the name of its API function.\n"
    )
    assert os.environ["TABLE_NAME"] == "of another installation"
