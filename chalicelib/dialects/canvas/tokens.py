"""Access tokens (canvas-a 3)."""

from __future__ import annotations

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import paging, params, token_wire
from chalicelib.dialects.canvas.auth import user_reference
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.dialects.route import Answer
from chalicelib.domain.access import Permission

ONE = "/users/{user_id}/tokens/{id}"


@canvas.get(ONE, permission=Permission.TOKEN_READ)
def show(call: Call) -> token_wire.Token:
    """GET /api/v1/users/:user_id/tokens/:id: a token, without its secret.

    Source
    ------
    canvas-a 3.3, 3.4.
    """
    return token_wire.token(call.services.token_book.show(call.actor, _owner(call), call.value("id")))


@canvas.get("/users/{user_id}/user_generated_tokens", permission=Permission.TOKEN_READ)
def index(call: Call) -> Answer:
    """GET /api/v1/users/:user_id/user_generated_tokens: a user's manual tokens, by bookmarks.

    Source
    ------
    canvas-a 3.4, 1.4.
    """
    size, bookmark = paging.size(call), paging.bookmark(call)
    found = call.services.token_book.index(call.actor, _owner(call), size, bookmark)
    return paging.marked(call, size, found, token_wire.token)


@canvas.post("/users/{user_id}/tokens", permission=Permission.TOKEN_CREATE)
def create(call: Call) -> token_wire.Token:
    """POST /api/v1/users/:user_id/tokens: a new token from `token[…]`, with its secret this once.

    Source
    ------
    canvas-a 3.4.
    """
    made = call.services.token_book.create(
        call.actor, _owner(call), lambda: token_wire.new_draft(params.required(call, "token"))
    )
    return token_wire.token(made)


@canvas.put(ONE, permission=Permission.TOKEN_CREATE)
def update(call: Call) -> token_wire.Token:
    """PUT /api/v1/users/:user_id/tokens/:id: change or regenerate a token by `token[…]`.

    Source
    ------
    canvas-a 3.4.
    """
    changed = call.services.token_book.update(
        call.actor, _owner(call), call.value("id"), lambda: token_wire.draft(params.required(call, "token"))
    )
    return token_wire.token(changed)


@canvas.delete(ONE, permission=Permission.TOKEN_DELETE)
def destroy(call: Call) -> token_wire.Token:
    """DELETE /api/v1/users/:user_id/tokens/:id: the token, which no longer works.

    Source
    ------
    canvas-a 3.4.
    """
    return token_wire.token(call.services.token_book.delete(call.actor, _owner(call), call.value("id")))


@canvas.post(f"{ONE}/activate", permission=Permission.TOKEN_ACTIVATE, extension=True)
def activate(call: Call) -> token_wire.Token:
    """POST /api/v1/users/:user_id/tokens/:id/activate: a pending token, taken by its owner.

    Source
    ------
    canvas-a 3.2.
    """
    return token_wire.token(call.services.token_book.activate(call.actor, _owner(call), call.value("id")))


def _owner(call: Call) -> int:
    return call.services.directory.user_id(call.actor, user_reference(call))
