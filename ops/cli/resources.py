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


def destroy(*, force: Annotated[bool, Parameter(negative="")] = False, session: Given) -> Answer:
    """Remove the stage's queues and topic; with --force also its tables and bucket.

    Parameters
    ----------
    force
        Remove the data too: every account, portfolio and file of the stage.
    """
    from ops import provision as provisioning

    done = provisioning.destroy(session.settings, force=force)
    kept = [] if force else ["Tables and bucket were kept; --force removes them and all data in them."]
    return Answer({"stage": session.settings.stage, "removed": done}, [*done, *kept])


def doctor(*, session: Given) -> Answer:
    """Check every resource of the stage and say what mends what is wrong. Changes nothing."""
    from ops.doctor import examine

    found = examine(session.settings)
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
