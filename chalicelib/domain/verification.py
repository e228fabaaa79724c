"""Verification of who somebody is: images, a request, a queue in the order of asking, a decision (accreditly 4).

It is about a user, not about an address: who takes over an address takes no approval over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor, Standing, holds
from chalicelib.domain.epobject import DESCRIPTION_LIMIT
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError, NotFoundError, TooLargeError
from chalicelib.domain.identity import MAX_ID
from chalicelib.domain.person import User
from chalicelib.domain.portfolio import TRIES
from chalicelib.domain.ports import BlobStore, Clock, Ids
from chalicelib.domain.ports_accreditations import VerificationStore
from chalicelib.domain.role import Right

IMAGE_LIMIT = 10
IMAGE_BYTES_LIMIT = 5 * 1024 * 1024
QUEUE_LIMIT = 1000
"""Requests the queue shows; the ones behind come forward as these are decided."""
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff"
DELETED = "deleted"


class Status(StrEnum):
    """State of a verification (accreditly 4.1)."""

    UNSUBMITTED = "unsubmitted"
    PENDING = "pending"
    REJECTED = "rejected"
    APPROVED = "approved"


class Image(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An evidence image in the bucket."""

    key: str
    media_type: str
    size_bytes: int


class Verification(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where a user stands; `version` 0: they never began.

    `email` is how the queue calls them, `queued_at` their place in it.
    """

    user_id: int
    root_account_id: int
    email: str = ""
    account_paths: tuple[str, ...] = ()
    status: Status = Status.UNSUBMITTED
    images: tuple[Image, ...] = ()
    reason: str = ""
    queued_at: datetime | None = None
    version: int = 0


class Subject(Struct, frozen=True, kw_only=True):
    """A user with their verification."""

    user: User
    verification: Verification


class VerificationService(Struct, frozen=True):
    """Asking to be verified, and reviewing who asks."""

    store: VerificationStore
    blobs: BlobStore
    clock: Clock
    ids: Ids

    def show(self, actor: Actor) -> Verification:
        """Where the actor stands; also for one who never began."""
        return self._own(actor).verification

    def upload(self, actor: Actor, images: Sequence[bytes]) -> Verification:
        """The actor's images, in place of those before; who waits goes to the end of the queue.

        Raises
        ------
        InvalidError, TooLargeError
            No image, too many, or one that is none; the actor is approved already; an image is too large.
        """
        types = check_images(images)
        kept: tuple[Image, ...] = ()
        for _ in range(TRIES):
            before = self._own(actor)
            if before.verification.status is Status.APPROVED:
                raise InvalidError("You are verified already.")
            if not kept:
                kept = self._keep(actor, images, types)
            waits = before.verification.status is Status.PENDING
            after = self._next(
                before,
                Status.PENDING if waits else Status.UNSUBMITTED,
                images=kept,
                queued_at=self.clock.now() if waits else None,
            )
            try:
                self.store.save(after, before.verification)
            except ConflictError:
                continue
            self.blobs.delete([image.key for image in before.verification.images])
            return after
        raise ConflictError("Your verification is being changed by others; try again.")

    def submit(self, actor: Actor) -> Verification:
        """The actor's request, at the end of the queue. Raises InvalidError: no image, or it is not its time."""
        for _ in range(TRIES):
            before = self._own(actor)
            if before.verification.status in (Status.PENDING, Status.APPROVED):
                raise InvalidError(f"Your request is {before.verification.status.value} already.")
            if not before.verification.images:
                raise InvalidError("Upload your evidence images first.")
            after = self._next(before, Status.PENDING, queued_at=self.clock.now())
            try:
                self.store.save(after, before.verification)
            except ConflictError:
                continue
            return after
        raise ConflictError("Your verification is being changed by others; try again.")

    def images(self, actor: Actor) -> Sequence[tuple[Image, str]]:
        """The actor's images, each with a short-lived address."""
        return self._links(self._own(actor).verification)

    def queue(self, actor: Actor) -> list[Verification]:
        """Who waits for the actor's review, in the order of asking. Raises DeniedError."""
        standing = self._reviewer(self.store.standing(actor, ())[0])
        waiting = self.store.queue(actor.root_account_id, QUEUE_LIMIT)
        return [one for one in waiting if _reviews(standing, one.account_paths)]

    def decide(self, actor: Actor, who: str, *, approved: bool, reason: str = "") -> Verification:
        """A reviewer's decision over somebody who waits; `who` is an e-mail address or a user's id.

        Raises
        ------
        DeniedError, NotFoundError, InvalidError
            The actor is no reviewer (of theirs); there is no such user; they do not wait.
        """
        if len(reason) > DESCRIPTION_LIMIT:
            raise InvalidError(f"message must have at most {DESCRIPTION_LIMIT} characters.", field="message")
        for _ in range(TRIES):
            before = self._subject(actor, who)
            if before.verification.status is not Status.PENDING:
                raise InvalidError("The user's request is not pending.")
            after = self._next(before, Status.APPROVED if approved else Status.REJECTED, reason=reason)
            try:
                self.store.save(after, before.verification)
            except ConflictError:
                continue
            return after
        raise ConflictError("The verification is being changed by others; try again.")

    def images_of(self, actor: Actor, who: str) -> Sequence[tuple[Image, str]]:
        """Somebody's images for a reviewer, each with a short-lived address. Raises DeniedError, NotFoundError."""
        return self._links(self._subject(actor, who).verification)

    def _own(self, actor: Actor) -> Subject:
        standing, found = self.store.standing(actor, ())
        if standing.user is None:
            raise DeniedError("The user is not active.")
        return Subject(user=standing.user, verification=found[actor.user_id])

    def _subject(self, actor: Actor, who: str) -> Subject:
        ids = self._ids(actor, who)
        standing, found = self.store.standing(actor, ids)
        self._reviewer(standing)
        users = [standing.users[one] for one in ids if one in standing.users]
        # Who was deleted while they waited is in the queue until somebody decides.
        users = [one for one in users if one.workflow_state != DELETED or found[one.id].status is Status.PENDING]
        users = [one for one in users if one.root_account_id == actor.root_account_id]
        if not users:
            raise NotFoundError("There is no such user.")
        reviewed = [one for one in users if _reviews(standing, one.account_paths or found[one.id].account_paths)]
        if not reviewed:
            raise DeniedError("You do not review this user.")
        return _first_of([Subject(user=one, verification=found[one.id]) for one in reviewed])

    def _ids(self, actor: Actor, who: str) -> Sequence[int]:
        """Users of that id or address, else those the queue still calls by it."""
        if who.isascii() and who.isdigit() and len(who) <= len(str(MAX_ID)):
            return [int(who)]
        named = self.store.named(actor.root_account_id, who)
        if named:
            return named
        waiting = self.store.queue(actor.root_account_id, QUEUE_LIMIT)
        return [one.user_id for one in waiting if one.email and one.email.casefold() == who.casefold()]

    def _reviewer(self, standing: Standing) -> Standing:
        if not standing.holds_somewhere(Right.REVIEW_VERIFICATIONS):
            raise DeniedError("You are not a reviewer.")
        return standing

    def _keep(self, actor: Actor, images: Sequence[bytes], types: Sequence[str]) -> tuple[Image, ...]:
        """Store images that nothing refers to yet, with a mark for the collector in case nothing ever will."""
        kept = tuple(
            Image(key=f"verification/{actor.user_id}/{self.ids.hexadecimal(32)}", media_type=kind, size_bytes=len(one))
            for one, kind in zip(images, types, strict=True)
        )
        self.store.mark(kept)
        for image, content in zip(kept, images, strict=True):
            self.blobs.put(image.key, content)
        return kept

    def _links(self, verification: Verification) -> list[tuple[Image, str]]:
        return [
            (image, self.blobs.link(image.key, content_type=image.media_type, disposition="inline"))
            for image in verification.images
        ]

    def _next(
        self,
        before: Subject,
        status: Status,
        *,
        images: tuple[Image, ...] | None = None,
        reason: str = "",
        queued_at: datetime | None = None,
    ) -> Verification:
        one = before.verification
        return replace(
            one,
            email=before.user.address,
            account_paths=before.user.account_paths,
            status=status,
            images=one.images if images is None else images,
            reason=reason,
            queued_at=queued_at,
            version=one.version + 1,
        )


def check_images(images: Sequence[bytes]) -> list[str]:
    """The media types of images, by their content. Raises InvalidError, TooLargeError."""
    if not images:
        raise InvalidError("Send at least one file.", field="file", code="blank")
    if len(images) > IMAGE_LIMIT:
        raise InvalidError(f"Send at most {IMAGE_LIMIT} files.", field="file", code="too_long")
    if any(len(one) > IMAGE_BYTES_LIMIT for one in images):
        raise TooLargeError(f"An image has at most {IMAGE_BYTES_LIMIT} bytes.")
    types = ["image/png" if one.startswith(PNG) else "image/jpeg" if one.startswith(JPEG) else "" for one in images]
    if not all(types):
        raise InvalidError("A file is neither a PNG nor a JPEG image.", field="file")
    return types


def _reviews(standing: Standing, account_paths: Sequence[str]) -> bool:
    right = Right.REVIEW_VERIFICATIONS
    return any(holds(standing.user, right, path, standing.roles) for path in account_paths)


def _first_of(subjects: Sequence[Subject]) -> Subject:
    """Of several users with one address, the one who has waited longest."""
    waiting = [one for one in subjects if one.verification.queued_at is not None]
    return min(waiting, key=lambda one: str(one.verification.queued_at)) if waiting else subjects[0]
