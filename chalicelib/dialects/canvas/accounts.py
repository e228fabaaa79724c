"""Accounts: one, and lists of them (canvas-b 3.2 to 3.5, 3.7)."""

from __future__ import annotations

from functools import partial
from typing import Any

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import account_wire, paging, params
from chalicelib.dialects.canvas.auth import account_reference
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.dialects.route import Answer
from chalicelib.domain.access import Permission

ACCOUNT = "/accounts/{account_id}"


@canvas.get("/accounts", permission=Permission.ACCOUNT_LIST)
def index(call: Call) -> Answer:
    """GET /api/v1/accounts: accounts on which the caller has a role.

    Source
    ------
    canvas-b 3.4.
    """
    page, show = paging.request(call), partial(account_wire.account, include=included(call))
    return paging.numbered(call, page, call.services.accounts.index(call.actor, page), show)


@canvas.get("/accounts/search", permission=Permission.SERVICE_DESCRIBE)
def search(call: Call) -> list[dict[str, Any]]:
    """GET /api/v1/accounts/search: hosts of root accounts by name or host, for anybody.

    Source
    ------
    canvas-b 3.2.
    """
    name, domain = params.text(call, "name"), params.text(call, "domain")
    return [account_wire.host(one) for one in call.services.accounts.search(name, domain)]


@canvas.get(ACCOUNT, permission=Permission.ACCOUNT_READ, vendor="/api/v1/accounts/:id")
def show(call: Call) -> account_wire.Account:
    """GET /api/v1/accounts/:id: one account.

    Source
    ------
    canvas-b 3.6, 3.3.
    """
    return account_wire.account(call.services.accounts.show(call.actor, account_reference(call)))


@canvas.get(f"{ACCOUNT}/sub_accounts", permission=Permission.ACCOUNT_READ)
def sub_accounts(call: Call) -> Answer:
    """GET /api/v1/accounts/:account_id/sub_accounts: accounts below one, or all of them tier by tier.

    Source
    ------
    canvas-b 3.7.
    """
    page, show = paging.request(call), partial(account_wire.account, include=included(call))
    recursive, by_name = params.boolean(call.query("recursive")), call.query("order") == "name"
    reference = account_reference(call)
    found = call.services.accounts.sub_accounts(call.actor, reference, page, recursive=recursive, by_name=by_name)
    return paging.numbered(call, page, found, show)


@canvas.get("/manageable_accounts", permission=Permission.ACCOUNT_LIST, anonymous=True)
def manageable(call: Call) -> Answer | list[Any]:
    """GET /api/v1/manageable_accounts: accounts the caller has a role on and may create courses in, and those below.

    Source
    ------
    canvas-b 3.4.
    """
    if call.caller is None:
        return []
    page = paging.request(call)
    return paging.numbered(call, page, call.services.accounts.manageable(call.actor, page), account_wire.account)


@canvas.get("/course_creation_accounts", permission=Permission.ACCOUNT_LIST, anonymous=True)
def course_creation(call: Call) -> Answer | list[Any]:
    """GET /api/v1/course_creation_accounts: accounts in which the caller may create courses.

    Source
    ------
    canvas-b 3.5.
    """
    if call.caller is None:
        return []
    page = paging.request(call)
    return paging.numbered(call, page, call.services.accounts.course_creation(call.actor, page), account_wire.account)


@canvas.get("/course_accounts", permission=Permission.ACCOUNT_LIST, anonymous=True)
def course_accounts(call: Call) -> Answer | list[Any]:
    """GET /api/v1/course_accounts: accounts with a course that the caller administers by an enrollment.

    Source
    ------
    canvas-b 3.4.
    """
    if call.caller is None:
        return []
    page = paging.request(call)
    return paging.numbered(call, page, call.services.accounts.course_accounts(call.actor, page), account_wire.account)


@canvas.get("/manually_created_courses_account", permission=Permission.ACCOUNT_READ)
def manually_created(call: Call) -> account_wire.Account:
    """GET /api/v1/manually_created_courses_account: the account for courses made by hand.

    Source
    ------
    canvas-b 3.6.
    """
    return account_wire.account(call.services.accounts.manually_created(call.actor))


def included(call: Call) -> frozenset[str]:
    """What `include[]`, or `includes[]`, asks for."""
    return frozenset((*params.words(call, "include"), *params.words(call, "includes")))
