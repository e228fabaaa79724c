"""Fixtures every test may ask for; a folder's own conftest may say otherwise."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from moto import mock_aws
from moto.kms.utils import generate_private_key

from chalicelib import wiring
from chalicelib.settings import Settings
from chalicelib.wiring import Services
from chalicelib.wiring_stores import RandomIds
from ops import provision
from tests.factories import HandClock, Person, World
from tests.logwatch import Watch

hypothesis_settings.register_profile(
    "local", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("local")

WATCH = Watch()
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


def pytest_configure() -> None:
    """Make once a process what each in-process AWS would make anew, at more than the cost of most tests.

    That is botocore's parsed data for every session, and the key pair of moto's KMS for every table.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
    patch.setattr("moto.kms.models.generate_private_key", cache(generate_private_key))
    patch.setattr(RandomIds, "hexadecimal", WATCH.learns(RandomIds.hexadecimal))
    logging.getLogger().addHandler(WATCH)


@pytest.fixture(autouse=True)
def watch() -> Iterator[Watch]:
    """No log line has a secret in it: neither in this test nor in what was made for it."""
    yield WATCH
    assert WATCH.told() == [], "a secret was logged"


@pytest.fixture(scope="module")
def _institution() -> Iterator[World]:
    """One provisioned service for the tests of a module; making its tables takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in AWS.items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        settings, clock = Settings(secret_key="k" * 40, job_reserve_s=5, import_writers=1), HandClock()
        provision.apply(settings)
        made = Services(settings, clock=clock)
        yield World(made, clock, made.directory.create_root_account("Estuary College"))


@pytest.fixture
def world(_institution: World) -> Iterator[World]:
    """The service as the app sees it during one test; no job of an earlier test waits."""
    wiring.use(_institution.services)
    for _ in _institution.messages():
        pass
    yield _institution
    wiring.use(None)


@pytest.fixture
def ada(world: World) -> Person:
    """A learner."""
    return world.person()


@pytest.fixture
def bo(world: World) -> Person:
    """Another learner of the same institution."""
    return world.person()


@pytest.fixture
def admin(world: World) -> Person:
    """An admin of the institution."""
    return world.admin()
