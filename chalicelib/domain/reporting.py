"""What can be done with account reports; making one is a job (canvas-a 5.3, design 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from chalicelib.domain.job import Job, JobKind
from chalicelib.domain.paging import PageRequest, Slice
from chalicelib.domain.person import Account
from chalicelib.domain.portfolio import TRIES
from chalicelib.domain.ports import BlobStore, Clock, Ids, JobQueue
from chalicelib.domain.report import BY_KEY, TYPES, Report, ReportStatus, ReportType
from chalicelib.domain.reportterm import terms_meant
from chalicelib.domain.role import Right
from chalicelib.domain.term import TermBook

GONE = "There is no such report."
TERM_NAMES = ("enrollment_term_id", "enrollment_term")
PARAMETERS_LIMIT = 100
"""Parameters of one run."""


class Desk(Struct, frozen=True, kw_only=True):
    """What one batched read tells: who asks, and the runs that were asked for."""

    standing: Standing
    reports: Sequence[Report] = ()
    newest: Sequence[tuple[str, int]] = ()
    """Type and id of the newest run of each type, where that was asked for."""


class ReportStore(Protocol):
    """Where runs are. Reads are strongly consistent."""

    def desk(
        self, actor: Actor, account_id: int, *, keys: Sequence[tuple[str, int]] = (), newest: Sequence[str] = ()
    ) -> Desk:
        """Who asks, with the account and those runs, or the newest of those types: one call."""

    def reports(self, account_id: int, keys: Sequence[tuple[str, int]]) -> list[Report]:
        """Those runs of an account."""

    def terms(self, root_account_id: int) -> TermBook:
        """The terms of a root account."""

    def create(self, report: Report, job: Job) -> None:
        """Write a run and its job. Raises ConflictError when the id is taken."""

    def page(self, account_id: int, type: str, page: PageRequest) -> Slice[Report]:
        """Runs of a type, the newest first."""

    def abort(self, report: Report) -> None:
        """Mark a running one as aborted. Raises ConflictError when it is not running."""

    def remove(self, report: Report) -> None:
        """Forget a run. Raises ConflictError when it is not there."""


class ReportService(Struct, frozen=True):
    """Reports as their account's admins ask for them."""

    store: ReportStore
    queue: JobQueue
    blobs: BlobStore
    clock: Clock
    ids: Ids
    keep_s: int

    def types(self, actor: Actor, account_id: int) -> list[tuple[ReportType, Report | None]]:
        """The types there are, each with its newest run in this very account. Raises NotFoundError, DeniedError."""
        desk = self.store.desk(actor, account_id, newest=[one.key for one in TYPES])
        self._account(desk, actor, account_id)
        runs = {one.type: one for one in self.store.reports(account_id, desk.newest)}
        return [(one, runs.get(one.key)) for one in TYPES]

    def start(
        self, actor: Actor, account_id: int, type: str, say: Callable[[], tuple[dict[str, Any] | None, bool]]
    ) -> Report:
        """A new run; the job is announced.

        `say` is asked for the parameters, and whether to be silent at the end, once the caller's right is known.

        Raises
        ------
        NotFoundError, DeniedError, InvalidError
            No such account, or no such type; no right; a term that is not there.
        """
        account = self._account(self.store.desk(actor, account_id), actor, account_id)
        if type not in BY_KEY:
            raise NotFoundError("There is no such type of report.")
        parameters, quiet = say()
        self._check(account, parameters or {})
        for _ in range(TRIES):
            report = self._draft(actor, account, type, parameters)
            try:
                self.store.create(report, self._job(report, quiet=quiet))
            except ConflictError:
                continue
            self.queue.send([report.id])
            return report
        raise ConflictError("No free report id was found; try again.")

    def index(self, actor: Actor, account_id: int, type: str, page: PageRequest) -> Slice[Report]:
        """Runs of a type by everybody, the newest first. Raises NotFoundError, DeniedError."""
        self._account(self.store.desk(actor, account_id), actor, account_id)
        return self.store.page(account_id, type, page) if type in BY_KEY else Slice(items=())

    def show(self, actor: Actor, account_id: int, type: str, report_id: int) -> Report:
        """A run. Raises NotFoundError, DeniedError."""
        desk = self.store.desk(actor, account_id, keys=[(type, report_id)] if type in BY_KEY else [])
        self._account(desk, actor, account_id)
        for report in desk.reports:
            return report
        raise NotFoundError(GONE)

    def file(self, actor: Actor, account_id: int, file_id: int) -> Report:
        """The run whose file that is. Raises NotFoundError, also without a file; DeniedError."""
        desk = self.store.desk(actor, account_id, keys=[(one.key, file_id) for one in TYPES])
        self._account(desk, actor, account_id)
        for report in desk.reports:
            if report.file is not None and report.status is ReportStatus.COMPLETE:
                return report
        raise NotFoundError("There is no such file.")

    def abort(self, actor: Actor, account_id: int, type: str, report_id: int) -> Report:
        """Stop a running one; its worker does at the next checkpoint. Raises NotFoundError when it is not running."""
        report = self.show(actor, account_id, type, report_id)
        try:
            self.store.abort(report)
        except ConflictError:
            raise NotFoundError("The report is not running.") from None
        return replace(report, status=ReportStatus.ABORTED)

    def delete(self, actor: Actor, account_id: int, type: str, report_id: int) -> Report:
        """Forget a run and its file. Raises NotFoundError, DeniedError."""
        report = self.show(actor, account_id, type, report_id)
        try:
            self.store.remove(report)
        except ConflictError:
            raise NotFoundError(GONE) from None
        if report.file is not None:
            self.blobs.delete([report.file.key])
        return replace(report, status=ReportStatus.DELETED)

    def _account(self, desk: Desk, actor: Actor, account_id: int) -> Account:
        account = desk.standing.accounts.get(account_id)
        if account is None or account.root_id != actor.root_account_id or account.workflow_state == "deleted":
            raise NotFoundError("There is no such account.")
        if not desk.standing.holds(Right.READ_REPORTS, account):
            raise DeniedError("Not permitted: read_reports.")
        return account

    def _check(self, account: Account, parameters: dict[str, Any]) -> None:
        if len(parameters) > PARAMETERS_LIMIT:
            raise InvalidError(f"A report has at most {PARAMETERS_LIMIT} parameters.", code="refused")
        for name in TERM_NAMES:
            said = parameters.get(name)
            if said is None or said == "":
                continue
            if terms_meant(said, self.store.terms(account.root_id), self.clock.now()) is None:
                raise InvalidError(f"invalid enrollment_term_id '{str(said)[:200]}'", code="refused")
            return

    def _draft(self, actor: Actor, account: Account, type: str, parameters: dict[str, Any] | None) -> Report:
        now = self.clock.now()
        return Report(
            id=self.ids.new(),
            type=type,
            account_id=account.id,
            account_path=account.path,
            root_account_id=account.root_id,
            requested_by=actor.user_id,
            created_at=now,
            expires_at=now + timedelta(seconds=self.keep_s),
            parameters=parameters,
        )

    def _job(self, report: Report, *, quiet: bool) -> Job:
        parameters = {"account_id": report.account_id, "report": report.type}
        return Job(
            id=report.id,
            kind=JobKind.REPORT,
            owner_id=report.requested_by,
            requested_by=report.requested_by,
            root_account_id=report.root_account_id,
            created_at=report.created_at,
            expires_at=report.expires_at,
            parameters={**parameters, "skip_message": True} if quiet else parameters,
        )
