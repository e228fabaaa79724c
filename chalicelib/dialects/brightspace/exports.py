"""Exports: asked for, watched, fetched (brightspace 4)."""

from __future__ import annotations

from typing import Any

from chalicelib.dialects.brightspace import job_wire
from chalicelib.dialects.brightspace.dialect import brightspace, redirect
from chalicelib.dialects.call import Call, idempotency_key
from chalicelib.dialects.http import Reply
from chalicelib.domain.access import Permission
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.identity import MAX_ID
from chalicelib.domain.job import JobKind
from chalicelib.domain.transfer import ExportOptions
from chalicelib.packages.names import content_disposition

ZIP = "application/zip"


@brightspace.post(
    "/{component}/{version}/export/new",
    permission=Permission.PACKAGE_EXPORT,
    vendor="/d2l/api/eP/(version)/export/new",
)
def create(call: Call) -> int:
    """POST /d2l/api/eP/(version)/export/new: an export of the named objects; its number.

    Source
    ------
    brightspace 4.1.
    """
    ids, key = _object_ids(call.json), idempotency_key(call)
    return call.services.exports.request(call.actor, ids, _options(call), idempotency=key).id


@brightspace.post(
    "/{component}/{version}/export/new/all",
    permission=Permission.PACKAGE_EXPORT,
    vendor="/d2l/api/eP/(version)/export/new/all",
)
def create_all(call: Call) -> int:
    """POST /d2l/api/eP/(version)/export/new/all: an export of everything the caller owns; its number.

    Source
    ------
    brightspace 4.2.
    """
    return call.services.exports.request_all(call.actor, idempotency=idempotency_key(call)).id


@brightspace.get(
    "/{component}/{version}/export/{id}/status",
    permission=Permission.JOB_READ,
    vendor="/d2l/api/eP/(version)/export/(exportId)/status",
)
def status(call: Call) -> int:
    """GET /d2l/api/eP/(version)/export/(exportId)/status: a JOBSTATUS.

    Source
    ------
    brightspace 4.3.
    """
    return int(call.services.jobs.own(call.actor, JobKind.EXPORT, call.id("id")).status)


@brightspace.get(
    "/{component}/{version}/export/{id}/package",
    permission=Permission.JOB_READ,
    vendor="/d2l/api/eP/(version)/export/(exportId)/package",
)
def package(call: Call) -> Reply:
    """GET /d2l/api/eP/(version)/export/(exportId)/package: a redirect to the finished package, freshly signed.

    Source
    ------
    brightspace 4.4.
    """
    found = call.services.exports.package(call.actor, call.id("id"))
    disposition = content_disposition(found.file_name)
    return redirect(call.services.blobs.link(found.key, content_type=ZIP, disposition=disposition))


@brightspace.get(
    "/{component}/{version}/export/{id}/details",
    permission=Permission.JOB_READ,
    extension=True,
    vendor="/d2l/api/eP/(version)/export/(exportId)/details",
)
def details(call: Call) -> job_wire.JobDetails:
    """GET /d2l/api/eP/(version)/export/(exportId)/details: how an export went.

    Source
    ------
    brightspace 3; the route is this service's.
    """
    job = call.services.jobs.own(call.actor, JobKind.EXPORT, call.id("id"))
    return job_wire.job_details(job, call.services.exports.problems_link(job))


def _object_ids(body: Any) -> list[int]:
    """The named ids, those that can be none left out. Raises InvalidError when the body is not a list of integers."""
    said = body.get("ObjectIds") if isinstance(body, dict) else body
    if not isinstance(said, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in said):
        raise InvalidError("The body must be an array of integers.", field="ObjectIds")
    possible = [one for one in said if 0 < one <= MAX_ID]
    if said and not possible:
        raise InvalidError("None of the objects exists.", field="ObjectIds")
    return possible


def _options(call: Call) -> ExportOptions:
    def on(*names: str) -> bool:
        return any((call.query(name) or "").lower() == "true" for name in names)

    return ExportOptions(
        forms=on("includeFormsItems", "include_forms_items"),
        associated=on("includeAssociatedItems", "include_associated_items"),
        reflections=on("includeAssociatedReflections"),
        of_reflections=on("includeReflectionsAssociations"),
    )
