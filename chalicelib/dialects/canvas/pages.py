"""Pages of an ePortfolio (canvas-a 2.3); writing them is an extension (design 2)."""

from __future__ import annotations

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import paging, params, wire
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.dialects.route import Answer
from chalicelib.domain.access import Permission


@canvas.get(
    "/eportfolios/{id}/pages",
    permission=Permission.EPORTFOLIO_READ,
    vendor="/api/v1/eportfolios/:eportfolio_id/pages",
)
def index(call: Call) -> Answer:
    """GET /api/v1/eportfolios/:eportfolio_id/pages: its pages by position, a page of them at a time.

    Source
    ------
    canvas-a 2.3, 1.4.
    """
    page = paging.request(call)
    return paging.answer(call, page, call.services.pages.index(call.actor, call.id("id"), page), wire.page)


@canvas.post(
    "/eportfolios/{id}/pages",
    permission=Permission.EPORTFOLIO_AUTHOR,
    vendor="/api/v1/eportfolios/:eportfolio_id/pages",
    extension=True,
)
def create(call: Call) -> wire.EPortfolioPage:
    """POST /api/v1/eportfolios/:eportfolio_id/pages: a new page from `page[name]`, `[content]`, `[position]`.

    Source
    ------
    design 2; sections of canvas-a 2.1.
    """
    portfolio_id, fields = call.id("id"), params.required(call, "page")
    draft = wire.draft(fields, name=params.string(fields, "name"))
    return wire.page(call.services.pages.create(call.actor, portfolio_id, draft))


@canvas.put(
    "/eportfolios/{id}/pages/{page_id}",
    permission=Permission.EPORTFOLIO_AUTHOR,
    vendor="/api/v1/eportfolios/:eportfolio_id/pages/:page_id",
    extension=True,
)
def update(call: Call) -> wire.EPortfolioPage:
    """PUT /api/v1/eportfolios/:eportfolio_id/pages/:page_id: change a page; what is not sent stays.

    Source
    ------
    design 2.
    """
    portfolio_id, page_id, fields = call.id("id"), call.id("page_id"), params.required(call, "page")
    draft = wire.draft(fields, name=params.string(fields, "name") or "" if "name" in fields else None)
    return wire.page(call.services.pages.update(call.actor, portfolio_id, page_id, draft))


@canvas.delete(
    "/eportfolios/{id}/pages/{page_id}",
    permission=Permission.EPORTFOLIO_AUTHOR,
    vendor="/api/v1/eportfolios/:eportfolio_id/pages/:page_id",
    extension=True,
)
def destroy(call: Call) -> wire.EPortfolioPage:
    """DELETE /api/v1/eportfolios/:eportfolio_id/pages/:page_id: the page, deleted.

    Source
    ------
    design 2.
    """
    return wire.page(call.services.pages.delete(call.actor, call.id("id"), call.id("page_id")))
