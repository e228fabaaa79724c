"""A report: rows from pages of DynamoDB to a CSV in the bucket, or to several in a zip (canvas-a 5, design 4).

A page of rows is in memory at a time. Between pages the work can be put down and taken up by another worker, which goes
on behind the last page; what an unfinished upload has of later ones is written over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.errors import ConflictError
from chalicelib.domain.job import JobStatus, PackageFile
from chalicelib.domain.report import Report, ReportStatus
from chalicelib.domain.setting import truth
from chalicelib.jobs.run import Aborted, Outcome, Run
from chalicelib.jobs.spool import Spool
from chalicelib.packages import cells
from chalicelib.packages.zipwriter import ZipState, ZipWriter
from chalicelib.storage.uploads import MultipartUpload, UploadLostError

LINES = 1000
"""Rows after which the run tells where it is, and hears whether it was stopped (canvas-a 5.1); so does a checkpoint."""
NOT_ZERO = re.compile(r"\s*[+-]?0*[1-9]")
RESTART_LIMIT = 3
STOPPED = "The report was stopped on request."
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
OPEN = (ReportStatus.CREATED, ReportStatus.RUNNING)
Rows = list[Sequence[Any]]


class Part(Struct, frozen=True):
    """Some rows, where to go on behind them (empty: the end), and what part of the table has been passed.

    `aside`: rows of later tables that the same read gave, by the name of the table.
    """

    rows: Rows
    place: str
    passed: float
    aside: Mapping[str, Rows] = {}


class Table(Struct, frozen=True):
    """A file of a report. `parts` gives its rows from a place on; None: an earlier table has put them aside."""

    name: str
    columns: Sequence[str]
    parts: Callable[[str], Iterator[Part]] | None


class State(msgspec.Struct):
    """Everything a worker needs to go on: the table and the place in it, and the file in mid-air."""

    table: int = 0
    place: str = ""
    begun: bool = False
    lines: int = 0
    complete: bool = False
    restarts: int = 0
    zip: ZipState = ZipState()
    directory: list[bytes] = []
    upload: dict[str, Any] = {}
    aside: dict[str, list[str]] = {}


class ReportWork(Struct, frozen=True):
    """The work of report jobs. `tables` gives the files of a report; it may raise Aborted."""

    tables: Callable[[Run, Report], list[Table]]

    def run(self, run: Run) -> Outcome:
        """Make the file, or go on making it."""
        report = _report(run)
        if report is None or report.status is ReportStatus.ABORTED:
            raise Aborted(STOPPED)
        if report.status is not ReportStatus.COMPLETE:
            report = self._make(run, report)
        assert report.file is not None  # noqa: S101 - a complete one has it
        return Outcome(status=JobStatus.COMPLETE, result=report.file, counts={"lines": report.current_line or 0})

    def undo(self, run: Run) -> None:
        """Forget the file, and say on the run how it ended."""
        state = run.load(State)
        if state is not None and state.upload:
            upload = MultipartUpload.resume(run.services.blobs, {**state.upload, "tail": ""})
            upload.abort()
            run.services.blobs.delete([upload.key])
        for _ in range(2):  # a run may be stopped at this very moment
            report = _report(run)
            if report is None or report.ended:
                return
            ended = replace(
                report,
                status=ReportStatus.ABORTED if report.status is ReportStatus.ABORTED else ReportStatus.ERROR,
                progress=100,
                ended_at=run.services.clock.now(),
                extra_text=str(run.job.checkpoint.get("aborting", "")),
            )
            try:
                run.services.report_store.save(ended, [report.status])
            except ConflictError:
                continue
            return

    def _make(self, run: Run, report: Report) -> Report:
        state = run.load(State) or State()
        started = report.started_at or run.services.clock.now()
        report = replace(report, status=ReportStatus.RUNNING, started_at=started)
        _save(run, report)
        run.services.report_store.note(report)
        try:
            with closing(Writing(run, report, state, self.tables(run, report))) as writing:
                if not state.complete:
                    writing.go_on()
                return writing.finish()
        except UploadLostError:
            if state.restarts >= RESTART_LIMIT:
                raise
            run.pause(State(restarts=state.restarts + 1))


class Writing:
    """The file under way."""

    def __init__(self, run: Run, report: Report, state: State, tables: list[Table]) -> None:
        self.run, self.report, self.state, self.tables = run, report, state, tables
        self.zipped = len(tables) > 1
        if state.upload:
            self.upload = MultipartUpload.resume(run.services.blobs, state.upload)
        else:
            self.upload = MultipartUpload(run.services.blobs, f"packages/{run.job.id}.{self._ending}")
        self.zip = ZipWriter(self.upload.write, state.zip)
        self.aside = {
            one.name: Spool(run, f"aside-{one.name}", state.aside.get(one.name, []))
            for one in tables
            if one.parts is None
        }
        self.told = state.lines

    def go_on(self) -> None:
        """Write the tables from where the state is to the end of the file."""
        state = self.state
        for number in range(state.table, len(self.tables)):
            table = self.tables[number]
            if not state.begun:
                self._begin(table)
            if table.parts is None:
                for piece in self.aside[table.name].replay():
                    self._write(piece)
            else:
                self._go_through(number, table.parts(state.place))
            if self.zipped:
                state.directory.append(self.zip.close().directory)
            state.table, state.place, state.begun = number + 1, "", False
            self._breathe()
        if self.zipped:
            self.zip.finish(state.directory)
        state.complete = True
        self._checkpoint()
        self.run.save(state, done=state.lines, total=state.lines)

    def _go_through(self, number: int, parts: Iterator[Part]) -> None:
        state = self.state
        for part in parts:
            self._write(cells.text(part.rows))
            for name, rows in part.aside.items():
                self.aside[name].append(cells.text(rows))
            state.place, state.lines = part.place, state.lines + sum(map(len, (part.rows, *part.aside.values())))
            self._tell(number, part.passed)
            if part.place:
                self._breathe()

    def finish(self) -> Report:
        """Make the file appear, and say so on the run."""
        self.upload.finish()
        now = self.run.services.clock.now()
        file = PackageFile(
            key=self.upload.key,
            file_name=file_name(self.report.type, self.report.created_at, self.report.id, self._ending),
            size_bytes=self.upload.size_bytes,
        )
        ended = replace(
            self.report,
            status=ReportStatus.COMPLETE,
            progress=100,
            current_line=self.state.lines,
            ended_at=now,
            expires_at=now + timedelta(seconds=self.run.services.settings.package_ttl_s),
            file=file,
        )
        _save(self.run, ended)
        return ended

    def close(self) -> None:
        """Let go of what is on this machine."""
        for spool in self.aside.values():
            spool.close()

    @property
    def _ending(self) -> str:
        return "zip" if self.zipped else "csv"

    def _begin(self, table: Table) -> None:
        if self.zipped:
            self.zip.open(table.name)
        mark = cells.MARK.encode() if wanted(self.report.parameters, "byte_order_mark") else b""
        self._write(mark + cells.text([table.columns]))
        self.state.begun = True

    def _write(self, data: bytes) -> None:
        if self.zipped:
            self.zip.write(data)
        else:
            self.upload.write(data)

    def _tell(self, number: int, passed: float) -> None:
        if self.state.lines - self.told < LINES and not self.run.checkpoint_due:
            return
        self.told = self.state.lines
        progress = min(99, int(100 * (number + passed) / len(self.tables)))
        self.report = replace(self.report, current_line=self.state.lines, progress=max(progress, self.report.progress))
        _save(self.run, self.report)

    def _breathe(self) -> None:
        """A place where the work may be put down."""
        if self.zipped and self.state.begun:
            self.zip.boundary()
        if self.run.time_is_up:
            self._checkpoint()
            self.run.pause(self.state, done=self.state.lines)
        elif self.run.checkpoint_due:
            self._checkpoint()
            self.run.save(self.state, done=self.state.lines)

    def _checkpoint(self) -> None:
        self.state.zip = self.zip.pause() if self.zipped else ZipState()
        self.state.aside = {name: spool.pause() for name, spool in self.aside.items()}
        self.state.upload = self.upload.pause(self.run.work_key(f"tail-{self.run.checkpoints:06d}"))


def file_name(type: str, created_at: datetime, report_id: int, ending: str) -> str:
    """Name of a report's file (canvas-a 5.2).

    >>> file_name("unused_courses_csv", datetime(2025, 2, 1), 301, "csv")
    'unused_courses_csv_01_Feb_2025_301.csv'
    """
    day = f"{created_at.day:02d}_{MONTHS[created_at.month - 1]}_{created_at.year}"
    return f"{type}_{day}_{report_id}.{ending}"


def wanted(parameters: Mapping[str, Any] | None, name: str) -> bool:
    """Whether a switch is on (canvas-a 1.1).

    >>> [wanted({"x": one}, "x") for one in (True, "1", "2 files", "false", "maybe", 0, None)]
    [True, True, True, False, False, False, False]
    """
    value = (parameters or {}).get(name)
    if isinstance(value, str):
        said = truth(value)
        return NOT_ZERO.match(value) is not None if said is None else said
    return bool(value)


def _report(run: Run) -> Report | None:
    facts = run.job.parameters
    return run.services.report_store.get(facts["account_id"], facts["report"], run.job.id)


def _save(run: Run, report: Report) -> None:
    """Write the run; one that was stopped or deleted stops its worker. Raises Aborted."""
    try:
        run.services.report_store.save(report, OPEN)
    except ConflictError:
        raise Aborted(STOPPED) from None
