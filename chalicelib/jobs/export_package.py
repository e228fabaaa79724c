"""An export: the objects as a package in the bucket (design 4, 5; brightspace 4.5).

Phases, each resumable: snapshot, files, feed, offline copy, index, manifest, completion. A checkpoint holds the zip
and the multipart upload in mid-air, so an export of any size ends, and its bytes do not tell how often it paused.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from msgspec import Struct

from chalicelib.domain.job import JobStatus, PackageFile
from chalicelib.domain.person import User
from chalicelib.jobs.assembly import PHASES, Assembly, State
from chalicelib.jobs.problems import ProblemLog
from chalicelib.jobs.run import Aborted, Outcome, Run
from chalicelib.jobs.snapshot import take
from chalicelib.packages import names
from chalicelib.storage.uploads import MultipartUpload, UploadLostError

RESTART_LIMIT = 3
"""How often an export begins again because its upload was forgotten."""

NOTHING_LEFT = "Nothing of what was to be exported is left."


class ExportPackage(Struct, frozen=True):
    """The work of export jobs."""

    def run(self, run: Run) -> Outcome:
        """Make the package, or go on making it."""
        owner = run.services.people.user(run.job.owner_id)
        if owner is None:
            raise Aborted("The owner of this export no longer exists.")
        state = run.load(State) or State()
        if state.phase == "snapshot":
            _snapshot(run, state)
        try:
            if state.phase != "complete":
                with closing(Assembly(run, state, owner)) as assembly:
                    if not state.snapshot.total:
                        raise Aborted(NOTHING_LEFT)
                    assembly.go_on()
            return _complete(run, state, owner)
        except UploadLostError:
            if state.restarts >= RESTART_LIMIT:
                raise
            # The snapshot is still there: the same package is made again, from its first byte.
            run.pause(State(phase=PHASES[1], snapshot=state.snapshot, restarts=state.restarts + 1))

    def undo(self, run: Run) -> None:
        """Forget the parts of the upload."""
        state = run.load(State)
        if state is not None and state.upload:
            MultipartUpload.resume(run.services.blobs, {**state.upload, "tail": ""}).abort()


def _snapshot(run: Run, state: State) -> None:
    def save() -> None:
        if run.time_is_up:
            run.pause(state)
        elif run.checkpoint_due:
            run.save(state)

    take(run, state.snapshot, save)
    if not state.snapshot.chunks:
        raise Aborted(NOTHING_LEFT)
    state.phase = "files"


def _complete(run: Run, state: State, owner: User) -> Outcome:
    upload = MultipartUpload.resume(run.services.blobs, state.upload)
    upload.finish()
    ended = run.services.clock.now().astimezone(_zone(run.services.settings.time_zone))
    with closing(ProblemLog(run, state.problems or state.snapshot.problems)) as log:
        return Outcome(
            status=JobStatus.COMPLETE_WITH_ERRORS if log.count else JobStatus.COMPLETE,
            result=PackageFile(
                key=upload.key,
                file_name=names.package_file_name(owner.first_name, owner.last_name, ended),
                size_bytes=upload.size_bytes,
            ),
            counts={"objects": state.snapshot.total, "bytes": upload.size_bytes},
            problems=tuple(log.first),
            problem_count=log.count,
            problems_key=log.publish(),
        )


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)  # a function's machine may have no zones
