"""Reflections, and what they reflect on (brightspace 6.1)."""

from __future__ import annotations

from chalicelib.dialects.brightspace import wire
from chalicelib.dialects.brightspace.dialect import brightspace
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission
from chalicelib.domain.epobject import Kind


@brightspace.get(
    "/{component}/{version}/reflection/{id}",
    permission=Permission.OBJECT_READ,
    vendor="/d2l/api/eP/(version)/reflection/(objectId)",
)
def show(call: Call) -> wire.EpObjectFetch:
    """GET /d2l/api/eP/(version)/reflection/(objectId): one of the caller's reflections.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.fetch(call.services.artifacts.own(call.actor, (Kind.REFLECTION,), call.id("id")))


@brightspace.delete(
    "/{component}/{version}/reflection/{id}",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/reflection/(objectId)",
)
def delete(call: Call) -> wire.EpObjectFetch:
    """DELETE /d2l/api/eP/(version)/reflection/(objectId): one of the caller's reflections is gone; what it was.

    Source
    ------
    brightspace 6.1.
    """
    return wire.fetch(call.services.removals.delete(call.actor, (Kind.REFLECTION,), call.id("id")))


@brightspace.post(
    "/{component}/{version}/reflections/new",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/reflections/new",
)
def create(call: Call) -> wire.EpObjectFetch:
    """POST /d2l/api/eP/(version)/reflections/new: a new reflection of the caller.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.fetch(call.services.artifacts.create_reflection(call.actor, wire.draft(call.json)))


@brightspace.post(
    "/{component}/{version}/reflection/{id}/on/{object_id}",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/reflection/(reflectionId)/on/(objectId)",
)
def attach(call: Call) -> wire.EpObjectFetch:
    """POST /d2l/api/eP/(version)/reflection/(reflectionId)/on/(objectId): it reflects on that object.

    Source
    ------
    brightspace 6.1.
    """
    return wire.fetch(call.services.artifacts.reflect_on(call.actor, call.id("id"), call.id("object_id")))


@brightspace.delete(
    "/{component}/{version}/reflection/{id}/on/{object_id}",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/reflection/(reflectionId)/on/(objectId)",
)
def detach(call: Call) -> wire.EpObjectFetch:
    """DELETE /d2l/api/eP/(version)/reflection/(reflectionId)/on/(objectId): it reflects on that object no more.

    Source
    ------
    brightspace 6.1.
    """
    return wire.fetch(call.services.artifacts.reflect_on(call.actor, call.id("id"), call.id("object_id"), remove=True))
