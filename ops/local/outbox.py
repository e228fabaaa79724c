"""What the service tells its topic, shown to the person at the console: no mail leaves this machine.

On a deployed stage an operator subscribes to the topic whatever sends mails. Here a queue is subscribed, and read.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

WAIT_S = 1
SHOWN = 300
"""Characters of an event that has no words for a person."""


class Outbox:
    """Subscribes a queue to the topic and says a line per event.

    Parameters
    ----------
    topic_arn
        The topic; without one nothing is subscribed and nothing is shown.
    queue
        Name of the queue, made if it is not there.
    say
        Is told a line per event.
    """

    def __init__(self, topic_arn: str, queue: str, say: Callable[[str], None]) -> None:
        self._topic_arn, self._queue, self._say = topic_arn, queue, say
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Subscribe, and read until `stop`."""
        if self._topic_arn:
            self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()
        if self._thread.ident:
            self._thread.join(2 * WAIT_S)

    def take(self, sqs: SQSClient, url: str) -> int:
        """Show the events that wait; how many there were."""
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=WAIT_S)
        messages = answer.get("Messages", [])
        for message in messages:
            self._say(line(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def subscribe(self, sqs: SQSClient) -> str:
        """The queue's address, subscribed to the topic."""
        url = sqs.create_queue(QueueName=self._queue)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_from_topic(self._topic_arn, arn))})
        raw = {"RawMessageDelivery": "true"}
        boto3.client("sns").subscribe(TopicArn=self._topic_arn, Protocol="sqs", Endpoint=arn, Attributes=raw)
        return url

    def _run(self) -> None:
        sqs: SQSClient = boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}))
        url = ""
        while not self._stopped.is_set():
            try:
                url = url or self.subscribe(sqs)
                self.take(sqs, url)
            except (BotoCoreError, ClientError) as error:
                if not self._stopped.wait(WAIT_S):
                    self._say(f"outbox: {error}")


def _from_topic(topic_arn: str, queue_arn: str) -> dict[str, Any]:
    """The policy that lets a topic write to a queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def line(body: str) -> str:
    """An event in a line: a mail as its reader would get it, any other as it is.

    >>> line('{"event": "x", "email": "ada@example.edu", "text": "It is done."}')
    'mail to ada@example.edu: It is done.'
    >>> line('{"event": "job_ended", "job_id": 7}')
    'event job_ended: {"job_id": 7}'
    """
    try:
        event: dict[str, Any] = json.loads(body)
        if event.get("text") and event.get("email"):
            return f"mail to {event['email']}: {event['text']}"
        name = event.pop("event")
    except (ValueError, KeyError, AttributeError):
        return f"event: {body[:SHOWN]}"
    return f"event {name}: {json.dumps(event)[:SHOWN]}"
