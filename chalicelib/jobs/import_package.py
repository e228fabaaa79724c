"""An import: a package becomes objects of its owner (design 4, brightspace 5.5, leap2a).

Phases, each resumable: plan (the whole package is read, checked and turned into a list of objects, nothing is
written), apply (objects into the store, in transactions that a repeated run does not write twice, then the bytes they
refer to, by content), and retreat (an id was taken: everything is taken back, to be planned with other ids). In the end
portfolios that came with accreditations get jobs for their insights (accreditly 5). Ids are derived from (job, entry),
so every worker plans the same objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import BinaryIO, NoReturn

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.job import JobStatus
from chalicelib.domain.person import Account, User
from chalicelib.domain.ports import Blob
from chalicelib.jobs.file_writer import FileWriter
from chalicelib.jobs.import_plan import Line, Plan, State, plan_key
from chalicelib.jobs.problems import ProblemLog
from chalicelib.jobs.run import Aborted, Outcome, Run
from chalicelib.packages.archive import Archive, Limits, open_archive
from chalicelib.packages.leap2a import Owner
from chalicelib.storage import documents

SALT_LIMIT = 20
"""How often an import is planned anew because ids were taken."""


class ImportPackage(Struct, frozen=True):
    """The work of import jobs."""

    def run(self, run: Run) -> Outcome:
        """Import the package, or go on importing it."""
        standing = run.services.people.standing(
            Actor(user_id=run.job.owner_id, root_account_id=run.job.root_account_id)
        )
        owner = standing.user
        if owner is None or not owner.active:
            raise Aborted("The owner of this import no longer exists.")
        state = run.load(State) or State()
        if state.phase == "plan":
            _plan(run, state, owner, standing.root)
        if state.phase == "apply":
            _apply(run, state)
        if state.phase == "retreat":
            _retreat(run, state)
        _analyse(run, state)
        with closing(ProblemLog(run, state.problems)) as log:
            return Outcome(
                status=JobStatus.COMPLETE_WITH_ERRORS if state.outcomes.get("left_out") else JobStatus.COMPLETE,
                counts=state.counts,
                problems=tuple(log.first),
                problem_count=log.count,
                problems_key=log.publish(),
            )

    def undo(self, run: Run) -> None:
        """Remove what was applied, chunk by chunk."""
        state = run.load(State)
        if state is not None and state.phase != "plan":
            _take_back(run, state)


def _plan(run: Run, state: State, owner: User, root: Account | None) -> None:
    with closing(_open(run)) as stream:
        archive = open_archive(stream, _limits(run), verify=not state.index)
        with closing(Plan(run, state, archive, root)) as plan:
            plan.write(
                Owner(
                    id=owner.id,
                    first_name=owner.first_name,
                    last_name=owner.last_name,
                    name=owner.name,
                    email=owner.email,
                    root_account_id=run.job.root_account_id,
                )
            )
    if not state.planned:
        raise Aborted("The package has nothing that can be imported.")
    state.phase, state.chunk, state.began = "apply", 0, run.services.clock.now()
    run.save(state, total=state.planned)


def _limits(run: Run) -> Limits:
    settings = run.services.settings
    return Limits(
        max_members=settings.package_max_members,
        max_total_bytes=settings.package_max_bytes,
        max_member_bytes=settings.package_max_bytes,
        max_ratio=settings.package_max_ratio,
    )


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
    with closing(FileWriter(run.services.blobs, run.services.settings.import_writers)) as writer:
        for place, (one, member) in enumerate(planned[state.offset :], start=state.offset + 1):
            if member is None or one.file is None:
                continue
            blob = Blob(sha256=one.file.sha256, size_bytes=one.file.size_bytes)
            if writer.put(blob, partial(archive.open, member)):
                state.offset = place
                _breathe(run, state)


def _analyse(run: Run, state: State) -> None:
    """Jobs for the insights of portfolios that came with accreditations: one a chunk, also when this is repeated."""
    actor = Actor(user_id=run.job.owner_id, root_account_id=run.job.root_account_id)
    accreditations = run.services.accreditations
    for number in state.holding:
        held = [one.id for one, _ in _chunk(run, state, number) if one.portfolio and one.portfolio.accreditation_ids]
        job = accreditations.analysis(actor, run.job.owner_id, {"portfolios": held})
        run.services.jobs.start([job], f"insights/{run.job.id}/{number}")


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
    content = run.services.blobs.get(plan_key(run, state, number))
    for text in content.splitlines():
        line = msgspec.json.decode(text, type=Line)
        one = documents.decode(line.document, EpObject)
        yield (replace(one, added_at=state.began) if state.began else one), line.member


def _open(run: Run) -> BinaryIO:
    try:
        parameters = run.job.parameters
        return run.services.blobs.open_seekable(parameters["upload"], parameters.get("etag", ""))
    except NotFoundError:
        raise Aborted("The uploaded package is no longer there.") from None
