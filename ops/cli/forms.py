"""`form`."""

from __future__ import annotations

from pathlib import Path

import msgspec
from cyclopts import App

from chalicelib.domain.epobject import FormField
from chalicelib.domain.errors import InvalidError
from ops.cli.console import Answer, Given


class FormFile(msgspec.Struct, forbid_unknown_fields=True):
    """A filled form as a file."""

    name: str
    fields: list[FormField]
    description: str = ""
    template: str = ""


def register(app: App) -> None:
    """Add the commands."""
    form = App(name="form", help="Form artifacts, which Brightspace's API can show and move but not make.")
    form.command(create, name="create")
    app.command(form)


def create(file: Path, *, user: str, session: Given) -> Answer:
    """Make a form artifact from a JSON file.

    Parameters
    ----------
    file
        {"name": "…", "description": "…", "template": "…", "fields": [{"label": "Goal", "value": "Swim"},
        {"label": "Name", "system": "name"}]}; system is one of email, first_name, last_name, name.
    user
        Whose: an id or sis_user_id:X.
    """
    from chalicelib.domain.artifact import ObjectDraft
    from chalicelib.wiring import wire

    try:
        said = msgspec.json.decode(file.read_bytes(), type=FormFile)
    except msgspec.MsgspecError as error:
        raise InvalidError(f"{file}: {error}") from None
    services = wire(session.settings)
    owner = services.directory.find_user(user)
    draft = ObjectDraft(name=said.name, description=said.description)
    made = services.forms.create(owner, draft, said.template, said.fields)
    value = {"id": made.id, "user_id": owner.id, "name": made.name, "fields": len(said.fields)}
    return Answer(value, [f"Form {made.id} of {owner.login_id}: {made.name}"])
