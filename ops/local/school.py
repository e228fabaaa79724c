"""The demo school: its people, and the credentials by which a person tries the service."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from chalicelib.domain.errors import DomainError, NotFoundError
from chalicelib.domain.person import User
from chalicelib.wiring import Services
from ops.local.keys import Keys
from ops.sis import Import
from ops.sis_school import School

FOLDER = Path(__file__).parents[1] / "demo_school"
NAME = "Folioport Demo School"
PURPOSE = "local demo"


class SchoolError(RuntimeError):
    """The demo school's own files cannot be loaded."""


def furnish(services: Services, keys: Keys) -> dict[str, int]:
    """Make the school where there is none, and working credentials for each of its people.

    Parameters
    ----------
    services
        Of the local stage.
    keys
        Are completed; save them afterwards.

    Returns
    -------
    dict[str, int]
        The people's ids by login.
    """
    directory = services.directory
    try:
        directory.default_root()
    except NotFoundError:
        report = Import(School(services), directory.create_root_account(NAME, sis_id="demo")).run(FOLDER)
        if report.failed:
            raise SchoolError(f"The demo school is broken: {report.errors[0]}") from None
    users = _people(services)
    for login, user in users.items():
        _token(services, keys, login, user)
        _user_key(services, keys, login, user)
    return {login: user.id for login, user in users.items()}


def ready_document(base_url: str, keys: Keys, users: dict[str, int]) -> dict[str, Any]:
    """What `.local/ready.json` says to scripts."""
    app_id, app_key = keys.app or ("", "")
    user_keys = {login: pair for login, pair in keys.user_keys.items() if login in users}
    return {
        "base_url": base_url,
        "tokens": {login: token for login, token in keys.tokens.items() if login in users},
        "d2l": {"app_id": app_id, "app_key": app_key, "users": user_keys},
        "users": users,
    }


def _people(services: Services) -> dict[str, User]:
    with (FOLDER / "users.csv").open(encoding="utf-8", newline="") as file:
        sis_ids = {row["login_id"]: row["user_id"] for row in csv.DictReader(file)}
    found: dict[str, User] = {}
    for login, sis_id in sis_ids.items():
        try:
            found[login] = services.directory.find_user(f"sis_user_id:{sis_id}")
        except NotFoundError:  # the operator has removed or renamed them
            continue
    return found


def _token(services: Services, keys: Keys, login: str, user: User) -> None:
    if login in keys.tokens:
        try:
            services.tokens.authenticate(keys.tokens[login], 0)
        except DomainError:  # the data it was in is gone
            pass
        else:
            return
    _, keys.tokens[login] = services.tokens.create(user.id, user.root_account_id, purpose=PURPOSE)


def _user_key(services: Services, keys: Keys, login: str, user: User) -> None:
    kept = keys.user_keys.get(login)
    if keys.app and kept and None not in services.credentials.id_key(keys.app[0], kept["user_id"]):
        return
    pair = services.idkeys.create(user.id, user.root_account_id, keys.app)
    keys.app = (pair.app_id, pair.app_key)
    keys.user_keys[login] = {"user_id": pair.user_token_id, "user_key": pair.user_key}
