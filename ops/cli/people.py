"""`sis-import`, `token`, `idkey`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from ops.cli.console import Answer, Given, errors

if TYPE_CHECKING:
    from chalicelib.domain.token import Token

WRITERS = 8
SHOWN_ERRORS = 50
"""Bad lines printed for a person; `--json` has them all."""


def register(app: App) -> None:
    """Add the commands."""
    token = App(name="token", help="Access tokens.")
    token.command(create_token, name="create")
    idkey = App(name="idkey", help="Brightspace ID-key pairs.")
    idkey.command(create_idkey, name="create")
    for group in (token, idkey):
        app.command(group)
    app.command(sis_import, name="sis-import")


def sis_import(folder: Path, *, root: str = "", writers: int = WRITERS, session: Given) -> Answer:
    """Load a school from a folder of Canvas SIS CSV files; again changes nothing.

    Parameters
    ----------
    folder
        Holds accounts.csv, users.csv, courses.csv and so on (docs/sis.md); files are known by their columns.
    root
        The root account to load into, an id or sis_account_id:X; by default the default root.
    writers
        How many rows are written at a time, where they do not depend on each other.
    """
    from chalicelib.wiring import wire
    from ops.sis import Import
    from ops.sis_school import School

    services = wire(session.settings)
    directory = services.directory
    into = directory.find_account(root) if root else directory.default_root()
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:.0f} rows"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def tell(file: str, rows: int) -> None:
            if file not in tasks:
                tasks[file] = progress.add_task(file, total=None)
            progress.update(tasks[file], completed=rows)

        report = Import(School(services, threads=max(1, writers)), into, progress=tell).run(folder)
    lines = [
        f"{name}: {count.rows} rows, {count.changed} changed, {count.unchanged} unchanged, {count.failed} failed, "
        f"{count.rate:,.0f} rows/s"
        for name, count in report.files.items()
    ]
    for item in [*report.warnings, *report.errors][:SHOWN_ERRORS]:
        errors.print(f"{item.file}:{item.line}: {item.message}", markup=False, soft_wrap=True)
    return Answer(report.as_json(), lines, ok=not report.failed)


def create_token(
    *,
    user: str,
    purpose: str,
    scope: tuple[str, ...] = (),
    expires_at: datetime | None = None,
    session: Given,
) -> Answer:
    """Make an active access token. Its secret is shown this once.

    Parameters
    ----------
    user
        Whose: an id or sis_user_id:X.
    purpose
        What it is for.
    scope
        A scope it is limited to; may be given several times.
    expires_at
        When it ends, as 2027-01-31T12:00:00+00:00; a time without a zone is UTC.
    """
    from chalicelib.wiring import wire

    services = wire(session.settings)
    found = services.directory.find_user(user)
    if expires_at is not None and expires_at.tzinfo is None:
        expires_at = expires_at.replace(tzinfo=UTC)
    token, secret = services.tokens.create(
        found.id, found.root_account_id, purpose=purpose, scopes=scope, expires_at=expires_at
    )
    return Answer(_token(token, secret), [f"Token {token.id} for {found.login_id}: {secret}"])


def create_idkey(*, user: str, session: Given) -> Answer:
    """Make a Brightspace application and a user key for it.

    Parameters
    ----------
    user
        Whose: an id or sis_user_id:X.
    """
    from chalicelib.wiring import wire

    services = wire(session.settings)
    found = services.directory.find_user(user)
    pair = services.idkeys.create(found.id, found.root_account_id)
    value = {
        "app_id": pair.app_id,
        "app_key": pair.app_key,
        "user_id": pair.user_token_id,
        "user_key": pair.user_key,
    }
    return Answer(value, [f"{name}: {text}" for name, text in value.items()])


def _token(token: Token, secret: str) -> dict[str, Any]:
    """The Canvas token object with the full secret (canvas-a 3.1)."""
    return {
        "id": token.id,
        "user_id": token.user_id,
        "real_user_id": None,
        "created_at": _moment(token.created_at),
        "updated_at": _moment(token.updated_at),
        "last_used_at": None,
        "expires_at": _moment(token.expires_at) if token.expires_at else None,
        "workflow_state": token.workflow_state,
        "remember_access": None,
        "scopes": list(token.scopes),
        "purpose": token.purpose,
        "app_name": "User-Generated",
        "visible_token": secret,
        "can_manually_regenerate": True,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
