"""The queue of jobs, and the topic that hears of their ends."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from chalicelib import observe
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

BATCH_LIMIT = 10


class Queue(Struct):
    """The job queue (see `ports.JobQueue`). A message is `{"job_id": N}`; the job item has all the rest."""

    settings: Settings
    _client: SQSClient | None = field(default=None)
    _url: str = ""

    def send(self, job_ids: Iterable[int]) -> None:
        """Announce jobs; at least once each."""
        waiting = list(job_ids)
        for start in range(0, len(waiting), BATCH_LIMIT):
            entries: list[Any] = [
                {"Id": str(job_id), "MessageBody": json.dumps({"job_id": job_id}), **_attributes()}
                for job_id in waiting[start : start + BATCH_LIMIT]
            ]
            self._queue().send_message_batch(QueueUrl=self._url, Entries=entries)

    def _queue(self) -> SQSClient:
        if self._client is None:
            import boto3

            client = boto3.client("sqs")
            self._url = client.get_queue_url(QueueName=self.settings.queue)["QueueUrl"]
            self._client = client
        return self._client


def _attributes() -> dict[str, Any]:
    """Which request the message is for, when one is known."""
    correlation = observe.correlation_id()
    if not correlation:
        return {}
    return {"MessageAttributes": {"correlation_id": {"DataType": "String", "StringValue": correlation}}}


class Topic(Struct):
    """Where ends of jobs are told, when the operator has set a topic."""

    settings: Settings
    _client: SNSClient | None = field(default=None)

    def publish(self, event: dict[str, Any]) -> None:
        """Tell an event as JSON; nothing happens without a topic."""
        if not self.settings.topic_arn:
            return
        if self._client is None:
            import boto3

            self._client = boto3.client("sns")
        self._client.publish(TopicArn=self.settings.topic_arn, Message=json.dumps(event))

    def announce(self, event: Mapping[str, Any]) -> None:
        """Publish an event about something that is done already: a failure is written down, and nobody's error."""
        try:
            self.publish(dict(event))
        except Exception as error:  # noqa: BLE001 - what was done stays done, whatever the topic says
            observe.unexpected(error, unpublished=event.get("event"))
