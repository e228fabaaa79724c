"""Jobs in DynamoDB: conditional claims, leases that lapse, and an index of what has not ended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.access import Actor
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.job import Job, JobStatus
from chalicelib.domain.person import Account
from chalicelib.domain.ports import Clock
from chalicelib.settings import Settings
from chalicelib.storage import documents, people
from chalicelib.storage.tables import JobRecord, PersonRecord, Tables, conflict, given, only

OPEN = "open"
"""The one partition of the index of open jobs; it holds as many items as jobs are under way."""


class Jobs(Struct, frozen=True):
    """The job store (see `ports.JobStore`)."""

    tables: Tables
    settings: Settings
    clock: Clock

    def create(self, jobs: Sequence[Job], idempotency: str = "") -> list[Job]:
        """Write new jobs; with a used idempotency key, answer the jobs that it made."""
        table = self.tables.jobs
        once = self._once(jobs[0], idempotency)
        due = self.clock.now() + timedelta(seconds=self.settings.job_pickup_s)
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                for job in jobs:
                    transaction.save(self._record(job, due), condition=table.job.does_not_exist())
                if once:
                    document = documents.encode([job.id for job in jobs])
                    record = table(job=once, document=document, expires_at=_seconds(jobs[0].expires_at))
                    # An expired record is as good as none, even before DynamoDB has removed it.
                    now = _seconds(self.clock.now())
                    transaction.save(record, condition=table.job.does_not_exist() | (table.expires_at <= now))
        except TransactWriteError as error:
            made = self._made_once(once) if once else []
            if made:
                return made
            raise conflict(error) or error from error
        return list(jobs)

    def get(self, job_id: int) -> Job | None:
        """The job, strongly consistent; None when unknown or expired."""
        found = self.tables.batch_get([(self.tables.jobs, [_key(job_id)])])
        return next((self._entity(record) for record in only(found, JobRecord) if not self._expired(record)), None)

    def find(self, actor: Actor, job_id: int) -> tuple[Job | None, Account]:
        """The job and the actor's root account, in one call."""
        tables = self.tables
        found = tables.batch_get(
            [(tables.jobs, [_key(job_id)]), (tables.people, [people.account_key(actor.root_account_id)])]
        )
        accounts = [people.entity(record, Account) for record in only(found, PersonRecord)]
        if not accounts:
            raise NotFoundError("There is no such root account.")
        records = [record for record in only(found, JobRecord) if not self._expired(record)]
        return (self._entity(records[0]) if records else None), accounts[0]

    def claim(self, job_id: int, lease: str, until: datetime, now: datetime) -> Job | None:
        """Take the job: 0 -> 4, or 4 with a lapsed or released lease. None when it is not to be had."""
        table = self.tables.jobs
        record = table(job=_key(job_id)["job"])
        # The lease may be ours already: a call whose answer was lost is sent again by the client library.
        free = (table.status == JobStatus.QUEUED.value) | (
            (table.status == JobStatus.PROCESSING.value)
            & ((table.lease_until <= _seconds(now)) | (table.lease == lease))
        )
        actions: list[Action] = [
            table.status.set(JobStatus.PROCESSING.value),
            table.lease.set(lease),
            table.lease_until.set(_seconds(until)),
            table.due_at.set(_seconds(until)),
            table.attempts.add(1),
            table.started_at.set(table.started_at | _seconds(now)),
        ]
        try:
            record.update(actions=actions, condition=free)
        except UpdateError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return None
            raise
        return self._entity(record)

    def save(self, job: Job, *, release: bool = False) -> None:
        """Write progress, checkpoint and counts, as the holder of `job.lease`."""
        due = job.lease_until or self.clock.now()
        if release:
            job = replace(job, lease_until=self.clock.now())
            due = self.clock.now() + timedelta(seconds=self.settings.job_pickup_s)
        self._put(job, due, self._held(job))

    def finish(self, job: Job) -> None:
        """Write a terminal status as the holder of the lease."""
        self._put(replace(job, lease="", lease_until=None), None, self._held(job))

    def due(self, now: datetime, limit: int = 100) -> Iterator[Job]:
        """Open jobs whose due time has passed."""
        table = self.tables.jobs
        for record in table.by_open.query(OPEN, table.due_at <= _seconds(now), limit=limit):
            yield self._entity(record)

    def postpone(self, job: Job, until: datetime) -> None:
        """Make the job due again at `until`, unless it ended meanwhile."""
        table = self.tables.jobs
        try:
            table(job=_key(job.id)["job"]).update(
                actions=[table.due_at.set(_seconds(until))], condition=table.open.exists()
            )
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise

    def _put(self, job: Job, due: datetime | None, condition: Condition) -> None:
        try:
            self._record(job, due).save(condition=condition)
        except PutError as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                raise ConflictError("Another worker holds the job.") from error
            raise

    def _held(self, job: Job) -> Condition:
        table = self.tables.jobs
        held: Condition = (table.status == JobStatus.PROCESSING.value) & (table.lease == job.lease)
        return held

    def _record(self, job: Job, due: datetime | None) -> JobRecord:
        stored = replace(job, status=JobStatus.QUEUED, lease="", lease_until=None, attempts=0, started_at=None)
        return self.tables.jobs(
            job=_key(job.id)["job"],
            open=OPEN if due else None,
            due_at=_seconds(due) if due else None,
            status=job.status.value,
            lease=job.lease or None,
            lease_until=_seconds(job.lease_until) if job.lease_until else None,
            attempts=job.attempts,
            started_at=_seconds(job.started_at) if job.started_at else None,
            document=documents.encode(stored),
            expires_at=_seconds(job.expires_at) if job.status.terminal else None,
        )

    def _entity(self, record: JobRecord) -> Job:
        return replace(
            documents.decode(record.document or "{}", Job),
            status=JobStatus(int(record.status or 0)),
            lease=record.lease or "",
            lease_until=_moment(record.lease_until),
            attempts=int(record.attempts or 0),
            started_at=_moment(record.started_at),
        )

    def _expired(self, record: JobRecord) -> bool:
        return given(record.expires_at) is not None and record.expires_at <= _seconds(self.clock.now())

    def _once(self, job: Job, idempotency: str) -> str:
        if not idempotency:
            return ""
        return "once#" + hashlib.sha256(f"{job.requested_by}/{idempotency}".encode()).hexdigest()

    def _made_once(self, once: str) -> list[Job]:
        found = only(self.tables.batch_get([(self.tables.jobs, [{"job": once}])]), JobRecord)
        ids = documents.decode(found[0].document or "[]", list[int]) if found else []
        jobs = [self.get(job_id) for job_id in ids]
        return [job for job in jobs if job is not None]


def _key(job_id: int) -> dict[str, str]:
    return {"job": f"job#{job_id}"}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
