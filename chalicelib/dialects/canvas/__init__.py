"""The Canvas dialect: `/api/v1/…` as canvas-a and canvas-b describe it."""

from chalicelib.dialects.canvas import (
    account_calendars,
    account_courses,
    account_reads,
    accounts,
    eportfolios,
    moderation,
    notifications,
    pages,
    reports,
    tokens,
    users,
)
from chalicelib.dialects.canvas.dialect import canvas

__all__ = [
    "account_calendars",
    "account_courses",
    "account_reads",
    "accounts",
    "canvas",
    "eportfolios",
    "moderation",
    "notifications",
    "pages",
    "reports",
    "tokens",
    "users",
]
