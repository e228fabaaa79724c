"""What the extension states of an object, as its fields have it."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.domain.epobject import EpObject, GeoTag
from chalicelib.packages import markup


def unspeakable(text: str) -> str | None:
    """The text where XML cannot hold it as it is."""
    return None if markup.strip_illegal(text) == text else text


def natural_type(obj: EpObject) -> bool:
    """Whether the content's type is what a reader would take it for."""
    return obj.content_type == ("text" if obj.content and obj.content_type == "text" else "html")


def accreditation(obj: EpObject) -> tuple[str, str, str, bool] | None:
    """What an accreditation says of its issue."""
    facts = obj.accreditation
    if facts is None:
        return None
    issued = facts.issued_at or obj.created_at
    return (
        facts.classification,
        facts.issuer,
        issued.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z",
        facts.revoked,
    )


def exact(moment: datetime) -> str | None:
    """A time that is no whole second."""
    if not moment.microsecond:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def banner(obj: EpObject) -> tuple[str, str] | None:
    """Title and description over a presentation."""
    facts = obj.portfolio
    if facts is None or not (facts.banner_title or facts.banner_description):
        return None
    return facts.banner_title, facts.banner_description


def place(tag: GeoTag | None) -> tuple[float | None, float | None, float | None, float | None, float | None] | None:
    """A GeoTag's numbers."""
    return None if tag is None else (tag.latitude, tag.longitude, tag.altitude, tag.bearing, tag.precision)
