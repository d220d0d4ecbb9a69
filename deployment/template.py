"""The finished template: what Chalice merged, made the same for every stage, with what merging cannot express.

Chalice writes the Python it runs on and the web origin of the moment; here they become the target and the parameter.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from deployment.chalice_project import MERGED, ROOT, WEB_ORIGIN, chalice_package
from deployment.method_not_allowed import refuse_unknown_methods
from deployment.target import Target

CODE: Final = "functions.zip"
LAYERS: Final = "layers"
DASHBOARD: Final = ROOT / "infra" / "dashboard.json"
_GATEWAY_HEADER: Final = "gatewayresponse.header."


def finished(target: Target) -> dict[str, Any]:
    """The template to deploy, made without the packages it names. Raises `DeploymentFailed`."""
    with tempfile.TemporaryDirectory() as made:
        chalice_package(Path(made, "project"), Path(made, "chalice"))
        merged = Path(made, "chalice", MERGED).read_text(encoding="utf-8")
    return finish(json.loads(merged), target)


def finish(merged: dict[str, Any], target: Target) -> dict[str, Any]:
    """The template to deploy; local paths are relative to the folder of the package."""
    template: dict[str, Any] = _with_origin_parameter(merged)
    for function in of_type(template, "AWS::Serverless::Function"):
        function["Runtime"] = target.runtime
        function["Architectures"] = [target.architecture]
        function["CodeUri"] = CODE
    for layer in of_type(template, "AWS::Serverless::LayerVersion"):
        layer["CompatibleRuntimes"] = [target.runtime]
        layer["CompatibleArchitectures"] = [target.architecture]
    definition = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    refuse_unknown_methods(definition, _headers_of_the_gateway(definition))
    (dashboard,) = of_type(template, "AWS::CloudWatch::Dashboard")
    dashboard["DashboardBody"] = {"Fn::Sub": json.dumps(json.loads(DASHBOARD.read_text(encoding="utf-8")))}
    return template


def of_type(template: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """The properties of every resource of a type."""
    return (made["Properties"] for made in template["Resources"].values() if made["Type"] == kind)


def layer_archives(template: dict[str, Any]) -> dict[str, str]:
    """The archives that layers name (`layers/imaging.zip`), each with the name of its layer (`imaging`)."""
    found = (layer["ContentUri"] for layer in of_type(template, "AWS::Serverless::LayerVersion"))
    return {archive: Path(archive).stem for archive in found}


def write(template: dict[str, Any], path: Path) -> None:
    """The template as JSON: the same text for the same template, without what a reader would want (it is large)."""
    path.write_text(json.dumps(template, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def _with_origin_parameter(node: Any) -> Any:
    """Chalice's literal origin gives way to the parameter."""
    if isinstance(node, dict):
        return {name: _with_origin_parameter(part) for name, part in node.items()}
    if isinstance(node, list):
        return [_with_origin_parameter(part) for part in node]
    if isinstance(node, str) and WEB_ORIGIN in node:
        return {"Fn::Sub": node.replace(WEB_ORIGIN, "${WebOrigin}")}
    return node


def _headers_of_the_gateway(definition: dict[str, Any]) -> dict[str, Any]:
    """The headers of its answers by itself, which an integration may only give from constants."""
    given = definition["x-amazon-apigateway-gateway-responses"]["DEFAULT_4XX"]["responseParameters"]
    headers = {name.removeprefix(_GATEWAY_HEADER): value for name, value in given.items()}
    return {**headers, "X-Request-Id": "context.requestId"}
