"""Changes the key that tokens are hashed with, while every token goes on working.

Containers read the keys once, so the new key is told to all of them before one hashes with it: it is written beside the
old one, the API's containers are replaced, and only when none is left that does not know it the two change places. From
then on each token moves to the new key with its next use. `finish` takes the old one away.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

import boto3
import msgspec
from botocore.exceptions import ClientError

from chalicelib.domain.token import Token
from chalicelib.domain.tokenkeys import TokenKeys, name_of, parse
from chalicelib.settings import Settings
from chalicelib.storage import documents
from chalicelib.storage.secrets import read_parameter
from chalicelib.storage.tables import bind
from ops import policies
from ops.resource.drift import ProvisionError, code_of

LAST_REQUEST_S = 30
"""How long a container that was replaced may go on with a request: the API function's timeout, and one."""
KEY_BYTES = 32


def new_key() -> str:
    """A key nobody knows."""
    return secrets.token_hex(KEY_BYTES)


def rotate(settings: Settings, *, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """Make a new key current, and keep the one before for tokens that were not used since. Says what was done.

    An interrupted run is taken up where it was.

    Raises
    ------
    ProvisionError
        The stage keeps its key elsewhere, or the last change was not finished.
    """
    keys = _read(settings)
    if keys.previous:
        again = f"python -m ops --stage {settings.stage} rotate-key --finish"
        raise ProvisionError(f"The last change of keys is not finished; run first: {again}")
    if not keys.next:
        keys = keys.announced(new_key())
        _write(settings, keys)
    _renew(settings, sleep)
    changed = keys.changed()
    _write(settings, changed)
    _renew(settings)
    now, before = name_of(changed.current), name_of(changed.previous)
    return [f"key {now} is current; tokens of key {before} move to it as they are used"]


def finish(settings: Settings, *, force: bool = False, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    """Forget the key before the current one. Says what was done.

    Raises
    ------
    ProvisionError
        Tokens would end that still hold, and `force` is not set.
    """
    keys = _read(settings)
    if not keys.previous:
        raise ProvisionError("No change of keys is under way.")
    _refuse_if_any(_held_by(settings, keys.previous), force=force)
    _renew(settings, sleep)
    left = _held_by(settings, keys.previous)
    _refuse_if_any(left, force=force)
    _write(settings, TokenKeys(current=keys.current))
    _renew(settings)
    return [f"key {name_of(keys.previous)} is forgotten; {len(left)} tokens ended with it"]


def _refuse_if_any(left: list[Token], *, force: bool) -> None:
    if left and not force:
        raise ProvisionError(
            f"{len(left)} tokens were not used since the change and would end, the last of them made on "
            f"{max(one.created_at for one in left):%Y-%m-%d}; wait until they are used, or say --force."
        )


def _read(settings: Settings) -> TokenKeys:
    if settings.secret_key or not settings.secret_parameter:
        raise ProvisionError("The key of this stage is not in SSM (FOLIO_SECRET_PARAMETER); nothing was changed.")
    return parse(read_parameter(settings.secret_parameter))


def _write(settings: Settings, keys: TokenKeys) -> None:
    name = settings.secret_parameter
    boto3.client("ssm").put_parameter(Name=name, Value=keys.text(), Type="SecureString", Overwrite=True)


def _renew(settings: Settings, sleep: Callable[[float], None] | None = None) -> None:
    """Replace the containers that read the keys; with `sleep`, wait until none of the old ones can be at work."""
    client, name = boto3.client("lambda"), policies.deployed_name(settings.stage, policies.API)
    try:
        variables = dict(client.get_function_configuration(FunctionName=name)["Environment"]["Variables"])
        variables["FOLIO_KEYS_AS_OF"] = datetime.now(UTC).isoformat()  # nobody reads it; another one is a new container
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return  # not deployed: no container has read anything
        raise
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    if sleep is not None:
        sleep(LAST_REQUEST_S)


def _held_by(settings: Settings, key: str) -> list[Token]:
    """Tokens that still hold and are hashed with a key. Reads the whole table of people."""
    people, now = bind(settings).people, datetime.now(UTC)
    tokens = (documents.decode(one.document or "{}", Token) for one in people.scan(people.pk.startswith("secret#")))
    return [
        token
        for token in tokens
        if token.workflow_state != "deleted"
        and (token.expires_at is None or token.expires_at > now)
        and token.key in ("", name_of(key))
    ]


def problem(settings: Settings) -> str:
    """What is wrong with the stage's keys; empty: nothing."""
    try:
        keys = parse(read_parameter(settings.secret_parameter))
    except msgspec.DecodeError:
        return "holds no key that can be read"
    return "has a key that was announced and never made current" if keys.next else ""
