"""Portfolios (accreditly 3); the list is an extension (accreditly 6)."""

from __future__ import annotations

from chalicelib.dialects.accreditly import wire
from chalicelib.dialects.accreditly.dialect import accreditly
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.identity import id_in
from chalicelib.domain.token import AnonymousError


@accreditly.get("/portfolio", permission=Permission.EPORTFOLIO_LIST, extension=True)
def index(call: Call) -> list[wire.Portfolio]:
    """GET /profile/portfolio: the caller's portfolios, oldest first.

    Source
    ------
    accreditly 6.
    """
    return [wire.portfolio(found) for found in call.services.portfolios.all_of(call.actor)]


@accreditly.get("/portfolio/{id}", permission=Permission.EPORTFOLIO_READ, anonymous=True)
def show(call: Call) -> wire.Portfolio:
    """GET /profile/portfolio/{id}: whole for its owner; without its keys for who has one, and when it is public.

    Source
    ------
    accreditly 3.2.
    """
    key = call.query("key") or ""
    found, whole = call.services.portfolios.open(call.caller, _readable(call, key), key)
    return wire.portfolio(found, whole=whole)


@accreditly.post("/portfolio", permission=Permission.EPORTFOLIO_AUTHOR)
def save(call: Call) -> wire.Portfolio:
    """POST /profile/portfolio: a new portfolio, or with an `id` the one there is, changed.

    Source
    ------
    accreditly 3.1, 8.
    """
    said, portfolios = wire.portfolio_write(call.json), call.services.portfolios
    if not said.guid:
        return wire.portfolio(portfolios.create(call.actor, name=said.title, description=said.details or ""))
    portfolio_id, text = id_in(said.guid), said.details
    changed = portfolios.update(call.actor, portfolio_id, guid=said.guid, name=said.title, description=text)
    return wire.portfolio(changed)


def _readable(call: Call, key: str) -> str:
    """The GUID asked for. Who shows neither token nor key is refused before its form is looked at (accreditly 1.2)."""
    try:
        return wire.guid(call.value("id"))
    except InvalidError:
        if call.caller is None and not key:
            raise AnonymousError("Send a bearer token.") from None
        raise
