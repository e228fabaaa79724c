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
from chalicelib.jobs.problems import ProblemLog, ProblemState
from chalicelib.jobs.received import PLACE, held, issued, received
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
NAMED_BATCH = 20
"""Named objects read in one call."""
COMMENTED = ("reflected_on_by", "has_reply")
"""Relations of an object to comments on it, among others."""


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


class SnapshotState(msgspec.Struct):
    """How far the snapshot got. `after` is the place in the owner's objects, or in the list of named ones."""

    named: str = ""
    after: str = ""
    chunks: list[Chunk] = []
    updated: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    self_id: int | None = None
    problems: ProblemState = msgspec.field(default_factory=ProblemState)
    bytes: int = 0

    @property
    def total(self) -> int:
        """Objects in the snapshot."""
        return sum(chunk.count for chunk in self.chunks)


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
    source = _named(run, state) if run.job.parameters.get("keys") else _everything(run, state.after)
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


def _named(run: Run, state: SnapshotState) -> Iterator[tuple[EpObject | int, str]]:
    """The named objects, and the pages of named portfolios, in the order of keys; the id of one that is gone."""
    blobs, objects, owner_id = run.services.blobs, run.services.objects, run.job.owner_id
    if not state.named:
        keys = {(Kind(kind), object_id) for kind, object_id in run.job.parameters["keys"]}
        for portfolio_id in [object_id for kind, object_id in keys if kind is Kind.PORTFOLIO]:
            keys |= {(Kind.PAGE, page_id) for page_id in objects.page_ids(owner_id, portfolio_id)}
        guids = _held(run, keys)
        keys |= {(Kind.ACCREDITATION, one) for one in guids}
        blobs.put(run.work_key("held.json"), msgspec.json.encode(guids))
        keys |= _comments(run, keys)
        state.named = run.work_key("named.json")
        blobs.put(state.named, msgspec.json.encode(sorted(keys)))
    named = msgspec.json.decode(blobs.get(state.named), type=list[tuple[Kind, int]])
    start, guids = int(state.after or 0), msgspec.json.decode(blobs.get(run.work_key("held.json")), type=dict[int, str])
    for first in range(start, len(named), NAMED_BATCH):
        part = named[first : first + NAMED_BATCH]
        found = objects.own(owner_id, part)
        found |= issued(run, [guids[one] for _, one in part if one in guids])
        for place, (_, object_id) in enumerate(part, start=first + 1):
            yield found.get(object_id, object_id), str(place)


def _held(run: Run, keys: set[tuple[Kind, int]]) -> dict[int, str]:
    """GUIDs of the accreditations that named portfolios hold, by id."""
    found: dict[int, str] = {}
    portfolios = sorted(key for key in keys if key[0] is Kind.PORTFOLIO)
    for first in range(0, len(portfolios), NAMED_BATCH):
        part = run.services.objects.own(run.job.owner_id, portfolios[first : first + NAMED_BATCH])
        found |= held([one for one in part.values() if not one.deleted])
    return found


def _comments(run: Run, keys: set[tuple[Kind, int]]) -> set[tuple[Kind, int]]:
    """The comments on objects, and the comments on those (brightspace 4.5)."""
    found: set[tuple[Kind, int]] = set()
    around = sorted(keys)
    while around:
        met: set[tuple[Kind, int]] = set()
        for first in range(0, len(around), NAMED_BATCH):
            for one in run.services.objects.own(run.job.owner_id, around[first : first + NAMED_BATCH]).values():
                met |= {(Kind.ITEM, other) for rel in COMMENTED for other in one.targets(rel)}
        part = sorted(met - keys - found)
        around = []
        for first in range(0, len(part), NAMED_BATCH):
            for one in run.services.objects.own(run.job.owner_id, part[first : first + NAMED_BATCH]).values():
                if commented_id(one) is not None and not one.deleted:
                    around.append((Kind.ITEM, one.id))
        found.update(around)
    return found


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
    rows = [_row(one) for one in objects]
    run.services.blobs.put(run.work_key(f"objects-{number:06d}"), text)
    run.services.blobs.put(run.work_key(f"names-{number:06d}"), msgspec.json.encode(rows))
    state.chunks.append(Chunk(objects[0].kind, len(objects)))
    state.bytes += len(text)
    state.updated = max(state.updated, *(one.updated_at for one in objects))
    for one in objects:
        if any(category.scheme == "person_type" and category.term == "Self" for category in one.carried.categories):
            state.self_id = one.id


def _row(one: EpObject) -> Row:
    page = one.page
    return Row(
        id=one.id,
        kind=one.kind,
        name=one.name[:NAME_SHOWN],
        member=names.file_member(one) if one.file else None,
        portfolio_id=(page.portfolio_id or 0) if page else 0,
        position=page.position if page else 0,
    )


_SCHEMA = """
CREATE TABLE names (id INTEGER PRIMARY KEY, kind TEXT, name TEXT, member TEXT, portfolio INTEGER, position INTEGER);
"""
_ORPHANS = "DELETE FROM names WHERE portfolio > 0 AND portfolio NOT IN (SELECT id FROM names)"
_PAGES = "SELECT id FROM names WHERE portfolio = ? ORDER BY position, id"


class Snapshot:
    """A finished snapshot, as the passes read it.

    The names of all objects, for links, are on the disk; the objects themselves pass by one at a time.
    """

    def __init__(self, run: Run, state: SnapshotState, missing: Iterable[int]) -> None:
        self._run, self.state = run, state
        self._names = Scratch(_SCHEMA)
        for number in range(len(state.chunks)):
            content = run.services.blobs.get(run.work_key(f"names-{number:06d}"))
            rows = map(msgspec.structs.astuple, msgspec.json.decode(content, type=list[Row]))
            self._names.run_all("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?, ?, ?)", rows)
        if not run.job.parameters.get("keys"):
            self._names.run(_ORPHANS)  # the pages of a deleted portfolio; one that was named stands alone
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
