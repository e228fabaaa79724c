"""`python -m ops [--stage local] COMMAND … [--json]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

from botocore.exceptions import BotoCoreError, ClientError
from cyclopts import App, Parameter

from chalicelib.domain.errors import DomainError
from chalicelib.settings import SettingsError
from ops.cli import accounts, forms, people, resources, roles
from ops.cli.console import Answer, Given, Session, complain, show
from ops.local.engine import EngineError
from ops.resource.drift import ProvisionError
from ops.stage import LOCAL, StageError
from ops.template import TemplateError

EXPECTED = (
    BotoCoreError,
    ClientError,
    DomainError,
    EngineError,
    OSError,
    ProvisionError,
    SettingsError,
    StageError,
    TemplateError,
)
"""What can go wrong without a fault of this program: said in a line, without a traceback."""

app = App(name="ops", help="Operate Folioport.", version_flags=[], result_action="return_value")
resources.register(app)
accounts.register(app)
roles.register(app)
forms.register(app)
people.register(app)


@app.command
def serve(*, session: Given) -> Answer:
    """Run the whole service on this machine until Ctrl-C: local AWS, API, workers, demo school (`make run`)."""
    from ops.local.serve import run

    if session.stage != LOCAL:
        raise StageError("Only the local stage is served from here; the others are deployed with chalice deploy")
    return Answer(run())


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    stage: str = LOCAL,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run one command on one stage.

    Parameters
    ----------
    stage
        local, or a stage of .chalice/config.json.
    json
        Make the last line of standard output one JSON value.
    """
    command, bound, ignored = app.parse_args(tokens)
    try:
        if "session" in ignored:
            bound.arguments["session"] = Session(stage)
        answer = command(*bound.args, **bound.kwargs)
    except KeyboardInterrupt:
        complain("Interrupted.")
        return 130
    except EXPECTED as error:
        complain(_sentence(error, stage))
        return 1
    if isinstance(answer, Answer):
        show(answer, as_json=json)
        return 0 if answer.ok else 1
    return 0


def _sentence(error: Exception, stage: str) -> str:
    if stage == LOCAL and isinstance(error, BotoCoreError):
        return f"The local service does not answer; start it with: make run ({error})"
    return str(error) or type(error).__name__


def main(tokens: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        The exit status: 0, or 1 when something was wrong.
    """
    return int(app.meta(tokens, result_action="return_value") or 0)


if __name__ == "__main__":
    sys.exit(main())
