"""The Canvas dialect: `/api/v1/…` as canvas-a and canvas-b describe it."""

from chalicelib.dialects.canvas import eportfolios, moderation, notifications, pages, reports, tokens, users
from chalicelib.dialects.canvas.dialect import canvas

__all__ = ["canvas", "eportfolios", "moderation", "notifications", "pages", "reports", "tokens", "users"]
