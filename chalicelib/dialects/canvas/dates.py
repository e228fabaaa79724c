"""Dates as clients write them: ISO 8601 first, and else whatever reads as a date (canvas-a 1.5)."""

from __future__ import annotations

from datetime import UTC, datetime

TEXT_LIMIT = 64


def local(value: object) -> datetime | None:
    """The time a text names, without a zone where it has none: whoever knows the caller's adds it; None for no date.

    >>> local("2026-03-02 10:30").isoformat(), local("2026-03-02T10:30Z").isoformat()
    ('2026-03-02T10:30:00', '2026-03-02T10:30:00+00:00')
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
        found: datetime = parser.parse(text, default=today)
        found.utcoffset()  # raises for one of a day or more, which dateutil lets through
        return found.replace(microsecond=0)
    except (ValueError, OverflowError, TypeError):
        return None
