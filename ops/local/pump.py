"""Delivers queue messages and the clock's tick to the app's functions, as Lambda's event source mappings do.

Success deletes a message; anything else leaves it hidden until the queue shows it again, and the queue's own redrive
policy moves it to the dead-letter queue in the end. Batch size is one, as in `app.py`.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.local.container import Container

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

WAIT_S = 1
"""How long one look at a queue lasts; also how long a stop may take."""
RETRY_S = 1.0
SWEEP_S = 60.0
GRACE_S = 15.0
"""How long a running job has to save a checkpoint when the service stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A queue and the function its messages go to."""

    queue: str
    handler: str


class Pump:
    """Polls the queues and calls the workers.

    Parameters
    ----------
    jobs, dead
        The two queues.
    workers
        How many messages of `jobs` are worked on at once.
    make_container
        Makes one worker.
    sweep
        Function called every `sweep_s` seconds, and once at the start.
    say
        Is told a line per message.
    """

    def __init__(
        self,
        *,
        jobs: Source,
        dead: Source,
        workers: int,
        make_container: Callable[[], Container],
        sweep: str,
        sweep_s: float = SWEEP_S,
        say: Callable[[str], None] = print,
    ) -> None:
        self._stopped = threading.Event()
        self._say = say
        self._sweep = sweep
        self._sweep_s = sweep_s
        self.workers = [make_container() for _ in range(workers)]
        self._keeper = make_container()
        self._threads = [
            *(threading.Thread(target=self._poll, args=(jobs, container)) for container in self.workers),
            threading.Thread(target=self._poll, args=(dead, self._keeper)),
            threading.Thread(target=self._tick),
        ]

    def start(self) -> None:
        """Start the workers, wait until each imported the app, then poll.

        Raises
        ------
        RuntimeError
            The app cannot be imported.
        """
        containers = [*self.workers, self._keeper]
        outcomes = [outcome for outcome in (container.start() for container in containers) if not outcome.ok]
        if outcomes:
            self.stop()
            raise RuntimeError(f"A worker did not start: {outcomes[0].error}")
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Receive no more; give what runs `grace_s` seconds to hand over; end the workers."""
        self._stopped.set()
        stops = [
            threading.Thread(target=container.stop, args=(grace_s,)) for container in (*self.workers, self._keeper)
        ]
        for thread in stops:
            thread.start()
        for thread in (*stops, *self._threads):
            if thread.ident:
                thread.join(grace_s + 2 * WAIT_S)

    def _poll(self, source: Source, container: Container) -> None:
        sqs: SQSClient = boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}))
        url = ""
        while not self._stopped.is_set():
            try:
                url = url or sqs.get_queue_url(QueueName=source.queue)["QueueUrl"]
                answer: Any = sqs.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=1,
                    WaitTimeSeconds=WAIT_S,
                    AttributeNames=["All"],
                    MessageAttributeNames=["All"],
                )
                for message in answer.get("Messages", ()):
                    self._deliver(sqs, url, source, container, message)
            except (BotoCoreError, ClientError) as error:
                if not self._stopped.wait(RETRY_S):
                    self._say(f"queue {source.queue}: {error}")

    def _deliver(self, sqs: SQSClient, url: str, source: Source, container: Container, message: Any) -> None:
        started = time.perf_counter()
        outcome = container.invoke(source.handler, sqs_event(source.queue, message))
        seconds = time.perf_counter() - started
        if outcome.ok:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            self._say(f"{source.handler} {message['MessageId']} done in {seconds:.1f} s")
        elif not self._stopped.is_set():
            times = message.get("Attributes", {}).get("ApproximateReceiveCount", "1")
            self._say(f"{source.handler} {message['MessageId']} failed (delivery {times}): {outcome.error}")

    def _tick(self) -> None:
        while not self._stopped.is_set():
            outcome = self._keeper.invoke(self._sweep, schedule_event(self._sweep))
            if not outcome.ok and not self._stopped.is_set():
                self._say(f"{self._sweep} failed: {outcome.error}")
            self._stopped.wait(self._sweep_s)


def sqs_event(queue: str, message: Any) -> dict[str, Any]:
    """The event Lambda makes of one message."""
    body = message["Body"]
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", **message.get("Attributes", {})},
                "messageAttributes": {
                    name: {"stringValue": value.get("StringValue"), "dataType": value["DataType"]}
                    for name, value in message.get("MessageAttributes", {}).items()
                },
                "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
                "awsRegion": "us-east-1",
            }
        ]
    }


def schedule_event(rule: str) -> dict[str, Any]:
    """The event of an EventBridge schedule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:000000000000:rule/{rule}"],
        "detail": {},
    }
