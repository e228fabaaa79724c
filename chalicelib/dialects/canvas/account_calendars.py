"""Account calendars (canvas-b 3.1)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import paging, params
from chalicelib.dialects.canvas.auth import account_reference
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.dialects.route import Answer
from chalicelib.domain.access import Permission
from chalicelib.domain.account_calendar import Calendar, CalendarChange
from chalicelib.domain.person import chain

CALENDAR = "/account_calendars/{account_id}"
CALENDARS = "/accounts/{account_id}/account_calendars"


class AccountCalendar(msgspec.Struct, kw_only=True):
    """A calendar of an account."""

    id: int
    name: str
    parent_account_id: int | None
    root_account_id: int | None
    visible: bool
    auto_subscribe: bool
    asset_string: str
    type: str = "account"
    calendar_event_url: str
    can_create_calendar_events: bool
    create_calendar_event_url: str
    new_calendar_event_url: str
    sub_account_count: int | UnsetType = UNSET


@canvas.get("/account_calendars", permission=Permission.CALENDAR_LIST)
def index(call: Call) -> Answer:
    """GET /api/v1/account_calendars: visible calendars of accounts the caller has to do with, with their number.

    Source
    ------
    canvas-b 3.1.1.
    """
    page = paging.request(call)
    found = call.services.calendars.index(call.actor, params.text(call, "search_term"), page)
    value = {"account_calendars": [calendar(one) for one in found.items], "total_results": found.total}
    return Answer(value=value, headers={"Link": paging.numbered_links(call, page, found)})


@canvas.get(CALENDAR, permission=Permission.CALENDAR_READ)
def show(call: Call) -> AccountCalendar:
    """GET /api/v1/account_calendars/:account_id: one calendar.

    Source
    ------
    canvas-b 3.1.2.
    """
    return calendar(call.services.calendars.show(call.actor, account_reference(call)))


@canvas.put(CALENDAR, permission=Permission.CALENDAR_MANAGE)
def update(call: Call) -> AccountCalendar:
    """PUT /api/v1/account_calendars/:account_id: show or hide a calendar, subscribe to it or not.

    Source
    ------
    canvas-b 3.1.3.
    """
    said = params.of(call)
    visible, auto = (params.boolean(said[key]) if key in said else None for key in ("visible", "auto_subscribe"))
    change = CalendarChange(account_id=0, visible=visible, auto_subscribe=auto)
    return calendar(call.services.calendars.update(call.actor, account_reference(call), change))


@canvas.put(CALENDARS, permission=Permission.CALENDAR_MANAGE)
def bulk(call: Call) -> dict[str, str]:
    """PUT /api/v1/accounts/:account_id/account_calendars: show or hide many.

    Source
    ------
    canvas-b 3.1.4.
    """
    items = params.of_body(call).get("_json")
    count = call.services.calendars.bulk(call.actor, account_reference(call), items, params.boolean)
    return {"message": f"Updated {count} account{'' if count == 1 else 's'}"}


@canvas.get(CALENDARS, permission=Permission.CALENDAR_MANAGE)
def index_all(call: Call) -> Answer:
    """GET /api/v1/accounts/:account_id/account_calendars: those of an account and below, hidden ones too.

    Source
    ------
    canvas-b 3.1.5.
    """
    page, term, shown = paging.request(call), params.text(call, "search_term"), params.text(call, "filter")
    found = call.services.calendars.all(call.actor, account_reference(call), term, shown, page)
    return paging.numbered(call, page, found, calendar)


@canvas.get("/accounts/{account_id}/visible_calendars_count", permission=Permission.CALENDAR_MANAGE)
def visible_count(call: Call) -> dict[str, Any]:
    """GET /api/v1/accounts/:account_id/visible_calendars_count: how many are visible, of an account and below.

    Source
    ------
    canvas-b 3.1.6.
    """
    return {"count": call.services.calendars.count(call.actor, account_reference(call))}


def calendar(one: Calendar) -> AccountCalendar:
    """A calendar in Canvas's shape."""
    node, ids = one.node, chain(one.node.path)
    events = f"/accounts/{node.id}/calendar_events"
    return AccountCalendar(
        id=node.id,
        name=node.name,
        parent_account_id=ids[-2] if len(ids) > 1 else None,
        root_account_id=ids[0] if len(ids) > 1 else None,
        visible=node.visible,
        auto_subscribe=node.auto_subscribe,
        asset_string=f"account_{node.id}",
        calendar_event_url=f"{events}/%7B%7B%20id%20%7D%7D",
        can_create_calendar_events=one.can_create_events,
        create_calendar_event_url=events,
        new_calendar_event_url=f"{events}/new",
        sub_account_count=UNSET if one.children is None else one.children,
    )
