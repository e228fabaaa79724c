"""A job under way: what a kind of job sees of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from chalicelib.domain.errors import DomainError
from chalicelib.domain.job import PROBLEM_LIMIT, Job, JobStatus, PackageFile, Problem
from chalicelib.wiring import Services

S = TypeVar("S")


class Paused(Exception):  # noqa: N818 - not an error: the way a job hands on
    """The time is nearly up; a checkpoint is saved and the next worker goes on."""


class Aborted(DomainError):  # noqa: N818 - the field's word for it
    """The job cannot succeed, whoever tries; `str()` is the reason for its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended."""

    status: JobStatus
    result: PackageFile | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    problems_key: str = ""


@dataclass(slots=True)
class Run:
    """One claim of a job.

    `remaining_s` tells how much of the function's time is left. `last_saved` is the time left at the last
    checkpoint.
    """

    services: Services
    job: Job
    remaining_s: Callable[[], float]
    checkpoints: int = 0
    last_saved: float = 0.0

    def __post_init__(self) -> None:
        self.checkpoints = int(self.job.checkpoint.get("number", 0))
        self.last_saved = self.remaining_s()

    @property
    def time_is_up(self) -> bool:
        """Whether to save and hand on now."""
        return self.remaining_s() < self.services.settings.job_reserve_s

    @property
    def checkpoint_due(self) -> bool:
        """Whether so much time went by since the last checkpoint that a kill would cost too much."""
        return self.last_saved - self.remaining_s() > CHECKPOINT_S

    def work_key(self, name: str) -> str:
        """Key of a working file of this job."""
        return f"working/{self.job.id}/{name}"

    def load(self, kind: type[S]) -> S | None:
        """The state of the last checkpoint; None at the beginning."""
        key = self.job.checkpoint.get("state")
        return msgspec.json.decode(self.services.blobs.get(key), type=kind) if key else None

    def save(self, state: object, *, done: int | None = None, total: int | None = None) -> None:
        """Write a checkpoint: the state into the bucket, then its key onto the job."""
        self._write(state, done, total, release=False)

    def pause(self, state: object, *, done: int | None = None, total: int | None = None) -> NoReturn:
        """Write a checkpoint, give the lease up and leave. Raises Paused."""
        self._write(state, done, total, release=True)
        raise Paused

    def _write(self, state: object, done: int | None, total: int | None, *, release: bool) -> None:
        self.checkpoints += 1
        key = self.work_key(f"state-{self.checkpoints:06d}.json")
        self.services.blobs.put(key, msgspec.json.encode(state))
        self.job = replace(
            self.job,
            checkpoint={**self.job.checkpoint, "state": key, "number": self.checkpoints},
            done=self.job.done if done is None else done,
            total=self.job.total if total is None else total,
            attempts=0,
        )
        self.services.job_store.save(self.job, release=release)
        self.last_saved = self.remaining_s()


TEXT_SHOWN = 255
"""Characters kept of a text of a problem; an item holds 400 kB."""
CHECKPOINT_S = 60.0
"""Seconds between checkpoints while time is left."""


class Work(Protocol):
    """A kind of job."""

    def run(self, run: Run) -> Outcome:
        """Do the work, or a stretch of it. Raises Paused, Aborted, PackageError."""

    def undo(self, run: Run) -> None:
        """Take back what was written, before the job is aborted; may raise Paused and is then repeated."""


def kept(problems: list[Problem]) -> tuple[Problem, ...]:
    """The problems a job item has room for, their texts cut: a package may say anything at any length."""
    return tuple(
        replace(one, reason=one.reason[:TEXT_SHOWN], title=one.title[:TEXT_SHOWN], entry=one.entry[:TEXT_SHOWN])
        for one in problems[:PROBLEM_LIMIT]
    )
