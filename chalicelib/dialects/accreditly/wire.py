"""Entities in Accredit.ly's shapes; members in the order of the published samples.

Source
------
accreditly 1, 2, 5.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.domain.epobject import EpObject
from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.identity import parse_guid

NO_GUID = "00000000-0000-0000-0000-000000000000"


class Key(msgspec.Struct):
    """A share key."""

    id: str
    value: str
    label: str
    enabled: bool


class Security(msgspec.Struct, rename="camel"):
    """Who may see a portfolio."""

    is_public: bool
    keys: list[Key]


class Portfolio(msgspec.Struct, rename="camel"):
    """A portfolio; `security` is for its owner only."""

    id: str
    owner_id: str
    title: str
    details: str
    insights: dict[str, Any]
    accreditations: list[Any]
    security: Security | UnsetType = UNSET


class PortfolioWrite(msgspec.Struct):
    """The body of a create or update; an empty `guid` creates."""

    guid: str
    title: str
    details: str | None


def moment(at: datetime) -> str:
    """A time with seven fractional digits (accreditly 1).

    >>> from datetime import UTC
    >>> moment(datetime(2018, 3, 10, 23, 32, 7, 579230, UTC))
    '2018-03-10T23:32:07.5792300Z'
    """
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}0Z"


def portfolio(found: EpObject, *, whole: bool = True) -> Portfolio:
    """A portfolio; not whole: as others see it."""
    facts = found.portfolio
    if facts is None:
        raise NotFoundError("There is no such portfolio.")
    shown = Portfolio(
        id=facts.guid,
        owner_id=facts.owner_email,
        title=found.name,
        details=found.description,
        insights={"pendingUpdate": False},
        accreditations=[],
    )
    if whole:
        keys = [Key(key.id, key.value, key.label, key.enabled) for key in facts.keys]
        shown.security = Security(is_public=facts.shared_publicly, keys=keys)
    return shown


def guid(text: str) -> str:
    """A GUID, lower case. Raises InvalidError when it is none."""
    found = parse_guid(text)
    if found is None:
        raise InvalidError("The id is not a GUID.", field="id")
    return found


def portfolio_write(body: Any) -> PortfolioWrite:
    """What the body of a create or update says. Raises InvalidError."""
    if not isinstance(body, dict):
        raise InvalidError("The body must be a JSON object.")
    said, title, details = body.get("id"), body.get("title"), body.get("details")
    if said in (None, "", NO_GUID):
        said = ""
    elif not isinstance(said, str):
        raise InvalidError("The id is not a GUID.", field="id")
    if not isinstance(title, str) or not title.strip():
        raise InvalidError("A title is required.", field="title", code="blank")
    if details is not None and not isinstance(details, str):
        raise InvalidError("details must be a string.", field="details")
    return PortfolioWrite(guid=guid(said) if said else "", title=title, details=details)
