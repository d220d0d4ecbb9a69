"""Where the commands work: the settings of the deployed functions, or those of the local run.

The product reads its settings from the environment when it is imported, so this comes first and imports none of it.
"""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import boto3

# Where a local run of this checkout leaves its settings, in a file named for the port of its AWS.
LOCAL_RUNS = Path(__file__).resolve().parent.parent / "build" / "local"
# The ways to credentials on which a person may be asked for a code (botocore's names).
ASKING = {"assume-role", "custom-process"}


class NoSettings(LookupError):
    """The function has no settings of this platform; the message is for the operator."""


def prepare(*, function: str | None, endpoint_url: str | None) -> None:
    """Set the environment.

    `function` is the name of a deployed function, whose settings are taken over. Without it, the settings are those of
    the environment, and for an endpoint on this machine those of the local run there. An operator whose AWS profile
    asks for a code is asked once. Raises `NoSettings`.
    """
    if endpoint_url is not None:
        os.environ["AWS_ENDPOINT_URL"] = endpoint_url
    if function is None and endpoint_url is not None and _is_here(endpoint_url):
        left = settings_file(urlsplit(endpoint_url).port)
        given = json.loads(left.read_text(encoding="utf-8")) if left.exists() else {}
        for name, value in given.items():
            os.environ.setdefault(name, value)
    else:
        _ask_once()
    if function is not None:
        answer = boto3.client("lambda").get_function_configuration(FunctionName=function)
        given = answer.get("Environment", {}).get("Variables", {})
        if "TABLE_NAME" not in given:
            raise NoSettings(f"{function} has no settings of this platform. Give the name of its API function.")
        os.environ.update(given)
    # A person's events are signed as theirs: the functions' key is not for people.
    os.environ["AUDIT_SIGNER"] = "operator"
    # What the functions log for CloudWatch would only be in an operator's way; warnings are not.
    os.environ["POWERTOOLS_LOG_LEVEL"] = "WARNING"


def settings_file(port: int | None) -> Path:
    """Return the file with the settings of the local run whose AWS listens on a port."""
    return LOCAL_RUNS / f"aws-{port}.json"


def has_settings() -> bool:
    """Whether the environment says which installation it is."""
    return "TABLE_NAME" in os.environ


def _is_here(endpoint_url: str) -> bool:
    return urlsplit(endpoint_url).hostname in {"localhost", "127.0.0.1", "::1"}


def _ask_once() -> None:
    """Put the credentials of a profile that may ask for a code where all processes of a command look first.

    They last as long as the profile says, an hour usually. Others stay where they are and are renewed by themselves.
    """
    found = boto3.Session().get_credentials()
    if found is None or found.method not in ASKING:
        return
    now = found.get_frozen_credentials()
    given = {
        "AWS_ACCESS_KEY_ID": now.access_key,
        "AWS_SECRET_ACCESS_KEY": now.secret_key,
        "AWS_SESSION_TOKEN": now.token,
    }
    os.environ.update({name: value for name, value in given.items() if value is not None})
