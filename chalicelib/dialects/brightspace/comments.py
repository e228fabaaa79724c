"""Comments on the caller's objects (brightspace 6.1)."""

from __future__ import annotations

from chalicelib.dialects.brightspace import wire
from chalicelib.dialects.brightspace.dialect import brightspace
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission


@brightspace.get(
    "/{component}/{version}/object/{id}/comments",
    permission=Permission.OBJECT_READ,
    vendor="/d2l/api/eP/(version)/object/(objectId)/comments/",
)
def index(call: Call) -> list[wire.Comment]:
    """GET /d2l/api/eP/(version)/object/(objectId)/comments/: the comments on one of the caller's objects, by age.

    Source
    ------
    brightspace 6, 6.1.
    """
    object_id = call.id("id")
    return [wire.comment(one, object_id) for one in call.services.comments.index(call.actor, object_id)]


@brightspace.post(
    "/{component}/{version}/object/{id}/comments/new",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/object/(objectId)/comments/new",
)
def create(call: Call) -> wire.Comment:
    """POST /d2l/api/eP/(version)/object/(objectId)/comments/new: a new comment of the caller's.

    Source
    ------
    brightspace 6, 6.1.
    """
    object_id = call.id("id")
    made = call.services.comments.create(call.actor, object_id, wire.comment_body(call.json))
    return wire.comment(made, object_id)
