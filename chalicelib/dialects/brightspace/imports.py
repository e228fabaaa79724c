"""Imports: handed in and watched (brightspace 5)."""

from __future__ import annotations

import io

from chalicelib.dialects.body import Part
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
    package, targets, key = only_file(call.parts), _targets(call.parts), idempotency_key(call)
    jobs = call.services.imports.request(call.actor, io.BytesIO(package.content), targets, idempotency=key)
    return [job.id for job in jobs]


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
