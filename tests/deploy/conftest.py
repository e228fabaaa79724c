"""A throw-away AWS with stages deployed into it by the commands an operator runs (`make test-deploy`).

Left out of every other run: building and deploying the package takes a minute and downloads wheels.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.cloud import Cloud, Stage, write_users
from tests.deploy.document import Document

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
def document() -> Document:
    """The page that says how to deploy, of which every block is to be run."""
    return Document()


@pytest.fixture(scope="session")
def dev(cloud: Cloud, document: Document) -> Stage:
    """The stage dev, deployed for the first time as the page says."""
    stage = Stage(cloud, "dev")
    printed = document.run(stage, "First deploy")
    assert "add Objects AWS::DynamoDB::Table" in printed
    assert "Execute this change? [y/N]" in printed
    assert "✓ stage dev is well" in printed
    return stage


@pytest.fixture(scope="session")
def people(cloud: Cloud, dev: Stage, document: Document) -> list[dict[str, Any]]:
    """The first two people of the stage, by the operator's commands."""
    write_users(cloud.project / "sis", ("u1", "Mere", "Tāne"), ("u2", "Second", "Reader"))
    printed = document.run(dev, "First deploy")
    token = re.search(r"(?m)^Token \d+ for Mere: (\w+)$", printed)
    assert token
    assert "Mere" in document.run(
        dev, "First deploy", fill={"TOKEN": token[1], "$(chalice url --stage dev)": f"{dev.url}/"}
    )
    assert "SubscriptionArn" in document.run(dev, "First deploy")
    return [dev.person("u1"), dev.person("u2")]
