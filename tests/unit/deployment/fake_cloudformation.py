"""CloudFormation as a deployment sees it: one stack, whose life a test writes down beforehand."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

NAME = "health-talent"


class FakeCloudFormation:
    """A stack of given statuses, one after the other (None: it is not there), the last one staying."""

    def __init__(self, *statuses: str | None) -> None:
        self.statuses = list(statuses)
        self.after_deletion: list[str | None] = [None]
        self.after_execution: list[str | None] = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
        self.change_set: dict[str, Any] = {"Status": "CREATE_COMPLETE"}
        self.changes: list[dict[str, str]] = []
        self.events = [{"EventId": "old", "ResourceStatus": "CREATE_FAILED", **of("Older", "an older reason")}]
        self.new_events: list[dict[str, str]] = []
        self.not_yet: list[list[dict[str, str]]] = []
        self.begun = False
        self.calls: list[str] = []
        self.created: dict[str, Any] = {}

    def describe_stacks(self, **wanted: str) -> dict[str, Any]:
        """The next status."""
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            raise error("ValidationError", f"Stack with id {wanted['StackName']} does not exist")
        outputs = [{"OutputKey": "TableName", "OutputValue": "table-1"}]
        return {"Stacks": [{"StackId": "stack-1", "StackStatus": status, "Outputs": outputs}]}

    def create_change_set(self, **wanted: Any) -> dict[str, str]:
        """Keep what was wanted."""
        self.calls.append("create_change_set")
        self.created = wanted
        return {"StackId": "stack-1", "Id": "change-1"}

    def describe_change_set(self, **_: Any) -> dict[str, Any]:
        """What became of it."""
        return self.change_set

    def execute_change_set(self, **_: Any) -> None:
        """Let the stack live on."""
        self.calls.append("execute_change_set")
        begun = {"EventId": "begun", "ResourceStatus": "UPDATE_IN_PROGRESS", **of("health-talent", "User Initiated")}
        self.not_yet = [self.events] * 2  # CloudFormation answers at once and begins a little later
        self.events = [*self.new_events, begun, *self.events]

    def delete_change_set(self, **_: Any) -> None:
        """There is none."""
        self.calls.append("delete_change_set")
        raise error("ChangeSetNotFound", "ChangeSet [deployment] does not exist")

    def delete_stack(self, **_: Any) -> None:
        """Let the stack go."""
        self.calls.append("delete_stack")
        self.statuses = list(self.after_deletion)

    def get_paginator(self, name: str) -> "Pages":
        """Pages of events or changes."""
        if name == "describe_stack_events":
            if self.not_yet:
                return Pages([{"StackEvents": self.not_yet.pop()}])
            if "execute_change_set" in self.calls and not self.begun:
                self.begun, self.statuses = True, list(self.after_execution)
            return Pages([{"StackEvents": self.events}])
        return Pages([{"Changes": [{"ResourceChange": change}]} for change in self.changes])


class Pages:
    """A paginator."""

    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self._pages = pages

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        """All of them."""
        return iter(self._pages)


def of(name: str, reason: str) -> dict[str, str]:
    """A part of an event."""
    return {"LogicalResourceId": name, "ResourceType": "AWS::SQS::Queue", "ResourceStatusReason": reason}


def error(code: str, message: str) -> ClientError:
    """What AWS answers."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")
