"""Account notifications in Canvas's shape, and what a caller says of one.

Source
------
canvas-a 4.1, 4.3.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import dates, params
from chalicelib.dialects.canvas.wire import moment
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.notification import NotificationDraft, Shown

ROLES_LIMIT = 200
"""Roles one notice may name."""


class Author(msgspec.Struct, kw_only=True):
    """Who wrote a notification."""

    id: int
    name: str


class AccountNotification(msgspec.Struct, kw_only=True):
    """A notification; a null among `role_ids` are users without enrollments."""

    id: int
    subject: str
    message: str
    start_at: str
    end_at: str
    icon: str
    role_ids: list[int | None]
    roles: list[str]
    author: Author | UnsetType = UNSET
    closed: bool | UnsetType = UNSET


def notification(one: Shown, *, author: bool = False, closed: bool = False) -> AccountNotification:
    """A notice, with its author and whether the caller closed it where that is asked for."""
    notice = one.notice
    return AccountNotification(
        id=notice.id,
        subject=notice.subject,
        message=notice.message,
        start_at=moment(notice.start_at),
        end_at=moment(notice.end_at),
        icon=notice.icon,
        role_ids=list(one.role_ids),
        roles=list(one.roles),
        author=Author(id=notice.author_id, name=one.author) if author else UNSET,
        closed=one.closed if closed else UNSET,
    )


def draft(call: Call) -> NotificationDraft:
    """What the parameters say. Raises MissingError, InvalidError."""
    fields = params.required(call, "account_notification")
    said: dict[str, Any] = {}
    for name in ("subject", "message", "icon", "required_account_service"):
        if name in fields:
            said[name] = params.string(fields, name)
    for name in ("start_at", "end_at"):
        if name in fields:
            said[name] = dates.local(fields[name])
    for name in ("send_message", "domain_specific"):
        if name in fields:
            said[name] = params.boolean(fields[name])
    if "months_in_display_cycle" in fields:
        said["months_in_display_cycle"] = _months(fields["months_in_display_cycle"])
    return NotificationDraft(**said, roles=_roles(params.of(call).get("account_notification_roles")))


def _months(value: Any) -> int | None:
    """A number of months; what is no number is one that is refused."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _roles(value: Any) -> tuple[int | str | None, ...]:
    found = value if isinstance(value, list) else [] if value is None else [value]
    if len(found) > ROLES_LIMIT:
        raise InvalidError(f"Name at most {ROLES_LIMIT} roles.", field="account_notification_roles", code="too_long")
    return tuple(one for one in found if one is None or (isinstance(one, int | str) and not isinstance(one, bool)))
