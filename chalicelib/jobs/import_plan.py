"""The plan of an import: the whole package read and checked, its objects listed in working files, nothing written yet.

Two passes over the feed: the first learns the graph, the second reads the objects. A worker that takes over gets the
graph from the bucket and goes on behind the last object that was planned, so it reads what is left.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
from msgspec.structs import replace

from chalicelib.domain import spam
from chalicelib.domain.epobject import EpObject, Insights
from chalicelib.domain.identity import derive, guid_for
from chalicelib.domain.job import Problem
from chalicelib.domain.person import Account
from chalicelib.jobs.problems import ProblemLog, ProblemState
from chalicelib.jobs.run import Run
from chalicelib.packages.archive import Archive
from chalicelib.packages.leap2a import Index, Note, Owner, Planned, Report, read_objects, survey
from chalicelib.packages.scratch import Scratch
from chalicelib.storage import documents

CHUNK_OBJECTS = 500
CHUNK_BYTES = 4 * 1024 * 1024
READ_BYTES = 1024 * 1024
INDEX_PIECES = 8
"""Pieces of the index in one working file."""


class Line(msgspec.Struct, array_like=True):
    """A planned object: its document, and the member with its bytes."""

    document: str
    member: str | None


class State(msgspec.Struct):
    """Everything a worker needs to go on. `chunk` and `offset` are the place in the plan while it is applied."""

    phase: str = "plan"
    salt: int = 0
    index: list[str] = []
    """Where the index of the feed is, once it was put down."""
    chunks: int = 0
    planned: int = 0
    total: int = 0
    began: datetime | None = None
    """When the plan began to be applied, by which exports tell what was there when they were asked for (ADR 5)."""
    chunk: int = 0
    offset: int = 0
    files: bool = False
    """Whether any object has bytes in the package."""
    holding: list[int] = []
    """Chunks with portfolios that hold accreditations."""
    problems: ProblemState = msgspec.field(default_factory=ProblemState)
    outcomes: dict[str, int] = {}
    counts: dict[str, int] = {}


class Plan:
    """The plan under way; `state` says how far it got."""

    def __init__(self, run: Run, state: State, archive: Archive, root: Account | None) -> None:
        self._run, self._state, self._archive, self._root = run, state, archive, root
        self._log = ProblemLog(run, state.problems)
        self._digests = Scratch("CREATE TABLE digests (member TEXT PRIMARY KEY, sha256 TEXT, size INTEGER)")
        self._lines: list[bytes] = []
        self._size = 0

    def close(self) -> None:
        """Let go of what is not in the bucket."""
        self._log.close()
        self._digests.close()

    def write(self, owner: Owner) -> None:
        """Write the plan, or go on writing it. Raises Paused, PackageError."""
        run, state = self._run, self._state
        index = self._index()
        state.total = index.count
        groups = read_objects(
            self._archive.open_feed,
            index,
            archive=self._archive,
            owner=owner,
            mint=lambda ordinal: derive(run.job.created_at, run.job.id, ordinal, state.salt),
            import_id=run.job.id,
            now=run.job.created_at,
            skip=state.planned,
        )
        for group in groups:
            for entry in group:
                self._add(entry)
            if len(self._lines) >= CHUNK_OBJECTS or self._size >= CHUNK_BYTES or run.time_is_up:
                self._flush()
                self._breathe(index)
        self._flush()
        self._note_state(index)

    def _index(self) -> Index:
        state = self._state
        if state.index:
            index = Index(chain.from_iterable(map(self._run.services.blobs.pieces, state.index)))
            index.report = self._report()
            index.report.counts.update(state.counts)
            index.report.outcomes.update(state.outcomes)
            return index
        return survey(self._archive.open_feed, archive=self._archive, report=self._fresh_report)

    def _report(self) -> Report:
        def note(note: Note) -> None:
            if note.outcome != "kept":
                self._log.add(Problem(outcome=note.outcome, reason=note.reason, title=note.title, entry=note.entry_id))

        return Report(sink=note)

    def _fresh_report(self) -> Report:
        """A report for a feed that is read from its beginning, perhaps for the second time."""
        self._log.close()
        self._log = ProblemLog(self._run, ProblemState())
        return self._report()

    def _add(self, entry: Planned) -> None:
        line = msgspec.json.encode(Line(documents.encode(self._completed(entry)), entry.member))
        self._lines.append(line)
        self._size += len(line)

    def _flush(self) -> None:
        state = self._state
        if self._lines:
            key = plan_key(self._run, state, state.chunks)
            self._run.services.blobs.put(key, b"\n".join(self._lines))
            state.chunks, state.planned = state.chunks + 1, state.planned + len(self._lines)
            self._lines, self._size = [], 0

    def _breathe(self, index: Index) -> None:
        run, state = self._run, self._state
        if not (run.time_is_up or run.checkpoint_due):
            return
        if not state.index:
            state.index = self._put_down(index)
        self._note_state(index)
        if run.time_is_up:
            run.pause(state, total=state.total)
        run.save(state, total=state.total)

    def _note_state(self, index: Index) -> None:
        self._state.problems = self._log.pause()
        self._state.counts, self._state.outcomes = dict(index.report.counts), dict(index.report.outcomes)

    def _put_down(self, index: Index) -> list[str]:
        keys: list[str] = []
        pieces: list[bytes] = []
        for piece in chain(index.content(), [None]):
            pieces += [piece] if piece else []
            if pieces and (piece is None or len(pieces) >= INDEX_PIECES):
                keys.append(self._run.work_key(f"index-{len(keys):06d}"))
                self._run.services.blobs.put(keys[-1], b"".join(pieces))
                pieces = []
        return keys

    def _completed(self, entry: Planned) -> EpObject:
        """The planned object with what the reader cannot know: a digest, GUIDs, a share key, spam."""
        one, run = entry.object, self._run
        if entry.member is not None and one.file is not None:
            self._state.files = True
            sha256, size = self._digest(entry.member)
            return replace(one, file=replace(one.file, sha256=sha256, size_bytes=size))
        if one.portfolio is not None:
            held = tuple(self._guid(int(found)) for found in one.portfolio.accreditation_ids)
            keys = (run.services.portfolios.fresh_key(),)
            facts = replace(one.portfolio, guid=self._guid(one.id), keys=keys)
            if held:
                facts = replace(facts, accreditation_ids=held, insights=Insights(changes=1))
                self._note_holding()
            return spam.checked(replace(one, portfolio=facts), self._root)
        if one.accreditation is not None:
            return replace(one, accreditation=replace(one.accreditation, guid=self._guid(one.id)))
        return one

    def _note_holding(self) -> None:
        """The chunk that is being filled has a portfolio to be analysed."""
        if self._state.chunks not in self._state.holding[-1:]:
            self._state.holding.append(self._state.chunks)

    def _guid(self, object_id: int) -> str:
        """The GUID of a planned portfolio or accreditation, the same at each call."""
        digest = hashlib.sha256(f"{self._run.job.id}/{object_id}".encode()).digest()
        return guid_for(object_id, int.from_bytes(digest[:9], "big"))

    def _digest(self, member: str) -> tuple[str, int]:
        """SHA-256 and size of a member, which several entries may name."""
        known: Any = self._digests.one("SELECT sha256, size FROM digests WHERE member = ?", (member,))
        if known is not None:
            return str(known[0]), int(known[1])
        digest, size = hashlib.sha256(), 0
        with self._archive.open(member) as content:
            while data := content.read(READ_BYTES):
                digest.update(data)
                size += len(data)
        self._digests.run("INSERT INTO digests VALUES (?, ?, ?)", (member, digest.hexdigest(), size))
        return digest.hexdigest(), size


def plan_key(run: Run, state: State, number: int) -> str:
    """Key of a chunk of the plan."""
    return run.work_key(f"plan-{state.salt}-{number:06d}")
