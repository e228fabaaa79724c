"""The Canvas dialect: `/api/v1/…` as canvas-a and canvas-b describe it."""

from chalicelib.dialects.canvas import (
    account_courses,
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
    "account_courses",
    "canvas",
    "eportfolios",
    "moderation",
    "notifications",
    "pages",
    "reports",
    "tokens",
    "users",
]
