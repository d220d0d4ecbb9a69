"""Waiting for the local AWS: the processes of the run start side by side, and this is where they meet."""

import time

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.clients import ssm
from functions.shared.config import settings


def wait_for_aws(timeout_s: float = 30.0) -> None:
    """Return once everything is provisioned: the secret is what is made last. Raises `TimeoutError`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            ssm().get_parameter(Name=settings().wechat_secret_parameter)
        except (ClientError, BotoCoreError):
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the local AWS was not provisioned in time")
