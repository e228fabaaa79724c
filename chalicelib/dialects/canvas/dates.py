"""Dates as clients write them: ISO 8601 first, and else whatever reads as a date (canvas-a 1.5)."""

from __future__ import annotations

from datetime import UTC, datetime

TEXT_LIMIT = 64


def read(value: object) -> datetime | None:
    """The moment a text names, UTC where it has no zone; None for what is empty or no date.

    >>> read("2026-03-02T10:30:00+01:00").isoformat(), read("jun 1 2011").isoformat(), read("soon")
    ('2026-03-02T09:30:00+00:00', '2011-06-01T00:00:00+00:00', None)
    """
    found = local(value)
    if found is None:
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def local(value: object) -> datetime | None:
    """The same, still without a zone where the text has none: whoever knows the caller's adds it.

    >>> local("2026-03-02 10:30").isoformat(), local("2026-03-02T10:30Z").isoformat(), local("2026-13-01")
    ('2026-03-02T10:30:00', '2026-03-02T10:30:00+00:00', None)
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
        return found.replace(microsecond=0)
    except (ValueError, OverflowError, TypeError):
        return None
