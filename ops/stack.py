"""The template on AWS: a CloudFormation change set, shown before it is executed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError, WaiterError

from ops.resource.drift import ProvisionError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

POLL_S = 5
POLLS = 360


def name_of(stage: str) -> str:
    """Name of a stage's stack."""
    return f"folioport-{stage}-resources"


class Stack:
    """The stack that holds a stage's resources.

    Parameters
    ----------
    stage
        Names the stack.
    poll_s
        Seconds between two looks at CloudFormation.
    """

    def __init__(self, stage: str, *, poll_s: int = POLL_S) -> None:
        self.name = name_of(stage)
        self._client: CloudFormationClient = boto3.client("cloudformation")
        self._wait: Any = {"Delay": poll_s, "MaxAttempts": POLLS}

    def propose(self, body: str, parameters: dict[str, str]) -> tuple[str, list[str]]:
        """Create a change set; returns its id and a line per change. An empty id: nothing to do.

        Resources that outlived an earlier stack of this stage are taken over by their names.

        Raises
        ------
        ProvisionError
            CloudFormation refuses the template or the parameters.
        """
        arguments: Any = {
            "StackName": self.name,
            "ChangeSetName": f"provision-{int(time.time())}",
            "ChangeSetType": "UPDATE" if self._exists() else "CREATE",
            "TemplateBody": body,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            "ImportExistingResources": True,
        }
        change_set = self._client.create_change_set(**arguments)["Id"]
        try:
            waiter = self._client.get_waiter("change_set_create_complete")
            waiter.wait(ChangeSetName=change_set, WaiterConfig=self._wait)
        except WaiterError:
            reason = self._client.describe_change_set(ChangeSetName=change_set).get("StatusReason", "")
            self._client.delete_change_set(ChangeSetName=change_set)
            if "didn't contain changes" in reason or "No updates are to be performed" in reason:
                return "", []
            raise ProvisionError(f"CloudFormation refused the change: {reason}") from None
        answer = self._client.describe_change_set(ChangeSetName=change_set)
        changes = [_line(item["ResourceChange"]) for item in answer.get("Changes", ()) if "ResourceChange" in item]
        return (change_set, changes) if changes else ("", [])

    def execute(self, change_set: str) -> None:
        """Execute a change set and wait for its end.

        Raises
        ------
        ProvisionError
            The stack did not reach a complete state; CloudFormation has rolled it back.
        """
        fresh = self._status() == "REVIEW_IN_PROGRESS"
        self._client.execute_change_set(ChangeSetName=change_set)
        waiter: Any = self._client.get_waiter("stack_create_complete" if fresh else "stack_update_complete")
        try:
            waiter.wait(StackName=self.name, WaiterConfig=self._wait)
        except WaiterError:
            raise ProvisionError(
                f"The stack {self.name} ended {self._status()}; see: "
                f"aws cloudformation describe-stack-events --stack-name {self.name}"
            ) from None

    def delete(self) -> list[str]:
        """Delete the stack; what the template retains stays. The list is empty when there was none."""
        if not self._exists():
            return []
        self._client.delete_stack(StackName=self.name)
        self._client.get_waiter("stack_delete_complete").wait(StackName=self.name, WaiterConfig=self._wait)
        return [f"{self.name}: deleted"]

    def _exists(self) -> bool:
        return self._status() not in {"", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}

    def _status(self) -> str:
        try:
            return self._client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if "does not exist" in str(error):
                return ""
            raise


def _line(change: Any) -> str:
    replaced = " (replaced!)" if change.get("Replacement") == "True" else ""
    return f"{change['Action'].lower()} {change['LogicalResourceId']} {change['ResourceType']}{replaced}"
