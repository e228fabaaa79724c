"""What an export takes in and leaves out (brightspace 4.1, 4.2)."""

from __future__ import annotations

import io
import zipfile

import pytest

from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.job import Job, JobStatus
from chalicelib.domain.page import PageDraft
from chalicelib.domain.person import User
from chalicelib.jobs import assembly
from chalicelib.jobs.runner import Runner
from chalicelib.wiring import Services
from tests.world import actor


def hurried(services: Services, job: Job) -> Job:
    """The job at its end, put down wherever that is possible."""
    for _ in range(100):
        if Runner(services).run(job.id, lambda: 1.0) is not JobStatus.PROCESSING:
            break
    found = services.job_store.get(job.id)
    assert found is not None
    return found


def test_a_page_may_be_named_by_itself(services: Services, ada: User) -> None:
    portfolio = services.portfolios.create(actor(ada), name="Whole")
    page = services.pages.create(actor(ada), portfolio.id, PageDraft(name="Single"))
    job = hurried(services, services.exports.request(actor(ada), [page.id]))
    assert (job.status, job.counts["objects"]) == (JobStatus.COMPLETE, 1)
    assert job.result is not None
    feed = zipfile.ZipFile(io.BytesIO(services.blobs.get(job.result.key))).read("leap2a.xml")
    assert b"Single" in feed
    assert b"Whole" not in feed


def test_what_is_gone_is_reported_once_however_often_the_export_pauses(services: Services, ada: User) -> None:
    reflections = [services.artifacts.create_reflection(actor(ada), ObjectDraft(name=name)) for name in "ab"]
    portfolios = [services.portfolios.create(actor(ada), name=name) for name in "pq"]
    job = services.exports.request(actor(ada), [one.id for one in (*reflections, *portfolios)])
    last = max(one.id for one in portfolios)
    services.tables.objects(owner=ada.id, key=f"portfolio#{last:016d}").delete()
    after = hurried(services, job)
    assert (after.status, after.problem_count) == (JobStatus.COMPLETE_WITH_ERRORS, 1)


def test_a_pause_may_come_at_the_very_end_of_a_file(
    services: Services, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "READ_BYTES", 1000)
    monkeypatch.setattr(assembly, "SEGMENT_BYTES", 4000)
    content = io.BytesIO(bytes(8000))
    services.artifacts.upload(actor(ada), content, file_name="a.mp4", media_type="video/mp4")
    assert hurried(services, services.exports.request_all(actor(ada))).status is JobStatus.COMPLETE
