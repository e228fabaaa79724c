"""What published clients talk to: the service on a loopback port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib import wiring
from chalicelib.wiring import Services
from chalicelib.wiring_stores import SystemClock
from ops.local.server import Server
from tests.factories import World


@pytest.fixture
def now(world: World) -> World:
    """The service on the machine's time, which is the client's time."""
    wiring.use(Services(world.services.settings, clock=SystemClock()))
    return world


@pytest.fixture
def url(now: World) -> Iterator[str]:
    """Address of the service."""
    server = Server(now.gateway, 0, quiet=True)
    server.start()
    yield server.url
    server.stop()
