"""Exports as their owners ask for them, and what every job of theirs has (brightspace 3, 4; design 4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor
from chalicelib.domain.association import Associates, is_objective
from chalicelib.domain.capability import require_use
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from chalicelib.domain.job import Job, JobKind, JobStatus, PackageFile
from chalicelib.domain.portfolio import TRIES
from chalicelib.domain.ports import BlobStore, Clock, Ids, JobQueue, JobStore, ObjectStore
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.role import Right

EXPORT_ID_LIMIT = 10_000
"""Objects one export may name, with what the options add; an export of all has no limit."""
EXPANDED_BATCH = 50
"""Named objects in memory at once while the options look for more."""


class ExportOptions(Struct, frozen=True, kw_only=True):
    """What an export adds to the named objects (brightspace 4.1)."""

    forms: bool = False
    associated: bool = False
    reflections: bool = False
    """Reflections associated with a named object."""
    of_reflections: bool = False
    """Objects that named reflections are associated with."""


class JobService(Struct, frozen=True):
    """What exports and imports share: making jobs, and looking at one's own."""

    jobs: JobStore
    queue: JobQueue
    clock: Clock
    ids: Ids
    keep_s: int

    def start(self, jobs: Sequence[Job], idempotency: str = "") -> list[Job]:
        """Write the jobs, then announce them. A repeated idempotency key answers the jobs it made before.

        Raises
        ------
        NotFoundError
            No free id was found (brightspace 4.1, 5.1).
        """
        for _ in range(TRIES):
            jobs = self._numbered(jobs)
            try:
                made = self.jobs.create(jobs, idempotency)
            except ConflictError:
                jobs = [replace(job, id=self.ids.new()) for job in jobs]
                continue
            self.queue.send(job.id for job in made if job.status is JobStatus.QUEUED)
            return made
        raise NotFoundError("No free task id was found; try again.")

    def announce(self, jobs: Sequence[Job]) -> None:
        """Announce jobs that were written with something else."""
        self.queue.send(job.id for job in jobs)

    def _numbered(self, jobs: Sequence[Job]) -> list[Job]:
        """The jobs with ids that differ: of many made in one millisecond, two may well have drawn the same."""
        distinct: dict[int, Job] = {}
        for job in jobs:
            numbered = job
            while numbered.id in distinct:
                numbered = replace(job, id=self.ids.new())
            distinct[numbered.id] = numbered
        return list(distinct.values())

    def draft(self, actor: Actor, kind: JobKind, owner_id: int, parameters: dict[str, Any]) -> Job:
        """A job that is not stored yet."""
        now = self.clock.now()
        return Job(
            id=self.ids.new(),
            kind=kind,
            owner_id=owner_id,
            requested_by=actor.user_id,
            root_account_id=actor.root_account_id,
            created_at=now,
            expires_at=now + timedelta(seconds=self.keep_s),
            parameters=parameters,
        )

    def own(self, actor: Actor, kind: JobKind, job_id: int) -> Job:
        """The caller's job, checked in the order of brightspace 3: access, existence, ownership.

        Raises
        ------
        DeniedError, NotFoundError
            ePortfolio is switched off, or the job is someone else's; unknown, expired, of the other kind, or of
            another institution.
        """
        job, standing = self.jobs.find(actor, job_id)
        require_use(standing)
        if job is None or job.kind is not kind or job.root_account_id != actor.root_account_id:
            raise NotFoundError(f"No {kind} task {job_id} is visible to you.")
        if job.owner_id != actor.user_id:
            raise DeniedError(f"The {kind} task {job_id} belongs to someone else.")
        return job


class ExportService(Struct, frozen=True):
    """Asking for packages and fetching them."""

    objects: ObjectStore
    blobs: BlobStore
    jobs: JobService
    people: PeopleStore
    received_any: Callable[[Actor], bool]
    """Whether the caller has accreditations, which are kept by address and leave with their objects."""

    def request(
        self, actor: Actor, ids: Sequence[int], options: ExportOptions | None = None, *, idempotency: str = ""
    ) -> Job:
        """An export of the named objects and what the options add; the set of ids is fixed now.

        Raises
        ------
        InvalidError
            No id, too many, or none that exists.
        DeniedError
            No access, or one of them is someone else's.
        """
        wanted = list(dict.fromkeys(ids))
        places, standing = self.objects.places(actor, wanted[:EXPORT_ID_LIMIT])
        require_use(standing, Right.EXPORT)
        if not wanted:
            raise InvalidError("Name at least one object.", field="ObjectIds", code="blank")
        _check_count(wanted)
        places = {object_id: place for object_id, place in places.items() if not place.deleted}
        others = {place.owner_id for place in places.values()} - {actor.user_id}
        near = self._near(actor, others) if others else False
        keys = {object_id: place.kind for object_id, place in places.items() if place.owner_id == actor.user_id}
        if not (keys or near):
            raise InvalidError("None of the objects exists.", field="ObjectIds")
        if near:
            raise DeniedError("Some of the objects belong to someone else.")
        if options and options != ExportOptions():
            keys |= self._added(actor, keys, options)
            _check_count(keys)
        parameters = {"keys": [[kind.value, object_id] for object_id, kind in sorted(keys.items())]}
        job = self.jobs.draft(actor, JobKind.EXPORT, actor.user_id, parameters)
        return self.jobs.start([job], scoped(idempotency, "export/new"))[0]

    def request_all(self, actor: Actor, *, idempotency: str = "") -> Job:
        """An export of everything the caller owns at this moment. Raises InvalidError when that is nothing."""
        require_use(self.objects.places(actor, [])[1], Right.EXPORT)
        if not (self.objects.owns_anything(actor.user_id) or self.received_any(actor)):
            raise InvalidError("You own nothing to export.", field="ObjectIds")
        job = self.jobs.draft(actor, JobKind.EXPORT, actor.user_id, {})
        return self.jobs.start([job], scoped(idempotency, "export/new/all"))[0]

    def package(self, actor: Actor, job_id: int) -> PackageFile:
        """The finished package. Raises NotFoundError while there is none, DeniedError for another's."""
        job = self.jobs.own(actor, JobKind.EXPORT, job_id)
        if job.result is None or not self.blobs.exists(job.result.key):
            raise NotFoundError(f"The export task {job_id} has no package.")
        return job.result

    def problems_link(self, job: Job) -> str | None:
        """A presigned address of all problems of a job; None when the job itself has them all."""
        if not job.problems_key:
            return None
        name = f'attachment; filename="{job.kind.value}-{job.id}-problems.jsonl"'
        return self.blobs.link(job.problems_key, content_type="application/jsonl", disposition=name)

    def _near(self, actor: Actor, owners: set[int]) -> bool:
        """Whether any of them is of the actor's institution: what others have does not exist (ADR 11)."""
        found = self.people.users(sorted(owners))
        return any(one.root_account_id == actor.root_account_id for one in found.values())

    def _added(self, actor: Actor, keys: dict[int, Kind], options: ExportOptions) -> dict[int, Kind]:
        wanted = [(kind, object_id) for object_id, kind in keys.items()]
        found = Associates()
        for start in range(0, len(wanted), EXPANDED_BATCH):
            for one in self.objects.own(actor.user_id, wanted[start : start + EXPANDED_BATCH]).values():
                _expand(found, one, options)
            _check_count(found.ids)
        places, _ = self.objects.places(actor, sorted(found.ids - keys.keys()))
        kinds = {
            object_id: place.kind
            for object_id, place in places.items()
            if place.owner_id == actor.user_id and not place.deleted
        }
        added = self._associated(actor, found, kinds)
        if options.forms:
            added |= dict.fromkeys(self.objects.ids_of_kind(actor.user_id, Kind.FORM), Kind.FORM)
        return added

    def _associated(self, actor: Actor, found: Associates, kinds: dict[int, Kind]) -> dict[int, Kind]:
        """Those of the ids found that turn out to be associated."""
        sure = found.certain | {one for one in found.reflections if kinds.get(one) is Kind.REFLECTION}
        doubtful = [(Kind.ITEM, one) for one in found.objectives - sure if kinds.get(one) is Kind.ITEM]
        for start in range(0, len(doubtful), EXPANDED_BATCH):
            part = self.objects.own(actor.user_id, doubtful[start : start + EXPANDED_BATCH])
            sure |= {one.id for one in part.values() if is_objective(one)}
        return {one: kind for one, kind in kinds.items() if one in sure}


def _expand(found: Associates, one: EpObject, options: ExportOptions) -> None:
    """Take in what the options add to an object, one hop away."""
    if options.associated:
        found.add(one)
    if options.reflections:
        found.reflections.update(one.targets("reflected_on_by"))
    if options.of_reflections and one.kind is Kind.REFLECTION:
        found.certain.update(one.targets("reflects_on"))


def _check_count(ids: Collection[int]) -> None:
    if len(ids) > EXPORT_ID_LIMIT:
        raise InvalidError(f"Name at most {EXPORT_ID_LIMIT} objects, or export all.", field="ObjectIds")


def scoped(idempotency: str, route: str) -> str:
    """An idempotency key, good for one route; empty when none was given."""
    return f"{route}/{idempotency}" if idempotency else ""
