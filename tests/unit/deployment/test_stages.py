"""Stages: their files, their parameters, and that production runs commits only."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deployment import stages
from deployment.errors import DeploymentFailed
from deployment.stages import Stage, check_parameters, read_stage, refuse_uncommitted

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "WebOrigin": {"Default": "http://localhost:3000", "Description": "The origin", "AllowedPattern": "https?://.+"},
        "WechatAppId": {"Description": "App id of the mini-program"},
    }
}


def stage(**parameters: str) -> Stage:
    """A stage with these parameters."""
    return Stage(region="us-east-1", stack="health-talent", parameters=parameters)


def test_parameters_are_checked_before_aws_is_asked() -> None:
    """Missing, unknown and mistyped ones are all named at once."""
    check_parameters(stage(WechatAppId="wx1"), TEMPLATE)
    with pytest.raises(DeploymentFailed) as refused:
        check_parameters(stage(WebOrigin="portal", Wechat="wx1"), TEMPLATE)
    text = str(refused.value)
    assert "WechatAppId is missing: App id of the mini-program" in text
    assert "Wechat is not a parameter" in text
    assert "WebOrigin: 'portal' does not match" in text
    with pytest.raises(DeploymentFailed, match="WechatAppId is missing"):
        check_parameters(stage(WechatAppId=""), TEMPLATE)


def test_only_stages_that_can_be_meant(tmp_path: Path) -> None:
    """An unknown name lists those there are; unknown fields, processors and Pythons are refused."""
    good = {"region": "us-east-1", "stack": "s", "parameters": {}}
    (tmp_path / "one.json").write_text(json.dumps(good), encoding="utf-8")
    assert read_stage("one", tmp_path).target.runtime == "python3.12"
    with pytest.raises(DeploymentFailed, match=r"no stage '\.\./one'.*one"):
        read_stage("../one", tmp_path)
    for wrong in ({"reigon": "x"}, {"python": "3.9"}, {"architecture": "mips"}):
        (tmp_path / "two.json").write_text(json.dumps({**good, **wrong}), encoding="utf-8")
        with pytest.raises(DeploymentFailed, match=r"two\.json"):
            read_stage("two", tmp_path)


@pytest.mark.parametrize("name", [path.stem for path in stages.FOLDER.glob("*.json")])
def test_the_stages_there_are(name: str) -> None:
    """Each can be read, and names no parameter that the template does not have."""
    resources = json.loads((stages.ROOT / "infra" / "resources.json").read_text(encoding="utf-8"))
    assert set(read_stage(name).parameters) <= set(resources["Parameters"])


def test_production_runs_commits_only(tmp_path: Path) -> None:
    """Changed or new files stop a deployment to production, and no other one."""

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    with pytest.raises(DeploymentFailed, match="cannot be told"):
        refuse_uncommitted("production", tmp_path)
    git("init")
    (tmp_path / "app.py").write_text("app = 1\n", encoding="utf-8")
    with pytest.raises(DeploymentFailed, match=r"app\.py"):
        refuse_uncommitted("production", tmp_path)
    refuse_uncommitted("staging", tmp_path)
    git("add", ".")
    git("commit", "-m", "x")
    refuse_uncommitted("production", tmp_path)
    (tmp_path / "app.py").write_text("app = 2\n", encoding="utf-8")
    with pytest.raises(DeploymentFailed, match=r"app\.py"):
        refuse_uncommitted("production", tmp_path)
