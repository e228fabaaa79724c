"""Users, as far as a client of ePortfolios begins with them (design 2)."""

from __future__ import annotations

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import wire
from chalicelib.dialects.canvas.auth import user_reference
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.domain.access import Permission


@canvas.get("/users/{user_id}", permission=Permission.USER_READ, vendor="/api/v1/users/:id")
def show(call: Call) -> wire.User:
    """GET /api/v1/users/:id, and /api/v1/users/self: a user whom the caller may see.

    Source
    ------
    design 2; canvas-a 1.5 for the id forms.
    """
    return wire.user(call.services.directory.show(call.actor, user_reference(call)))
