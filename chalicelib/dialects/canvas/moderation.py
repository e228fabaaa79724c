"""ePortfolios deleted, judged and brought back (canvas-a 2.2, 2.3)."""

from __future__ import annotations

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import params, wire
from chalicelib.dialects.canvas.auth import user_reference
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.domain.access import Permission


@canvas.delete("/eportfolios/{id}", permission=Permission.EPORTFOLIO_DELETE)
def destroy(call: Call) -> wire.EPortfolio:
    """DELETE /api/v1/eportfolios/:id: the ePortfolio, deleted, by its owner or a moderator.

    Source
    ------
    canvas-a 2.2, 2.3.
    """
    return wire.eportfolio(call.services.moderation.delete(call.actor, call.id("id")))


@canvas.put(
    "/eportfolios/{id}/moderate",
    permission=Permission.EPORTFOLIO_MODERATE,
    vendor="/api/v1/eportfolios/:eportfolio_id/moderate",
)
def moderate(call: Call) -> wire.EPortfolio:
    """PUT /api/v1/eportfolios/:eportfolio_id/moderate: the ePortfolio with a moderator's `spam_status`.

    Source
    ------
    canvas-a 2.3.
    """
    portfolio_id, verdict = call.id("id"), params.text(call, "spam_status")
    return wire.eportfolio(call.services.moderation.moderate(call.actor, portfolio_id, verdict))


@canvas.put("/users/{user_id}/eportfolios", permission=Permission.EPORTFOLIO_MODERATE)
def moderate_all(call: Call) -> str:
    """PUT /api/v1/users/:user_id/eportfolios: `spam_status` for all active ePortfolios of a user.

    Source
    ------
    canvas-a 2.3.
    """
    owner = call.services.directory.user_id(call.actor, user_reference(call))
    call.services.moderation.moderate_all(call.actor, owner, params.text(call, "spam_status"))
    return "success"


@canvas.put(
    "/eportfolios/{id}/restore",
    permission=Permission.EPORTFOLIO_MODERATE,
    vendor="/api/v1/eportfolios/:eportfolio_id/restore",
)
def restore(call: Call) -> wire.EPortfolio:
    """PUT /api/v1/eportfolios/:eportfolio_id/restore: the ePortfolio, active again.

    Source
    ------
    canvas-a 2.3.
    """
    return wire.eportfolio(call.services.moderation.restore(call.actor, call.id("id")))
