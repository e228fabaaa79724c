"""Workers die by SIGKILL at points spread over the whole of a job; the job ends as if nothing had been (design 4)."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import graph
from chalicelib.domain.epobject import Section
from chalicelib.domain.job import Job, JobStatus
from chalicelib.domain.page import PageDraft
from chalicelib.domain.person import User
from chalicelib.jobs.runner import Runner
from chalicelib.settings import Settings
from chalicelib.wiring import Services
from tests.world import HandClock, actor

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "packages" / "accept" / "mahara-22.10.zip"
POINTS = 10
LEASE_S = 1


def deliver(settings: Settings, job: Job, fatal: int = 0, seconds: float = 900.0) -> tuple[int | None, int]:
    """One delivery in a process of its own; (status, calls), or (None, -1) when it was killed."""
    variables = {
        "FOLIO_TABLE_PREFIX": settings.table_prefix,
        "FOLIO_BUCKET": settings.bucket,
        "FOLIO_QUEUE": settings.queue,
        "FOLIO_DEAD_QUEUE": settings.dead_queue,
        "FOLIO_SECRET_KEY": settings.secret_key,
        "FOLIO_JOB_LEASE_S": str(LEASE_S),
        "FOLIO_JOB_RESERVE_S": "5",
    }
    command = [sys.executable, "-m", "tests.jobs.doomed_worker", str(job.id), str(fatal), str(seconds)]
    environment = {**os.environ, **variables}
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode == -9:
        return None, -1
    assert answer.returncode == 0, answer.stderr
    status, count = answer.stdout.strip().splitlines()[-1].split()
    return (None if status == "-" else int(status)), int(count)


def finish(services: Services, job: Job, seconds: float = 900.0) -> Job:
    """Deliver until it has ended, each message twice, as a queue may."""
    for _ in range(200):
        time.sleep(LEASE_S + 0.2 if services.job_store.get(job.id).lease else 0)  # type: ignore[union-attr]
        deliver(services.settings, job, seconds=seconds)
        deliver(services.settings, job, seconds=seconds)
        found = services.job_store.get(job.id)
        assert found is not None
        if found.status.terminal:
            return found
    raise AssertionError("the job does not end")


def fill(services: Services, user: User) -> None:
    """Objects worth exporting: pages, a large file, a small one."""
    me = actor(user)
    portfolio = services.portfolios.create(me, name="Feldnotizen")
    for number in range(3):
        text = Section(type="rich_text", content=f"<p>Tag {number}</p>")
        services.pages.create(me, portfolio.id, PageDraft(name=f"Tag {number}", sections=[text]))
    large = io.BytesIO(random.Random(5).randbytes(20_000_000))  # noqa: S311
    services.artifacts.upload(me, large, file_name="film.bin", media_type="application/octet-stream")
    services.artifacts.upload(me, io.BytesIO(b"klein"), file_name="k.txt", media_type="text/plain")


def calm_import(services: Services, user: User, package: bytes) -> int:
    """Import without a kill; how many calls an import takes when the files are stored already."""
    (job,) = services.imports.request(actor(user), io.BytesIO(package))
    assert deliver(services.settings, job)[0] == JobStatus.COMPLETE
    services.import_store.remove(user.id, list(graph.owned(services, user.id)))
    (job,) = services.imports.request(actor(user), io.BytesIO(package))
    status, calls = deliver(services.settings, job)
    assert status == JobStatus.COMPLETE
    return calls


def spread(calls: int) -> list[int]:
    """Points over all calls but the last, odd and even ones."""
    return sorted({max(1, round(1 + place * (calls - 2) / (POINTS - 1))) for place in range(POINTS)})


@pytest.mark.skipif(os.environ.get("FOLIO_TEST_ENGINE") != "ministack", reason="needs an engine other processes reach")
def test_an_export_survives_kills(services: Services, ada: User) -> None:
    fill(services, ada)
    settings = services.settings
    calm = services.exports.request_all(actor(ada))
    status, calls = deliver(settings, calm)
    assert status == JobStatus.COMPLETE
    reference = services.blobs.get(services.job_store.get(calm.id).result.key)  # type: ignore[union-attr]
    points = spread(calls)
    assert len(points) == POINTS
    for point in points:
        job = services.exports.request_all(actor(ada))
        assert deliver(settings, job, point) == (None, -1)
        ended = finish(services, job)
        assert (ended.status, ended.problem_count) == (JobStatus.COMPLETE, 0), f"killed at call {point}"
        assert ended.result is not None
        assert services.blobs.get(ended.result.key) == reference, f"killed at call {point}"


@pytest.mark.skipif(os.environ.get("FOLIO_TEST_ENGINE") != "ministack", reason="needs an engine other processes reach")
def test_an_import_survives_kills(services: Services, ada: User, bo: User) -> None:
    settings, package = services.settings, SAMPLE.read_bytes()
    calls = calm_import(services, bo, package)
    reference = graph.normal(graph.owned(services, bo.id))
    portfolios = services.people.users([bo.id])[bo.id].portfolios_all
    points = spread(calls)
    assert len(points) == POINTS
    for number, point in enumerate(points, start=1):
        (job,) = services.imports.request(actor(ada), io.BytesIO(package))
        assert deliver(settings, job, point) == (None, -1)
        assert finish(services, job).status is JobStatus.COMPLETE, f"killed at call {point}"
        mine = [one for one in graph.owned(services, ada.id) if one.import_id == job.id]
        assert graph.differences(reference, graph.normal(mine)) == [], f"killed at call {point}"
        assert services.people.users([ada.id])[ada.id].portfolios_all == number * portfolios


@pytest.mark.skipif(os.environ.get("FOLIO_TEST_ENGINE") != "ministack", reason="needs an engine other processes reach")
def test_an_import_given_up_leaves_nothing(services: Services, ada: User, clock: HandClock) -> None:
    settings = services.settings
    calls = calm_import(services, ada, SAMPLE.read_bytes())
    kept = {one.id for one in graph.owned(services, ada.id)}
    for point in spread(calls):
        (job,) = services.imports.request(actor(ada), io.BytesIO(SAMPLE.read_bytes()))
        assert deliver(settings, job, point) == (None, -1)
        time.sleep(LEASE_S + 0.2)
        clock.advance(3600)
        assert Runner(services).bury(job.id, lambda: 900.0) is JobStatus.ABORTED
        assert {one.id for one in graph.owned(services, ada.id)} == kept, f"killed at call {point}"
