"""What the rehearsal does otherwise than AWS, each with its reason: nothing of it is in the package or in `infra/`.

MiniStack (1.5.33) has no alarms on metric math, enforces no rates of a web ACL, is spoken to without TLS, and of an
API's definition it takes the methods and their targets only: the gateway's own answers (preflight, 405, problem
documents) are put in afterwards, from the same definition.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from deployment.method_not_allowed import ANY
from deployment.template import of_type, write

_WEB_ACL: Final = {"AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation"}
_WITH_POLICIES: Final = {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"}
_STATEMENTS: Final = {
    "TlsOnly": "its statement that refuses calls without TLS, which this machine does without",
}


def leave_out_unknown(path: Path) -> list[str]:
    """Write a packaged template without what MiniStack does not know; a line for each thing left out."""
    template = json.loads(path.read_text(encoding="utf-8"))
    left_out = []
    for name, made in list(template["Resources"].items()):
        properties = made["Properties"]
        if made["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties:
            del template["Resources"][name]
            left_out.append(f"{name}: an alarm on metric math, which MiniStack does not have")
        elif made["Type"] in _WEB_ACL:
            del template["Resources"][name]
            left_out.append(f"{name}: rates by address, which MiniStack keeps but does not enforce")
        elif made["Type"] in _WITH_POLICIES:
            policy = properties["PolicyDocument"]
            sids = [statement["Sid"] for statement in policy["Statement"]]
            kept = [statement for statement in policy["Statement"] if statement["Sid"] not in _STATEMENTS]
            if not kept:
                del template["Resources"][name]
            policy["Statement"] = kept
            left_out += [f"{name}: {_STATEMENTS[sid]}" for sid in sids if sid in _STATEMENTS]
    write(template, path)
    return left_out


def complete_gateway(gateway: Any, api_id: str, path: Path, parameters: Mapping[str, str]) -> None:
    """Put in what the gateway answers by itself, and deploy the API again, through API Gateway's own calls."""
    template = json.loads(path.read_text(encoding="utf-8"))
    (api,) = of_type(template, "AWS::Serverless::Api")
    definition = _with_parameters(api["DefinitionBody"], parameters)
    for kind, answer in definition["x-amazon-apigateway-gateway-responses"].items():
        ((media_type, body),) = answer["responseTemplates"].items()
        # MiniStack looks at this one media type; the header tells the true one.
        headers = {**answer["responseParameters"], "gatewayresponse.header.Content-Type": f"'{media_type}'"}
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            statusCode=str(answer["statusCode"]),
            responseParameters=headers,
            responseTemplates={"application/json": body},
        )
    ids = {resource["path"]: resource["id"] for resource in _resources(gateway, api_id)}
    for url, methods in definition["paths"].items():
        for method, given in methods.items():
            if method == ANY:
                _put_mock(gateway, api_id, ids[url], "ANY", given)
            elif method == "options":
                _put_mock(gateway, api_id, ids[url], "OPTIONS", given)
    gateway.create_deployment(restApiId=api_id, stageName=api["StageName"])


def _put_mock(gateway: Any, api_id: str, resource_id: str, method: str, given: Mapping[str, Any]) -> None:
    where = {"restApiId": api_id, "resourceId": resource_id, "httpMethod": method}
    integration = given["x-amazon-apigateway-integration"]
    answer = integration["responses"]["default"]
    gateway.put_method(**where, authorizationType="NONE")
    gateway.put_integration(**where, type="MOCK", requestTemplates=integration["requestTemplates"])
    bodies = list(answer.get("responseTemplates", {}).items())
    headers = dict(answer["responseParameters"])
    if bodies:
        headers["method.response.header.Content-Type"] = f"'{bodies[0][0]}'"
    gateway.put_integration_response(
        **where,
        statusCode=answer["statusCode"],
        responseParameters=headers,
        responseTemplates={"application/json": bodies[0][1]} if bodies else {},
    )


def _resources(gateway: Any, api_id: str) -> Iterator[dict[str, Any]]:
    for page in gateway.get_paginator("get_resources").paginate(restApiId=api_id):
        yield from page["items"]


def _with_parameters(node: Any, parameters: Mapping[str, str]) -> Any:
    """Parameters in the place of `Fn::Sub`; the definition's own answers name nothing else."""
    if isinstance(node, dict):
        if set(node) == {"Fn::Sub"} and isinstance(node["Fn::Sub"], str):
            text: str = node["Fn::Sub"]
            for name, value in parameters.items():
                text = text.replace(f"${{{name}}}", value)
            return text
        return {name: _with_parameters(part, parameters) for name, part in node.items()}
    return [_with_parameters(part, parameters) for part in node] if isinstance(node, list) else node
