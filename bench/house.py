"""A service of its own for one measurement: a throw-away strict engine, provisioned, and how to reach it."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import boto3

from chalicelib import observe, wiring
from chalicelib.domain.person import User, UserRow
from chalicelib.settings import load
from chalicelib.wiring import Services, wire
from ops import provision
from ops.local.engine import Ministack
from tests.factories import HandClock, World

SETTINGS = {
    "FOLIO_SECRET_KEY": "bench-" + "k" * 40,
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "PYTHONHASHSEED": "0",
}


@contextmanager
def engine(**settings: str) -> Iterator[Services]:
    """Services on an empty engine; child processes that inherit the environment reach the same one.

    Parameters
    ----------
    settings
        More variables for the environment.
    """
    with tempfile.TemporaryDirectory(prefix="folioport-bench-") as folder:
        running = Ministack(Path(folder) / "engine", snapshot_s=0)
        running.start()
        observe.logger()  # made before the level below: it keeps the level it was made with, for the whole process
        logging.disable(logging.CRITICAL)
        try:
            variables = {**running.environment, **SETTINGS, **settings}
            with patch.dict(os.environ, variables), patch.object(boto3, "DEFAULT_SESSION", None):
                provision.apply(load())
                yield wire()
        finally:
            logging.disable(logging.NOTSET)
            running.kill()  # nothing of it is kept, so it need not save anything


@contextmanager
def world() -> Iterator[World]:
    """An institution on an empty engine, with the app before it."""
    with engine() as services:
        clock = HandClock()
        made = wiring.Services(services.settings, clock=clock)
        wiring.use(made)
        try:
            yield World(made, clock, made.directory.create_root_account("Estuary College"))
        finally:
            wiring.use(None)


def learner(services: Services, login: str) -> User:
    """A learner of the default institution, which is made with the first one."""
    root_id = services.people.root_for_host("")
    known = services.people.account(root_id) if root_id else None
    root = known or services.directory.create_root_account("Estuary College")
    row = UserRow(sis_id=login, login_id=login, first_name=login.title(), last_name="Obi", email=f"{login}@example.edu")
    assert [outcome.error for outcome in services.directory.upsert_users(root, [row])] == [""]
    return services.directory.find_user(f"sis_user_id:{login}")
