"""Artifacts: files uploaded, artifacts shown (brightspace 6.1)."""

from __future__ import annotations

import io

from chalicelib.dialects.brightspace import wire
from chalicelib.dialects.brightspace.dialect import brightspace
from chalicelib.dialects.brightspace.imports import only_file
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission


@brightspace.get(
    "/{component}/{version}/artifact/{id}",
    permission=Permission.OBJECT_READ,
    vendor="/d2l/api/eP/(version)/artifact/(objectId)",
)
def show(call: Call) -> wire.EpObjectFetch:
    """GET /d2l/api/eP/(version)/artifact/(objectId): one of the caller's artifacts.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.fetch(call.services.artifacts.own(call.actor, wire.ARTIFACTS, call.id("id")))


@brightspace.delete(
    "/{component}/{version}/artifact/{id}",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/artifact/(objectId)",
)
def delete(call: Call) -> wire.EpObjectFetch:
    """DELETE /d2l/api/eP/(version)/artifact/(objectId): one of the caller's artifacts is gone; what it was.

    Source
    ------
    brightspace 6.1.
    """
    return wire.fetch(call.services.removals.delete(call.actor, wire.ARTIFACTS, call.id("id")))


@brightspace.post(
    "/{component}/{version}/artifacts/link/new",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/artifacts/link/new",
)
def create_link(call: Call) -> wire.EpObjectFetch:
    """POST /d2l/api/eP/(version)/artifacts/link/new: a new link artifact of the caller.

    Source
    ------
    brightspace 6, 6.1.
    """
    return wire.fetch(call.services.artifacts.create_link(call.actor, wire.draft(call.json), wire.url(call.json)))


@brightspace.post(
    "/{component}/{version}/artifacts/file/upload",
    permission=Permission.OBJECT_AUTHOR,
    vendor="/d2l/api/eP/(version)/artifacts/file/upload",
)
def upload(call: Call) -> wire.EpObjectFetch:
    """POST /d2l/api/eP/(version)/artifacts/file/upload: a new file artifact from the part named `file`.

    Source
    ------
    brightspace 6.1.
    """
    file = only_file(call.parts)
    made = call.services.artifacts.upload(
        call.actor,
        io.BytesIO(file.content),
        file_name=file.file_name or "",
        media_type=file.media_type,
        name=call.query("name") or "",
        description=call.query("description") or "",
    )
    return wire.fetch(made)
