"""Reads the template where there is no CloudFormation: the local stage and the tests.

`plan` says what differs and changes nothing (`doctor` uses it on every stage); `apply` mends until nothing differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ops.resource import bucket, queue, table
from ops.resource.drift import Clients, Drift, ProvisionError
from ops.template import Resource, TemplateError


def plan(clients: Clients, resources: Iterable[Resource]) -> Iterator[Drift]:
    """Every difference between the template's resources and what exists."""
    known = {resource.logical_id: resource for resource in resources}
    for resource in known.values():
        yield from _plan_one(clients, resource, known)


def apply(clients: Clients, resources: Iterable[Resource]) -> list[str]:
    """Make and mend the resources in the template's order; the list says what was done.

    Raises
    ------
    ProvisionError
        A difference that only a person can decide.
    """
    known = {resource.logical_id: resource for resource in resources}
    done: list[str] = []
    for resource in known.values():
        uncovered = True
        while uncovered:
            found = list(_plan_one(clients, resource, known))
            for drift in found:
                if drift.mend is None:
                    raise ProvisionError(f"{drift.resource} {drift.fact}; {drift.deed}.")
                drift.mend()
                done.append(str(drift))
            uncovered = any(drift.uncovers for drift in found)
    return done


def full(clients: Clients, resources: Iterable[Resource]) -> list[str]:
    """Names of the tables and buckets that hold something."""
    lookers = {"AWS::DynamoDB::Table": table.holding, "AWS::S3::Bucket": bucket.holding}
    found = [lookers[one.type](clients, one.properties) for one in resources if one.type in lookers]
    return [name for name in found if name]


def remove(clients: Clients, resources: Iterable[Resource], *, data: bool) -> list[str]:
    """Remove the resources, the last made first; those that hold data only when `data` is set."""
    removers = {
        "AWS::DynamoDB::Table": table.remove,
        "AWS::S3::Bucket": bucket.remove,
        "AWS::SNS::Topic": queue.remove_topic,
        "AWS::SQS::Queue": queue.remove,
    }
    done: list[str] = []
    for resource in reversed(list(resources)):
        if data or not resource.retained:
            done += removers[resource.type](clients, resource.properties)
    return done


def _plan_one(clients: Clients, resource: Resource, known: dict[str, Resource]) -> Iterator[Drift]:
    match resource.type:
        case "AWS::DynamoDB::Table":
            return table.plan(clients, resource.properties)
        case "AWS::S3::Bucket":
            return bucket.plan(clients, resource.properties)
        case "AWS::SNS::Topic":
            return queue.plan_topic(clients, resource.properties)
        case "AWS::SQS::Queue":

            def arn_of(logical_id: str) -> str:
                return queue.arn_of_queue(clients, known[logical_id].properties["QueueName"])

            return queue.plan(clients, resource.properties, arn_of)
    raise TemplateError(f"The local interpreter does not know {resource.type}.")
