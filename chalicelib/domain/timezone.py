"""Time zones as accounts have them: IANA names, or the names that Rails gives to some (canvas-b 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from chalicelib.domain.errors import InvalidError

RAILS = {
    "Adelaide": "Australia/Adelaide",
    "Alaska": "America/Juneau",
    "Amsterdam": "Europe/Amsterdam",
    "Arizona": "America/Phoenix",
    "Atlantic Time (Canada)": "America/Halifax",
    "Auckland": "Pacific/Auckland",
    "Beijing": "Asia/Shanghai",
    "Berlin": "Europe/Berlin",
    "Brisbane": "Australia/Brisbane",
    "Central Time (US & Canada)": "America/Chicago",
    "Dublin": "Europe/Dublin",
    "Eastern Time (US & Canada)": "America/New_York",
    "Hawaii": "Pacific/Honolulu",
    "Helsinki": "Europe/Helsinki",
    "Hong Kong": "Asia/Hong_Kong",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "London": "Europe/London",
    "Madrid": "Europe/Madrid",
    "Melbourne": "Australia/Melbourne",
    "Mountain Time (US & Canada)": "America/Denver",
    "New Delhi": "Asia/Kolkata",
    "Newfoundland": "America/St_Johns",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Paris": "Europe/Paris",
    "Perth": "Australia/Perth",
    "Rome": "Europe/Rome",
    "Saskatchewan": "America/Regina",
    "Singapore": "Asia/Singapore",
    "Stockholm": "Europe/Stockholm",
    "Sydney": "Australia/Sydney",
    "Tokyo": "Asia/Tokyo",
    "UTC": "Etc/UTC",
}
DEFAULT = "America/Denver"


def shown(zone: str) -> str:
    """The IANA name of a stored zone.

    >>> shown("UTC"), shown("Alaska"), shown("Europe/Oslo"), shown("")
    ('Etc/UTC', 'America/Juneau', 'Europe/Oslo', 'America/Denver')
    """
    return RAILS.get(zone, zone) or DEFAULT


def checked(zone: str) -> str:
    """The zone as it is stored. Raises InvalidError when there is none of that name."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(shown(zone))
    except (KeyError, ValueError, OSError):
        raise InvalidError(f"There is no time zone {zone!r}; use a name like America/Denver.", field="zone") from None
    return zone


def in_utc(at: datetime, zone: str) -> datetime | None:
    """The moment in UTC; what has no zone is in that one, or in UTC where none is set; None beyond the calendar.

    >>> noon = datetime(2030, 7, 1, 12)
    >>> [in_utc(noon, zone).hour for zone in ("", "Europe/Oslo", "Eastern Time (US & Canada)", "Mars")]
    [12, 10, 16, 12]
    """
    try:
        return (at if at.tzinfo else at.replace(tzinfo=_found(zone))).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _found(zone: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(shown(zone)) if zone else UTC
    except (KeyError, ValueError, OSError):
        return UTC
