"""Imports that meet taken ids, or bytes being collected (design 4)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench import graph
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.identity import LOW_MASK, derive
from chalicelib.domain.job import JobStatus
from chalicelib.domain.person import User
from chalicelib.domain.spam import FLAGGED, TITLE_KEYWORDS
from chalicelib.jobs import import_package
from chalicelib.jobs.runner import Runner
from chalicelib.storage.imports import Imports
from chalicelib.wiring import Services
from tests.jobs.test_packages import bring_in, send_out
from tests.world import HandClock, actor

SAMPLE = Path(__file__).parents[1] / "packages" / "accept" / "mahara-22.10.zip"


def taken(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Make the next imports find an id taken after what they wrote, so often."""
    put, left = Imports.put, times

    def meets(store: Imports, owner_id: int, imported: Sequence[EpObject]) -> None:
        nonlocal left
        put(store, owner_id, imported)
        if left:
            left -= 1
            raise ConflictError("Id 5 is taken.")

    monkeypatch.setattr(Imports, "put", meets)


def flag(services: Services, keywords: str) -> None:
    """Let titles with these keywords be flagged."""
    root = services.directory.default_root()
    services.account_store.save([replace(root, settings={TITLE_KEYWORDS: keywords}, version=root.version + 1)])


def hurried(services: Services, user: User) -> tuple[JobStatus | None, int]:
    """Import the sample, put down wherever that is possible; how it ended, and its job."""
    (job,) = services.imports.request(actor(user), io.BytesIO(SAMPLE.read_bytes()))
    status: JobStatus | None = JobStatus.PROCESSING
    while status is JobStatus.PROCESSING:
        status = Runner(services).run(job.id, lambda: 1.0)
    return status, job.id


def test_taken_ids_are_met_by_planning_others(
    services: Services, ada: User, bo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag(services, "showcase, my collection")
    assert hurried(services, bo)[0] is JobStatus.COMPLETE
    taken(monkeypatch, 2)
    assert hurried(services, ada)[0] is JobStatus.COMPLETE
    mine, theirs = list(graph.owned(services, ada.id)), list(graph.owned(services, bo.id))
    assert graph.differences(graph.normal(theirs), graph.normal(mine)) == []
    flagged = [one for one in mine if one.portfolio is not None and one.portfolio.spam_status == FLAGGED]
    assert services.people.users([ada.id])[ada.id].portfolios_spam == len(flagged) > 0
    files = [one.file for one in mine if one.kind is Kind.FILE and one.file is not None]
    assert files
    assert all(services.blobs.open_file(file.sha256) is not None for file in files)


def test_ids_that_are_always_taken_end_the_import(
    services: Services, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_package, "SALT_LIMIT", 2)
    taken(monkeypatch, 100)
    flag(services, "showcase, my collection")
    assert hurried(services, ada)[0] is JobStatus.ABORTED
    assert list(graph.owned(services, ada.id)) == []
    left = services.people.users([ada.id])[ada.id]
    assert (left.portfolios_all, left.portfolios_spam) == (0, 0)


def test_an_import_has_one_moment_however_often_it_pauses(services: Services, ada: User, clock: HandClock) -> None:
    (job,) = services.imports.request(actor(ada), io.BytesIO(SAMPLE.read_bytes()))
    status: JobStatus | None = JobStatus.PROCESSING
    while status is JobStatus.PROCESSING:
        clock.advance(60)
        status = Runner(services).run(job.id, lambda: 1.0)
    mine = list(graph.owned(services, ada.id))
    (added,) = {one.added_at for one in mine}
    assert job.created_at < added < clock.now()
    assert {one.id & LOW_MASK for one in mine} == {derive(job.created_at, job.id, 0) & LOW_MASK}
    assert min(one.id for one in mine) >= derive(job.created_at, job.id, 0)
    assert max(one.id for one in mine) < derive(job.created_at, job.id, 1000)


def test_a_blank_file_comes_back(services: Services, ada: User, bo: User) -> None:
    """Three megabytes of nothing deflate to three kilobytes, as a bomb would."""
    blank = io.BytesIO(bytes(3_000_000))
    services.artifacts.upload(actor(ada), blank, file_name="blank.img", media_type="application/octet-stream")
    package, _ = send_out(services, ada)
    assert len(package) < 100_000
    assert bring_in(services, bo, package).status is JobStatus.COMPLETE
    (kept,) = [one.file for one in graph.owned(services, bo.id) if one.file is not None]
    assert kept.size_bytes == 3_000_000
