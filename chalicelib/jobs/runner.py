"""Claim, run, finish: the life of every job (design 4).

A delivery claims the job by one conditional write. Whoever does not get it has nothing to do: the job is done, or
another worker is at it, or the sweeper will announce it again. A worker that dies leaves a lease that lapses.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from chalicelib import observe
from chalicelib.domain.errors import ConflictError, PackageError
from chalicelib.domain.job import Job, JobKind, JobStatus, Problem
from chalicelib.jobs.run import Aborted, Outcome, Paused, Run, Work, kept
from chalicelib.wiring import Services

EXHAUSTED = "The service failed on this task again and again; it was given up."


def _work() -> Mapping[JobKind, Work]:
    from chalicelib.jobs.export_package import ExportPackage
    from chalicelib.jobs.import_package import ImportPackage
    from chalicelib.jobs.insights import InsightsRun
    from chalicelib.jobs.report import ReportWork
    from chalicelib.jobs.report_tables import tables

    return {
        JobKind.EXPORT: ExportPackage(),
        JobKind.IMPORT: ImportPackage(),
        JobKind.INSIGHTS: InsightsRun(),
        JobKind.REPORT: ReportWork(tables),
    }


class Runner(Struct, frozen=True):
    """Runs jobs. `kinds` gives the work of each kind."""

    services: Services
    kinds: Callable[[], Mapping[JobKind, Work]] = _work

    def run(self, job_id: int, remaining_s: Callable[[], float]) -> JobStatus | None:
        """Run a job that was announced; its status afterwards, None when it was not to be had.

        Raises
        ------
        Exception
            Anything unexpected: the message stays in the queue and comes again.
        """
        job = self._claim(job_id)
        if job is None:
            return None
        run = Run(self.services, job, remaining_s)
        work = self.kinds()[job.kind]
        if job.checkpoint.get("aborting"):
            return self._abort(run, work, str(job.checkpoint["aborting"]))
        if job.attempts > self.services.settings.job_attempts:
            return self._abort(run, work, EXHAUSTED)
        try:
            outcome = work.run(run)
        except Paused:
            self.services.queue.send([job_id])
            return JobStatus.PROCESSING
        except (PackageError, Aborted) as error:
            return self._abort(run, work, str(error))
        except ConflictError:
            observe.say("job taken over", level="warning", job_id=job_id)
            return None
        except Exception:
            self._release(run.job)
            raise
        return self._finish(run, outcome)

    def bury(self, job_id: int, remaining_s: Callable[[], float]) -> JobStatus | None:
        """Abort a job whose message was delivered in vain too often; None when it ended or is alive."""
        job = self._claim(job_id)
        if job is None:
            return None
        return self._abort(Run(self.services, job, remaining_s), self.kinds()[job.kind], EXHAUSTED)

    def sweep(self) -> int:
        """Announce again what nobody picked up and what lost its lease; how many that were.

        Collects unused files, and tells of notifications that start.
        """
        services, count, oldest = self.services, 0, 0.0
        now = services.clock.now()
        for job in services.job_store.due(now):
            services.queue.send([job.id])
            services.job_store.postpone(job, now + timedelta(seconds=services.settings.job_pickup_s))
            count += 1
            if job.status is JobStatus.QUEUED:
                oldest = max(oldest, (now - job.created_at).total_seconds())
        services.garbage.collect()
        services.notifications.announce()
        measured = observe.metrics({"AnnouncedAgain": count, "OldestQueuedSeconds": round(oldest, 3)})
        observe.say("swept", level="warning" if count else "info", jobs=count, **measured)
        return count

    def _claim(self, job_id: int) -> Job | None:
        now = self.services.clock.now()
        until = now + timedelta(seconds=self.services.settings.job_lease_s)
        return self.services.job_store.claim(job_id, uuid.uuid4().hex, until, now)

    def _abort(self, run: Run, work: Work, reason: str) -> JobStatus:
        (problem,) = kept([Problem(outcome="aborted", reason=reason)])
        aborting = {**run.job.checkpoint, "aborting": problem.reason}
        run.job = replace(run.job, checkpoint=aborting)
        self.services.job_store.save(run.job)
        try:
            work.undo(run)
        except Paused:
            self.services.queue.send([run.job.id])
            return JobStatus.PROCESSING
        except Exception:
            if run.job.attempts <= 2 * self.services.settings.job_attempts:
                self._release(run.job)
                raise
            observe.logger().exception("job could not be undone", extra={"job_id": run.job.id})
        return self._finish(run, Outcome(status=JobStatus.ABORTED, problems=(problem,), problem_count=1))

    def _finish(self, run: Run, outcome: Outcome) -> JobStatus:
        now = self.services.clock.now()
        job = replace(
            run.job,
            status=outcome.status,
            result=outcome.result,
            counts=dict(outcome.counts),
            problems=outcome.problems,
            problem_count=outcome.problem_count,
            problems_key=outcome.problems_key,
            ended_at=now,
            expires_at=now + timedelta(seconds=self.services.settings.package_ttl_s),
            done=run.job.done if outcome.status is JobStatus.ABORTED else run.job.total,
        )
        try:
            self.services.job_store.finish(job)
        except ConflictError:
            observe.say("job was ended by another", level="warning", job_id=job.id)
            return outcome.status
        self._tell(job, now)
        return outcome.status

    def _release(self, job: Job) -> None:
        try:
            kept = self.services.job_store.get(job.id)
            if kept is not None and kept.lease == job.lease:
                self.services.job_store.save(replace(kept, lease=job.lease), release=True)
        except ConflictError:
            return

    def _tell(self, job: Job, now: datetime) -> None:
        seconds = (now - job.created_at).total_seconds()
        measured = observe.metrics(
            {"Jobs": 1, "JobSeconds": round(seconds, 3)},
            {"Kind": job.kind.value, "Outcome": job.status.name.lower()},
        )
        observe.say(
            "job ended",
            job_id=job.id,
            kind=job.kind.value,
            status=int(job.status),
            age_s=round(seconds, 3),
            **measured,
        )
        if job.parameters.get("skip_message"):
            return
        self.services.topic.publish(
            {
                "event": "job_ended",
                "job_id": job.id,
                "kind": job.kind.value,
                "owner_id": job.owner_id,
                "status": int(job.status),
                "at": now.isoformat(),
            }
        )
