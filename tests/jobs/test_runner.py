"""The engine under every job: claims, leases, duplicates, continuations, dead letters (design 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from chalicelib.domain.errors import ConflictError, PackageError
from chalicelib.domain.job import PROBLEM_LIMIT, Job, JobKind, JobStatus, Problem
from chalicelib.domain.person import User
from chalicelib.jobs import handlers
from chalicelib.jobs.run import Outcome, Run, Work, kept
from chalicelib.jobs.runner import EXHAUSTED, Runner
from chalicelib.wiring import Services, use
from tests.world import HandClock, actor, queued


@dataclass
class Script:
    """A kind of job that does what the test says, and notes what happened."""

    steps: list[Callable[[Run], Outcome]] = field(default_factory=list)
    ran: int = 0
    undone: int = 0

    def run(self, run: Run) -> Outcome:
        """The next step."""
        self.ran += 1
        return self.steps.pop(0)(run)

    def undo(self, run: Run) -> None:
        """Note it."""
        self.undone += 1


def done(_run: Run) -> Outcome:
    """A step that completes."""
    return Outcome(status=JobStatus.COMPLETE, counts={"objects": 1})


def broken(_run: Run) -> Outcome:
    """A step that fails unexpectedly."""
    raise RuntimeError("boom")


def hopeless(_run: Run) -> Outcome:
    """A step that fails for good."""
    raise PackageError("This is not a package.")


def plenty() -> float:
    """Time left in abundance."""
    return 900.0


def little() -> float:
    """Next to no time left."""
    return 1.0


@pytest.fixture
def job(services: Services, ada: User) -> Job:
    """A queued export."""
    draft = services.jobs.draft(actor(ada), JobKind.EXPORT, ada.id, {})
    return services.jobs.start([draft])[0]


def runner(services: Services, script: Script) -> Runner:
    """A runner whose exports are the script."""
    kinds: Mapping[JobKind, Work] = {JobKind.EXPORT: script}
    return Runner(services, lambda: kinds)


def stored(services: Services, job: Job) -> Job:
    """The job as it is now."""
    found = services.job_store.get(job.id)
    assert found is not None
    return found


def test_a_job_is_written_before_it_is_announced(services: Services, job: Job) -> None:
    assert stored(services, job).status is JobStatus.QUEUED
    assert [json.loads(body) for body in queued(services.settings)] == [{"job_id": job.id}]


def test_a_run_ends_complete(services: Services, job: Job) -> None:
    script = Script([done])
    assert runner(services, script).run(job.id, plenty) is JobStatus.COMPLETE
    after = stored(services, job)
    assert (after.status, after.counts, after.lease) == (JobStatus.COMPLETE, {"objects": 1}, "")
    assert after.started_at is not None
    assert after.ended_at is not None


def test_a_second_delivery_of_an_ended_job_does_nothing(services: Services, job: Job) -> None:
    script = Script([done])
    run = runner(services, script)
    run.run(job.id, plenty)
    before = stored(services, job)
    assert run.run(job.id, plenty) is None
    assert run.bury(job.id, plenty) is None
    assert stored(services, job) == before
    assert script.ran == 1


def test_a_second_delivery_of_a_live_job_does_nothing(services: Services, job: Job) -> None:
    script = Script([])

    def nested(run: Run) -> Outcome:
        assert runner(services, script).run(job.id, plenty) is None
        return done(run)

    script.steps = [nested]
    runner(services, script).run(job.id, plenty)
    assert script.ran == 1


def test_an_unexpected_failure_keeps_the_message_and_gives_the_lease_up(services: Services, job: Job) -> None:
    script = Script([broken, done])
    run = runner(services, script)
    with pytest.raises(RuntimeError):
        run.run(job.id, plenty)
    assert stored(services, job).status is JobStatus.PROCESSING
    assert run.run(job.id, plenty) is JobStatus.COMPLETE


def test_a_job_that_fails_again_and_again_is_aborted(services: Services, job: Job) -> None:
    attempts = services.settings.job_attempts
    script = Script([broken] * attempts)
    run = runner(services, script)
    for _ in range(attempts):
        with pytest.raises(RuntimeError):
            run.run(job.id, plenty)
    assert run.run(job.id, plenty) is JobStatus.ABORTED
    after = stored(services, job)
    assert (after.status, after.problems[0].reason) == (JobStatus.ABORTED, EXHAUSTED)
    assert script.undone == 1


def test_a_permanent_failure_aborts_at_once(services: Services, job: Job) -> None:
    script = Script([hopeless])
    assert runner(services, script).run(job.id, plenty) is JobStatus.ABORTED
    assert stored(services, job).problems[0].reason == "This is not a package."
    assert script.undone == 1


def test_a_lapsed_lease_lets_the_next_worker_in_and_fences_the_old_one(
    services: Services, job: Job, clock: HandClock
) -> None:
    script = Script([])

    def overtaken(run: Run) -> Outcome:
        clock.advance(services.settings.job_lease_s + 1)
        assert runner(services, Script([done])).run(job.id, plenty) is JobStatus.COMPLETE
        with pytest.raises(ConflictError):
            run.save({"late": True})
        return Outcome(status=JobStatus.ABORTED)

    script.steps = [overtaken]
    runner(services, script).run(job.id, plenty)
    assert stored(services, job).status is JobStatus.COMPLETE


def test_a_pause_hands_on_with_the_state(services: Services, job: Job) -> None:
    seen: list[object] = []

    def first(run: Run) -> Outcome:
        run.pause({"place": 7}, done=1, total=2)
        raise AssertionError

    def second(run: Run) -> Outcome:
        seen.append(run.load(dict))
        return done(run)

    run = runner(services, Script([first, second]))
    queued(services.settings)
    assert run.run(job.id, little) is JobStatus.PROCESSING
    assert [json.loads(body) for body in queued(services.settings)] == [{"job_id": job.id}]
    assert (stored(services, job).done, stored(services, job).total) == (1, 2)
    assert run.run(job.id, plenty) is JobStatus.COMPLETE
    assert seen == [{"place": 7}]


def test_progress_forgives_earlier_failures(services: Services, job: Job) -> None:
    def pauses(run: Run) -> Outcome:
        run.pause({})
        raise AssertionError

    attempts = services.settings.job_attempts
    steps: list[Callable[[Run], Outcome]] = [broken, pauses]
    script = Script([*steps * attempts, done])
    run = runner(services, script)
    for _ in range(attempts):
        with pytest.raises(RuntimeError):
            run.run(job.id, plenty)
        assert run.run(job.id, plenty) is JobStatus.PROCESSING
    assert run.run(job.id, plenty) is JobStatus.COMPLETE


def test_the_sweeper_announces_what_nobody_picked_up(services: Services, job: Job, clock: HandClock) -> None:
    run = runner(services, Script([done]))
    queued(services.settings)  # the message is lost
    assert run.sweep() == 0
    clock.advance(services.settings.job_pickup_s + 1)
    assert run.sweep() == 1
    assert run.sweep() == 0
    assert [json.loads(body) for body in queued(services.settings)] == [{"job_id": job.id}]


def test_the_sweeper_announces_what_lost_its_worker(services: Services, job: Job, clock: HandClock) -> None:
    now = clock.now()
    lease_until = replace(job, lease="dead").created_at
    assert lease_until <= now
    services.job_store.claim(job.id, "dead", now.replace(year=now.year + 1), now)
    assert runner(services, Script([done])).sweep() == 0
    clock.advance(366 * 86400)
    assert runner(services, Script([done])).sweep() == 1


def test_an_ended_job_is_never_swept(services: Services, job: Job, clock: HandClock) -> None:
    run = runner(services, Script([done]))
    run.run(job.id, plenty)
    clock.advance(86400)
    assert run.sweep() == 0


def test_a_buried_job_is_aborted(services: Services, job: Job) -> None:
    assert runner(services, Script()).bury(job.id, plenty) is JobStatus.ABORTED
    assert stored(services, job).status is JobStatus.ABORTED


def test_an_abort_whose_undo_pauses_goes_on_undoing(services: Services, job: Job) -> None:
    class Slow(Script):
        def undo(self, run: Run) -> None:
            self.undone += 1
            if self.undone == 1:
                run.pause({"undone": 1})

    script = Slow([hopeless])
    run = runner(services, script)
    assert run.run(job.id, little) is JobStatus.PROCESSING
    assert run.run(job.id, plenty) is JobStatus.ABORTED
    assert stored(services, job).problems[0].reason == "This is not a package."
    assert script.undone == 2


def test_a_repeated_idempotency_key_answers_the_same_job(services: Services, ada: User, bo: User) -> None:
    def start(user: User) -> int:
        draft = services.jobs.draft(actor(user), JobKind.EXPORT, user.id, {})
        return services.jobs.start([draft], "export/new/k")[0].id

    first = start(ada)
    assert start(ada) == first
    assert start(bo) != first


def test_an_expired_job_is_absent_before_dynamodb_removes_it(services: Services, job: Job, clock: HandClock) -> None:
    runner(services, Script([done])).run(job.id, plenty)
    clock.advance(services.settings.package_ttl_s + 1)
    assert services.job_store.get(job.id) is None


def test_messages_that_name_no_job_are_let_go(services: Services) -> None:
    use(services)
    try:
        handlers.run({"Records": [{"body": "not json"}, {"body": "{}"}, {"body": '{"job_id": 5}'}]}, None)
    finally:
        use(None)


def test_an_event_is_told_when_a_topic_is_set(services: Services, job: Job) -> None:
    told: list[object] = []

    class Listener:
        def publish(self, event: object) -> None:
            told.append(event)

    services.topic = Listener()  # type: ignore[assignment]
    runner(services, Script([done])).run(job.id, plenty)
    assert [(event["job_id"], event["status"]) for event in told] == [(job.id, 2)]  # type: ignore[index]


def test_a_job_that_cannot_be_undone_still_ends(services: Services, job: Job) -> None:
    class Stuck(Script):
        def undo(self, run: Run) -> None:
            self.undone += 1
            raise RuntimeError("boom")

    script = Stuck([hopeless])
    run, status = runner(services, script), None
    for _ in range(50):
        try:
            status = run.run(job.id, plenty)
        except RuntimeError:
            continue
        break
    assert status is JobStatus.ABORTED
    assert script.undone > services.settings.job_attempts


def test_problems_of_any_length_fit_the_job(services: Services, job: Job) -> None:
    problem = Problem(outcome="left_out", reason="r" * 50_000, title="t" * 50_000, entry="e" * 50_000)

    def wordy(_run: Run) -> Outcome:
        problems = [problem] * 300
        return Outcome(status=JobStatus.COMPLETE_WITH_ERRORS, problems=kept(problems), problem_count=len(problems))

    assert runner(services, Script([wordy])).run(job.id, plenty) is JobStatus.COMPLETE_WITH_ERRORS
    assert len(stored(services, job).problems) == PROBLEM_LIMIT
