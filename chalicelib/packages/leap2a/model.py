"""What the Leap2A reader and writer take and give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct, field

from chalicelib.domain.epobject import EpObject, Kind

MAX_NOTES = 1000


class Owner(Struct, frozen=True, kw_only=True):
    """The person a package belongs to."""

    id: int
    first_name: str
    last_name: str
    name: str
    email: str = ""
    root_account_id: int = 0


class Ref(Struct, frozen=True):
    """What the writer must know of an object another one refers to."""

    kind: Kind
    name: str
    member: str | None = None
    """A file's member of the zip; None when it has none."""


def _no_pages(_portfolio_id: int) -> Sequence[int]:
    return ()


class PackageContext(Struct, frozen=True, kw_only=True):
    """What holds for a whole package, and what its entries ask about each other.

    Everything that reaches the bytes comes from the content: no clock, no job.
    """

    owner: Owner
    title: str
    updated: datetime
    """The newest change among the objects, aware UTC."""
    self_id: int | None = None
    """The imported entry about the owner that this package shows as its one Self person."""
    describe: Callable[[int], Ref | None]
    """None for ids that are not in this package: links to them are dropped."""
    pages: Callable[[int], Sequence[int]] = _no_pages
    """Ids of a portfolio's pages that are in this package, in order of position."""


class Planned(Struct, frozen=True):
    """An object of a package, ready to be written.

    `member` is the zip member with a file's bytes; `object.file` has its declared size and no hash yet.
    """

    object: EpObject
    member: str | None = None
    media_type: str = ""


class Note(Struct, frozen=True):
    """Something a person should know about one entry.

    `outcome` is `kept` (as it was, with a remark), `degraded` (kept, less or differently) or `left_out`.
    """

    outcome: str
    entry_id: str
    title: str
    reason: str


class Report(Struct):
    """What became of a package: counts, and the first notes."""

    counts: Counter[str] = field(default_factory=Counter)
    """Objects made, by kind."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Notes by outcome, all of them counted."""
    notes: list[Note] = field(default_factory=list)
    """The first `MAX_NOTES`, unless there is a `sink`."""
    sink: Callable[[Note], object] | None = None
    """Takes every note."""

    def note(self, outcome: str, entry_id: str, title: str, reason: str) -> None:
        """Count a note, and keep it while there is room."""
        self.outcomes[outcome] += 1
        note = Note(outcome, entry_id[:200], title[:200], reason)
        if self.sink is not None:
            self.sink(note)
        elif len(self.notes) < MAX_NOTES:
            self.notes.append(note)

    def made(self, kind: Kind) -> None:
        """Count an object."""
        self.counts[kind.value] += 1

    @property
    def left_out(self) -> int:
        """How many things did not come in; 0 means the import is complete."""
        return self.outcomes["left_out"]
