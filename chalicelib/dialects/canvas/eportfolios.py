"""ePortfolios (canvas-a 2.3); creating and changing them are extensions (design 2)."""

from __future__ import annotations

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import paging, params, wire
from chalicelib.dialects.canvas.auth import user_reference
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.dialects.route import Answer
from chalicelib.domain.access import Permission
from chalicelib.domain.errors import DeniedError


@canvas.get("/users/{user_id}/eportfolios", permission=Permission.EPORTFOLIO_LIST)
def index(call: Call) -> Answer:
    """GET /api/v1/users/:user_id/eportfolios: one user's ePortfolios by last change, a page at a time.

    Source
    ------
    canvas-a 2.3, 1.4.
    """
    page, services = paging.request(call), call.services
    owner = services.directory.user_id(call.actor, user_reference(call))
    deleted = "deleted" in params.words(call, "include")
    found = services.portfolios.index(call.actor, owner, page, include_deleted=deleted)
    return paging.answer(call, page, found, wire.eportfolio)


@canvas.get("/eportfolios/{id}", permission=Permission.EPORTFOLIO_READ)
def show(call: Call) -> wire.EPortfolio:
    """GET /api/v1/eportfolios/:id: one ePortfolio.

    Source
    ------
    canvas-a 2.2, 2.3.
    """
    return wire.eportfolio(call.services.portfolios.show(call.actor, call.id("id")))


@canvas.post("/users/{user_id}/eportfolios", permission=Permission.EPORTFOLIO_AUTHOR, extension=True)
def create(call: Call) -> wire.EPortfolio:
    """POST /api/v1/users/self/eportfolios: a new ePortfolio of the caller, from `eportfolio[name]` and `[public]`.

    Source
    ------
    design 2; rules of accreditly 8 and canvas-a 2.1.
    """
    if call.services.directory.user_id(call.actor, user_reference(call)) != call.actor.user_id:
        raise DeniedError("Portfolios are created by their owners.")
    fields = params.required(call, "eportfolio")
    name, public = wire.check_title(params.string(fields, "name")) or "", params.boolean(fields.get("public"))
    return wire.eportfolio(call.services.portfolios.create(call.actor, name=name, public=public))


@canvas.put("/eportfolios/{id}", permission=Permission.EPORTFOLIO_AUTHOR, extension=True)
def update(call: Call) -> wire.EPortfolio:
    """PUT /api/v1/eportfolios/:id: change `eportfolio[name]` and `[public]`; what is not sent stays.

    Source
    ------
    design 2.
    """
    portfolio_id, fields = call.id("id"), params.required(call, "eportfolio")
    name = wire.check_title(params.string(fields, "name")) or "" if "name" in fields else None
    public = params.boolean(fields["public"]) if "public" in fields else None
    return wire.eportfolio(call.services.portfolios.update(call.actor, portfolio_id, name=name, public=public))
