"""Imports: handed in and watched (brightspace 5)."""

from __future__ import annotations

import io
from typing import BinaryIO

from chalicelib.dialects.body import Part
from chalicelib.dialects.brightspace import job_wire
from chalicelib.dialects.brightspace.dialect import brightspace
from chalicelib.dialects.call import Call, idempotency_key
from chalicelib.domain.access import Permission
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.job import JobKind

D2LID_MAX = (1 << 63) - 1


@brightspace.post(
    "/{component}/{version}/import/new",
    permission=Permission.PACKAGE_IMPORT,
    vendor="/d2l/api/eP/(version)/import/new",
)
def create(call: Call) -> list[int]:
    """POST /d2l/api/eP/(version)/import/new: an import for each target user; their numbers in the targets' order.

    Source
    ------
    brightspace 5.1, 5.2.
    """
    package, targets, key = _package(call.parts), _targets(call.parts), idempotency_key(call)
    return [job.id for job in call.services.imports.request(call.actor, package, targets, idempotency=key)]


@brightspace.post(
    "/{component}/{version}/import/newwithdetails",
    permission=Permission.PACKAGE_IMPORT,
    vendor="/d2l/api/eP/(version)/import/newwithdetails",
)
def create_with_details(call: Call) -> job_wire.ImportJobs:
    """POST /d2l/api/eP/(version)/import/newwithdetails: an import for each target user who can receive; who cannot.

    Source
    ------
    brightspace 5.1, 5.3.
    """
    package, targets, key = _package(call.parts), _targets(call.parts), idempotency_key(call)
    return job_wire.import_jobs(call.services.imports.request_for_each(call.actor, package, targets, idempotency=key))


@brightspace.post(
    "/{component}/{version}/import/upload",
    permission=Permission.PACKAGE_IMPORT,
    extension=True,
    vendor="/d2l/api/eP/(version)/import/upload",
)
def upload(call: Call) -> job_wire.UploadTicket:
    """POST /d2l/api/eP/(version)/import/upload: a form that takes a package of any size, and its key for imports.

    Source
    ------
    design 6.
    """
    return job_wire.upload_ticket(call.services.uploads.ticket(call.actor))


@brightspace.get(
    "/{component}/{version}/import/{id}/status",
    permission=Permission.JOB_READ,
    vendor="/d2l/api/eP/(version)/import/(importId)/status",
)
def status(call: Call) -> int:
    """GET /d2l/api/eP/(version)/import/(importId)/status: a JOBSTATUS, for the user it is imported for.

    Source
    ------
    brightspace 5.4.
    """
    return int(call.services.jobs.own(call.actor, JobKind.IMPORT, call.id("id")).status)


@brightspace.get(
    "/{component}/{version}/import/{id}/details",
    permission=Permission.JOB_READ,
    extension=True,
    vendor="/d2l/api/eP/(version)/import/(importId)/details",
)
def details(call: Call) -> job_wire.JobDetails:
    """GET /d2l/api/eP/(version)/import/(importId)/details: how an import went, for the user it is imported for.

    Source
    ------
    brightspace 3; the route is this service's.
    """
    job = call.services.jobs.own(call.actor, JobKind.IMPORT, call.id("id"))
    return job_wire.job_details(job, call.services.exports.problems_link(job))


def _package(parts: list[Part]) -> BinaryIO | str:
    """The bytes of the part named `file`, or the key in the part named `uploadKey`. Raises InvalidError."""
    keys = [part.text.strip() for part in parts if part.name == "uploadKey"]
    if not keys:
        return io.BytesIO(only_file(parts).content)
    if len(keys) > 1 or any(part.name == "file" for part in parts):
        raise InvalidError("Send one file, or one uploadKey.", field="uploadKey")
    return keys[0]


def only_file(parts: list[Part]) -> Part:
    """The part named `file`. Raises InvalidError unless there is exactly one with something in it."""
    files = [part for part in parts if part.name == "file"]
    if len(files) != 1:
        raise InvalidError("Send exactly one part named file.", field="file")
    if not files[0].content:
        raise InvalidError("The file is empty.", field="file")
    return files[0]


def _targets(parts: list[Part]) -> list[int]:
    said = [part.text.strip() for part in parts if part.name == "targetUsers"]
    if not all(one.isascii() and one.isdigit() and len(one) <= 19 and 0 < int(one) <= D2LID_MAX for one in said):
        raise InvalidError("Each targetUsers must be one positive integer.", field="targetUsers")
    return [int(one) for one in said]
