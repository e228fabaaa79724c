"""Dates as clients write them: ISO 8601 first, and else whatever reads as a date (canvas-a 1.5)."""

from __future__ import annotations

from datetime import UTC, datetime

TEXT_LIMIT = 64


def read(value: object) -> datetime | None:
    """The moment a text names, UTC where it has no zone; None for what is empty or no date.

    >>> read("2026-03-02T10:30:00+01:00").isoformat(), read("jun 1 2011").isoformat(), read("soon")
    ('2026-03-02T09:30:00+00:00', '2011-06-01T00:00:00+00:00', None)
    """
    if not isinstance(value, str) or not value.strip() or len(value) > TEXT_LIMIT:
        return None
    try:
        return _utc(datetime.fromisoformat(value.strip()))
    except (ValueError, OverflowError):
        return _free(value)


def _free(text: str) -> datetime | None:
    from dateutil import parser

    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    try:
        return _utc(parser.parse(text, default=today))
    except (ValueError, OverflowError, TypeError):
        return None


def _utc(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0)
