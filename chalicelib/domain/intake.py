"""Imports, as they are asked for: a package is handed in for oneself or for others (brightspace 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.capability import may_use, require_use
from chalicelib.domain.errors import DeniedError, InvalidError, NotFoundError
from chalicelib.domain.job import Job, JobKind
from chalicelib.domain.ports import BlobStore
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.role import Right
from chalicelib.domain.transfer import JobService, scoped
from chalicelib.domain.upload import owned

TARGET_LIMIT = 1000
"""Target users of one import: their jobs are written within the time a request has."""


class Outcome(StrEnum):
    """ImportJobResultType (brightspace 5.3)."""

    SUCCESS = "Success"
    PARTIAL = "PartialSuccess"
    FAILURE = "Failure"


class Report(Struct, frozen=True, kw_only=True):
    """What became of an import for several people: who gets a job, and why others get none, in their order."""

    jobs: Sequence[Job]
    refused: Mapping[int, str]

    @property
    def outcome(self) -> Outcome:
        """In a word."""
        if not self.jobs:
            return Outcome.FAILURE
        return Outcome.PARTIAL if self.refused else Outcome.SUCCESS


class ImportService(Struct, frozen=True):
    """Handing packages in."""

    people: PeopleStore
    blobs: BlobStore
    jobs: JobService

    def request(
        self, actor: Actor, package: BinaryIO | str, targets: Sequence[int] = (), *, idempotency: str = ""
    ) -> list[Job]:
        """One import job a target user, owned by that user; in the order of `targets`, repeats repeated.

        Parameters
        ----------
        package
            Its bytes, or the key of an upload.

        Raises
        ------
        InvalidError
            The key is not of an upload of the actor's, or nothing is there, not yet or not any more.
        DeniedError
            No access, no right to import; or a target is not the caller, who has no right over them.
        NotFoundError
            A target does not exist or cannot receive; then there is no job for anyone (brightspace 5.2).
        """
        wanted = _distinct(actor, targets)
        standing = self._standing(actor, wanted)
        if _refused(actor, standing, wanted):
            raise NotFoundError("A target user does not exist or cannot receive.")
        made = self._start(actor, package, wanted, scoped(idempotency, "import/new"))
        return [made[target] for target in (targets or wanted)]

    def request_for_each(
        self, actor: Actor, package: BinaryIO | str, targets: Sequence[int] = (), *, idempotency: str = ""
    ) -> Report:
        """Like `request`, but a target who does not exist or cannot receive is told, and the others get their jobs.

        Raises
        ------
        InvalidError, DeniedError
            Like `request`.
        """
        wanted = _distinct(actor, targets)
        standing = self._standing(actor, wanted)
        refused = _refused(actor, standing, wanted)
        receiving = [target for target in wanted if target not in refused]
        made = self._start(actor, package, receiving, scoped(idempotency, "import/newwithdetails"))
        return Report(jobs=[made[target] for target in receiving], refused=refused)

    def _standing(self, actor: Actor, wanted: Sequence[int]) -> Standing:
        standing = self.people.standing(actor, users=wanted)
        require_use(standing, Right.IMPORT)
        others = [standing.users.get(target) for target in wanted if target != actor.user_id]
        if others and not _may_import_for_others(standing):
            raise DeniedError("You may import for yourself only.")
        known = [user for user in others if user is not None and user.root_account_id == actor.root_account_id]
        if not all(standing.holds_over(Right.IMPORT_FOR_OTHERS, user) for user in known):
            raise DeniedError("You may not import for some of these users.")
        return standing

    def _start(self, actor: Actor, package: BinaryIO | str, wanted: Sequence[int], idempotency: str) -> dict[int, Job]:
        if not wanted:
            return {}
        drafts = [self.jobs.draft(actor, JobKind.IMPORT, target, {}) for target in wanted]
        place = self._kept(actor, package, drafts[0].id)
        made = self.jobs.start([replace(draft, parameters=place) for draft in drafts], idempotency)
        by_owner = {job.owner_id: job for job in made}
        if not by_owner.keys() >= set(wanted):
            raise InvalidError("This idempotency key was used for other target users.", field="Idempotency-Key")
        return by_owner

    def _kept(self, actor: Actor, package: BinaryIO | str, name: int) -> dict[str, str]:
        """Where the jobs find the package. An upload is named with its state: what replaces it later is not read."""
        if not isinstance(package, str):
            key = f"uploads/{name}"
            self.blobs.put_stream(key, package)
            return {"upload": key}
        etag = self.blobs.etag(package) if owned(actor, package) else ""
        if not etag:
            raise InvalidError("Nothing of yours was uploaded under that key.", field="uploadKey")
        return {"upload": package, "etag": etag}


def _distinct(actor: Actor, targets: Sequence[int]) -> list[int]:
    wanted = list(dict.fromkeys(targets)) or [actor.user_id]
    if len(wanted) > TARGET_LIMIT:
        raise InvalidError(f"Name at most {TARGET_LIMIT} target users.", field="targetUsers")
    return wanted


def _may_import_for_others(standing: Standing) -> bool:
    """Whether the caller has the right over anybody at all; without it nobody learns who exists."""
    user = standing.user
    return user is not None and any(
        standing.roles.grants(one.role, Right.IMPORT_FOR_OTHERS, one.account_path) for one in user.admin_of
    )


def _refused(actor: Actor, standing: Standing, wanted: Sequence[int]) -> dict[int, str]:
    """Who cannot receive, and why (brightspace 5.3)."""
    refused: dict[int, str] = {}
    for target in wanted:
        user = standing.users.get(target)
        if user is None or user.root_account_id != actor.root_account_id or user.workflow_state == "deleted":
            refused[target] = f"User {target} was not found."
        elif not user.active:
            refused[target] = f"User {target} is not active."
        elif not may_use(user, standing.root, standing.roles):
            refused[target] = f"ePortfolio is switched off for user {target}."
    return refused
