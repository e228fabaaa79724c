"""Reports as jobs: paused, delivered twice, stopped, deleted, failing, killed (canvas-a 5.2, design 4)."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.domain.access import Actor
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.job import JobStatus
from chalicelib.domain.person import AdminRow, User
from chalicelib.domain.report import Report, ReportStatus
from chalicelib.jobs import report as reports
from chalicelib.jobs import run as runs
from chalicelib.jobs.report import ReportWork, Table
from chalicelib.jobs.run import Run
from chalicelib.jobs.runner import Runner
from chalicelib.wiring import Services
from tests.jobs.test_kills import deliver, finish, spread
from tests.world import HandClock, actor

PORTFOLIOS = "eportfolio_report_csv"
FILES = {"users": True, "accounts": True, "sections": True, "xlist": True, "admins": True}


@pytest.fixture
def head(services: Services, ada: User) -> Actor:
    """An admin of the institution, whose people have portfolios."""
    root = services.people.account(ada.root_account_id)
    assert root is not None
    row = AdminRow(user_sis_id=ada.sis_id, account_sis_id="")
    assert [one.error for one in services.directory.upsert_admins(root, [row])] == [""]
    for number in range(3):
        services.portfolios.create(actor(ada), name=f"=Notes {number}")
    return actor(ada)


def start(services: Services, head: Actor, type: str = PORTFOLIOS, **asked: bool) -> Report:
    return services.reports.start(head, head.root_account_id, type, lambda: (dict(asked) or None, True))


def shown(services: Services, report: Report) -> Report:
    found = services.report_store.get(report.account_id, report.type, report.id)
    assert found is not None
    return found


def content(services: Services, report: Report) -> bytes:
    file = shown(services, report).file
    assert file is not None
    return services.blobs.get(file.key)


def looks(count: int, then: Callable[[], None] = lambda: None) -> Callable[[], float]:
    """Plenty of time for so many looks at it, then something happens, and no more."""
    left: Iterator[float] = iter([900.0] * count)

    def remaining() -> float:
        for seconds in left:
            return seconds
        then()
        return 0.0

    return remaining


def test_a_report_put_down_at_every_part_is_the_same(services: Services, head: Actor, clock: HandClock) -> None:
    for type, asked in ((PORTFOLIOS, {}), ("provisioning_csv", FILES)):
        calm, hurried = start(services, head, type, **asked), start(services, head, type, **asked)
        runner, workers = Runner(services), 0
        assert runner.run(calm.id, lambda: 900.0) is JobStatus.COMPLETE
        assert runner.run(calm.id, lambda: 900.0) is None, "a second delivery has nothing to do"
        while runner.run(hurried.id, looks(1)) is JobStatus.PROCESSING:
            workers += 1
        assert workers > 6
        assert content(services, hurried) == content(services, calm)
        done, lines = shown(services, hurried), shown(services, calm).current_line
        assert (done.status, done.progress, done.current_line) == (ReportStatus.COMPLETE, 100, lines)


def test_a_live_one_is_not_taken_over_and_a_lapsed_one_is(services: Services, head: Actor, clock: HandClock) -> None:
    report, runner = start(services, head), Runner(services)
    second: list[JobStatus | None] = []

    def meanwhile() -> float:
        second.append(runner.run(report.id, lambda: 900.0))
        return 900.0

    assert runner.run(report.id, meanwhile) is JobStatus.COMPLETE
    assert set(second) == {None}
    dead = start(services, head)
    assert services.job_store.claim(dead.id, "dead", clock.now(), clock.now()) is not None
    clock.advance(services.settings.job_lease_s)
    assert runner.run(dead.id, lambda: 900.0) is JobStatus.COMPLETE


def test_it_tells_where_it_is_and_stops_when_told_to(
    services: Services, head: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "LINES", 1)
    report, runner, seen = start(services, head), Runner(services), list[tuple[int | None, int]]()

    def watch() -> float:
        now = shown(services, report)
        seen.append((now.current_line, now.progress))
        if now.current_line and now.status is ReportStatus.RUNNING:
            services.reports.abort(head, report.account_id, report.type, report.id)
        return 900.0

    assert runner.run(report.id, watch) is JobStatus.ABORTED
    assert seen[0] == (None, 0)
    assert any(line and 0 <= progress < 100 for line, progress in seen)
    ended = shown(services, report)
    assert (ended.status, ended.progress, ended.file) == (ReportStatus.ABORTED, 100, None)
    assert ended.ended_at
    assert ended.extra_text
    with pytest.raises(NotFoundError):
        services.reports.abort(head, report.account_id, report.type, report.id)
    assert Runner(services).run(report.id, lambda: 900.0) is None


def test_without_rows_it_is_stopped_at_a_checkpoint(
    services: Services, head: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "CHECKPOINT_S", -1.0)
    report = start(services, head, include_deleted=True)

    def watch() -> float:
        if shown(services, report).status is ReportStatus.RUNNING:
            services.reports.abort(head, report.account_id, report.type, report.id)
        return 900.0

    assert Runner(services).run(report.id, watch) is JobStatus.ABORTED
    stopped = services.job_store.get(report.id)
    assert stopped is not None
    assert stopped.checkpoint.get("number", 0) <= 1, "not at the end"


def test_stopped_in_a_pause_or_at_the_last_moment(services: Services, head: Actor) -> None:
    for type, asked in ((PORTFOLIOS, {}), ("provisioning_csv", FILES)):
        report, runner = start(services, head, type, **asked), Runner(services)
        assert runner.run(report.id, looks(1)) is JobStatus.PROCESSING
        services.reports.abort(head, report.account_id, report.type, report.id)
        assert runner.run(report.id, lambda: 900.0) is JobStatus.ABORTED
        assert shown(services, report).status is ReportStatus.ABORTED
        assert not services.blobs.exists(f"packages/{report.id}.csv")
        assert not services.blobs.exists(f"packages/{report.id}.zip")


def test_deleted_while_it_waits_and_while_it_runs(services: Services, head: Actor) -> None:
    runner = Runner(services)
    waiting, paused = start(services, head), start(services, head)
    services.reports.delete(head, waiting.account_id, waiting.type, waiting.id)
    assert runner.run(waiting.id, lambda: 900.0) is JobStatus.ABORTED
    assert runner.run(paused.id, looks(1)) is JobStatus.PROCESSING
    services.reports.delete(head, paused.account_id, paused.type, paused.id)
    assert runner.run(paused.id, lambda: 900.0) is JobStatus.ABORTED
    assert services.report_store.get(paused.account_id, paused.type, paused.id) is None
    assert not services.blobs.exists(f"packages/{paused.id}.csv")


def test_one_that_always_fails_ends_in_error(services: Services, head: Actor, clock: HandClock) -> None:
    def broken(run: Run, report: Report) -> list[Table]:
        raise RuntimeError("out of paper")

    def kinds() -> dict[object, object]:
        from chalicelib.domain.job import JobKind

        return {JobKind.REPORT: ReportWork(broken)}

    report, runner = start(services, head), Runner(services, kinds)  # type: ignore[arg-type]
    for _ in range(services.settings.job_attempts):
        with pytest.raises(RuntimeError):
            runner.run(report.id, lambda: 900.0)
    assert runner.run(report.id, lambda: 900.0) is JobStatus.ABORTED
    ended = shown(services, report)
    assert (ended.status, ended.progress, ended.file) == (ReportStatus.ERROR, 100, None)
    assert ended.extra_text
    assert "paper" not in ended.extra_text
    buried = start(services, head)
    assert Runner(services).bury(buried.id, lambda: 900.0) is JobStatus.ABORTED
    assert shown(services, buried).status is ReportStatus.ERROR


def test_imported_portfolios_are_counted(services: Services, head: Actor, bo: User) -> None:
    package = Path("tests/packages/accept/mahara-22.10.zip").read_bytes()
    (job,) = services.imports.request(actor(bo), io.BytesIO(package))
    assert Runner(services).run(job.id, lambda: 900.0) is JobStatus.COMPLETE
    imported = services.people.users([bo.id])[bo.id].portfolios_all
    report = start(services, head)
    assert Runner(services).run(report.id, lambda: 900.0) is JobStatus.COMPLETE
    assert imported
    assert shown(services, report).current_line == 3 + imported


@pytest.mark.skipif(os.environ.get("FOLIO_TEST_ENGINE") != "ministack", reason="moto has no words for a lost upload")
def test_an_upload_that_was_forgotten_is_begun_again(services: Services, head: Actor) -> None:
    report, runner = start(services, head), Runner(services)
    assert runner.run(report.id, looks(1)) is JobStatus.PROCESSING
    client, bucket = services.blobs.client, services.settings.bucket
    for one in client.list_multipart_uploads(Bucket=bucket)["Uploads"]:
        client.abort_multipart_upload(Bucket=bucket, Key=one["Key"], UploadId=one["UploadId"])
    assert runner.run(report.id, lambda: 900.0) is JobStatus.PROCESSING
    assert runner.run(report.id, lambda: 900.0) is JobStatus.COMPLETE
    calm = start(services, head)
    runner.run(calm.id, lambda: 900.0)
    assert content(services, report) == content(services, calm)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("FOLIO_TEST_ENGINE") != "ministack", reason="needs an engine other processes reach")
def test_a_report_survives_kills(services: Services, head: Actor) -> None:
    settings = services.settings
    for type, asked in ((PORTFOLIOS, {}), ("provisioning_csv", FILES)):
        calm = start(services, head, type, **asked)
        job = services.job_store.get(calm.id)
        assert job is not None
        status, calls = deliver(settings, job)
        assert status == JobStatus.COMPLETE
        for point in spread(calls)[::2]:
            report = start(services, head, type, **asked)
            doomed = services.job_store.get(report.id)
            assert doomed is not None
            assert deliver(settings, doomed, point) == (None, -1)
            assert finish(services, doomed).status is JobStatus.COMPLETE, f"killed at call {point}"
            assert content(services, report) == content(services, calm), f"killed at call {point}"
            assert shown(services, report).status is ReportStatus.COMPLETE
