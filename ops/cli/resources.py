"""`provision`, `destroy`, `doctor`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

from ops.cli.console import Answer, Given, complain, errors


def register(app: App) -> None:
    """Add the commands."""
    app.command(provision)
    app.command(destroy)
    app.command(doctor)
    app.command(gateway_responses, name="gateway-responses")
    app.command(package_extras, name="package-extras")
    app.command(rotate_key, name="rotate-key")


def provision(*, yes: Annotated[bool, Parameter(negative="")] = False, session: Given) -> Answer:
    """Make the stage's tables, bucket, queues and topic, or bring them to what the template says.

    Parameters
    ----------
    yes
        Do not ask before changing an AWS stage.
    """
    from ops import provision as provisioning

    def confirm(changes: list[str]) -> bool:
        for line in changes:
            errors.print(f"  {line}", markup=False)
        return yes or (sys.stdin.isatty() and input("Execute this change? [y/N] ").strip().lower() == "y")

    if not (yes or session.settings.local or sys.stdin.isatty()):
        complain("Nobody can be asked here: say --yes to execute the plan, if there is one.")
    done = provisioning.provision(session.settings, confirm=confirm)
    return Answer({"stage": session.settings.stage, "changed": done}, done or ["Nothing to do."])


def destroy(
    *,
    force: Annotated[bool, Parameter(negative="")] = False,
    keep_data: Annotated[bool, Parameter(negative="")] = False,
    session: Given,
) -> Answer:
    """Remove everything of the stage that provision made. Refuses while tables or bucket hold anything.

    Parameters
    ----------
    force
        Remove the data too: every account, portfolio and file of the stage.
    keep_data
        Leave tables and bucket; queues, topics, alarms go.
    """
    from ops import provision as provisioning

    done = provisioning.destroy(session.settings, force=force, keep_data=keep_data)
    return Answer({"stage": session.settings.stage, "removed": done}, done or ["Nothing to do."])


def doctor(*, recount: Annotated[bool, Parameter(negative="")] = False, session: Given) -> Answer:
    """Check every resource of the stage and say what mends what is wrong. Changes nothing.

    Parameters
    ----------
    recount
        Read the tables whole and count again what writes keep counted.
    """
    from ops.doctor import examine

    found = examine(session.settings)
    if recount and not found:
        from chalicelib.wiring import wire
        from ops import recount as counting

        found = counting.examine(wire(session.settings))
    lines = [line for item in found for line in (f"✗ {item.resource} {item.problem}", f"    mend: {item.mend}")]
    value = {"stage": session.settings.stage, "ok": not found, "findings": [asdict(item) for item in found]}
    return Answer(value, lines or [f"✓ stage {session.settings.stage} is well"], ok=not found)


def gateway_responses(*, session: Given) -> Answer:
    """Give the gateway's own answers (unknown paths, oversized bodies, failures) the dialects' words.

    Run it after every `chalice deploy`, which resets them.
    """
    from ops import gateway_responses as responses

    done = responses.apply(session.settings.stage)
    return Answer({"stage": session.settings.stage, "changed": done}, done or ["Nothing to do."])


def package_extras(*, session: Given) -> Answer:
    """Print what `chalice package --merge-template` needs beside chalice's own template."""
    from ops.extras import extras

    made = extras(session.settings.stage)
    return Answer(made, [json.dumps(made, indent=2)])


def rotate_key(
    *,
    finish: Annotated[bool, Parameter(negative="")] = False,
    force: Annotated[bool, Parameter(negative="")] = False,
    session: Given,
) -> Answer:
    """Hash tokens with a new key. Every token goes on working and moves to the new key with its next use.

    Parameters
    ----------
    finish
        Forget the key before, after a change; refused while tokens hold that were not used since.
    force
        With --finish: end those tokens.
    """
    from ops import rotation

    with errors.status("The API's containers are replaced; this takes a minute."):
        done = rotation.finish(session.settings, force=force) if finish else rotation.rotate(session.settings)
    return Answer({"stage": session.settings.stage, "changed": done}, done)
