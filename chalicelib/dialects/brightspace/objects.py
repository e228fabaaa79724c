"""The caller's objects as a list, and the bytes of a file (brightspace 6.1)."""

from __future__ import annotations

from chalicelib.dialects.brightspace import wire
from chalicelib.dialects.brightspace.dialect import brightspace, redirect
from chalicelib.dialects.call import Call
from chalicelib.dialects.http import Reply
from chalicelib.domain.access import Permission
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.paging import PageRequest

PAGE_SIZE = 50
PAGE_LIMIT = 100


@brightspace.get(
    "/{component}/{version}/objects/my",
    permission=Permission.OBJECT_READ,
    vendor="/d2l/api/eP/(version)/objects/my/",
)
def mine(call: Call) -> wire.ObjectsPage:
    """GET /d2l/api/eP/(version)/objects/my/: a page of the caller's objects; `bookmark` goes on behind another.

    Source
    ------
    brightspace 6.1.
    """
    return wire.objects_page(call.services.holdings.mine(call.actor, _page(call)))


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


def _page(call: Call) -> PageRequest:
    """The page asked for. Raises InvalidError when its size is no number of `PAGE_LIMIT` at most."""
    size = call.query("pageSize") or str(PAGE_SIZE)
    if not (size.isascii() and size.isdigit() and len(size) <= 3 and 0 < int(size) <= PAGE_LIMIT):
        raise InvalidError(f"pageSize must be a number from 1 to {PAGE_LIMIT}.", field="pageSize")
    return PageRequest(size=int(size), cursor=call.query("bookmark") or "")
