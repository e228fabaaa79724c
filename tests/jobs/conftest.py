"""A world for jobs: the real stores on moto, a clock that stands, and a queue that remembers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from chalicelib.domain.access import Actor
from chalicelib.domain.person import User, UserRow
from chalicelib.settings import Settings
from chalicelib.wiring import Services
from ops import provision


@dataclass
class HandClock:
    """Time that moves when told to."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def now(self) -> datetime:
        """The present moment."""
        return self.moment

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands."""
    return HandClock()


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, clock: HandClock) -> Iterator[Services]:
    """The real services on moto."""
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        settings = Settings(secret_key="k" * 40, job_reserve_s=5)
        provision.apply(settings)
        made = Services(settings, clock=clock)
        root = made.directory.create_root_account("Demo")
        rows = [
            UserRow(sis_id="u1", login_id="ada", first_name="Ada", last_name="Obi", email="ada@example.edu"),
            UserRow(sis_id="u2", login_id="bo", first_name="Bo", last_name="Ünal", email="bo@example.edu"),
        ]
        assert all(not outcome.error for outcome in made.directory.upsert_users(root, rows))
        yield made


@pytest.fixture
def ada(services: Services) -> User:
    """A learner."""
    return services.directory.find_user("sis_user_id:u1")


@pytest.fixture
def bo(services: Services) -> User:
    """Another learner."""
    return services.directory.find_user("sis_user_id:u2")


def actor(user: User) -> Actor:
    """The user as a caller."""
    return Actor(user_id=user.id, root_account_id=user.root_account_id)


def queued(settings: Settings) -> list[str]:
    """Bodies of the messages now in the job queue, which are taken out of it."""
    client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=settings.queue)["QueueUrl"]
    found: list[str] = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message["Body"])
    return found
