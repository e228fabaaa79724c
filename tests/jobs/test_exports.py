"""What an export takes in and leaves out (brightspace 4.1, 4.2)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.epobject import Relation
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.job import Job, JobStatus
from chalicelib.domain.page import PageDraft
from chalicelib.domain.person import User
from chalicelib.domain.ports import Created, Updated
from chalicelib.jobs import assembly
from chalicelib.jobs.runner import Runner
from chalicelib.wiring import Services
from tests.world import HandClock, actor

SAMPLE = Path(__file__).parents[1] / "packages" / "accept" / "mahara-22.10.zip"


def feed_of(services: Services, job: Job) -> bytes:
    assert job.result is not None
    return zipfile.ZipFile(io.BytesIO(services.blobs.get(job.result.key))).read("leap2a.xml")


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
    feed = feed_of(services, job)
    assert b"Single" in feed
    assert b"Whole" not in feed
    again = services.exports.request(actor(ada), [page.id])
    services.portfolios.delete(actor(ada), portfolio.id)
    assert b"Single" in feed_of(services, hurried(services, again)), "it was named, and is still there"
    assert hurried(services, services.exports.request(actor(ada), [page.id])).status is JobStatus.COMPLETE


def shelf(services: Services, user: User) -> tuple[int, int]:
    """A portfolio with a page and a comment on it, on which there is a comment too; ids of both."""
    portfolio = services.portfolios.create(actor(user), name="Whole")
    services.pages.create(actor(user), portfolio.id, PageDraft(name="Secret page"))
    said = services.comments.create(actor(user), portfolio.id, "Secret comment")
    now = services.clock.now()
    answer = replace(
        said,
        id=services.ids.new(),
        content="Secret answer",
        relations=(Relation("in_reply_to", said.id),),
        created_at=now,
        added_at=now,
    )
    services.objects.apply([Created(answer), Updated(replace(said.with_relation("has_reply", answer.id), version=2))])
    return portfolio.id, said.id


def test_what_is_left_of_a_deleted_portfolio_is_nothing(services: Services, ada: User) -> None:
    portfolio, said = shelf(services, ada)
    before = services.exports.request_all(actor(ada))
    named = [services.exports.request(actor(ada), ids) for ids in ([portfolio], [said], [portfolio, said])]
    services.portfolios.delete(actor(ada), portfolio)
    with pytest.raises(InvalidError, match="own nothing"):
        services.exports.request_all(actor(ada))
    assert [hurried(services, job).status for job in (before, *named)] == [JobStatus.ABORTED] * 4


def test_a_deleted_portfolio_takes_its_pages_and_comments_along(
    services: Services, ada: User, clock: HandClock
) -> None:
    gone, _ = shelf(services, ada)
    kept, _ = shelf(services, ada)
    jobs = [services.exports.request_all(actor(ada)), services.exports.request(actor(ada), [gone, kept])]
    clock.advance(1)
    services.portfolios.delete(actor(ada), gone)
    jobs.append(services.exports.request_all(actor(ada)))
    for job, status in zip(jobs, (3, 3, 2), strict=True):
        done = hurried(services, job)
        assert (done.status, done.counts["objects"], done.done) == (status, 4, done.total)
        feed = feed_of(services, done)
        assert [feed.count(text) for text in (b"Secret page", b"Secret comment", b"Secret answer")] == [1, 1, 1]


def test_a_page_of_no_portfolio_is_something_to_export(services: Services, ada: User) -> None:
    portfolio = services.portfolios.create(actor(ada), name="Whole")
    page = services.pages.create(actor(ada), portfolio.id, PageDraft(name="Alone"))
    services.portfolios.delete(actor(ada), portfolio.id)
    assert page.page is not None
    alone = replace(page, page=replace(page.page, portfolio_id=None), version=2)
    services.objects.apply([Updated(alone)])
    assert b"Alone" in feed_of(services, hurried(services, services.exports.request_all(actor(ada))))


def test_what_was_imported_after_the_request_is_left_out(services: Services, ada: User, clock: HandClock) -> None:
    services.artifacts.create_reflection(actor(ada), ObjectDraft(name="Mine"))
    (came,) = services.imports.request(actor(ada), io.BytesIO(SAMPLE.read_bytes()))
    clock.advance(1)
    before = services.exports.request_all(actor(ada))
    clock.advance(1)
    assert hurried(services, came).status is JobStatus.COMPLETE
    assert hurried(services, before).counts["objects"] == 1
    clock.advance(1)
    assert hurried(services, services.exports.request_all(actor(ada))).counts["objects"] > 10


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
