"""An import: a package becomes objects of its owner (design 4, brightspace 5.5, leap2a).

Phases, each resumable: plan (the whole package is read, checked and turned into a list of objects, nothing is
written), apply (objects into the store, in transactions that a repeated run does not write twice, then the bytes they
refer to, by content), and retreat (an id was taken: everything is taken back, to be planned with other ids). Ids are
derived from (job, entry), so every worker plans the same objects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import BinaryIO, NoReturn

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.epobject import EpObject
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.identity import derive, guid_for
from chalicelib.domain.job import JobStatus, Problem
from chalicelib.domain.person import User
from chalicelib.domain.ports import Blob
from chalicelib.jobs.run import Aborted, Outcome, Run, kept
from chalicelib.packages.archive import Archive, Limits, open_archive
from chalicelib.packages.leap2a import Owner, Planned, Report, read_objects, survey
from chalicelib.storage import documents

CHUNK_OBJECTS = 500
CHUNK_BYTES = 4 * 1024 * 1024
READ_BYTES = 1024 * 1024
SALT_LIMIT = 20
"""How often an import is planned anew because ids were taken."""


class Line(msgspec.Struct, array_like=True):
    """A planned object: its document, and the member with its bytes."""

    document: str
    member: str | None


class State(msgspec.Struct):
    """Everything a worker needs to go on. `chunk` and `offset` are the place in the plan while it is applied."""

    phase: str = "plan"
    salt: int = 0
    chunks: int = 0
    planned: int = 0
    total: int = 0
    chunk: int = 0
    offset: int = 0
    files: bool = False
    """Whether any object has bytes in the package."""
    hashes: dict[str, tuple[str, int]] = {}
    """Digest and size of each member met so far."""
    problems: list[Problem] = []
    left_out: int = 0
    counts: dict[str, int] = {}


class ImportPackage(Struct, frozen=True):
    """The work of import jobs."""

    def run(self, run: Run) -> Outcome:
        """Import the package, or go on importing it."""
        owner = run.services.people.user(run.job.owner_id)
        if owner is None or not owner.active:
            raise Aborted("The owner of this import no longer exists.")
        state = run.load(State) or State()
        if state.phase == "plan":
            _plan(run, state, owner)
        if state.phase == "apply":
            _apply(run, state)
        if state.phase == "retreat":
            _retreat(run, state)
        status = JobStatus.COMPLETE_WITH_ERRORS if state.left_out else JobStatus.COMPLETE
        return Outcome(
            status=status,
            counts=state.counts,
            problems=kept(state.problems),
            problem_count=len(state.problems),
        )

    def undo(self, run: Run) -> None:
        """Remove what was applied, chunk by chunk."""
        state = run.load(State)
        if state is not None and state.phase != "plan":
            _take_back(run, state)


def _plan(run: Run, state: State, owner: User) -> None:
    with closing(_open(run)) as stream:
        archive = open_archive(stream, _limits(run), verify=not state.planned)
        index = survey(archive.open_feed, archive=archive)
        state.total = index.count
        planned = read_objects(
            archive.open_feed,
            index,
            archive=archive,
            owner=Owner(
                id=owner.id,
                first_name=owner.first_name,
                last_name=owner.last_name,
                name=owner.name,
                email=owner.email,
                root_account_id=run.job.root_account_id,
            ),
            mint=lambda ordinal: derive(run.job.created_at, run.job.id, ordinal, state.salt),
            import_id=run.job.id,
            now=run.job.created_at,
        )
        _write_plan(run, state, archive, planned)
        _conclude(state, index.report)
    if not state.planned:
        raise Aborted("The package has nothing that can be imported.")
    state.phase, state.chunk, state.files, state.hashes = "apply", 0, bool(state.hashes), {}
    run.save(state, total=state.planned)


def _limits(run: Run) -> Limits:
    settings = run.services.settings
    return Limits(
        max_members=settings.package_max_members,
        max_total_bytes=settings.package_max_bytes,
        max_member_bytes=settings.package_max_bytes,
        max_ratio=settings.package_max_ratio,
    )


def _write_plan(run: Run, state: State, archive: Archive, planned: Iterator[Planned]) -> None:
    lines: list[bytes] = []
    size = 0
    skip = state.planned

    def flush() -> None:
        nonlocal size
        if lines:
            run.services.blobs.put(run.work_key(f"plan-{state.salt}-{state.chunks:06d}"), b"\n".join(lines))
            state.chunks, state.planned = state.chunks + 1, state.planned + len(lines)
            lines.clear()
            size = 0

    for number, entry in enumerate(planned):
        if number < skip:
            continue
        one = _completed(run, state, archive, entry)
        line = msgspec.json.encode(Line(documents.encode(one), entry.member))
        lines.append(line)
        size += len(line)
        if len(lines) >= CHUNK_OBJECTS or size >= CHUNK_BYTES or run.time_is_up:
            flush()
            if run.time_is_up:
                run.pause(state, total=state.total)
            elif run.checkpoint_due:
                run.save(state, total=state.total)
    flush()


def _completed(run: Run, state: State, archive: Archive, entry: Planned) -> EpObject:
    """The planned object with what the reader cannot know: a file's digest, a portfolio's GUID and share key."""
    one = entry.object
    if entry.member is not None and one.file is not None:
        if entry.member not in state.hashes:
            state.hashes[entry.member] = _digest(archive, entry.member)
        sha256, size = state.hashes[entry.member]
        return replace(one, file=replace(one.file, sha256=sha256, size_bytes=size))
    if one.portfolio is not None:
        entropy = int.from_bytes(hashlib.sha256(f"{run.job.id}/{one.id}".encode()).digest()[:9], "big")
        key = run.services.portfolios.default_key()
        return replace(one, portfolio=replace(one.portfolio, guid=guid_for(one.id, entropy), keys=(key,)))
    return one


def _digest(archive: Archive, member: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with archive.open(member) as content:
        while data := content.read(READ_BYTES):
            digest.update(data)
            size += len(data)
    return digest.hexdigest(), size


def _conclude(state: State, report: Report) -> None:
    state.problems = [
        Problem(outcome=note.outcome, reason=note.reason, title=note.title, entry=note.entry_id)
        for note in report.notes
        if note.outcome != "kept"
    ]
    state.left_out = report.left_out
    state.counts = dict(report.counts)


def _apply(run: Run, state: State) -> None:
    with ExitStack() as stack:
        archive = None
        if state.files:
            stream = stack.enter_context(closing(_open(run)))
            archive = open_archive(stream, _limits(run), verify=False)
        for number in range(state.chunk, state.chunks):
            planned = list(_chunk(run, state, number))
            try:
                run.services.import_store.put(run.job.owner_id, [one for one, _ in planned])
            except ConflictError:
                state.phase = "retreat"
                run.save(state)
                return
            if archive is not None:
                _store_files(run, state, archive, planned)
            state.chunk, state.offset = number + 1, 0
            _breathe(run, state, applied=len(planned))


def _store_files(run: Run, state: State, archive: Archive, planned: Sequence[tuple[EpObject, str | None]]) -> None:
    """Bytes of a chunk. They come after the objects, as what is referred to is never collected."""
    for place, (one, member) in enumerate(planned[state.offset :], start=state.offset + 1):
        if member is not None and one.file is not None:
            blob = Blob(sha256=one.file.sha256, size_bytes=one.file.size_bytes)
            run.services.blobs.put_file_as(blob, partial(archive.open, member))
            state.offset = place
            _breathe(run, state)


def _retreat(run: Run, state: State) -> NoReturn:
    """An id met one already taken: take everything back and plan other ids. Raises Paused, Aborted."""
    _take_back(run, state)
    if state.salt >= SALT_LIMIT:
        raise Aborted("No free ids were found for what is in the package.")
    run.pause(State(salt=state.salt + 1), done=0)


def _take_back(run: Run, state: State) -> None:
    """Remove what was applied, chunk by chunk. Raises Paused."""
    while state.chunk >= 0:
        if state.chunk < state.chunks:
            run.services.import_store.remove(run.job.owner_id, [one for one, _ in _chunk(run, state, state.chunk)])
        state.chunk -= 1
        if run.time_is_up:
            run.pause(state)


def _breathe(run: Run, state: State, applied: int = 0) -> None:
    done = run.job.done + applied
    if run.time_is_up:
        run.pause(state, done=done)
    elif run.checkpoint_due or applied:
        run.save(state, done=done)


def _chunk(run: Run, state: State, number: int) -> Iterator[tuple[EpObject, str | None]]:
    content = run.services.blobs.get(run.work_key(f"plan-{state.salt}-{number:06d}"))
    for text in content.splitlines():
        line = msgspec.json.decode(text, type=Line)
        yield documents.decode(line.document, EpObject), line.member


def _open(run: Run) -> BinaryIO:
    try:
        parameters = run.job.parameters
        return run.services.blobs.open_seekable(parameters["upload"], parameters.get("etag", ""))
    except NotFoundError:
        raise Aborted("The uploaded package is no longer there.") from None
