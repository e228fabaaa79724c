"""Presentations, which other dialects call portfolios (brightspace 6.1)."""

from __future__ import annotations

from chalicelib.dialects.brightspace import wire
from chalicelib.dialects.brightspace.dialect import brightspace
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission
from chalicelib.domain.epobject import Kind


@brightspace.post(
    "/{component}/{version}/presentations/new",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/presentations/new",
)
def create(call: Call) -> wire.EpObjectFetch:
    """POST /d2l/api/eP/(version)/presentations/new: a new presentation of the caller.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.fetch(call.services.presentations.create(call.actor, wire.draft(call.json), wire.banner(call.json)))


@brightspace.get(
    "/{component}/{version}/presentation/{id}",
    permission=Permission.OBJECT_READ,
    vendor="/d2l/api/eP/(version)/presentation/(objectId)",
)
def show(call: Call) -> wire.EpObjectFetch:
    """GET /d2l/api/eP/(version)/presentation/(objectId): one of the caller's presentations.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.fetch(call.services.artifacts.own(call.actor, (Kind.PORTFOLIO,), call.id("id")))


@brightspace.delete(
    "/{component}/{version}/presentation/{id}",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/presentation/(objectId)",
)
def delete(call: Call) -> wire.EpObjectFetch:
    """DELETE /d2l/api/eP/(version)/presentation/(objectId): one of the caller's presentations is gone; what it was.

    Source
    ------
    brightspace 6.1.
    """
    return wire.fetch(call.services.presentations.delete(call.actor, call.id("id")))
