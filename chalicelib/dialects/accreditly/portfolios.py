"""Portfolios (accreditly 3); their list and detaching are extensions (accreditly 6)."""

from __future__ import annotations

from chalicelib.dialects.accreditly import wire
from chalicelib.dialects.accreditly.dialect import accreditly
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.identity import id_in
from chalicelib.domain.token import AnonymousError


@accreditly.get("/profile/portfolio", permission=Permission.EPORTFOLIO_LIST, extension=True)
def index(call: Call) -> list[wire.Portfolio]:
    """GET /profile/portfolio: the caller's portfolios, oldest first.

    Source
    ------
    accreditly 6.
    """
    found = call.services.portfolios.all_of(call.actor)
    held = call.services.accreditations.of(found)
    return [wire.portfolio(one, held) for one in found]


@accreditly.get("/profile/portfolio/{id}", permission=Permission.EPORTFOLIO_READ, anonymous=True)
def show(call: Call) -> wire.Portfolio:
    """GET /profile/portfolio/{id}: whole for its owner; without its keys for who has one, and when it is public.

    Source
    ------
    accreditly 3.2.
    """
    key = call.query("key") or ""
    found, whole = call.services.sharing.open(call.caller, _readable(call, key), key, call.incoming.source_ip)
    return _shown(call, found, whole=whole)


@accreditly.post("/profile/portfolio", permission=Permission.EPORTFOLIO_AUTHOR)
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
    return _shown(call, portfolios.update(call.actor, portfolio_id, guid=said.guid, name=said.title, description=text))


@accreditly.delete("/profile/portfolio/{id}", permission=Permission.EPORTFOLIO_AUTHOR)
def delete(call: Call) -> wire.Message:
    """DELETE /profile/portfolio/{id}: gone in every view, its sharing keys with it.

    Source
    ------
    accreditly 3.4.
    """
    guid = wire.guid(call.value("id"))
    call.services.portfolios.delete(call.actor, id_in(guid), guid=guid)
    return wire.Message("The portfolio is deleted.")


@accreditly.post("/profile/portfolio/{id}/security", permission=Permission.EPORTFOLIO_AUTHOR)
def secure(call: Call) -> wire.Portfolio:
    """POST /profile/portfolio/{id}/security: the public flag, and the complete new list of keys.

    Source
    ------
    accreditly 3.5, 8.
    """
    guid, said = wire.guid(call.value("id")), wire.security_write(call.json)
    return _shown(call, call.services.sharing.secure(call.actor, guid, public=said.is_public, keys=said.keys))


@accreditly.put("/profile/portfolio/{id}/{accreditationId}", permission=Permission.EPORTFOLIO_AUTHOR)
def attach(call: Call) -> wire.Portfolio:
    """PUT /profile/portfolio/{id}/{accreditationId}: hold an accreditation that the owner received.

    Source
    ------
    accreditly 3.3.
    """
    guid, wanted = wire.guid(call.value("id")), call.value("accreditationId")
    return wire.portfolio(*call.services.attachments.attach(call.actor, guid, wanted))


@accreditly.delete("/profile/portfolio/{id}/{accreditationId}", permission=Permission.EPORTFOLIO_AUTHOR, extension=True)
def detach(call: Call) -> wire.Portfolio:
    """DELETE /profile/portfolio/{id}/{accreditationId}: hold it no longer.

    Source
    ------
    accreditly 6.
    """
    guid, wanted = wire.guid(call.value("id")), call.value("accreditationId")
    return _shown(call, call.services.attachments.detach(call.actor, guid, wanted))


def _shown(call: Call, found: EpObject, *, whole: bool = True) -> wire.Portfolio:
    return wire.portfolio(found, call.services.accreditations.of([found]), whole=whole)


def _readable(call: Call, key: str) -> str:
    """The GUID asked for. Who shows neither token nor key is refused before its form is looked at (accreditly 1.2)."""
    try:
        return wire.guid(call.value("id"))
    except InvalidError:
        if call.caller is None and not key:
            raise AnonymousError("Send a bearer token.") from None
        raise
