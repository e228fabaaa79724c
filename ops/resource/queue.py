"""SQS queues and SNS topics."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from ops.resource.drift import Clients, Drift, code_of

_FACTS = {
    "RedrivePolicy": "does not hand spent messages to the dead-letter queue as the template says",
    "VisibilityTimeout": "shows a message again after other than the wanted seconds",
}


def plan(clients: Clients, properties: Mapping[str, Any], arn_of: Callable[[str], str]) -> Iterator[Drift]:
    """The differences of one queue; nothing is changed. `arn_of` knows the ARN of another resource, or nothing."""
    name = properties["QueueName"]
    wanted = _attributes(properties, arn_of)
    url = url_of(clients, name)
    if not url:
        yield Drift(
            resource=name,
            fact="does not exist",
            deed="created",
            mend=lambda: clients.sqs.create_queue(QueueName=name, Attributes=wanted),
        )
        return
    present: Any = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    for key, value in wanted.items():
        if _same(key, present.get(key, ""), value):
            continue
        change: Any = {key: value}
        yield Drift(
            resource=name,
            fact=_FACTS.get(key, f"has another {key} than the template")
            + f" ({present.get(key, 'none')}, not {value})",
            deed=f"{key} set to {value}",
            mend=partial(clients.sqs.set_queue_attributes, QueueUrl=url, Attributes=change),
        )


def url_of(clients: Clients, name: str) -> str:
    """Address of the queue; empty when there is none."""
    try:
        return clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError as error:
        if code_of(error) in {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}:
            return ""
        raise


def arn_of_queue(clients: Clients, name: str) -> str:
    """ARN of the queue; empty when there is none."""
    url = url_of(clients, name)
    if not url:
        return ""
    return clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _attributes(properties: Mapping[str, Any], arn_of: Callable[[str], str]) -> Any:
    answer: dict[str, str] = {}
    for key, value in properties.items():
        if key == "RedrivePolicy":
            target = arn_of(value["deadLetterTargetArn"]["Fn::GetAtt"][0])
            answer[key] = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": int(value["maxReceiveCount"])})
        elif key != "QueueName":
            answer[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return answer


def _same(key: str, present: str, wanted: str) -> bool:
    if key != "RedrivePolicy":
        return present.lower() == wanted.lower()
    left, right = (json.loads(text or "{}") for text in (present, wanted))
    return {name: str(value) for name, value in left.items()} == {name: str(value) for name, value in right.items()}


def remove(clients: Clients, properties: Mapping[str, Any]) -> list[str]:
    """Delete the queue and its messages; the list is empty when there was none."""
    url = url_of(clients, properties["QueueName"])
    if not url:
        return []
    clients.sqs.delete_queue(QueueUrl=url)
    return [f"{properties['QueueName']}: deleted"]


def plan_topic(clients: Clients, properties: Mapping[str, Any]) -> Iterator[Drift]:
    """Whether the topic is missing; nothing is changed."""
    name = properties["TopicName"]
    if not arn_of_topic(clients, name):
        yield Drift(
            resource=name, fact="does not exist", deed="created", mend=lambda: clients.sns.create_topic(Name=name)
        )


def arn_of_topic(clients: Clients, name: str) -> str:
    """ARN of the topic; empty when there is none."""
    for page in clients.sns.get_paginator("list_topics").paginate():
        for topic in page["Topics"]:
            if topic["TopicArn"].endswith(f":{name}"):
                return topic["TopicArn"]
    return ""


def remove_topic(clients: Clients, properties: Mapping[str, Any]) -> list[str]:
    """Delete the topic; the list is empty when there was none."""
    arn = arn_of_topic(clients, properties["TopicName"])
    if not arn:
        return []
    clients.sns.delete_topic(TopicArn=arn)
    return [f"{properties['TopicName']}: deleted"]
