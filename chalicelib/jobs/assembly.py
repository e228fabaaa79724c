"""The zip of an export under way: its passes over the snapshot, and how it is put down and taken up (design 4, 5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.person import User
from chalicelib.jobs.problems import ProblemLog, ProblemState
from chalicelib.jobs.run import Run
from chalicelib.jobs.snapshot import Snapshot, SnapshotState, left_out
from chalicelib.jobs.spool import Spool
from chalicelib.packages import html_copy, manifest, names
from chalicelib.packages.leap2a import Owner, PackageContext, feed_entry, feed_head, feed_tail
from chalicelib.packages.packed import stored_for
from chalicelib.packages.zipwriter import ZipState, ZipWriter
from chalicelib.storage.uploads import MultipartUpload

READ_BYTES = 1024 * 1024
SEGMENT_BYTES = 16 * READ_BYTES
"""Between two places where a file may be cut by a checkpoint."""
GENERATOR = "Folioport"
PHASES = ("snapshot", "files", "feed", "copy", "index", "manifest", "complete")


class State(msgspec.Struct):
    """Everything a worker needs to go on. `chunk` and `offset` are the place in the snapshot of the present phase."""

    phase: str = PHASES[0]
    snapshot: SnapshotState = msgspec.field(default_factory=SnapshotState)
    chunk: int = 0
    offset: int = 0
    missing: list[int] = []
    """Files whose bytes are no longer there."""
    problems: ProblemState | None = None
    """What is not in the package, and why, once the snapshot is complete."""
    restarts: int = 0
    previous: Kind | None = None
    done: int = 0
    zip: ZipState = ZipState()
    upload: dict[str, Any] = {}
    directory: list[str] = []
    members: list[str] = []
    listed: int = 0
    text: list[str] = []


@dataclass(slots=True)
class Assembly:
    """The zip under way."""

    run: Run
    state: State
    owner: User
    snapshot: Snapshot = field(init=False)
    context: PackageContext = field(init=False)
    upload: MultipartUpload = field(init=False)
    zip: ZipWriter = field(init=False)
    directory: Spool = field(init=False)
    members: Spool = field(init=False)
    text: Spool = field(init=False)
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        run, state = self.run, self.state
        self.snapshot = Snapshot(run, state.snapshot, state.missing)
        if state.upload:
            self.upload = MultipartUpload.resume(run.services.blobs, state.upload)
        else:
            self.upload = MultipartUpload(run.services.blobs, f"packages/{run.job.id}.zip")
        self.zip = ZipWriter(self.upload.write, state.zip)
        self.directory = Spool(run, "directory", state.directory)
        self.members = Spool(run, "members", state.members)
        self.text = Spool(run, f"text-{state.phase}", state.text)
        self.log = ProblemLog(run, state.problems or state.snapshot.problems)
        self.context = PackageContext(
            owner=Owner(
                id=self.owner.id,
                first_name=self.owner.first_name,
                last_name=self.owner.last_name,
                name=self.owner.name,
                email=self.owner.email,
            ),
            title=f"Portfolio of {self.owner.name}",
            updated=state.snapshot.updated,
            self_id=state.snapshot.self_id,
            describe=self.snapshot.describe,
            pages=self.snapshot.pages,
        )

    @property
    def chunks(self) -> int:
        """How many chunks the snapshot has."""
        return len(self.state.snapshot.chunks)

    def go_on(self) -> None:
        """Run the phases from where the state is to the one before completion."""
        while self.state.phase != "complete":
            getattr(self, f"_{self.state.phase}")()
            self._enter(PHASES[PHASES.index(self.state.phase) + 1])
        self._checkpoint()
        self.run.save(self.state, done=self.state.done, total=self._total)

    def close(self) -> None:
        """Let go of what is not in the bucket."""
        for held in (self.directory, self.members, self.text, self.log, self.snapshot):
            held.close()

    def _files(self) -> None:
        state = self.state
        for number in range(state.chunk, self.chunks):
            if state.snapshot.chunks[number].kind is Kind.FILE:
                for place, one in enumerate(self.snapshot.objects(number)):
                    if place >= state.offset:
                        self._file(one)
                        state.offset, state.done = place + 1, state.done + 1
                        self._breathe()
            state.chunk, state.offset = number + 1, 0

    def _file(self, one: EpObject) -> None:
        facts, resumed = one.file, self.zip.member_size if self.state.zip.open else 0
        if facts is None:
            return
        content = self.run.services.blobs.open_file(facts.sha256, resumed)
        if content is None:
            self.snapshot.lose(one.id)
            self.state.missing.append(one.id)
            self.log.add(left_out(facts.file_name, "The bytes of this file are no longer there."))
            return
        if not self.state.zip.open:
            stored = stored_for(facts.media_type)
            self.zip.open(names.file_member(one), stored=stored, size_hint=facts.size_bytes)
        self.state.zip = ZipState()
        since = resumed
        while data := content.read(READ_BYTES):
            self.zip.write(data)
            if self.zip.member_size - since >= SEGMENT_BYTES:
                since = self.zip.member_size
                self.zip.boundary()
                if self.zip.member_size < facts.size_bytes:  # there is no reading on from the very end
                    self._breathe()
        if self.zip.member_size != facts.size_bytes:
            raise OSError(f"file {facts.sha256} has {self.zip.member_size} bytes, not {facts.size_bytes}")
        self._close(facts.sha256)

    def _feed(self) -> None:
        state = self.state
        digest = self._rehash()
        if not state.chunk:
            self.zip.open(names.FEED_MEMBER, size_hint=2 * state.snapshot.bytes)
            self._say(digest, feed_head(self.context))
        for number in range(state.chunk, self.chunks):
            for one in self.snapshot.objects(number):
                self._say(digest, feed_entry(self.context, one))
                state.done += 1
            self.zip.boundary()
            state.chunk = number + 1
            self._breathe()
        self._say(digest, feed_tail())
        self._close(digest.hexdigest())

    def _copy(self) -> None:
        state = self.state
        if not state.chunk:
            self._member(names.STYLE_MEMBER, html_copy.style())
        for number in range(state.chunk, self.chunks):
            for one in self.snapshot.objects(number):
                page, member = html_copy.object_page(self.context, one), names.html_member(one)
                if page is not None and member is not None:
                    self._member(member, page)
                state.done += 1
            state.chunk = number + 1
            self._breathe()

    def _index(self) -> None:
        state = self.state
        chunks = enumerate(state.snapshot.chunks)
        order = sorted(chunks, key=lambda pair: (html_copy.INDEX_ORDER.index(pair[1].kind), pair[0]))
        digest = self._rehash()
        if not state.chunk:
            self.zip.open(names.INDEX_MEMBER)
            self._say(digest, html_copy.index_head(self.context))
        for place in range(state.chunk, len(order)):
            for one in self.snapshot.objects(order[place][0]):
                entry = html_copy.index_entry(self.context, one, state.previous)
                if entry:
                    state.previous = one.kind
                    self._say(digest, entry)
            self.zip.boundary()
            state.chunk = place + 1
            self._breathe()
        self._say(digest, html_copy.index_tail(self.context, state.previous))
        self._close(digest.hexdigest())

    def _manifest(self) -> None:
        self.zip.open(names.MANIFEST_MEMBER)
        self.zip.write(manifest.head(GENERATOR))
        for piece in self.members.replay():
            self.zip.write(piece)
        for piece in manifest.tail(self.snapshot.counts(), self.log.replay()):
            self.zip.write(piece)
        self.directory.append(self.zip.close().directory)
        self.zip.finish(self.directory.replay())

    def _member(self, name: str, content: bytes) -> None:
        self.zip.open(name)
        self.zip.write(content)
        self._close(hashlib.sha256(content).hexdigest())

    def _close(self, sha256: str) -> None:
        record = self.zip.close()
        self.directory.append(record.directory)
        self.members.append(manifest.member(record.name, record.size, sha256, first=not self.state.listed))
        self.state.listed += 1

    def _say(self, digest: Any, text: bytes) -> None:
        digest.update(text)
        self.text.append(text)
        self.zip.write(text)

    def _rehash(self) -> Any:
        """The digest of what the open member says so far; a hash cannot be put down and taken up, so it reads again."""
        digest = hashlib.sha256()
        for piece in self.text.replay():
            digest.update(piece)
        return digest

    def _enter(self, phase: str) -> None:
        self.state.phase, self.state.chunk, self.state.offset, self.state.text = phase, 0, 0, []
        self.text.close()
        self.text = Spool(self.run, f"text-{phase}", [])

    def _breathe(self) -> None:
        """A place where the work may be put down."""
        if self.run.time_is_up:
            self._checkpoint()
            self.run.pause(self.state, done=self.state.done, total=self._total)
        elif self.run.checkpoint_due:
            self._checkpoint()
            self.run.save(self.state, done=self.state.done, total=self._total)
            self.state.zip = ZipState()

    def _checkpoint(self) -> None:
        state = self.state
        state.zip = self.zip.pause()
        state.upload = self.upload.pause(self.run.work_key(f"tail-{self.run.checkpoints:06d}"))
        state.directory, state.members, state.text = self.directory.pause(), self.members.pause(), self.text.pause()
        state.problems = self.log.pause()

    @property
    def _total(self) -> int:
        files = sum(chunk.count for chunk in self.state.snapshot.chunks if chunk.kind is Kind.FILE)
        return 2 * self.state.snapshot.total + files
