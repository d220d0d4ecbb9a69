"""The dress rehearsal's platform: the package deployed to MiniStack by `deployment.deploy`, as `make deploy` does it.

Real Lambda packages and layers, API Gateway, S3 → SQS → Lambda, IAM policies enforced. WeChat and Rekognition stand in
(`local.standins`), and text messages are read from MiniStack's SNS. What differs from AWS is told, see `TOLD`.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import boto3.session

from deployment.deploy import deploy
from deployment.package import TEMPLATE, package
from deployment.stages import Stage
from deployment.target import here
from local.aws.provision import LOCAL_SECRET
from local.process import Process
from local.rehearsal import ministack
from local.rehearsal.template_gaps import complete_gateway, leave_out_unknown
from local.run import HOST, RunFailed, free_port
from local.template import PARAMETERS, REGION, ROOT, STACK, Template

FOLDER: Final = ROOT / "build" / "stack"
PACKAGE: Final = FOLDER / "package"
ACTIONS: Final = FOLDER / "actions.txt"
SERVICES: Final = "apigateway,cloudformation,dynamodb,iam,kms,lambda,logs,monitoring,s3,sns,sqs,ssm,sts"
# MiniStack's root user; functions get credentials of their own roles.
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
WEB_ORIGIN: Final = "http://localhost:3000"
RETRY_S: Final = 30
TOLD: Final = (
    "WeChat, Rekognition: stand-ins on this machine, named to the functions by their environment",
    "layers: unpacked to a folder of their own instead of /opt, so the models' folder is named to the functions",
    f"queues: a failed event comes back after {RETRY_S} s instead of six times the function's timeout",
    "the gateway's own answers: put in after deploying, since MiniStack takes only targets from a definition",
)
Tell = Callable[[str], None]


class StackRun(NamedTuple):
    """A rehearsed platform: where it is, as `local.run.Run` says it, and what was deployed."""

    api_url: str
    aws_url: str
    standin_url: str
    logs: Path
    outputs: dict[str, str]

    def client(self, service: Any) -> Any:
        """An AWS client of the root user."""
        return _session().client(service, endpoint_url=self.aws_url)


@contextlib.contextmanager
def stack_run(tell: Tell, *, aws_port: int | None = None, standin_port: int | None = None) -> Iterator[StackRun]:
    """Package, deploy and seed a platform, which ends with the block.

    Raises `RunFailed`, `DeploymentFailed`, `NotStarted`.
    """
    for line in package(PACKAGE, here()):
        tell(line)
    for line in leave_out_unknown(PACKAGE / TEMPLATE):
        tell(f"  left out: {line}")
    for line in TOLD:
        tell(f"  differs: {line}")
    ACTIONS.unlink(missing_ok=True)
    for left in FOLDER.glob("ministack-lambda-*"):  # 100 MB for each worker that an earlier rehearsal left
        shutil.rmtree(left, ignore_errors=True)
    standin_url = f"http://{HOST}:{standin_port or free_port()}"
    settings = {
        **CREDENTIALS,
        "AUTH": "true",  # policies are enforced
        ministack.ACTIONS: str(ACTIONS),
        "AWS_ENDPOINT_URL_REKOGNITION": standin_url,
        "WECHAT_URL": standin_url,
        "TEXT_MODELS_DIR": str(_models_of_the_layer()),
    }
    with (
        ministack.running(FOLDER / "ministack.log", services=SERVICES, port=aws_port, settings=settings) as aws_url,
        _standins(standin_url, aws_url),
        _environment(aws_url),
    ):
        outputs = _deploy(aws_url, tell)
        api_url = f"{aws_url}/restapis/{outputs['RestAPIId']}/api/_user_request_"
        _seed(outputs["APIHandlerName"], aws_url)
        yield StackRun(api_url, aws_url, standin_url, FOLDER, outputs)


def stage() -> Stage:
    """The stage that is rehearsed."""
    target = here()
    parameters = {**PARAMETERS, "WebOrigin": WEB_ORIGIN}
    return Stage(
        region=REGION, stack=STACK, parameters=parameters, architecture=target.architecture, python=target.python
    )


def _deploy(aws_url: str, tell: Tell) -> dict[str, str]:
    """Deploy as `make deploy` does; the secret stands before, as an operator puts it. The outputs."""
    session = _session()
    name = Template().name_of("WechatSecretParameter")
    session.client("ssm", endpoint_url=aws_url).put_parameter(Name=name, Value=LOCAL_SECRET, Type="SecureString")
    outputs = deploy(stage(), PACKAGE, tell, poll_s=0.2)
    gateway = session.client("apigateway", endpoint_url=aws_url)
    complete_gateway(gateway, outputs["RestAPIId"], PACKAGE / TEMPLATE, stage().parameters)
    sqs = session.client("sqs", endpoint_url=aws_url)
    for url in sqs.list_queues()["QueueUrls"]:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(RETRY_S)})
    return outputs


def _seed(function: str, aws_url: str) -> None:
    """The demo administrator and institutions, made in a process with the deployed function's settings."""
    command = [sys.executable, "-m", "local.rehearsal.seed", function]
    environment = {**os.environ, "AWS_ENDPOINT_URL": aws_url, "AWS_DEFAULT_REGION": REGION}
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        raise RunFailed("The demo's administrator and institutions could not be made.")


@contextlib.contextmanager
def _standins(url: str, aws_url: str) -> Iterator[None]:
    port = url.rpartition(":")[2]
    environment = {
        **_without_aws(os.environ),
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_DEFAULT_REGION": REGION,
        "STANDIN_PORT": port,
        "SMS_FROM": aws_url,
    }
    process = Process("local.standins", environment, FOLDER / "standins.log", lambda: None)
    try:
        deadline = time.monotonic() + 30
        while not process.ready:
            if process.ended or time.monotonic() > deadline:
                raise RunFailed(f"The stand-ins did not start: {FOLDER / 'standins.log'}")
            time.sleep(0.05)
        process.tell_all_are_ready()
        yield
    finally:
        process.ask_to_stop()
        process.wait_until_gone()


@contextlib.contextmanager
def _environment(aws_url: str) -> Iterator[None]:
    """The environment in which the deployment's AWS clients go to MiniStack, put back afterwards."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(
        {**_without_aws(before), **CREDENTIALS, "AWS_ENDPOINT_URL": aws_url, "AWS_CONFIG_FILE": os.devnull}
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(("AWS_", "BOTO"))}


def _models_of_the_layer() -> Path:
    """The text models that the packaged layer holds, unpacked: MiniStack has no /opt for each function."""
    folder = FOLDER / "opt"
    with zipfile.ZipFile(PACKAGE / "layers" / "imaging.zip") as layer:
        layer.extractall(folder, [name for name in layer.namelist() if name.startswith("models/")])
    return folder / "models"


def _session() -> Any:
    return boto3.session.Session("test", "test", region_name=REGION)
