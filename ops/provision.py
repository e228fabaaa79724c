"""Makes and removes the resources of a stage, idempotently, from `resources.yaml`.

On AWS CloudFormation executes the template; on the local stage and in tests the interpreter does. Both read one file.
"""

from __future__ import annotations

from collections.abc import Callable

import boto3
from botocore.exceptions import ClientError

from chalicelib.settings import Settings
from ops import interpreter, rotation, template
from ops.resource.drift import Clients, ProvisionError, code_of
from ops.stack import Stack

__all__ = ["ProvisionError", "apply", "destroy", "provision"]


def apply(settings: Settings, *, visibility_timeout_s: int | None = None) -> list[str]:
    """Make the resources at the endpoint of the environment without CloudFormation.

    Parameters
    ----------
    settings
        Give the names.
    visibility_timeout_s
        How long SQS hides a message a worker holds, in seconds; by default the job lease and a minute (960).

    Returns
    -------
    list[str]
        What was changed, a line each; empty when there was nothing to do.

    Raises
    ------
    ProvisionError
        Something is there that differs and cannot be changed.
    """
    values = template.parameters(settings, visibility_timeout_s)
    return interpreter.apply(Clients(), template.resources(values))


def provision(
    settings: Settings,
    *,
    confirm: Callable[[list[str]], bool] = lambda _: True,
    visibility_timeout_s: int | None = None,
) -> list[str]:
    """Make or update the resources of the settings' stage.

    Parameters
    ----------
    settings
        Name the stage and its resources.
    confirm
        Is shown the plan of an AWS stage, a line per change; False leaves everything as it is.
    visibility_timeout_s
        As in `apply`.

    Returns
    -------
    list[str]
        What was changed; empty when there was nothing to do or `confirm` said no.

    Raises
    ------
    ProvisionError
        A resource cannot be brought to what the template says.
    """
    _check_times(settings, visibility_timeout_s)
    if settings.local:
        return apply(settings, visibility_timeout_s=visibility_timeout_s)
    values = template.parameters(settings, visibility_timeout_s)
    found, clients, stack = template.resources(values), Clients(), Stack(settings.stage)
    change_set, changes = stack.propose(template.body(values), values)
    # What was changed beside CloudFormation, which does not look at resources whose template is the same.
    drifts = interpreter.plan(clients, found)
    drifted = [str(one) for one in drifts if not change_set or one.fact != "does not exist"]
    if change_set or drifted:
        if not confirm([*changes, *drifted]):
            return []
        if change_set:
            stack.execute(change_set)
    return changes + interpreter.apply(clients, found) + _secret(settings)


def destroy(settings: Settings, *, force: bool = False, keep_data: bool = False) -> list[str]:
    """Remove the stage's resources.

    Parameters
    ----------
    settings
        Name the stage and its resources.
    force
        Remove what holds people's work too, whatever is in it.
    keep_data
        Leave tables and bucket where they are.

    Returns
    -------
    list[str]
        What was removed.

    Raises
    ------
    ProvisionError
        There are data, and neither `force` nor `keep_data` says what shall become of them.
    """
    clients, found = Clients(), template.resources(template.parameters(settings))
    if not (force or keep_data):
        full = interpreter.full(clients, found)
        if full:
            raise ProvisionError(
                f"There are data in {', '.join(full)}. Nothing was removed: say --keep-data to keep tables and bucket, "
                "or --force to remove every account, portfolio and file of the stage."
            )
    if settings.local:
        return interpreter.remove(clients, found, data=not keep_data)
    done = Stack(settings.stage).delete()
    return done + interpreter.remove(clients, [item for item in found if item.retained], data=not keep_data)


def _check_times(settings: Settings, visibility_timeout_s: int | None) -> None:
    if visibility_timeout_s is not None and visibility_timeout_s < settings.job_lease_s:
        raise ProvisionError(
            f"A visibility timeout of {visibility_timeout_s} s is below the job lease of {settings.job_lease_s} s: "
            "a message would come back while its worker still runs."
        )


def _secret(settings: Settings) -> list[str]:
    """Make the stage's secret key where the settings name a parameter for it and none is there."""
    name = settings.secret_parameter
    if not name:
        return []
    client = boto3.client("ssm")
    try:
        client.put_parameter(Name=name, Value=rotation.new_key(), Type="SecureString", Overwrite=False)
    except ClientError as error:
        if code_of(error) == "ParameterAlreadyExists":
            return []
        raise
    return [f"{name}: secret key made"]
