"""What an owner holds, as lists: everything of theirs, and what is in a collection (brightspace 6.1)."""

from __future__ import annotations

from msgspec import Struct

from chalicelib.domain.access import Actor
from chalicelib.domain.artifact import ArtifactService
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.paging import PageRequest, Slice
from chalicelib.domain.ports import ObjectStore

CONTENTS_LIMIT = 1000
"""Items of a collection that are shown whole, as far as an answer holds them; the ids of all are always there."""


class HoldingService(Struct, frozen=True):
    """Lists of an owner's objects."""

    objects: ObjectStore
    artifacts: ArtifactService

    def mine(self, actor: Actor, page: PageRequest) -> Slice[EpObject]:
        """One page of the actor's objects, by kind and age; pages and comments are parts of others and not among them.

        Raises
        ------
        DeniedError, InvalidError
            ePortfolio is switched off; the cursor is not one of this list.
        """
        self.artifacts.check_access(actor)
        return self.objects.shelf(actor.user_id, page)

    def contents(self, actor: Actor, collection_id: int) -> tuple[EpObject, list[EpObject]]:
        """A collection of the actor's and the items in it, in their order, deleted ones left out.

        Raises
        ------
        NotFoundError, DeniedError
            Like `ArtifactService.own`.
        """
        collection = self.artifacts.own(actor, (Kind.COLLECTION,), collection_id)
        wanted = collection.targets("has_part")[:CONTENTS_LIMIT]
        return collection, self.objects.shown(actor.user_id, wanted)
