"""A world for stores and jobs: the real ones, a clock that stands, two learners.

They run on moto, or on the strict engine with `FOLIO_TEST_ENGINE=ministack`.
"""

from __future__ import annotations

import os
import uuid
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
from ops.local.engine import Ministack

MOTO = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


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


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack | None]:
    """The strict engine when `FOLIO_TEST_ENGINE=ministack` asks for it; None: moto."""
    if os.environ.get("FOLIO_TEST_ENGINE") != "ministack":
        yield None
        return
    with Ministack(tmp_path_factory.mktemp("engine"), snapshot_s=0) as running:
        yield running


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, engine: Ministack | None) -> Iterator[None]:
    """The environment of an AWS: the strict engine, or an empty moto."""
    variables = engine.environment if engine else MOTO
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if engine:
        yield
    else:
        with mock_aws():
            yield


@pytest.fixture
def services(cloud: None, clock: HandClock) -> Services:
    """The real services, on resources of their own, with two learners."""
    name = f"t{uuid.uuid4().hex[:10]}"
    settings = Settings(
        table_prefix=name,
        bucket=name,
        queue=f"{name}-jobs",
        dead_queue=f"{name}-jobs-dead",
        secret_key="k" * 40,
        job_reserve_s=5,
        import_writers=4 if os.environ.get("FOLIO_TEST_ENGINE") == "ministack" else 1,  # moto is one thread
    )
    provision.apply(settings)
    made = Services(settings, clock=clock)
    root = made.directory.create_root_account("Demo")
    rows = [
        UserRow(sis_id="u1", login_id="ada", first_name="Ada", last_name="Obi", email="ada@example.edu"),
        UserRow(sis_id="u2", login_id="bo", first_name="Bo", last_name="Ünal", email="bo@example.edu"),
    ]
    assert all(not outcome.error for outcome in made.directory.upsert_users(root, rows))
    return made


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
