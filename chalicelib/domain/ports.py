"""What the domain asks of the world: stores of objects, jobs and files, a queue, a clock, ids; `storage` has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

from msgspec import Struct

from chalicelib.domain.access import Actor, Sight, Standing
from chalicelib.domain.change import Change as Change  # noqa: PLC0414 - exported
from chalicelib.domain.change import Companion
from chalicelib.domain.change import Created as Created  # noqa: PLC0414 - exported
from chalicelib.domain.change import Deleted as Deleted  # noqa: PLC0414 - exported
from chalicelib.domain.change import Restored as Restored  # noqa: PLC0414 - exported
from chalicelib.domain.change import Updated as Updated  # noqa: PLC0414 - exported
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.job import Job
from chalicelib.domain.paging import PageRequest, Slice


class Clock(Protocol):
    """The service's time."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""


class Ids(Protocol):
    """Where fresh ids and secrets come from."""

    def new(self) -> int:
        """A fresh integer id (see `identity`)."""

    def entropy(self) -> int:
        """A random number of at least 69 bits."""

    def hexadecimal(self, digits: int) -> str:
        """So many random lower-case hexadecimal digits, fit for a secret."""


class Place(Struct, frozen=True, kw_only=True):
    """Where an external id leads."""

    owner_id: int
    kind: Kind
    deleted: bool = False


class Blob(Struct, frozen=True, kw_only=True):
    """Stored bytes, addressed by their SHA-256 in hexadecimal."""

    sha256: str
    size_bytes: int


class PostForm(Struct, frozen=True, kw_only=True):
    """A form that uploads a file: its address, and the fields that go before the file."""

    url: str
    fields: Mapping[str, str]


class ObjectStore(Protocol):
    """An owner's objects. Every read is strongly consistent."""

    def apply(self, changes: Sequence[Change], companions: Sequence[Companion] = ()) -> None:
        """Write all changes and companions or none, with the counters and blob references they imply.

        Raises
        ------
        ConflictError
            A version was not the expected one, or an id or share key is taken.
        """

    def find(self, actor: Actor, kinds: Sequence[Kind], object_id: int) -> Sight | None:
        """The object of that id for that viewer; one call for the owner, two for others."""

    def own(self, owner_id: int, keys: Sequence[tuple[Kind, int]]) -> dict[int, EpObject]:
        """Those of the owner's objects, by id; absent ones are left out."""

    def holdings(self, actor: Actor, keys: Sequence[tuple[Kind, int]]) -> tuple[dict[int, EpObject], Standing]:
        """Those of the actor's objects, by id, and who the actor is, in one call."""

    def held(self, owner_id: int, ids: Sequence[int]) -> dict[int, EpObject]:
        """Those of the owner's objects, of whatever kind, by id; absent ones are left out."""

    def shown(self, owner_id: int, ids: Sequence[int]) -> list[EpObject]:
        """The owner's objects of those ids in their order, deleted ones left out: as many as an answer holds."""

    def shelf(self, owner_id: int, page: PageRequest) -> Slice[EpObject]:
        """One page of the owner's objects by kind, then id: neither pages nor comments nor deleted ones.

        A page reads so much at most, and may come short of its size; `next_cursor` leads on all the same.

        Raises
        ------
        InvalidError
            The cursor is not one of this list.
        """

    def comments(self, owner_id: int, object_id: int, limit: int) -> list[EpObject]:
        """The first comments on an object, oldest first: at most `limit`, and as many as an answer holds."""

    def places(self, actor: Actor, ids: Sequence[int]) -> tuple[dict[int, Place], Standing]:
        """Where those ids lead, and who the actor is."""

    def portfolios(self, owner_id: int, page: PageRequest, *, include_deleted: bool = False) -> Slice[EpObject]:
        """The owner's portfolios by `updated_at` ascending. `total` is not filled."""

    def pages(self, portfolio: EpObject, page: PageRequest) -> Slice[EpObject]:
        """A portfolio's pages by position, then id."""

    def page_ids(self, owner_id: int, portfolio_id: int) -> list[int]:
        """Ids of all pages of a portfolio, by position."""

    def walk(self, owner_id: int, after: str = "", limit: int = 200) -> tuple[Iterator[EpObject], str]:
        """Objects in key order from behind `after`, deleted ones included, and where to go on (empty: the end).

        One call, so at most 1 MB and `limit` items; each object is decoded when it is taken.
        """

    def owns_anything(self, owner_id: int) -> bool:
        """Whether the owner has at least one object that is neither deleted nor a part of a deleted one."""

    def ids_of_kind(self, owner_id: int, kind: Kind) -> list[int]:
        """Ids of the owner's objects of a kind that has few of them."""


class RunStore(Protocol):
    """What is remembered of work that takes more than one transaction, until it is done."""

    def begin(self, user_id: int, what: str, now: datetime) -> datetime:
        """Since when `what` is being done to everything of a user: `now`, or when it was begun and broken off."""

    def end(self, user_id: int) -> None:
        """Forget it: all is done."""


class ImportStore(Protocol):
    """What imports write."""

    def put(self, owner_id: int, imported: Sequence[EpObject]) -> None:
        """Write objects of one import; those it wrote before are left as they are.

        Raises
        ------
        ConflictError
            An id is taken by something else.
        Exception
            Others were at the same counters all the time; trying later may do.
        """

    def remove(self, owner_id: int, imported: Sequence[EpObject]) -> None:
        """Undo `put`: removes of these what that import made and is still there."""


class BlobStore(Protocol):
    """Files by content, and the working files of jobs."""

    def put_file(self, content: BinaryIO) -> Blob:
        """Store a file's bytes under their digest; `content` is read twice and must be seekable."""

    def put_file_as(self, blob: Blob, reopen: Callable[[], BinaryIO]) -> None:
        """Store bytes whose digest is known, unless they are there; `reopen` gives them from the start."""

    def open_file(self, sha256: str, offset: int = 0) -> BinaryIO | None:
        """A stream over a stored file from `offset`; None when the bytes are gone."""

    def file_link(self, sha256: str, *, file_name: str, media_type: str) -> str:
        """A presigned address of a stored file."""

    def put(self, key: str, content: bytes) -> None:
        """Write a working file."""

    def put_stream(self, key: str, content: BinaryIO) -> None:
        """Write a working file from a stream."""

    def delete(self, keys: list[str]) -> None:
        """Remove working files; those not there are no error."""

    def get(self, key: str) -> bytes:
        """Read a working file.

        Raises
        ------
        NotFoundError
            There is none.
        """

    def pieces(self, key: str) -> Iterator[bytes]:
        """A working file, a piece at a time."""

    def open_seekable(self, key: str, etag: str = "") -> BinaryIO:
        """A seekable stream over an object, reading ranges.

        Raises
        ------
        NotFoundError
            There is none, or it is not the one of that `etag` any more.
        """

    def etag(self, key: str) -> str:
        """What tells an object from one that replaces it; empty when there is none."""

    def post_form(self, key: str, *, max_bytes: int, ttl_s: int) -> PostForm:
        """Leave to upload an object of 1 to `max_bytes` bytes by a form, for `ttl_s` seconds."""

    def link(self, key: str, *, content_type: str, disposition: str) -> str:
        """A presigned address whose answer carries that type and Content-Disposition."""

    def exists(self, key: str) -> bool:
        """Whether there is such an object."""


class JobStore(Protocol):
    """Jobs and their leases."""

    def create(self, jobs: Sequence[Job], idempotency: str = "") -> list[Job]:
        """Write new jobs, all or none; with a used idempotency key, the jobs that it made, and nothing is written."""

    def get(self, job_id: int) -> Job | None:
        """The job, strongly consistent; None when unknown or expired."""

    def find(self, actor: Actor, job_id: int) -> tuple[Job | None, Standing]:
        """The job and who the actor is, in one call."""

    def claim(self, job_id: int, lease: str, until: datetime, now: datetime) -> Job | None:
        """Take the job: 0 -> 4, or 4 with a lapsed or released lease. None when it is not to be had."""

    def save(self, job: Job, *, release: bool = False) -> None:
        """Write progress, checkpoint and counts, as the holder of `job.lease`; `release` gives the lease up.

        Raises
        ------
        ConflictError
            Somebody else holds the job.
        """

    def finish(self, job: Job) -> None:
        """Write a terminal status as the holder of the lease. Raises ConflictError like `save`."""

    def due(self, now: datetime, limit: int = 100) -> Iterator[Job]:
        """Open jobs whose due time has passed: never picked up, or with a lapsed lease."""

    def postpone(self, job: Job, until: datetime) -> None:
        """Make the job due again at `until`."""


class JobQueue(Protocol):
    """The queue between routes and workers."""

    def send(self, job_ids: Iterable[int]) -> None:
        """Announce jobs; at least once each."""
