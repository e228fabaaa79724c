"""Deleting objects: nothing is left that points at them, and their comments go with them (brightspace 6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor
from chalicelib.domain.artifact import ArtifactService
from chalicelib.domain.association import commented_id
from chalicelib.domain.change import Change, Deleted, Updated
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.portfolio import TRIES
from chalicelib.domain.ports import Clock, ObjectStore

BATCH = 12
"""Related objects changed in one transaction: DynamoDB takes 100 writes and 4 MB, and an object may have 300 kB."""


class RemovalService(Struct, frozen=True):
    """Deletes what is neither a portfolio nor a page."""

    objects: ObjectStore
    artifacts: ArtifactService
    clock: Clock

    def delete(self, actor: Actor, kinds: Sequence[Kind], object_id: int) -> EpObject:
        """Delete the actor's object; what it was.

        Objects related to it lose the relation and comments on it are deleted, in transactions of so many, the last
        of which deletes the object: whoever looks in between, or after a failure, sees a whole graph and may delete
        again.

        Raises
        ------
        NotFoundError, DeniedError
            Like `ArtifactService.own`.
        """
        shown: EpObject | None = None
        conflicts = 0
        while conflicts < TRIES:
            one = self.artifacts.own(actor, kinds, object_id)
            shown = shown or one
            try:
                if self._step(one):
                    return shown
            except ConflictError:
                conflicts += 1
        raise ConflictError("The object is being changed by others; try again.")

    def _step(self, one: EpObject) -> bool:
        """One transaction; whether the object is gone after it."""
        now = self.clock.now()
        ids = list(dict.fromkeys(relation.target_id for relation in one.relations))
        part, last = ids[:BATCH], len(ids) <= BATCH
        found = self.objects.held(one.owner_id, part)
        changes: list[Change] = [change for other in found.values() if (change := _parted(other, one, now)) is not None]
        if last:
            changes.append(Deleted(replace(one, deleted_at=now, updated_at=now, version=one.version + 1)))
        else:
            kept = tuple(relation for relation in one.relations if relation.target_id not in part)
            changes.append(Updated(replace(one, relations=kept, version=one.version + 1)))
        self.objects.apply(changes)
        return last


def _parted(other: EpObject, one: EpObject, now: datetime) -> Change | None:
    """How a related object changes when `one` goes."""
    if other.deleted:
        return None
    if commented_id(other) == one.id:
        return Deleted(replace(other, deleted_at=now, updated_at=now, version=other.version + 1))
    kept = tuple(relation for relation in other.relations if relation.target_id != one.id)
    return Updated(replace(other, relations=kept, version=other.version + 1)) if kept != other.relations else None
