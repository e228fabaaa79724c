"""Dates as clients write them: ISO 8601 first, and else whatever reads as a date (canvas-a 1.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

TEXT_LIMIT = 64
ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
"""Hours of the zones that have names in mails (RFC 2822)."""


def local(value: object) -> datetime | None:
    """The time a text names, without a zone where it has none: whoever knows the caller's adds it; None for no date.

    >>> local("2026-03-02 10:30").isoformat(), local("2026-03-02T10:30Z").isoformat()
    ('2026-03-02T10:30:00', '2026-03-02T10:30:00+00:00')
    >>> local("2027-06-01 10:00 PST").isoformat(), local("2027-06-01 10:00 XYZ")
    ('2027-06-01T10:00:00-08:00', None)
    >>> local("10h999999999999999999999999999999 am")
    >>> local("jun 1 2011").isoformat(), local("2026-13-01"), local("soon"), local("2026-03-02 10:30 +9999")
    ('2011-06-01T00:00:00', None, None, None)
    """
    if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LIMIT:
        return None
    try:
        return datetime.fromisoformat(value.strip()).replace(microsecond=0)
    except (ValueError, OverflowError):
        return _free(value)


def _free(text: str) -> datetime | None:
    from dateutil import parser

    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    try:
        found: datetime = parser.parse(text, default=today, tzinfos=_zone)
        return found.replace(microsecond=0)
    except (ValueError, ArithmeticError, TypeError):
        return None


def _zone(name: str | None, offset_s: int | None) -> tzinfo | None:
    """A zone as a text names it. Raises ValueError for a name that nobody could say the hours of."""
    if offset_s is None and name is None:
        return None
    if offset_s is None and name not in ZONES:
        raise ValueError(f"{name} is no zone.")
    return timezone(timedelta(hours=ZONES[name or ""]) if offset_s is None else timedelta(seconds=offset_s))
