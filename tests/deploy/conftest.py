"""A throw-away AWS with stages deployed into it by the commands an operator runs (`make test-deploy`).

Left out of every other run: building and deploying the package takes a minute and downloads wheels.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.cloud import Cloud, Stage

collect_ignore_glob = [] if os.environ.get("FOLIO_TEST_DEPLOY") else ["test_*.py"]


@pytest.fixture(scope="session", autouse=True)
def _execute_api_hosts() -> Iterator[None]:
    """Resolve `*.localhost` to this machine, as the hosts of deployed APIs are resolved by AWS."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *rest: Any, **named: Any) -> Any:
        local = isinstance(host, str) and host.endswith(".localhost")
        return resolve("127.0.0.1" if local else host, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolved)
        yield


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An AWS with nothing in it, that enforces IAM."""
    with Cloud(tmp_path_factory.mktemp("cloud")) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        yield running


@pytest.fixture(scope="session")
def dev(cloud: Cloud) -> Stage:
    """The stage dev, provisioned and deployed."""
    return cloud.deployed("dev")
