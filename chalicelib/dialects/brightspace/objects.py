"""The bytes of a file artifact (brightspace 6.1)."""

from __future__ import annotations

from chalicelib.dialects.brightspace.dialect import brightspace, redirect
from chalicelib.dialects.call import Call
from chalicelib.dialects.http import Reply
from chalicelib.domain.access import Permission


@brightspace.get(
    "/{component}/{version}/object/{id}/content",
    permission=Permission.OBJECT_READ,
    vendor="/d2l/api/eP/(version)/object/(objectId)/content",
)
def content(call: Call) -> Reply:
    """GET /d2l/api/eP/(version)/object/(objectId)/content: a redirect to a file's bytes, freshly signed.

    Source
    ------
    brightspace 6.1.
    """
    return redirect(call.services.artifacts.file_link(call.actor, call.id("id")))
