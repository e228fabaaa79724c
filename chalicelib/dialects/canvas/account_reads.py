"""What there is to read beside an account: settings, permissions, terms of service, help links (canvas-b 3.6)."""

from __future__ import annotations

from typing import Any

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import account_texts, params
from chalicelib.dialects.canvas.accounts import ACCOUNT
from chalicelib.dialects.canvas.auth import account_reference, root_id
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.domain.access import Permission


@canvas.get(f"{ACCOUNT}/settings", permission=Permission.ACCOUNT_READ)
def settings(call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/:account_id/settings: settings of an account, for who manages them.

    Source
    ------
    canvas-b 3.6.
    """
    return account_texts.settings(call.services.accounts.settings(call.actor, account_reference(call)))


@canvas.get("/settings/environment", permission=Permission.SERVICE_DESCRIBE)
def environment(call: Call) -> dict[str, Any]:
    """GET /api/v1/settings/environment: what the root account tells everybody.

    Source
    ------
    canvas-b 3.6.
    """
    return account_texts.environment(call.services.accounts.root(root_id(call)))


@canvas.get(f"{ACCOUNT}/permissions", permission=Permission.ACCOUNT_READ)
def permissions(call: Call) -> dict[str, bool]:
    """GET /api/v1/accounts/:account_id/permissions: which permissions the caller has on an account.

    Source
    ------
    canvas-b 3.6.
    """
    names = params.words(call, "permissions")
    return call.services.accounts.permissions(call.actor, account_reference(call), names)


@canvas.get(f"{ACCOUNT}/terms_of_service", permission=Permission.SERVICE_DESCRIBE)
def terms_of_service(call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/:account_id/terms_of_service: the root account's terms, for anybody.

    Source
    ------
    canvas-b 3.6.
    """
    return account_texts.terms(call.services.accounts.terms(root_id(call), account_reference(call)))


@canvas.get(f"{ACCOUNT}/help_links", permission=Permission.ACCOUNT_READ)
def help_links(call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/:account_id/help_links: the help menu of the root account.

    Source
    ------
    canvas-b 3.6.
    """
    return account_texts.help_links(call.services.accounts.help_links(call.actor, account_reference(call)))
