"""What sharing, accreditations and verification ask of the world; `storage` implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.job import Job
from chalicelib.domain.paging import Slice
from chalicelib.domain.person import User

if TYPE_CHECKING:
    from chalicelib.domain.accreditation import Accreditation, Side
    from chalicelib.domain.verification import Image, Verification


class Glimpse(Struct, frozen=True, kw_only=True):
    """A portfolio, if there is one, and how many wrong keys each bucket has seen in the present minute."""

    portfolio: EpObject | None
    guesses: tuple[int, ...] = ()


class ShareStore(Protocol):
    """Portfolios for whoever has a key."""

    def look(self, viewer_id: int | None, portfolio_id: int, buckets: Sequence[str], now: datetime) -> Glimpse:
        """A portfolio, deleted or not, and the wrong keys counted in these buckets."""

    def charge(self, buckets: Sequence[str], now: datetime) -> None:
        """Count a wrong key in each bucket."""


class AccreditationStore(Protocol):
    """Accreditations, and which portfolios hold them. Every read is strongly consistent."""

    def create(self, one: Accreditation) -> None:
        """Write a new accreditation and its places in both lists. Raises ConflictError when the id is taken."""

    def revoke(self, after: Accreditation, job: Job) -> None:
        """Replace an accreditation wherever it is listed, and write a job. Raises ConflictError when it changed."""

    def gather(
        self, wanted: Sequence[tuple[int, str]], user_id: int | None = None
    ) -> tuple[dict[str, Accreditation], User | None]:
        """Accreditations by GUID, issued here or among the objects of the owner named with it; and a user. One call.

        The recipient of an imported one is left empty.
        """

    def listed(
        self, root_account_id: int, side: Side, email: str, before: int | None, limit: int
    ) -> Slice[Accreditation]:
        """What an address issued or received, newest first, below the id `before`: one call."""

    def held(self, owner_id: int, before: int | None, limit: int) -> Slice[Accreditation]:
        """What an owner imported, newest first: one call."""

    def received(self, root_account_id: int, email: str, after: int, limit: int) -> Slice[Accreditation]:
        """What an address received, oldest first, above the id `after`: one call."""

    def holders(self, guid: str, after: str, limit: int) -> tuple[list[tuple[int, int]], str]:
        """Owner and id of portfolios that hold an accreditation, and where to go on: one call."""


class VerificationStore(Protocol):
    """Verifications and their queue. Every read is strongly consistent."""

    def standing(self, actor: Actor, users: Sequence[int]) -> tuple[Standing, Mapping[int, Verification]]:
        """The actor and others as stored, and the verifications of all of them, begun or not: one call."""

    def named(self, root_account_id: int, email: str) -> list[int]:
        """Ids of the users of an address."""

    def mark(self, images: Sequence[Image]) -> None:
        """Have images collected in a day, unless a verification that is saved refers to them."""

    def save(self, after: Verification, before: Verification) -> None:
        """Write a verification and its place in the queue, and keep its images. Raises ConflictError."""

    def queue(self, root_account_id: int, limit: int) -> list[Verification]:
        """Who waits, longest first: one call."""
