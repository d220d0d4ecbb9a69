"""Where the commands work: the settings of the deployed functions, or those of the local run.

The product reads its settings from the environment when it is imported, so this comes first and imports none of it.
"""

import os
from urllib.parse import urlsplit

import boto3

LOCAL_CREDENTIALS = {
    **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "local"),
    "AWS_EC2_METADATA_DISABLED": "true",
}


def prepare(*, function: str | None, endpoint_url: str | None) -> None:
    """Set the environment.

    `function` is the name of a deployed function, whose settings are taken over; without it, an endpoint on this
    machine gets the settings of the local run, and anything else those that stand in the environment already.
    """
    if endpoint_url is not None:
        os.environ["AWS_ENDPOINT_URL"] = endpoint_url
    if function is not None:
        answer = boto3.client("lambda").get_function_configuration(FunctionName=function)
        os.environ.update(answer["Environment"]["Variables"])
    elif endpoint_url is not None and urlsplit(endpoint_url).hostname in {"localhost", "127.0.0.1", "::1"}:
        # Only a checkout has the local run.
        from local.template import REGION, Template

        given = {**Template().environment(), **LOCAL_CREDENTIALS, "AWS_DEFAULT_REGION": REGION}
        for name, value in given.items():
            os.environ.setdefault(name, value)
    # What the functions log for CloudWatch would only be in an operator's way; warnings are not.
    os.environ["POWERTOOLS_LOG_LEVEL"] = "WARNING"
