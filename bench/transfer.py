"""Export and import against bare loops over the same bytes and the same items, and what they hold in memory."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench import graph, seed
from bench.house import engine, learner
from bench.work import LAMBDA_S, Work, finish
from chalicelib.domain.access import Actor
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.identity import derive
from chalicelib.domain.job import JobKind
from chalicelib.domain.person import User
from chalicelib.packages.packed import stored_for
from chalicelib.packages.zipwriter import LEVEL
from chalicelib.storage.uploads import PART_BYTES
from chalicelib.wiring import Services

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB = 1024 * 1024
EXPORT_BUDGET, IMPORT_BUDGET = 0.7, 0.5
SPREAD_BUDGET, MEMORY_BUDGET = 64 * MIB, 256 * MIB


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds of a job and of the bare loop for the same amount; `ratio` is the job's speed over the loop's."""

    amount: int
    ours_s: float
    bare_s: float
    budget: float

    @property
    def ratio(self) -> float:
        """How fast the job is, the loop being 1."""
        return self.bare_s / self.ours_s

    @property
    def within(self) -> bool:
        """Whether the budget holds."""
        return self.ratio >= self.budget


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes a worker held above its start, for a small and a large package, and the most of all."""

    small_bytes: int
    large_bytes: int
    peak_bytes: int

    @property
    def within(self) -> bool:
        """Whether both budgets hold."""
        return self.large_bytes - self.small_bytes <= SPREAD_BUDGET and self.peak_bytes < MEMORY_BUDGET


def exports(*, files_mb: int, rounds: int) -> Rate:
    """Bytes a second of an export, and of a loop that reads, deflates and uploads the same files."""
    ours, bare = [], []
    with engine() as services:
        owner = learner(services, "ada")
        seed.files(services, owner, files_mb * MIB)
        for number in range(rounds):
            ours.append(export_all(services, owner).seconds)
            bare.append(deflate_and_upload(services, _files(services, owner), f"packages/bare-{number}.zip"))
    return Rate(files_mb * MIB, min(ours), min(bare), EXPORT_BUDGET)


def imports(*, pages: int, rounds: int) -> Rate:
    """Entries a second of an import, and of a BatchWrite of the same items."""
    ours, bare = [], []
    with engine() as services:
        owner = learner(services, "ada")
        seed.book(services, owner, pages)
        package = package_of(export_all(services, owner))
        for number in range(rounds):
            reader = learner(services, f"reader{number}")
            ours.append(import_package(services, reader, package).seconds)
            bare.append(batch_write(services, reader, learner(services, f"copy{number}")))
    return Rate(pages + 1, min(ours), min(bare), IMPORT_BUDGET)


def memory(*, small_mb: int, large_mb: int) -> dict[str, Memory]:
    """What workers hold that export and import packages of two sizes."""
    extra: dict[str, list[int]] = {"export": [], "import": []}
    peak = dict.fromkeys(extra, 0)
    with engine() as services:
        for number, size_mb in enumerate((small_mb, large_mb)):
            owner = learner(services, f"owner{number}")
            seed.book(services, owner, 50)
            seed.files(services, owner, size_mb * MIB)
            made = export_all(services, owner)
            taken = import_package(services, learner(services, f"reader{number}"), package_of(made))
            for name, work in (("export", made), ("import", taken)):
                extra[name].append(work.extra_bytes)
                peak[name] = max(peak[name], work.peak_bytes)
    return {name: Memory(small, large, peak[name]) for name, (small, large) in extra.items()}


def _actor(user: User) -> Actor:
    return Actor(user_id=user.id, root_account_id=user.root_account_id)


def export_all(services: Services, owner: User) -> Work:
    """Export everything an owner has."""
    return finish(services, services.exports.request_all(_actor(owner)))


def import_package(services: Services, reader: User, package: str, *, limit_s: float = LAMBDA_S) -> Work:
    """Import a package that is in the bucket."""
    job = services.jobs.draft(_actor(reader), JobKind.IMPORT, reader.id, {"upload": package})
    return finish(services, services.jobs.start([job])[0], limit_s=limit_s)


def package_of(work: Work) -> str:
    """Key of the package that an export made."""
    assert work.job.result is not None
    return work.job.result.key


def _files(services: Services, owner: User) -> list[EpObject]:
    return [one for one in graph.owned(services, owner.id) if one.file is not None]


def deflate_and_upload(services: Services, objects: Sequence[EpObject], key: str) -> float:
    """Seconds to read files, deflate those an export deflates and the text of others, and upload all in parts."""
    client, bucket = services.blobs.client, services.blobs.bucket
    started, waiting = time.perf_counter(), bytearray()
    parts: list[CompletedPartTypeDef] = []
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]

    def send() -> None:
        number = len(parts) + 1
        answer = client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=bytes(waiting))
        parts.append({"ETag": answer["ETag"], "PartNumber": number})
        waiting.clear()

    text = zlib.compressobj(LEVEL)
    for one in [one.file for one in objects if one.file is not None]:
        content = services.blobs.open_file(one.sha256)
        assert content is not None
        deflater = None if stored_for(one.media_type) else zlib.compressobj(LEVEL)
        while data := content.read(MIB):
            waiting += deflater.compress(data) if deflater else data
            if len(waiting) >= PART_BYTES:
                send()
        waiting += deflater.flush() if deflater else b""
    for entry in objects:
        waiting += text.compress(entry.content.encode())
    waiting += text.flush()
    send()
    client.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
    return time.perf_counter() - started


def batch_write(services: Services, reader: User, other: User) -> float:
    """Seconds to write copies of the reader's objects, for another owner, in batches."""
    copies = [
        replace(one, owner_id=other.id, id=derive(one.added_at, other.id, number))
        for number, one in enumerate(graph.owned(services, reader.id))
    ]
    started = time.perf_counter()
    seed.put(services, copies)
    return time.perf_counter() - started
