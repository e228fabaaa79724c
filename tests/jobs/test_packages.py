"""Whole packages through the real jobs: in, out, in again, with pauses and repeats (design 4, 5)."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import graph
from chalicelib.domain.job import Job, JobKind, JobStatus
from chalicelib.domain.person import User
from chalicelib.jobs.runner import Runner
from chalicelib.wiring import Services
from tests.world import actor

ACCEPT = Path(__file__).parents[1] / "packages" / "accept"
REJECT = Path(__file__).parents[1] / "packages" / "reject"


def plenty() -> float:
    """Time left in abundance."""
    return 900.0


def hasty() -> float:
    """So little time that the work is put down at every place where that is possible."""
    return 1.0


def drive(services: Services, job: Job, remaining_s: Callable[[], float] = plenty) -> tuple[Job, int]:
    """Run a job to its end; the job, and how many workers it took."""
    workers = 1
    while Runner(services).run(job.id, remaining_s) is JobStatus.PROCESSING:
        workers += 1
        assert workers < 500
    found = services.job_store.get(job.id)
    assert found is not None
    return found, workers


def bring_in(services: Services, user: User, package: bytes, remaining_s: Callable[[], float] = plenty) -> Job:
    """Import a package."""
    (job,) = services.imports.request(actor(user), io.BytesIO(package))
    return drive(services, job, remaining_s)[0]


def send_out(services: Services, user: User, remaining_s: Callable[[], float] = plenty) -> tuple[bytes, Job]:
    """Export all; the package and its job."""
    job, _ = drive(services, services.exports.request_all(actor(user)), remaining_s)
    assert job.result is not None
    return services.blobs.get(job.result.key), job


def normal(services: Services, user: User) -> list[dict[str, object]]:
    """The user's objects, ready to be compared."""
    return graph.normal(graph.owned(services, user.id))


@pytest.mark.parametrize("name", sorted(path.name for path in ACCEPT.iterdir()))
def test_a_sample_goes_in_out_and_in_again(services: Services, ada: User, bo: User, name: str) -> None:
    assert bring_in(services, ada, (ACCEPT / name).read_bytes()).status in (2, 3)
    package, job = send_out(services, ada)
    assert (job.status, job.problem_count) == (JobStatus.COMPLETE, 0)
    assert zipfile.ZipFile(io.BytesIO(package)).testzip() is None
    assert bring_in(services, bo, package).status is JobStatus.COMPLETE
    assert graph.differences(normal(services, ada), normal(services, bo)) == []
    assert normal(services, ada)


def test_pauses_do_not_show(services: Services, ada: User, bo: User) -> None:
    sample = (ACCEPT / "mahara-22.10.zip").read_bytes()
    bring_in(services, ada, sample)
    bring_in(services, bo, sample, hasty)
    assert graph.differences(normal(services, ada), normal(services, bo)) == []
    whole, _ = send_out(services, ada)
    pieced, workers = drive(services, services.exports.request_all(actor(ada)), hasty)
    assert workers > 5
    assert pieced.result is not None
    assert services.blobs.get(pieced.result.key) == whole


@pytest.mark.skipif(os.environ.get("FOLIO_TEST_ENGINE") != "ministack", reason="moto breaks on a part of no upload")
def test_an_upload_that_was_forgotten_begins_again(services: Services, ada: User) -> None:
    bring_in(services, ada, (ACCEPT / "mahara-22.10.zip").read_bytes())
    whole, _ = send_out(services, ada)
    job = services.exports.request_all(actor(ada))
    client, bucket = services.blobs.client, services.blobs.bucket
    forgotten = 0
    while Runner(services).run(job.id, hasty) is JobStatus.PROCESSING:
        for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) if forgotten < 2 else []:
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            forgotten += 1
    ended = services.job_store.get(job.id)
    assert forgotten == 2
    assert ended is not None
    assert ended.result is not None
    assert services.blobs.get(ended.result.key) == whole


def test_the_same_content_gives_the_same_bytes(services: Services, ada: User) -> None:
    bring_in(services, ada, (ACCEPT / "mahara-22.10.zip").read_bytes())
    assert send_out(services, ada)[0] == send_out(services, ada)[0]


def rejected() -> list[Path]:
    """The corpus of packages that must be refused."""
    return sorted(path for path in REJECT.iterdir() if path.suffix in (".zip", ".xml", ".bin", ".txt"))


@pytest.mark.parametrize("path", rejected(), ids=lambda path: path.name)
def test_a_bad_package_is_refused_and_nothing_is_written(services: Services, ada: User, path: Path) -> None:
    job = bring_in(services, ada, path.read_bytes())
    assert job.status is JobStatus.ABORTED
    assert len(job.problems[0].reason) > 10
    assert normal(services, ada) == []
    listed = services.blobs.client.list_objects_v2(Bucket=services.blobs.bucket, Prefix="files/")
    assert listed["KeyCount"] == 0
    assert services.people.users([ada.id])[ada.id].portfolios_all == 0


def test_an_import_for_nobody_is_no_job(services: Services, ada: User) -> None:
    job = bring_in(services, ada, b"")
    assert job.kind is JobKind.IMPORT
    assert job.status is JobStatus.ABORTED
