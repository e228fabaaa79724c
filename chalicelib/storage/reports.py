"""Runs of account reports in DynamoDB: a partition for each account, by type and id, which is by time.

`state` and `document` of a run are apart, so that a worker's progress and somebody's abort do not overwrite each
other. A run that has ended expires, like its job and its file. The newest run of each type is noted in an item of its
own: a start need not wait for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from pynamodb.exceptions import DeleteError, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from chalicelib.domain.access import Actor
from chalicelib.domain.errors import ConflictError, InvalidError
from chalicelib.domain.identity import MAX_ID
from chalicelib.domain.job import Job
from chalicelib.domain.paging import SKIP_LIMIT, PageRequest, Slice
from chalicelib.domain.ports import Clock
from chalicelib.domain.report import Report, ReportStatus
from chalicelib.domain.reporting import Desk
from chalicelib.domain.term import TermBook
from chalicelib.storage import documents, people
from chalicelib.storage.fitting import fitting
from chalicelib.storage.jobs import Jobs
from chalicelib.storage.tables import PersonRecord, Tables, conflict, given, only

LOST = "ConditionalCheckFailedException"
NEWEST = "newest#"


class Reports(Struct, frozen=True):
    """The store of runs (see `reporting.ReportStore`)."""

    tables: Tables
    jobs: Jobs
    clock: Clock

    def desk(
        self, actor: Actor, account_id: int, *, keys: Sequence[tuple[str, int]] = (), newest: Sequence[str] = ()
    ) -> Desk:
        """Who asks, with the account and those runs, or the newest of those types: one call."""
        wanted = people.standing_keys(actor, accounts=[account_id])
        runs = [_key(account_id, type, report_id) for type, report_id in keys]
        runs += [_newest_key(account_id, type) for type in newest]
        found = only(self.tables.batch_get([(self.tables.people, [*wanted, *runs])]), PersonRecord)
        partition = _partition(account_id)
        ours = [record for record in found if record.pk == partition]
        notes = [record for record in ours if record.sk.startswith(NEWEST)]
        return Desk(
            standing=people.standing_of(actor, [record for record in found if record.pk != partition]),
            reports=self._live([record for record in ours if not record.sk.startswith(NEWEST)]),
            newest=[(record.sk.removeprefix(NEWEST), int(record.target)) for record in notes],
        )

    def reports(self, account_id: int, keys: Sequence[tuple[str, int]]) -> list[Report]:
        """Those runs of an account."""
        wanted = [_key(account_id, type, report_id) for type, report_id in keys]
        return self._live(only(self.tables.batch_get([(self.tables.people, wanted)]), PersonRecord))

    def terms(self, root_account_id: int) -> TermBook:
        """The terms of a root account."""
        key = {"pk": f"account#{root_account_id}", "sk": "terms"}
        for record in only(self.tables.batch_get([(self.tables.people, [key])]), PersonRecord):
            return documents.decode(record.document or "", TermBook)
        return TermBook(root_account_id=root_account_id)

    def create(self, report: Report, job: Job) -> None:
        """Write a run and its job, then note that it is the newest of its type."""
        table = self.tables.people
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                transaction.save(self.jobs.fresh(job), condition=self.tables.jobs.job.does_not_exist())
                transaction.save(self._record(report), condition=table.pk.does_not_exist())
        except TransactWriteError as error:
            raise conflict(error) or error from error
        self.note(report)

    def note(self, report: Report) -> None:
        """Note that a run is the newest of its type, unless there is a newer one; may be said again."""
        table = self.tables.people
        older = table.pk.does_not_exist() | (table.target < report.id)
        try:
            self.tables.person(_newest_key(report.account_id, report.type)).update(
                actions=[table.target.set(report.id)], condition=older
            )
        except UpdateError as error:
            if error.cause_response_code != LOST:
                raise

    def page(self, account_id: int, type: str, page: PageRequest) -> Slice[Report]:
        """Runs of a type, the newest first: a Query for a megabyte. A hand-made page number reads what it skips."""
        table = self.tables.people
        skipped = 0 if page.cursor else page.offset
        if skipped > SKIP_LIMIT:
            raise InvalidError(f"Page {page.number} is too far to jump to; follow the next links.", field="page")
        below = MAX_ID + 1
        if page.cursor:
            if not (page.cursor.isascii() and page.cursor.isdigit() and 0 < int(page.cursor) <= MAX_ID):
                raise InvalidError("The cursor is not one of this list; follow the links.", field="cursor")
            below = int(page.cursor)
        limit = skipped + page.size + 1
        span = table.sk.between(_place(type, 0), _place(type, below - 1))
        records = table.query(
            _partition(account_id),
            span,
            consistent_read=True,
            scan_index_forward=False,
            limit=limit,
            page_size=limit,
        )
        part = islice(records, skipped, skipped + page.size)
        shown, cut = fitting(part, lambda record: (record.document or "") if self._is_live(record) else "")
        more = cut or next(records, None) is not None
        cursor = str(int(shown[-1][0].sk.rsplit("#", 1)[-1])) if more else ""
        return Slice(items=self._live([record for record, _ in shown]), next_cursor=cursor, cut=cut)

    def get(self, account_id: int, type: str, report_id: int) -> Report | None:
        """A run, or None."""
        return next(iter(self.reports(account_id, [(type, report_id)])), None)

    def abort(self, report: Report) -> None:
        """Mark a running one as aborted."""
        table = self.tables.people
        self._update(report, table.state == ReportStatus.RUNNING.value, status=ReportStatus.ABORTED)

    def remove(self, report: Report) -> None:
        """Forget a run; if it was the newest of its type, the one before it is."""
        table = self.tables.people
        try:
            self.tables.person(_key(report.account_id, report.type, report.id)).delete(condition=table.pk.exists())
        except DeleteError as error:
            if error.cause_response_code != LOST:
                raise
            raise ConflictError("The report is not there.") from error
        before = self.page(report.account_id, report.type, PageRequest(size=1, cursor=str(report.id))).items
        newest = self.tables.person(_newest_key(report.account_id, report.type))
        try:
            if before:
                newest.update(actions=[table.target.set(before[0].id)], condition=table.target == report.id)
            else:
                newest.delete(condition=table.target == report.id)
        except (UpdateError, DeleteError) as error:
            if error.cause_response_code != LOST:
                raise

    def save(self, report: Report, expected: Sequence[ReportStatus]) -> None:
        """Write a run as its worker knows it. Raises ConflictError when its status is none of those expected."""
        table = self.tables.people
        states: Condition = table.state == expected[0].value
        for one in expected[1:]:
            states |= table.state == one.value
        self._update(report, states, status=report.status)

    def _update(self, report: Report, condition: Condition, *, status: ReportStatus) -> None:
        table = self.tables.people
        actions: list[Any] = [table.state.set(status.value)]
        if status is not ReportStatus.ABORTED or report.ended:
            actions.append(table.document.set(documents.encode(report)))
        if report.ended:
            actions.append(table.expires_at.set(int(report.expires_at.timestamp())))
        try:
            self.tables.person(_key(report.account_id, report.type, report.id)).update(
                actions=actions, condition=condition
            )
        except UpdateError as error:
            if error.cause_response_code != LOST:
                raise
            raise ConflictError("The report has another status, or is gone.") from error

    def _record(self, report: Report) -> PersonRecord:
        return self.tables.person(
            _key(report.account_id, report.type, report.id),
            state=report.status.value,
            document=documents.encode(report),
        )

    def _live(self, records: Sequence[PersonRecord]) -> list[Report]:
        return [
            replace(documents.decode(record.document or "{}", Report), status=ReportStatus(record.state))
            for record in records
            if self._is_live(record)
        ]

    def _is_live(self, record: PersonRecord) -> bool:
        return given(record.expires_at) is None or record.expires_at > int(self.clock.now().timestamp())


def _partition(account_id: int) -> str:
    return f"reports#{account_id}"


def _place(type: str, report_id: int) -> str:
    return f"{type}#{report_id:016d}"


def _key(account_id: int, type: str, report_id: int) -> dict[str, str]:
    return {"pk": _partition(account_id), "sk": _place(type, report_id)}


def _newest_key(account_id: int, type: str) -> dict[str, str]:
    return {"pk": _partition(account_id), "sk": f"{NEWEST}{type}"}
