"""What a job could not do: the first problems for its item, all of them on the disk and in the bucket."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from chalicelib.domain.job import PROBLEM_BYTES, PROBLEM_LIMIT, Problem
from chalicelib.jobs.run import Run, kept
from chalicelib.jobs.spool import Spool

KEPT_LIMIT = 200_000
"""Problems kept one by one; those beyond are counted. A hostile package could have millions."""


class ProblemState(msgspec.Struct):
    """How far a log got: its parts in the bucket, the first problems, and how many there are."""

    parts: list[str] = []
    first: list[Problem] = []
    count: int = 0


class ProblemLog:
    """Problems in the order they were met; see `ProblemState` for how it is put down."""

    def __init__(self, run: Run, state: ProblemState, name: str = "problems") -> None:
        self._run, self._spool = run, Spool(run, name, state.parts)
        self.first, self.count = list(state.first), state.count
        self._size = len(msgspec.json.encode(self.first))

    def add(self, problem: Problem) -> None:
        """Note a problem."""
        (problem,) = kept([problem])
        line = msgspec.json.encode(problem) + b"\n"
        if self.count == len(self.first) < PROBLEM_LIMIT and self._size + len(line) <= PROBLEM_BYTES:
            self.first.append(problem)
            self._size += len(line)
        if self.count < KEPT_LIMIT:
            self._spool.append(line)
        self.count += 1

    def pause(self) -> ProblemState:
        """Put what is not yet in the bucket there; what a new log needs."""
        return ProblemState(self._spool.pause(), list(self.first), self.count)

    def close(self) -> None:
        """Let go of what is not in the bucket."""
        self._spool.close()

    def replay(self) -> Iterator[Problem]:
        """All that were kept, from the first."""
        rest = b""
        for piece in self._spool.replay():
            *lines, rest = (rest + piece).split(b"\n")
            yield from (msgspec.json.decode(line, type=Problem) for line in lines)

    def publish(self) -> str:
        """Key of the whole list, one JSON object a line, put beside the packages; empty when the item has room."""
        if self.count == len(self.first):
            return ""
        key = f"packages/{self._run.job.id}-problems.jsonl"
        self._spool.copy_to(key)
        return key
