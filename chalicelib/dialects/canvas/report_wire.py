"""Account reports in Canvas's shape.

Source
------
canvas-a 5.1, 5.3.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from html import escape
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.dialects.body import Part
from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import params
from chalicelib.dialects.canvas.wire import moment
from chalicelib.dialects.nesting import DEPTH_LIMIT
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.filelink import sign
from chalicelib.domain.report import Report, ReportStatus, ReportType

LOCALE = "en"
KIND = {"boolean": "checkbox", "date": "date"}
CSV, ZIP = "text/csv", "application/zip"
PARAMETERS_BYTES = 64 * 1024


class File(msgspec.Struct, kw_only=True):
    """A report's file as an attachment."""

    id: int
    uuid: str
    folder_id: int | None = None
    display_name: str
    filename: str
    workflow_state: str = "processed"
    content_type: str = msgspec.field(name="content-type")
    url: str
    size: int
    created_at: str
    updated_at: str
    unlock_at: str | None = None
    locked: bool = False
    hidden: bool = False
    lock_at: str | None = None
    hidden_for_user: bool = False
    thumbnail_url: str | None = None
    modified_at: str
    mime_class: str
    media_entry_id: str | None = None
    locked_for_user: bool = False


class AccountReport(msgspec.Struct, kw_only=True):
    """A run; `attachment` is there as soon as its file is."""

    id: int
    report: str
    status: str
    progress: int
    current_line: int | None
    parameters: dict[str, Any] | None
    created_at: str
    started_at: str | None
    ended_at: str | None
    file_url: str | None
    attachment: File | UnsetType = UNSET


class Described(msgspec.Struct, kw_only=True):
    """A parameter of a type."""

    required: bool
    description: str


class AvailableReport(msgspec.Struct, kw_only=True):
    """A type, and its newest run."""

    title: str
    report: str
    parameters: dict[str, Described] | None
    last_run: AccountReport | None
    description_html: str | UnsetType = UNSET
    parameters_html: str | UnsetType = UNSET


def report(call: Call, one: Report) -> AccountReport:
    """A run."""
    url = f"{call.base_url}/accounts/{one.account_id}/files/{one.id}/download" if one.file else None
    return AccountReport(
        id=one.id,
        report=one.type,
        status=one.status.value,
        progress=100 if one.ended else one.progress,
        current_line=one.current_line,
        parameters=_parameters(one),
        created_at=moment(one.created_at),
        started_at=_maybe(one.started_at),
        ended_at=_maybe(one.ended_at),
        file_url=url,
        attachment=_file(call, one, url) if url and one.status is not ReportStatus.DELETED else UNSET,
    )


def available(call: Call, one: ReportType, last: Report | None, include: list[str]) -> AvailableReport:
    """A type with its newest run, and as HTML what is asked for."""
    parameters = {name: Described(required=p.required, description=p.description) for name, p in one.parameters.items()}
    return AvailableReport(
        title=one.title,
        report=one.key,
        parameters=parameters or None,
        last_run=report(call, last) if last else None,
        description_html=f"<p>{escape(one.description)}</p>" if "description_html" in include else UNSET,
        parameters_html=_form(one) if "parameters_html" in include and parameters else UNSET,
    )


def sent(call: Call) -> tuple[dict[str, Any] | None, bool]:
    """The parameters of a run as they were sent, and whether its end is to be passed over in silence.

    Raises
    ------
    InvalidError
        They are no map, or a file, or too much.
    """
    found = params.of(call).get("parameters")
    if found is None or found == "":
        return None, False
    if not isinstance(found, dict) or not _plain(found):
        raise InvalidError("parameters must be a map of names to values.", field="parameters")
    try:
        if len(msgspec.json.encode(found)) > PARAMETERS_BYTES:
            raise InvalidError("parameters are too large.", field="parameters", code="too_long")
    except (TypeError, UnicodeEncodeError):
        raise InvalidError("parameters must be text, numbers or maps of them.", field="parameters") from None
    return found, params.boolean(found.get("skip_message"))


def _plain(value: Any, depth: int = 0) -> bool:
    """Whether there is no file in it, and nothing deeper than forms may be."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth <= DEPTH_LIMIT and not isinstance(value, Part) and all(_plain(one, depth + 1) for one in inner)


def _parameters(one: Report) -> dict[str, Any] | None:
    if one.started_at is None and not one.extra_text:
        return one.parameters
    said = {**(one.parameters or {}), "locale": LOCALE}
    return {**said, "extra_text": one.extra_text} if one.extra_text else said


def _file(call: Call, one: Report, url: str) -> File | UnsetType:
    file, services = one.file, call.services
    if file is None:
        return UNSET
    until = services.clock.now() + timedelta(seconds=services.settings.link_ttl_s)
    verifier = sign(services.token_keys.current.encode(), call.actor, one.account_id, one.id, until)
    zipped = file.file_name.endswith(".zip")
    ended = moment(one.ended_at or one.created_at)
    return File(
        id=one.id,
        uuid=uuid.uuid5(uuid.NAMESPACE_OID, f"report/{one.id}").hex,
        display_name=file.file_name,
        filename=file.file_name,
        content_type=ZIP if zipped else CSV,
        url=f"{url}?download_frd=1&verifier={verifier}",
        size=file.size_bytes,
        created_at=ended,
        updated_at=ended,
        modified_at=ended,
        mime_class="zip" if zipped else "file",
    )


def _form(one: ReportType) -> str:
    rows = "".join(
        f'<p><label>{escape(p.description)} <input type="{KIND.get(p.kind, "text")}" name="parameters[{escape(name)}]"'
        + (' value="1"></label></p>' if p.kind == "boolean" else "></label></p>")
        for name, p in one.parameters.items()
    )
    return f'<form class="run_report_form" method="post">{rows}</form>'


def _maybe(at: datetime | None) -> str | None:
    return moment(at) if at else None
