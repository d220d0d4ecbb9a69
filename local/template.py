"""The product's own template (`infra/resources.json`), read for the local run.

The local run provisions through the AWS API from these definitions, because moto's CloudFormation (5.2) skips bucket
notifications, TTL, queue policies and HMAC keys. Only the intrinsic functions that the template uses are known here.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PATH: Final = ROOT / "infra" / "resources.json"

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"  # moto's
STACK: Final = "health-talent"

# What CloudFormation would ask for, and what it would make up.
PARAMETERS: Final = {
    "WechatAppId": "wxlocal",
    "AutomaticVerification": "photo",
    "WechatFaceCheck": "true",
    "ExtraRegions": "690000=云梦省（示例）",  # the invented province of `operations.sample_province`
}
NAMES: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": STACK,
    "Table": STACK,
    "UploadBucket": f"{STACK}-uploads-{ACCOUNT}",
    "EvidenceBucket": f"{STACK}-evidence-{ACCOUNT}",
    "EvidenceDeadLetters": "evidence-dead-letters",
    "ScansQueue": "scans",
    "SelfiesQueue": "selfies",
    "ScansDeadLetters": "scans-dead-letters",
    "JobsQueue": "jobs",
    "JobsDeadLetters": "jobs-dead-letters",
}
ARNS: Final = {
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{name}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{name}}",
}


class Template:
    """The template with references resolved to local names; `given` are parameters that differ from their default."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._raw: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
        defaults = {name: made["Default"] for name, made in self._raw["Parameters"].items() if "Default" in made}
        self._values: dict[str, str] = {**defaults, **PARAMETERS, **NAMES, **(given or {})}
        self._aliases: dict[str, str] = {}
        # A key is known by its alias: its id is made up by KMS.
        self._aliases = {
            made["Properties"]["TargetKeyId"]["Ref"]: self.resolve(made["Properties"]["AliasName"])
            for _, made in self._of_type("AWS::KMS::Alias")
        }

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical name → resolved properties of every resource of a type such as `AWS::SQS::Queue`."""
        return {name: self.resolve(made["Properties"]) for name, made in self._of_type(kind)}

    def name_of(self, logical: str) -> str:
        """The physical name of a resource or the value of a parameter."""
        return self._values.get(logical) or self._aliases.get(logical) or logical

    def environment(self) -> dict[str, str]:
        """The variables that every function is given; empty ones are left out."""
        variables = self.resolve(self._raw["Globals"]["Function"]["Environment"]["Variables"])
        return {name: value for name, value in variables.items() if value}

    def gateway_response(self, kind: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body template of what API Gateway answers by itself."""
        made = self.resolve(self._raw["Resources"]["RestAPI"]["Properties"]["DefinitionBody"])
        answer = made["x-amazon-apigateway-gateway-responses"][kind]
        headers = {
            name.removeprefix("gatewayresponse.header."): value.strip("'")
            for name, value in answer["responseParameters"].items()
            if value.startswith("'")
        }
        ((media_type, body),) = answer["responseTemplates"].items()
        return answer["statusCode"], {"Content-Type": media_type, **headers}, body

    def resolve(self, node: Any) -> Any:
        """A part of the template with `Ref`, `Fn::GetAtt` and `Fn::Sub` replaced."""
        if isinstance(node, list):
            return [self.resolve(part) for part in node]
        if not isinstance(node, dict):
            return node
        if "Ref" in node:
            return self._reference(node["Ref"])
        if "Fn::GetAtt" in node:
            return self._attribute(*node["Fn::GetAtt"])
        if "Fn::Sub" in node:
            return re.sub(r"\$\{([\w:.]+)\}", self._substitute, node["Fn::Sub"])
        return {name: self.resolve(part) for name, part in node.items()}

    def _reference(self, logical: str) -> str:
        """Of a queue its URL; moto and MiniStack look at the name in it alone."""
        name = self.name_of(logical)
        kind = self._raw["Resources"].get(logical, {}).get("Type")
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}" if kind == "AWS::SQS::Queue" else name

    def _substitute(self, match: re.Match[str]) -> str:
        logical, _, attribute = match[1].partition(".")
        return self._attribute(logical, attribute) if attribute else self.name_of(logical)

    def _attribute(self, logical: str, attribute: str) -> str:
        kind, name = self._raw["Resources"][logical]["Type"], self.name_of(logical)
        return ARNS[kind].format(name=name) if attribute == "Arn" and kind in ARNS else name

    def _of_type(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        return [(name, made) for name, made in self._raw["Resources"].items() if made.get("Type") == kind]
