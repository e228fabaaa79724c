"""Entities in Accredit.ly's shapes; members in the order of the published samples.

Source
------
accreditly 1, 2, 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.domain import accreditation as accreditation_
from chalicelib.domain import insight
from chalicelib.domain.accreditation import Side
from chalicelib.domain.epobject import Analysis, EpObject, Insights
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.identity import MAX_ID, parse_guid
from chalicelib.domain.portfolio import facts_of
from chalicelib.domain.sharing import KeyChange

DATES, LANGUAGE = "start-end-dates", "language"
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


class Receipt(msgspec.Struct, rename="camel"):
    """Who issued an accreditation, and when."""

    issuer_id: str
    issue_date: str


class Accreditation(msgspec.Struct, rename="camel"):
    """An accreditation; `owner_id` is its recipient."""

    classification: str
    title: str
    details: str
    issue_receipt: Receipt
    state: str
    owner_id: str
    id: str


class Portfolio(msgspec.Struct, rename="camel"):
    """A portfolio; `security` is for its owner only."""

    id: str
    owner_id: str
    title: str
    details: str
    insights: dict[str, Any]
    accreditations: list[Accreditation]
    security: Security | UnsetType = UNSET


class Message(msgspec.Struct):
    """Text for people."""

    message: str


class SecurityWrite(msgspec.Struct):
    """The body of a security call; None: not given."""

    is_public: bool | None
    keys: list[KeyChange] | None


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
    return f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}0Z"


def portfolio(
    found: EpObject, held: Mapping[str, accreditation_.Accreditation] | None = None, *, whole: bool = True
) -> Portfolio:
    """A portfolio with the accreditations it holds, of those in `held`; not whole: as others see it."""
    facts = facts_of(found)
    attached = insight.attached(facts, held or {})
    shown = Portfolio(
        id=facts.guid,
        owner_id=facts.owner_email,
        title=found.name,
        details=found.description,
        insights=insights(facts.insights, pending=insight.pending(facts.insights, attached)),
        accreditations=[accreditation(one) for one in attached],
    )
    if whole:
        keys = [Key(key.id, key.value, key.label, key.enabled) for key in facts.keys]
        shown.security = Security(is_public=facts.shared_publicly, keys=keys)
    return shown


def accreditation(one: accreditation_.Accreditation) -> Accreditation:
    """An accreditation in summary form (accreditly 2.2)."""
    return Accreditation(
        classification=one.classification,
        title=one.title,
        details=one.details,
        issue_receipt=Receipt(issuer_id=one.issuer, issue_date=moment(one.issued_at)),
        state=one.state.value,
        owner_id=one.recipient,
        id=one.guid,
    )


def insights(stored: Insights, *, pending: bool) -> dict[str, Any]:
    """Insights (accreditly 5): what is pending, and the last analysis with its time."""
    shown: dict[str, Any] = {}
    if pending or stored.updated_at is None:
        shown["pendingUpdate"] = pending
    if stored.updated_at is not None:
        shown["lastUpdated"] = moment(stored.updated_at)
    if stored.analysis is not None:
        shown["analysis"] = dict(_entries(stored.analysis))
    return shown


def _entries(analysis: Analysis) -> Iterator[tuple[str, dict[str, Any]]]:
    if analysis.start is not None:
        data = {"Start": moment(analysis.start)}
        if analysis.end is not None and analysis.end != analysis.start:
            data["End"] = moment(analysis.end)
        context = [{"title": title, "id": guid} for title, guid in analysis.entries]
        yield DATES, {"key": DATES, "data": data, "context": context}
    if analysis.languages:
        found = [{"Name": one.name, "Iso6391Name": one.code} for one in analysis.languages]
        yield LANGUAGE, {"key": LANGUAGE, "data": found[0], "context": found}


def guid(text: str) -> str:
    """A GUID, lower case. Raises InvalidError when it is none."""
    found = parse_guid(text)
    if found is None:
        raise InvalidError("The id is not a GUID.", field="id")
    return found


def portfolio_write(body: Any) -> PortfolioWrite:
    """What the body of a create or update says. Raises InvalidError."""
    said, title, details = _object(body).get("id"), body.get("title"), body.get("details")
    if said in (None, "", NO_GUID):
        said = ""
    elif not isinstance(said, str):
        raise InvalidError("The id is not a GUID.", field="id")
    if not isinstance(title, str) or not title.strip():
        raise InvalidError("A title is required.", field="title", code="blank")
    if details is not None and not isinstance(details, str):
        raise InvalidError("details must be a string.", field="details")
    return PortfolioWrite(guid=guid(said) if said else "", title=title, details=details)


def security_write(body: Any) -> SecurityWrite:
    """What the body of a security call says. Raises InvalidError."""
    public, keys = _object(body).get("isPublic", UNSET), body.get("keys")
    if keys is not None and not isinstance(keys, list):
        raise InvalidError("keys must be an array.", field="keys")
    changes = None if keys is None else [_key_change(key) for key in keys]
    return SecurityWrite(is_public=None if public is UNSET else _truth(public), keys=changes)


def accreditation_write(body: Any) -> dict[str, str]:
    """What the body of an issue says, by the names of the domain. Raises InvalidError."""
    said, names = _object(body), {"recipientId": "recipient", "title": "title", "classification": "classification"}
    found = {domain: _text(said, name) for name, domain in names.items()}
    return found | {"details": "" if said.get("details") is None else _text(said, "details")}


def side(text: str | None) -> Side:
    """Whose accreditations are asked for. Raises InvalidError."""
    try:
        return Side(text or Side.RECIPIENT)
    except ValueError:
        raise InvalidError("role must be recipient or issuer.", field="role") from None


def before(text: str | None) -> int | None:
    """Where a list goes on. Raises InvalidError."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID)) and 0 < int(text) <= MAX_ID):
        raise InvalidError("before is not a place in this list; follow the links.", field="before")
    return int(text)


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InvalidError("The body must be a JSON object.")
    return body


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise InvalidError(f"{name} must be a string.", field=name)
    return value


def _truth(value: Any) -> bool:
    """A boolean, or its word in any letter case (accreditly 3.5)."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise InvalidError("isPublic must be a boolean.", field="isPublic")
    return value


def _key_change(key: Any) -> KeyChange:
    if not isinstance(key, dict):
        raise InvalidError("A key must be an object.", field="keys")
    said, label, enabled = key.get("id"), key.get("label", UNSET), key.get("enabled", UNSET)
    if said not in (None, "") and not isinstance(said, str):
        raise InvalidError("The id of a key is not a GUID.", field="id")
    if label is not UNSET and not isinstance(label, str):
        raise InvalidError("label must be a string.", field="label")
    if enabled is not UNSET and not isinstance(enabled, bool):
        raise InvalidError("enabled must be a boolean.", field="enabled")
    return KeyChange(
        id=guid(said) if said else "",
        label=None if label is UNSET else label,
        enabled=None if enabled is UNSET else enabled,
    )
