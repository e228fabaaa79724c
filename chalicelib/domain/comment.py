"""Comments on an object (brightspace 6): the text of somebody who may see it, kept with the object's owner."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor
from chalicelib.domain.artifact import ArtifactService
from chalicelib.domain.association import COMMENT_PLUGIN
from chalicelib.domain.epobject import Carried, CommentFacts, EpObject, Kind, Relation
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError
from chalicelib.domain.portfolio import TRIES
from chalicelib.domain.ports import Clock, Created, Ids, ObjectStore, Updated

BODY_LIMIT = 4000
"""Characters of a comment."""
COMMENT_LIMIT = 500
"""Comments made on one object here."""
COMMENTED = tuple(kind for kind in Kind if kind is not Kind.PAGE)
"""What the vendor's API knows, and so what can be commented on through it."""


class CommentService(Struct, frozen=True):
    """Reading and making comments. Until objects can be shared, only their owner may do either."""

    objects: ObjectStore
    artifacts: ArtifactService
    clock: Clock
    ids: Ids

    def index(self, actor: Actor, object_id: int) -> list[EpObject]:
        """The comments on the actor's object, oldest first: `COMMENT_LIMIT`, and as many as an answer holds.

        Raises
        ------
        NotFoundError, DeniedError
            Like `ArtifactService.own`.
        """
        target = self.artifacts.own(actor, COMMENTED, object_id)
        return self.objects.comments(target.owner_id, target.id, COMMENT_LIMIT)

    def create(self, actor: Actor, object_id: int, body: str) -> EpObject:
        """A new comment of the actor's on their object.

        Raises
        ------
        InvalidError
            The text is blank or too long, or the object has as many comments as it may.
        NotFoundError, DeniedError
            Like `ArtifactService.own`; denied, too, where the object takes no comments.
        """
        if not body.strip():
            raise InvalidError("Body must not be blank.", field="Body", code="blank")
        if len(body) > BODY_LIMIT:
            raise InvalidError(f"Body must have at most {BODY_LIMIT} characters.", field="Body", code="too_long")
        for _ in range(TRIES):
            target = self.artifacts.own(actor, COMMENTED, object_id)
            if not target.allow_comments:
                raise DeniedError(f"Object {object_id} takes no comments.")
            if len(target.targets("reflected_on_by")) >= COMMENT_LIMIT:
                raise InvalidError(f"An object takes at most {COMMENT_LIMIT} comments and reflections.", field="Body")
            comment = self._draft(actor, target, body)
            # The target is not newer for being talked about; its version alone moves.
            told = replace(target.with_relation("reflected_on_by", comment.id), version=target.version + 1)
            try:
                self.objects.apply([Created(comment), Updated(told)])
            except ConflictError:
                continue
            return comment
        raise ConflictError("The object is being changed by others; try again.")

    def _draft(self, actor: Actor, target: EpObject, body: str) -> EpObject:
        now = self.clock.now()
        return EpObject(
            id=self.ids.new(),
            owner_id=target.owner_id,
            kind=Kind.ITEM,
            name="Comment",
            content=body,
            content_type="text",
            relations=(Relation("reflects_on", target.id),),
            created_at=now,
            updated_at=now,
            added_at=now,
            comment=CommentFacts(user_id=actor.user_id),
            carried=Carried(elements=(COMMENT_PLUGIN,)),
        )
