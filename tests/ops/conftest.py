"""Resources on moto in-process, and a throw-away strict engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from chalicelib.settings import Settings
from tests.factories import World
from tests.schools import BASE, School

REGION = "eu-west-1"


@pytest.fixture
def settings() -> Settings:
    return Settings(secret_key="k" * 40)


@pytest.fixture
def moto_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS inside this process, in a region other than the default one."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws():
        yield


@pytest.fixture
def school(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> School:
    """A root account with the base files loaded."""
    made = School(world, tmp_path, request.node.name)
    report = made.load(**BASE)
    assert (report.errors, report.warnings) == ([], [])
    return made
