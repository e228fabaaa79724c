"""Everything an operator can set, read once from the environment.

One frozen dataclass; `load()` validates and names the variable that is wrong. Nothing is read at import, because
`chalice package` imports the application on a machine without any of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import get_type_hints

from msgspec import Struct
from msgspec.structs import fields

PREFIX = "FOLIO_"
MIB = 1024 * 1024


POSITIVE = (
    "link_ttl_s",
    "package_ttl_s",
    "job_lease_s",
    "job_attempts",
    "job_pickup_s",
    "max_body_bytes",
    "upload_max_bytes",
    "upload_ttl_s",
)


class SettingsError(ValueError):
    """A variable is missing or malformed; the message names it and says what it must hold."""


class Settings(Struct, frozen=True, kw_only=True):
    """The service's settings; the variable of field `x_y` is `FOLIO_X_Y`.

    Units are in the names: `_s` seconds, `_bytes` bytes.
    """

    stage: str = "local"
    table_prefix: str = "folioport-local"
    """Tables are `{prefix}-objects`, `-locators`, `-people` and `-jobs`."""
    bucket: str = "folioport-local"
    queue: str = "folioport-local-jobs"
    dead_queue: str = "folioport-local-jobs-dead"
    topic_arn: str = ""
    """SNS topic for events of finished jobs; empty: none are published."""
    secret_key: str = ""
    """Key of the keyed hash over token secrets: at least 32 characters, the same in every function of a stage."""
    secret_parameter: str = ""
    """Name of an SSM SecureString that holds `secret_key` where it is not in the environment."""
    public_url: str = ""
    """Scheme, host and stage prefix clients use, without a final slash; empty: taken from each request."""
    clock_offset_s: int = 0
    """Shifts the service's clock; the local stage only."""
    max_body_bytes: int = 10 * MIB
    """Largest request body; API Gateway refuses more than 10 MB by itself."""
    upload_max_bytes: int = 5 * 1024 * MIB
    """Largest package that is uploaded directly; S3 takes no more than 5 GB by a form."""
    upload_ttl_s: int = 3600
    """How long leave for a direct upload lasts. What was uploaded is kept for some days (ops/resources.yaml)."""
    link_ttl_s: int = 900
    """Lifetime of a presigned package link."""
    package_ttl_s: int = 7 * 86400
    """How long a package, its job and its idempotency record are kept."""
    job_lease_s: int = 900
    """How long a worker owns a job; function timeout <= lease <= queue visibility timeout."""
    job_reserve_s: int = 20
    """A worker saves a checkpoint and hands on when less than this remains of its function's time."""
    job_attempts: int = 5
    """Deliveries without progress after which a job is aborted; the queue's maxReceiveCount."""
    job_pickup_s: int = 120
    """The sweeper sends a job again that nobody picked up for so long."""
    import_writers: int = 4
    """Transactions an import has under way at a time."""
    package_max_bytes: int = 20 * 1024 * MIB
    """Cap on the inflated size of an imported package."""
    package_max_members: int = 1_000_000
    package_max_ratio: int = 200
    """Cap on inflated to deflated size of a member, above the first megabyte; exports reach 100."""
    brightspace_versions: str = "2.0 2.1 2.2 2.3 2.4 2.5"
    brightspace_rate_credits: int = 50_000
    brightspace_rate_cost: int = 10
    canvas_rate_limit: int = 600
    """Level of a token's leaking bucket from which on Canvas calls are refused; 0: they are never."""
    canvas_rate_cap: int = 800
    """The bucket never has more in it."""
    canvas_rate_drain_per_s: int = 10
    canvas_rate_hold: int = 50
    """What a call holds in the bucket while it is under way; then it pays a unit for each second it took."""
    share_guesses: int = 60
    """Wrong share keys a minute, at one portfolio or from one address, after which none is looked at."""
    time_zone: str = "UTC"
    """Zone of the minute in a package's file name."""

    @property
    def local(self) -> bool:
        """Whether this is the local stage, where a person may bend the clock."""
        return self.stage == "local"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process environment).

    Raises
    ------
    SettingsError
        A value does not parse, or breaks a rule between values.
    """
    source = os.environ if environ is None else environ
    hints = get_type_hints(Settings)
    values: dict[str, object] = {}
    for field in fields(Settings):
        name = PREFIX + field.name.upper()
        text = source.get(name)
        if text is None:
            continue
        if hints[field.name] is int:
            try:
                values[field.name] = int(text)
            except ValueError:
                raise SettingsError(f"{name} must be a whole number, not {text!r}.") from None
        else:
            values[field.name] = text
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.clock_offset_s and not settings.local:
        raise SettingsError("FOLIO_CLOCK_OFFSET_S is for the local stage only.")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise SettingsError("FOLIO_SECRET_KEY must have at least 32 characters.")
    if settings.time_zone != "UTC":
        _check_zone(settings.time_zone)
    for name in (
        "link_ttl_s",
        "package_ttl_s",
        "job_lease_s",
        "job_attempts",
        "job_pickup_s",
        "max_body_bytes",
        "upload_max_bytes",
        "upload_ttl_s",
    ):
        if getattr(settings, name) <= 0:
            raise SettingsError(f"{PREFIX}{name.upper()} must be positive.")


def _check_zone(name: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(f"FOLIO_TIME_ZONE must be the name of a zone like Europe/Oslo, not {name!r}.") from None
