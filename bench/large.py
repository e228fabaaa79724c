"""A package larger than a function's time, out and in again: many workers, memory that does not grow."""

from __future__ import annotations

import shutil
import tempfile
import time
import zipfile
from collections import Counter
from dataclasses import dataclass

from bench import seed
from bench.house import engine, learner
from bench.transfer import import_package, package_of
from bench.work import Work, finish
from chalicelib.domain.access import Actor
from chalicelib.wiring import Services

MIB = 1024 * 1024
MEMORY_BUDGET = 256 * MIB
CONTINUATIONS = 5
READ_BYTES = MIB


@dataclass(frozen=True, slots=True)
class Large:
    """The export, what its package holds, and its import where that was asked for."""

    work: Work
    imported: Work | None
    content_bytes: int
    package_bytes: int
    members: Counter[str]
    seeding_s: float
    verifying_s: float

    @property
    def problems(self) -> list[str]:
        """What broke a budget."""
        found = []
        if self.work.peak_bytes >= MEMORY_BUDGET:
            found.append(f"a worker held {self.work.peak_bytes // MIB} MB")
        if self.work.workers <= CONTINUATIONS:
            found.append(f"only {self.work.workers - 1} continuations; give less time")
        if self.imported and self.imported.peak_bytes >= MEMORY_BUDGET:
            found.append(f"a worker of the import held {self.imported.peak_bytes // MIB} MB")
        return found


def export(
    *, files_mb: int, pages: int, posts: int = 0, limit_s: float, reserve_s: int = 5, back_in: bool = False
) -> Large:
    """Export that much as workers of `limit_s` seconds, of which `reserve_s` are kept for the checkpoint.

    Parameters
    ----------
    back_in
        Import the package for somebody else, in functions of the same time.
    """
    with engine(FOLIO_JOB_RESERVE_S=str(reserve_s)) as services:
        started = time.monotonic()
        owner = learner(services, "ada")
        seed.book(services, owner, pages)
        written = seed.journals(services, owner, posts)
        files = seed.files(services, owner, files_mb * MIB)
        seeded = time.monotonic()
        job = services.exports.request_all(Actor(user_id=owner.id, root_account_id=owner.root_account_id))
        work = finish(services, job, limit_s=limit_s)
        worked = time.monotonic()
        package_bytes, content_bytes, members = _verified(services, work)
        assert members["files"] == files, members
        assert members["objects"] == pages + written + 1, members
        assert work.job.counts["objects"] == pages + written + files + 1, work.job.counts
        verified = time.monotonic()
        imported = None
        if back_in:
            imported = import_package(services, learner(services, "bo"), package_of(work), limit_s=limit_s)
            assert sum(imported.job.counts.values()) == work.job.counts["objects"], imported.job.counts
        return Large(work, imported, content_bytes, package_bytes, members, seeded - started, verified - worked)


def _verified(services: Services, work: Work) -> tuple[int, int, Counter[str]]:
    """Size of the package and of what it unpacks to, and its members; every one is read and its checksum compared."""
    members: Counter[str] = Counter()
    unpacked = 0
    assert work.job.result is not None
    with tempfile.TemporaryFile() as file:
        with services.blobs.open_seekable(work.job.result.key) as package_file:
            shutil.copyfileobj(package_file, file, READ_BYTES)
        assert file.tell() == work.job.result.size_bytes
        with zipfile.ZipFile(file) as package:
            for member in package.infolist():
                with package.open(member) as content:
                    while data := content.read(READ_BYTES):
                        unpacked += len(data)
                members[_kind(member.filename)] += 1
    return work.job.result.size_bytes, unpacked, members


def _kind(name: str) -> str:
    if name.startswith("export_info/files/"):
        return "files"
    return "objects" if name.startswith("HTML/objects/") else "others"
