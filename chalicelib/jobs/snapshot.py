"""What an export shows, read once from the store and kept as working files.

The package is made in several passes over the same objects, and a worker may take over from another at any point.
All of them read the snapshot, so the feed, the files and the offline copy agree, and a repeated stretch gives the same
bytes, whatever happens to the objects meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import msgspec

from chalicelib.domain.association import commented_id
from chalicelib.domain.epobject import Element, EpObject, Kind
from chalicelib.domain.job import Problem
from chalicelib.jobs import named
from chalicelib.jobs.problems import ProblemLog, ProblemState
from chalicelib.jobs.received import PLACE, received
from chalicelib.jobs.run import Run
from chalicelib.packages import names
from chalicelib.packages.leap2a import Ref
from chalicelib.packages.scratch import Scratch
from chalicelib.storage import documents
from chalicelib.storage.listing import object_key

CHUNK_BYTES = 4 * 1024 * 1024
CHUNK_OBJECTS = 500
NAME_SHOWN = 255
GONE = "It was deleted after the export was asked for."


class Chunk(msgspec.Struct, frozen=True):
    """So many objects of one kind, in one working file."""

    kind: Kind
    count: int


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What other objects' entries say of an object."""

    id: int
    kind: Kind
    name: str
    member: str | None
    portfolio_id: int
    position: int
    part_of: int = 0
    """The object without which this one is not in the package; 0: it stands alone."""


class SnapshotState(msgspec.Struct):
    """How far the snapshot got. `after` is the place in the owner's objects, or in the list of named ones."""

    named: str = ""
    after: str = ""
    chunks: list[Chunk] = []
    updated: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    self_id: int | None = None
    problems: ProblemState = msgspec.field(default_factory=ProblemState)
    bytes: int = 0
    orphans: int = 0
    """Objects read that are not in the package, as what they are parts of is not there."""

    @property
    def total(self) -> int:
        """Objects in the package."""
        return sum(chunk.count for chunk in self.chunks) - self.orphans


def take(run: Run, state: SnapshotState, save: Callable[[], None]) -> None:
    """Read the objects of an export into working files; `save` is called between chunks and may raise Paused."""
    with closing(ProblemLog(run, state.problems)) as log:
        for batch, after in _batches(run, state, log):
            state.after = after
            if batch:
                _write(run, state, batch)
                state.problems = log.pause()
                save()
        state.problems = log.pause()


def _batches(run: Run, state: SnapshotState, log: ProblemLog) -> Iterator[tuple[list[EpObject], str]]:
    """Objects of one kind at a time, few enough for memory, and where to go on behind them."""
    source: Iterable[tuple[EpObject | int, str]]
    source = named.walk(run, state) if run.job.parameters.get("keys") else _everything(run, state.after)
    batch: list[EpObject] = []
    size, place = 0, state.after
    for one, after in source:
        if isinstance(one, int):
            log.add(left_out(f"Object {one}", GONE))
        if isinstance(one, int) or not _belongs(run, log, one):
            place = after
            continue
        if batch and (one.kind is not batch[0].kind or size >= CHUNK_BYTES or len(batch) >= CHUNK_OBJECTS):
            yield batch, place
            batch, size = [], 0
        batch.append(one)
        size += _weight(one)
        place = after
    yield batch, place


def _weight(one: EpObject) -> int:
    sections, carried = one.page.sections if one.page else (), sum(map(_size, one.carried.elements))
    text = len(one.content) + len(one.description) + sum(len(section.content) for section in sections)
    return 1000 + text + carried + 40 * len(one.relations)


def _size(element: Element) -> int:
    attributes = sum(len(value) for _, value in element.attributes)
    return 100 + len(element.text) + len(element.tail) + attributes + sum(map(_size, element.children))


def _everything(run: Run, after: str) -> Iterator[tuple[EpObject, str]]:
    yield from received(run, after)
    after = "" if after.startswith(PLACE) else after
    while True:
        objects, going_on = run.services.objects.walk(run.job.owner_id, after)
        for one in objects:
            yield one, object_key(one.kind, one.id)
        if not going_on:
            return
        after = going_on


def left_out(title: str, reason: str) -> Problem:
    """A problem: something is not in the package."""
    return Problem(outcome="left_out", title=title, reason=reason)


def _belongs(run: Run, log: ProblemLog, one: EpObject) -> bool:
    asked = run.job.created_at
    if one.deleted_at is not None:
        # What is named was there when it was named, a moment before the job was made.
        if (one.deleted_at > asked or run.job.parameters.get("keys")) and one.added_at <= asked:
            log.add(left_out(one.name, GONE))
        return False
    return one.added_at <= asked


def _write(run: Run, state: SnapshotState, objects: list[EpObject]) -> None:
    if not objects:
        return
    number = len(state.chunks)
    text = "\n".join(map(documents.encode, objects)).encode()
    alone = named.alone(run, objects)
    rows = [_row(one, alone=one.id in alone) for one in objects]
    run.services.blobs.put(run.work_key(f"objects-{number:06d}"), text)
    run.services.blobs.put(run.work_key(f"names-{number:06d}"), msgspec.json.encode(rows))
    state.chunks.append(Chunk(objects[0].kind, len(objects)))
    state.bytes += len(text)
    state.updated = max(state.updated, *(one.updated_at for one in objects))
    for one in objects:
        if any(category.scheme == "person_type" and category.term == "Self" for category in one.carried.categories):
            state.self_id = one.id


def _row(one: EpObject, *, alone: bool) -> Row:
    page = one.page
    portfolio_id = (page.portfolio_id or 0) if page else 0
    return Row(
        id=one.id,
        kind=one.kind,
        name=one.name[:NAME_SHOWN],
        member=names.file_member(one) if one.file else None,
        portfolio_id=portfolio_id,
        position=page.position if page else 0,
        part_of=0 if alone else portfolio_id or commented_id(one) or 0,
    )


_SCHEMA = """
CREATE TABLE names (
    id INTEGER PRIMARY KEY, kind TEXT, name TEXT, member TEXT, portfolio INTEGER, position INTEGER, part_of INTEGER
);
"""
_ORPHANS = "DELETE FROM names WHERE part_of > 0 AND part_of NOT IN (SELECT id FROM names)"
_PAGES = "SELECT id FROM names WHERE portfolio = ? ORDER BY position, id"


class Snapshot:
    """A finished snapshot, as the passes read it.

    The names of all objects, for links, are on the disk; the objects themselves pass by one at a time. Pages of a
    deleted portfolio that were not named themselves, and comments on what is deleted, are not among them.
    """

    def __init__(self, run: Run, state: SnapshotState, missing: Iterable[int]) -> None:
        self._run, self.state = run, state
        self._names = Scratch(_SCHEMA)
        for number in range(len(state.chunks)):
            content = run.services.blobs.get(run.work_key(f"names-{number:06d}"))
            rows = map(msgspec.structs.astuple, msgspec.json.decode(content, type=list[Row]))
            self._names.run_all("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        state.orphans = 0
        while orphans := self._names.run(_ORPHANS).rowcount:  # again and again: a comment may be on a comment
            state.orphans += orphans
        self._names.run("CREATE INDEX by_portfolio ON names (portfolio, position, id)")
        for object_id in missing:
            self.lose(object_id)

    def close(self) -> None:
        """Let go of the names."""
        self._names.close()

    def objects(self, number: int) -> Iterator[EpObject]:
        """The objects of a chunk that are in the package."""
        content = self._run.services.blobs.get(self._run.work_key(f"objects-{number:06d}"))
        for line in content.splitlines():
            one = documents.decode(line, EpObject)
            if self._names.one("SELECT 1 FROM names WHERE id = ?", (one.id,)):
                yield one

    def lose(self, object_id: int) -> None:
        """Note that a file's bytes are not in the package."""
        self._names.run("UPDATE names SET member = NULL WHERE id = ?", (object_id,))

    def describe(self, object_id: int) -> Ref | None:
        """What entries may say of an object; None when it is not in the package."""
        row = self._names.one("SELECT kind, name, member FROM names WHERE id = ?", (object_id,))
        return None if row is None else Ref(Kind(row[0]), row[1], row[2])

    def pages(self, portfolio_id: int) -> list[int]:
        """Ids of a portfolio's pages, in order."""
        return [page_id for (page_id,) in self._names.run(_PAGES, (portfolio_id,))]

    def counts(self) -> dict[str, int]:
        """Objects in the package, by kind."""
        return dict(self._names.run("SELECT kind, COUNT(*) FROM names GROUP BY kind"))
