"""Bringing a package to an account: artifacts into a bucket, a change set, and the end of it.

Where AWS is comes from the environment, as for every AWS client (credentials, profile, `AWS_ENDPOINT_URL`): the
rehearsal deploys with this same code.
"""

import json
from collections.abc import Callable
from pathlib import Path

import boto3.session

from deployment import template
from deployment.artifacts import Artifacts
from deployment.package import TEMPLATE
from deployment.stack import POLL_S, Stack
from deployment.stages import Stage, check_parameters

Tell = Callable[[str], None]


def account_of(stage: Stage) -> str:
    """The account that the credentials at hand belong to. Raises botocore's errors without good ones."""
    session = boto3.session.Session(region_name=stage.region)
    account: str = session.client("sts").get_caller_identity()["Account"]
    return account


def deploy(
    stage: Stage, package: Path, tell: Tell = print, *, replacing_data: bool = False, poll_s: float = POLL_S
) -> dict[str, str]:
    """Bring a packaged folder to a stage and tell of every step; the stack's outputs.

    Can be run again at any time: what is there stays, what was stopped is taken up. Raises `DeploymentFailed`, and
    botocore's errors where AWS cannot be reached or refuses the caller.
    """
    finished = json.loads((package / TEMPLATE).read_text(encoding="utf-8"))
    check_parameters(stage, finished)
    session = boto3.session.Session(region_name=stage.region)
    account = account_of(stage)
    stack = Stack(session.client("cloudformation"), stage.stack, tell, poll_s)
    stack.settle()
    bucket = stage.bucket or f"{stage.stack}-deployments-{account}-{stage.region}"
    artifacts = Artifacts(session.client("s3"), bucket, account)
    if stage.bucket:
        artifacts.check_bucket()
    else:
        artifacts.make_bucket()
    tell(f"Artifacts in {bucket}")
    url = artifacts.url(_store(finished, package, artifacts, tell))
    tell(f"Stack {stage.stack} in {stage.region}, account {account}")
    if stack.change(url, stage.parameters, replacing_data=replacing_data):
        tell("Deployed.")
    else:
        tell("No changes: what runs is what is here.")
    outputs = stack.outputs()
    for name, value in sorted(outputs.items()):
        tell(f"  {name:20} {value}")
    return outputs


def _store(finished: dict[str, object], package: Path, artifacts: Artifacts, tell: Tell) -> str:
    """The key of the template, whose local paths have become those of the artifacts in the bucket."""
    locations = {
        path: artifacts.uri(artifacts.store(package / path, tell))
        for path in (template.CODE, *template.layer_archives(finished))
    }
    for function in template.of_type(finished, "AWS::Serverless::Function"):
        function["CodeUri"] = locations[function["CodeUri"]]
    for layer in template.of_type(finished, "AWS::Serverless::LayerVersion"):
        layer["ContentUri"] = locations[layer["ContentUri"]]
    deployed = package / "deployed.json"
    template.write(finished, deployed)
    return artifacts.store(deployed, tell)
