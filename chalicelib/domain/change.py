"""Writes to an owner's objects, as the domain states them; a store does all of a list or none."""

from __future__ import annotations

from msgspec import Struct

from chalicelib.domain.epobject import EpObject
from chalicelib.domain.job import Job


class Created(Struct, frozen=True):
    """Write a new object and its locator; fails when the id, or a share key of it, is taken."""

    object: EpObject


class Updated(Struct, frozen=True):
    """Replace an object; `object.version` is one more than the version that must be there."""

    object: EpObject


class Deleted(Struct, frozen=True):
    """Like `Updated`, for an object whose `deleted_at` was just set: it leaves the lists and its locator closes."""

    object: EpObject


class Restored(Struct, frozen=True):
    """Undo `Deleted` for a portfolio, whose `deleted_at` was just cleared."""

    object: EpObject


Change = Created | Updated | Deleted | Restored


class KeysTaken(Struct, frozen=True):
    """Take new share keys for a portfolio, for good; fails when one was ever used (accreditly 2.3)."""

    portfolio: EpObject
    values: tuple[str, ...]


class Attached(Struct, frozen=True):
    """Remember at the accreditation which portfolio refers to it."""

    guid: str
    portfolio: EpObject


class Detached(Struct, frozen=True):
    """Forget `Attached`."""

    guid: str
    portfolio: EpObject


class Queued(Struct, frozen=True):
    """Write a new job, so that it is there if and only if the change is; announce it afterwards."""

    job: Job


Companion = KeysTaken | Attached | Detached | Queued
"""What is written together with a change of an object."""
