"""Account notifications (canvas-a 4.3), also under the paths old clients use."""

from __future__ import annotations

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import params
from chalicelib.dialects.canvas.auth import account_id, user_reference
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.dialects.canvas.notification_wire import AccountNotification, draft, notification
from chalicelib.domain.access import Permission
from chalicelib.domain.errors import NotFoundError

NOTICES = "/accounts/{account_id}/account_notifications"
NOTICE = f"{NOTICES}/{{id}}"
ALIASES = "/accounts/{account_id}/users/{user_id}/account_notifications"
ALIAS = f"{ALIASES}/{{id}}"


@canvas.get(NOTICES, permission=Permission.NOTIFICATION_READ)
def index(call: Call) -> list[AccountNotification]:
    """GET /api/v1/accounts/:account_id/account_notifications: what the caller sees, or all there is of an account.

    Source
    ------
    canvas-a 4.2, 4.3.
    """
    said, services = params.of(call), call.services
    everything, closed = params.boolean(said.get("include_all")), params.boolean(said.get("show_is_closed"))
    if everything:
        found = services.notifications.index_all(call.actor, account_id(call))
    else:
        found = services.notifications.index(call.actor, past=params.boolean(said.get("include_past")))
    return [notification(one, author=everything, closed=closed) for one in found]


@canvas.get(NOTICE, permission=Permission.NOTIFICATION_READ)
def show(call: Call) -> AccountNotification:
    """GET /api/v1/accounts/:account_id/account_notifications/:id: one of those the caller sees.

    Source
    ------
    canvas-a 4.3.
    """
    return notification(call.services.notifications.show(call.actor, call.id("id")))


@canvas.delete(NOTICE, permission=Permission.NOTIFICATION_READ)
def close(call: Call) -> AccountNotification:
    """DELETE /api/v1/accounts/:account_id/account_notifications/:id: close it for the caller; `remove`: for everyone.

    Source
    ------
    canvas-a 4.3.
    """
    notices, remove = call.services.notifications, params.boolean(params.of(call).get("remove"))
    return notification((notices.remove if remove else notices.close)(call.actor, call.id("id")))


@canvas.post(NOTICES, permission=Permission.NOTIFICATION_MANAGE)
def create(call: Call) -> AccountNotification:
    """POST /api/v1/accounts/:account_id/account_notifications: a new notification.

    Source
    ------
    canvas-a 4.3.
    """
    return notification(call.services.notifications.create(call.actor, account_id(call), lambda: draft(call)))


@canvas.put(NOTICE, permission=Permission.NOTIFICATION_MANAGE)
def update(call: Call) -> AccountNotification:
    """PUT /api/v1/accounts/:account_id/account_notifications/:id: change what is sent; the roles always.

    Source
    ------
    canvas-a 4.3.
    """
    notices, account = call.services.notifications, account_id(call)
    return notification(notices.update(call.actor, account, call.id("id"), lambda: draft(call)))


@canvas.get(ALIASES, permission=Permission.NOTIFICATION_READ)
def index_as(call: Call) -> list[AccountNotification]:
    """GET /api/v1/accounts/:account_id/users/:user_id/account_notifications: as `index`, for the caller alone.

    Source
    ------
    canvas-a 4.3.
    """
    _themself(call)
    return index(call)


@canvas.get(ALIAS, permission=Permission.NOTIFICATION_READ)
def show_as(call: Call) -> AccountNotification:
    """GET /api/v1/accounts/:account_id/users/:user_id/account_notifications/:id: as `show`, for the caller alone.

    Source
    ------
    canvas-a 4.3.
    """
    _themself(call)
    return show(call)


@canvas.delete(ALIAS, permission=Permission.NOTIFICATION_READ)
def close_as(call: Call) -> AccountNotification:
    """DELETE /api/v1/accounts/:account_id/users/:user_id/account_notifications/:id: as `close`, for the caller alone.

    Source
    ------
    canvas-a 4.3.
    """
    _themself(call)
    return close(call)


def _themself(call: Call) -> None:
    """Raise NotFoundError unless the path names the caller."""
    if call.services.directory.user_id(call.actor, user_reference(call)) != call.actor.user_id:
        raise NotFoundError("There is no such user.")
