"""One CloudFormation stack: what would change, changing it, and what went wrong.

A run that was stopped leaves a change set, or a stack that CloudFormation continues with by itself; the next run waits
for the stack, removes what is left, and begins again.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from deployment.errors import DeploymentFailed

Tell = Callable[[str], None]
POLL_S: Final = 3.0
CHANGE_SET: Final = "deployment"
_IN_PROGRESS: Final = "_IN_PROGRESS"
# A stack that was announced by a change set and has nothing yet.
_ANNOUNCED: Final = "REVIEW_IN_PROGRESS"
_GOOD: Final = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
# A first deployment that failed: it never ran, and CloudFormation lets nothing but its deletion follow.
_NEVER_RAN: Final = "ROLLBACK_COMPLETE"
# For a person to look at: CloudFormation lets no change follow, and deleting may be the wrong thing.
_STUCK: Final = {"CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_FAILED", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"}
_UNCHANGED: Final = ("didn't contain changes", "No updates are to be performed")
_NOTHING_THERE: Final = {"ChangeSetNotFound", "ChangeSetNotFoundException", "ValidationError"}
# What cannot be made again: a change set that removes or replaces one of these is refused.
_IRREPLACEABLE: Final = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"}
_HOW_TO_GO_ON: Final = "What to do is in docs/operations.md, under 'A deployment that is stuck'."


class Stack:
    """A stack by its name, whether it is there yet or not."""

    def __init__(self, cloudformation: Any, name: str, tell: Tell, poll_s: float = POLL_S) -> None:
        self._cloudformation, self._name = cloudformation, name
        self._tell, self._poll_s = tell, poll_s

    def settle(self) -> None:
        """Return once nothing continues in it and it can be deployed to. Raises `DeploymentFailed` where it cannot."""
        found = self._wait("continues with an earlier deployment")
        if found is None:
            return
        status = found["StackStatus"]
        if status == _NEVER_RAN:
            self._tell(f"The first deployment of {self._name} failed ({status}): what is left of it is removed.")
            self._cloudformation.delete_stack(StackName=self._name)
            left = self._wait("is removed", found["StackId"])
            status = left["StackStatus"] if left else ""
        if status in _STUCK:
            raise DeploymentFailed(f"{self._name} is {status}: {self._reason(found['StackId'])}\n{_HOW_TO_GO_ON}")

    def change(self, template_url: str, parameters: Mapping[str, str], *, replacing_data: bool = False) -> bool:
        """Bring the stack to a template and tell of every step; False where nothing is to change.

        Raises `DeploymentFailed` with the reason of the first resource that failed, or where data would be lost.
        """
        existing = self._describe()
        new = existing is None or existing["StackStatus"] == _ANNOUNCED
        self._forget_change_set()
        # A stack that could not be made is removed again, so that the next run makes it.
        made = self._cloudformation.create_change_set(
            StackName=self._name,
            ChangeSetName=CHANGE_SET,
            ChangeSetType="CREATE" if new else "UPDATE",
            **({"OnStackFailure": "DELETE"} if new else {}),
            TemplateURL=template_url,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        )
        stack_id, change_set = made["StackId"], made["Id"]
        if not self._wait_for_change_set(change_set):
            self._forget_change_set()
            return False
        self._show(change_set, replacing_data=replacing_data)
        before = self._newest_event(stack_id)
        self._cloudformation.execute_change_set(ChangeSetName=change_set)
        while self._newest_event(stack_id) == before:  # until it has started, the status is the old one
            time.sleep(self._poll_s)
        settled = self._wait("changes", stack_id)
        if settled is None or settled["StackStatus"] not in _GOOD:
            reason = self._reason(stack_id, before)
            raise DeploymentFailed(f"{self._name} could not be deployed and is as it was. {reason}")
        return True

    def outputs(self) -> dict[str, str]:
        """What the template gives out."""
        found = self._describe() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def _describe(self, stack: str | None = None) -> dict[str, Any] | None:
        try:
            (found,) = self._cloudformation.describe_stacks(StackName=stack or self._name)["Stacks"]
        except ClientError as error:
            if "does not exist" not in error.response["Error"]["Message"]:
                raise
            return None
        return None if found["StackStatus"] == "DELETE_COMPLETE" else found

    def _wait(self, what: str, stack: str | None = None) -> dict[str, Any] | None:
        """The stack once nothing continues in it; None where it is gone."""
        told = ""
        while True:
            found = self._describe(stack)
            status = found["StackStatus"] if found else ""
            if found is None or status == _ANNOUNCED or not status.endswith(_IN_PROGRESS):
                return found
            if status != told:
                self._tell(f"{self._name} {what}: {status}")
                told = status
            time.sleep(self._poll_s)

    def _wait_for_change_set(self, change_set: str) -> bool:
        """Whether there is anything to change. Raises `DeploymentFailed` where the template was refused."""
        while True:
            seen = self._cloudformation.describe_change_set(ChangeSetName=change_set)
            if seen["Status"] == "CREATE_COMPLETE":
                return True
            if seen["Status"] == "FAILED":
                reason = seen.get("StatusReason", "")
                if any(words in reason for words in _UNCHANGED):
                    return False
                raise DeploymentFailed(f"CloudFormation refused the change: {reason}")
            time.sleep(self._poll_s)

    def _show(self, change_set: str, *, replacing_data: bool) -> None:
        lost = []
        for change in self._changes(change_set):
            kind, name = change["ResourceType"], change["LogicalResourceId"]
            replaced = change.get("Replacement", "False")
            how = {"True": ", replaced", "Conditional": ", perhaps replaced"}.get(replaced, "")
            self._tell(f"  {change['Action'].lower():7} {name} ({kind}{how})")
            if kind in _IRREPLACEABLE and (change["Action"] == "Remove" or replaced == "True"):
                lost.append(name)
        if lost and not replacing_data:
            self._forget_change_set()
            raise DeploymentFailed(
                f"This would part the platform from its data: {', '.join(lost)}. Nothing was changed. "
                "If that is meant, deploy with --replacing-data."
            )

    def _changes(self, change_set: str) -> Iterator[Mapping[str, Any]]:
        pages = self._cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
        for page in pages:
            for change in page.get("Changes", []):
                if "ResourceChange" in change:
                    yield change["ResourceChange"]

    def _forget_change_set(self) -> None:
        try:
            self._cloudformation.delete_change_set(StackName=self._name, ChangeSetName=CHANGE_SET)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOTHING_THERE:
                raise

    def _reason(self, stack: str, since: str | None = None) -> str:
        """The first resource that failed after an event, and why; what was cancelled for its sake is left out."""
        first = "CloudFormation gives no reason."
        for event in self._events(stack):
            if event["EventId"] == since:
                break
            reason = event.get("ResourceStatusReason", "")
            if event.get("ResourceStatus", "").endswith("FAILED") and "cancelled" not in reason:
                first = f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
        return first

    def _newest_event(self, stack: str) -> str | None:
        return next((event["EventId"] for event in self._events(stack)), None)

    def _events(self, stack: str) -> Iterator[Mapping[str, Any]]:
        """Newest first."""
        for page in self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack):
            yield from page["StackEvents"]
