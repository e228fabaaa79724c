"""Which tables a type of report has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.domain.report import Report
from chalicelib.jobs.report import Table
from chalicelib.jobs.report_context import Context
from chalicelib.jobs.report_people import eportfolios, tokens
from chalicelib.jobs.run import Aborted, Run

MAKERS: Mapping[str, Callable[[Context], list[Table]]] = {
    "eportfolio_report_csv": eportfolios,
    "user_access_tokens_csv": tokens,
}


def tables(run: Run, report: Report) -> list[Table]:
    """The files of a report. Raises Aborted when nothing was asked for that could be in one."""
    maker = MAKERS.get(report.type)
    if maker is None:
        raise Aborted("This type of report is no longer made.")
    return maker(Context(run, report))
