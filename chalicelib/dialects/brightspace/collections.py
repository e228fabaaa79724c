"""Collections, and what is in them (brightspace 6.1)."""

from __future__ import annotations

from chalicelib.dialects.brightspace import wire
from chalicelib.dialects.brightspace.dialect import brightspace
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission
from chalicelib.domain.epobject import Kind


@brightspace.get(
    "/{component}/{version}/collection/{id}",
    permission=Permission.OBJECT_READ,
    vendor="/d2l/api/eP/(version)/collection/(objectId)",
)
def show(call: Call) -> wire.EpObjectFetch:
    """GET /d2l/api/eP/(version)/collection/(objectId): one of the caller's collections, with the ids of its items.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.fetch(call.services.artifacts.own(call.actor, (Kind.COLLECTION,), call.id("id")))


@brightspace.delete(
    "/{component}/{version}/collection/{id}",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/collection/(objectId)",
)
def delete(call: Call) -> wire.EpObjectFetch:
    """DELETE /d2l/api/eP/(version)/collection/(objectId): one of the caller's collections is gone; its items stay.

    Source
    ------
    brightspace 6.1.
    """
    return wire.fetch(call.services.removals.delete(call.actor, (Kind.COLLECTION,), call.id("id")))


@brightspace.get(
    "/{component}/{version}/collection/{id}/contents",
    permission=Permission.OBJECT_READ,
    vendor="/d2l/api/eP/(version)/collection/(collectionId)/contents/",
)
def contents(call: Call) -> wire.EpObjectFetch:
    """GET /d2l/api/eP/(version)/collection/(collectionId)/contents/: one of the caller's collections with its items.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.contents(*call.services.holdings.contents(call.actor, call.id("id")))


@brightspace.post(
    "/{component}/{version}/collections/new",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/collections/new",
)
def create(call: Call) -> wire.EpObjectFetch:
    """POST /d2l/api/eP/(version)/collections/new: a new collection of the caller.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.fetch(call.services.artifacts.create_collection(call.actor, wire.draft(call.json)))


@brightspace.post(
    "/{component}/{version}/collection/{id}/add/{object_id}",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/collection/(collectionId)/add/(objectId)",
)
def add(call: Call) -> wire.EpObjectFetch:
    """POST /d2l/api/eP/(version)/collection/(collectionId)/add/(objectId): the object is in the collection, at its end.

    Source
    ------
    brightspace 6.1.
    """
    return wire.fetch(call.services.artifacts.collect(call.actor, call.id("id"), call.id("object_id")))


@brightspace.post(
    "/{component}/{version}/collection/{id}/remove/{object_id}",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/collection/(collectionId)/remove/(objectId)",
)
def remove(call: Call) -> wire.EpObjectFetch:
    """POST /d2l/api/eP/(version)/collection/(collectionId)/remove/(objectId): the object is no longer in it.

    Source
    ------
    brightspace 6.1.
    """
    return wire.fetch(call.services.artifacts.collect(call.actor, call.id("id"), call.id("object_id"), remove=True))
