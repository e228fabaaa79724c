"""Account reports (canvas-a 5.3), and the download of their files."""

from __future__ import annotations

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import paging, params
from chalicelib.dialects.canvas.auth import account_id
from chalicelib.dialects.canvas.dialect import canvas
from chalicelib.dialects.canvas.report_wire import AccountReport, AvailableReport, available, report, sent
from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import Answer
from chalicelib.domain.access import Permission

REPORTS = "/accounts/{account_id}/reports"
RUNS = f"{REPORTS}/{{report}}"
RUN = f"{RUNS}/{{id}}"
MEDIA = {".csv": "text/csv; charset=utf-8", ".zip": "application/zip"}


@canvas.get(REPORTS, permission=Permission.REPORT_READ)
def types(call: Call) -> list[AvailableReport]:
    """GET /api/v1/accounts/:account_id/reports: the types there are, by title, with their newest runs.

    Source
    ------
    canvas-a 5.3.
    """
    include = params.words(call, "include")
    return [
        available(call, one, last, include) for one, last in call.services.reports.types(call.actor, account_id(call))
    ]


@canvas.post(RUNS, permission=Permission.REPORT_RUN)
def start(call: Call) -> AccountReport:
    """POST /api/v1/accounts/:account_id/reports/:report: a new run.

    Source
    ------
    canvas-a 5.3.
    """
    account, type = account_id(call), call.value("report")
    return report(call, call.services.reports.start(call.actor, account, type, lambda: sent(call)))


@canvas.get(RUNS, permission=Permission.REPORT_READ)
def index(call: Call) -> Answer:
    """GET /api/v1/accounts/:account_id/reports/:report: the runs of a type, the newest first.

    Source
    ------
    canvas-a 5.3, 1.4.
    """
    page = paging.request(call)
    found = call.services.reports.index(call.actor, account_id(call), call.value("report"), page)
    return paging.answer(call, page, found, lambda one: report(call, one))


@canvas.get(RUN, permission=Permission.REPORT_READ)
def show(call: Call) -> AccountReport:
    """GET /api/v1/accounts/:account_id/reports/:report/:id: a run.

    Source
    ------
    canvas-a 5.3.
    """
    found = call.services.reports.show(call.actor, account_id(call), call.value("report"), call.id("id"))
    return report(call, found)


@canvas.delete(RUN, permission=Permission.REPORT_RUN)
def delete(call: Call) -> AccountReport:
    """DELETE /api/v1/accounts/:account_id/reports/:report/:id: forget a run and its file.

    Source
    ------
    canvas-a 5.3.
    """
    gone = call.services.reports.delete(call.actor, account_id(call), call.value("report"), call.id("id"))
    return report(call, gone)


@canvas.put(f"{RUN}/abort", permission=Permission.REPORT_RUN)
def abort(call: Call) -> AccountReport:
    """PUT /api/v1/accounts/:account_id/reports/:report/:id/abort: stop a running one.

    Source
    ------
    canvas-a 5.3.
    """
    stopped = call.services.reports.abort(call.actor, account_id(call), call.value("report"), call.id("id"))
    return report(call, stopped)


@canvas.get(
    "/accounts/{account_id}/files/{file_id}/download", permission=Permission.REPORT_READ, signed=True, absolute=True
)
def download(call: Call) -> Reply:
    """GET /accounts/:account_id/files/:file_id/download: on to the file, for who may read the report.

    Source
    ------
    canvas-a 5.1; a `verifier` stands in for a token (ADR 41).
    """
    found = call.services.reports.file(call.actor, account_id(call), call.id("file_id"))
    file, blobs = found.file, call.services.blobs
    assert file is not None  # noqa: S101 - `file` answers those that have one
    media = MEDIA[file.file_name[-4:]]
    link = blobs.link(file.key, content_type=media, disposition=blobs.disposition(file.file_name))
    return Reply(status=302, headers={"Location": link, "Cache-Control": "no-store"})
