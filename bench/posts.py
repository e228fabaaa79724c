"""A journal in and out, and one of four times its length: what a post costs, and that it costs no more there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench import graph, seed
from bench.house import engine, learner
from bench.transfer import batch_write, deflate_and_upload, export_all, import_package, package_of
from bench.work import Work
from chalicelib.domain.person import User
from chalicelib.wiring import Services

FACTOR = 4
GROWTH_BUDGET = 4.4
"""Times the time that four times the posts may take."""
POSTS, ATTACHED, FILE_BYTES = 1_000, 100, 100_000


@dataclass(frozen=True, slots=True)
class Passage:
    """One way of one journal: the best of the rounds, and a bare loop over the same bytes or items."""

    way: str
    posts: int
    seconds: float
    bare_s: float
    cpu_s: float
    peak_bytes: int
    calls: Mapping[str, int]

    @property
    def ratio(self) -> float:
        """How fast it is, the bare loop being 1."""
        return self.bare_s / self.seconds


def passages(*, posts: int = POSTS, rounds: int = 2) -> list[Passage]:
    """Export and import of a journal of that many posts, then of four times as many of everything."""
    found: dict[tuple[str, int], list[tuple[Work, float]]] = {}
    with engine() as services:
        owners = {count: _journal(services, count) for count in (posts, FACTOR * posts)}
        for number in range(rounds):
            for count, owner in owners.items():
                made = export_all(services, owner)
                found.setdefault(("export", count), []).append((made, _bare_export(services, owner, number)))
                reader = learner(services, f"reader-{count}-{number}")
                taken = import_package(services, reader, package_of(made))
                found.setdefault(("import", count), []).append((taken, _bare_import(services, reader, number)))
    return [_best(way, count, runs) for (way, count), runs in sorted(found.items())]


def growth(found: Sequence[Passage], way: str) -> tuple[float, float]:
    """Times the time, and times the time of the worker's processor, that the long journal takes."""
    short, long = (one for one in sorted(found, key=lambda one: one.posts) if one.way == way)
    return long.seconds / short.seconds, long.cpu_s / short.cpu_s


def _best(way: str, count: int, runs: list[tuple[Work, float]]) -> Passage:
    work = min((work for work, _ in runs), key=lambda one: one.seconds)
    peak = max(work.peak_bytes for work, _ in runs)
    bare, cpu = min(bare for _, bare in runs), min(work.cpu_s for work, _ in runs)
    return Passage(way, count, work.seconds, bare, cpu, peak, work.calls)


def _journal(services: Services, posts: int) -> User:
    owner = learner(services, f"writer-{posts}")
    attached = ATTACHED * posts // POSTS
    seed.journal(services, owner, posts=posts, attached=attached, file_bytes=FILE_BYTES)
    return owner


def _bare_export(services: Services, owner: User, number: int) -> float:
    """Seconds to read the owner's items and files, deflate both, and upload the result in parts."""
    started = time.perf_counter()
    owned = list(graph.owned(services, owner.id))
    return time.perf_counter() - started + deflate_and_upload(services, owned, f"packages/bare-{owner.id}-{number}.zip")


def _bare_import(services: Services, reader: User, number: int) -> float:
    """Seconds to write copies of the reader's items in batches, and as many files as they have."""
    other = learner(services, f"copy-{reader.id}-{number}")
    seconds = batch_write(services, reader, other)
    files = [one.file for one in graph.owned(services, reader.id) if one.file is not None]
    contents = [services.blobs.open_file(file.sha256) for file in files]
    started = time.perf_counter()
    for file_number, content in enumerate(contents):
        assert content is not None
        services.blobs.put(f"working/bare-{other.id}-{file_number}", content.read())
    return seconds + time.perf_counter() - started
