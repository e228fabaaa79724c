"""Jobs in DynamoDB: conditional claims, leases that lapse, and an index of what has not ended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from pynamodb.exceptions import DeleteError, PutError, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.job import Job, JobStatus
from chalicelib.domain.ports import Clock
from chalicelib.settings import Settings
from chalicelib.storage import documents, people
from chalicelib.storage.tables import JobRecord, PersonRecord, Tables, conflict, given, only

OPEN = "open"
"""The one partition of the index of open jobs; it holds as many items as jobs are under way."""
BATCH = "batch#"
"""What the key of a batch begins with."""
TOGETHER = 90
"""Jobs of one transaction."""
ABANDONED = timedelta(minutes=30)
"""A batch that is not complete after so long never will be: no request lives nearly that long."""


class Jobs(Struct, frozen=True):
    """The job store (see `ports.JobStore`)."""

    tables: Tables
    settings: Settings
    clock: Clock

    def create(self, jobs: Sequence[Job], idempotency: str = "") -> list[Job]:
        """Write new jobs; with a used idempotency key, answer the jobs that it made.

        Few jobs are one transaction. More are written first, as jobs of a batch that nobody works on, and come to life
        with the one write of the batch: all of them, or none.
        """
        once, ids, until = self._once(jobs[0], idempotency), [job.id for job in jobs], jobs[0].expires_at
        try:
            if len(jobs) <= TOGETHER:
                self._commit(jobs, once=once, ids=ids, until=until)
                return list(jobs)
            made = self._made_once(once)
            if made:
                return made
            batch, begun = f"{BATCH}{jobs[0].id}", self.clock.now()
            for start in range(0, len(jobs), TOGETHER):
                self._commit(jobs[start : start + TOGETHER], batch=batch)
            if self.clock.now() - begun > ABANDONED / 2:
                raise TimeoutError("Writing the jobs took so long that they may have been given up.")
            self._commit([], once=once, marks=[batch], ids=ids, until=until)
        except ConflictError:
            made = self._made_once(once)
            if made:
                return made
            raise
        return list(jobs)

    def _commit(
        self,
        jobs: Sequence[Job],
        *,
        batch: str = "",
        once: str = "",
        marks: Sequence[str] = (),
        ids: Sequence[int] = (),
        until: datetime | None = None,
    ) -> None:
        """One transaction: new jobs, an idempotency record, marks of batches. Raises ConflictError."""
        table, now = self.tables.jobs, self.clock.now()
        due = now + timedelta(seconds=self.settings.job_pickup_s)
        expires_at = _seconds(until) if until else None
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                for job in jobs:
                    record = self._record(job, due)
                    record.batch = batch or None
                    transaction.save(record, condition=table.job.does_not_exist())
                for mark in marks:
                    transaction.save(table(job=mark, expires_at=expires_at), condition=table.job.does_not_exist())
                if once:
                    record = table(job=once, document=documents.encode(list(ids)), expires_at=expires_at)
                    # An expired record is as good as none, even before DynamoDB has removed it.
                    free = table.job.does_not_exist() | (table.expires_at <= _seconds(now))
                    transaction.save(record, condition=free)
        except TransactWriteError as error:
            raise conflict(error) or error from error

    def fresh(self, job: Job) -> JobRecord:
        """The record of a new job, for a transaction that makes it with something else."""
        return self._record(job, self.clock.now() + timedelta(seconds=self.settings.job_pickup_s))

    def add(self, transaction: TransactWrite, job: Job) -> None:
        """Write a new job as part of a transaction that is being made."""
        due = self.clock.now() + timedelta(seconds=self.settings.job_pickup_s)
        transaction.save(self._record(job, due), condition=self.tables.jobs.job.does_not_exist())

    def get(self, job_id: int) -> Job | None:
        """The job, strongly consistent; None when unknown or expired."""
        found = self.tables.batch_get([(self.tables.jobs, [_key(job_id)])])
        return next((self._entity(record) for record in only(found, JobRecord) if not self._expired(record)), None)

    def find(self, actor: Actor, job_id: int) -> tuple[Job | None, Standing]:
        """The job and who the actor is, in one call."""
        tables = self.tables
        found = tables.batch_get([(tables.jobs, [_key(job_id)]), (tables.people, people.standing_keys(actor))])
        records = [record for record in only(found, JobRecord) if not self._expired(record)]
        return (self._entity(records[0]) if records else None), people.standing_of(actor, only(found, PersonRecord))

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
        """Open jobs whose due time has passed. Jobs of a batch that was never written are put off, then removed."""
        for record, alive in self._open(now, limit):
            if alive:
                yield self._entity(record)
            else:
                self._put_off(record, now)

    def overdue(self, now: datetime, limit: int = 100) -> list[Job]:
        """The same jobs, and nothing is changed."""
        return [self._entity(record) for record, alive in self._open(now, limit) if alive]

    def _open(self, now: datetime, limit: int) -> list[tuple[JobRecord, bool]]:
        """Jobs whose due time has passed, and whether each is written whole: with its batch, if it is of one."""
        table = self.tables.jobs
        found = list(table.by_open.query(OPEN, table.due_at <= _seconds(now), limit=limit))
        batches = {record.batch for record in found if given(record.batch) is not None}
        marks = only(self.tables.batch_get([(table, [{"job": batch} for batch in batches])]), JobRecord)
        alive = {mark.job for mark in marks}
        return [(record, given(record.batch) is None or record.batch in alive) for record in found]

    def _put_off(self, record: JobRecord, now: datetime) -> None:
        """Look again later at a job whose batch is not written; remove it when whoever was writing must be gone."""
        job, table = self._entity(record), self.tables.jobs
        if now - job.created_at <= ABANDONED:
            self.postpone(job, now + timedelta(seconds=self.settings.job_pickup_s))
            return
        try:
            record.delete(condition=table.status == JobStatus.QUEUED.value)
        except DeleteError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise

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
        """The jobs an idempotency key made, in their order; none without a key."""
        if not once:
            return []
        found = only(self.tables.batch_get([(self.tables.jobs, [{"job": once}])]), JobRecord)
        ids = documents.decode(found[0].document or "[]", list[int]) if found else []
        records = only(self.tables.batch_get([(self.tables.jobs, [_key(job_id) for job_id in ids])]), JobRecord)
        jobs = {job.id: job for job in (self._entity(one) for one in records if not self._expired(one))}
        return [jobs[job_id] for job_id in ids if job_id in jobs]


def _key(job_id: int) -> dict[str, str]:
    return {"job": f"job#{job_id}"}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
