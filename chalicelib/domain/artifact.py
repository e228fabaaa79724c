"""Artifacts and reflections: files, links, reflections, collections as Brightspace authors them (brightspace 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import access
from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.association import commented_id
from chalicelib.domain.capability import require_use
from chalicelib.domain.epobject import INVERSE, MEDIA_TYPE, EpObject, FileFacts, GeoTag, Kind, Tag
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from chalicelib.domain.portfolio import TRIES, check_description, check_name
from chalicelib.domain.ports import BlobStore, Clock, Created, Ids, ObjectStore, Updated

TAG_LIMIT = 100
TAG_TEXT_LIMIT = 255
"""Characters of a tag."""
DEFAULT_FILE_NAME = "file"
FILE_NAME_LIMIT = 255
URL_LIMIT = 2048


class ObjectDraft(Struct, frozen=True, kw_only=True):
    """The members of an EpObject in a create call (brightspace 6)."""

    name: str
    description: str = ""
    tags: Sequence[Tag] = ()
    allow_comments: bool = True
    geo_tag: GeoTag | None = None


class ArtifactService(Struct, frozen=True):
    """What can be done with objects that are no portfolio and no page."""

    objects: ObjectStore
    blobs: BlobStore
    clock: Clock
    ids: Ids

    def create_reflection(self, actor: Actor, draft: ObjectDraft) -> EpObject:
        """A new reflection; its text is the draft's description. Raises InvalidError, DeniedError."""
        self.check_access(actor)
        check_description(draft.description)
        return self._create(
            actor, Kind.REFLECTION, replace(draft, description=""), content=draft.description, content_type="text"
        )

    def create_collection(self, actor: Actor, draft: ObjectDraft) -> EpObject:
        """A new, empty collection. Raises InvalidError, DeniedError."""
        self.check_access(actor)
        return self._create(actor, Kind.COLLECTION, draft)

    def create_link(self, actor: Actor, draft: ObjectDraft, url: str) -> EpObject:
        """A new link artifact. Raises InvalidError (also for an address that is not of the web), DeniedError."""
        self.check_access(actor)
        if len(url) > URL_LIMIT or not url.lower().startswith(("http://", "https://")):
            raise InvalidError(f"Url must be an http or https address of at most {URL_LIMIT} characters.", field="Url")
        return self._create(actor, Kind.LINK, draft, url=url)

    def upload(
        self, actor: Actor, content: BinaryIO, *, file_name: str, media_type: str, name: str = "", description: str = ""
    ) -> EpObject:
        """A new file artifact with those bytes. Raises InvalidError, DeniedError.

        Parameters
        ----------
        content
            Seekable; read twice.
        name
            Its title; `file` when not given (brightspace 6.1).
        """
        draft = ObjectDraft(name=(name.strip() and name) or DEFAULT_FILE_NAME, description=description)
        self.check_access(actor)
        check_draft(draft)

        def stored() -> FileFacts:
            blob = self.blobs.put_file(content)
            return FileFacts(
                file_name=_base_name(file_name) or draft.name,
                media_type=media_type if MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream",
                size_bytes=blob.size_bytes,
                sha256=blob.sha256,
            )

        created = self._create(actor, Kind.FILE, draft, file=stored)
        # Unused bytes may be collected between storing them and referring to them; from now on they may not.
        self.blobs.put_file(content)
        return created

    def reflect_on(self, actor: Actor, reflection_id: int, object_id: int, *, remove: bool = False) -> EpObject:
        """Associate a reflection with an object of the same owner, or end it (brightspace 6.1). See `_relate`."""
        return self._relate(actor, Kind.REFLECTION, reflection_id, "reflects_on", object_id, remove=remove)

    def collect(self, actor: Actor, collection_id: int, object_id: int, *, remove: bool = False) -> EpObject:
        """Put an object of the same owner into a collection, or take it out (brightspace 6.1). See `_relate`."""
        return self._relate(actor, Kind.COLLECTION, collection_id, "has_part", object_id, remove=remove)

    def _relate(self, actor: Actor, kind: Kind, object_id: int, rel: str, target_id: int, *, remove: bool) -> EpObject:
        """The object after its relation to the target, stated on both, was made or ended.

        Raises
        ------
        NotFoundError, DeniedError, InvalidError
            One of them does not exist; is someone else's; is the other.
        """
        if object_id == target_id:
            raise InvalidError(f"A {kind.value} cannot be put on or into itself.", field="objectId")
        for _ in range(TRIES):
            one, target = self._own_pair(actor, kind, object_id, target_id)
            changed = _related(one, rel, target, remove=remove)
            if changed == (one, target):
                return one
            now = self.clock.now()
            after = [replace(one, version=one.version + 1, updated_at=now) for one in changed]
            try:
                self.objects.apply([Updated(one) for one in after])
            except ConflictError:
                continue
            return after[0]
        raise ConflictError(f"The {kind.value} is being changed by others; try again.")

    def own(self, actor: Actor, kinds: Sequence[Kind] | type[Kind], object_id: int) -> EpObject:
        """The actor's own object, checked in the order of brightspace 3: access, existence, ownership.

        Raises
        ------
        DeniedError, NotFoundError
            ePortfolio is switched off, or the object is someone else's (brightspace 6.1); there is none.
        """
        sight = self.objects.find(actor, tuple(kinds), object_id)
        if sight is None or sight.roles is None:
            self.check_access(actor)
        else:
            require_use(Standing(user=sight.viewer, root=sight.account, roles=sight.roles))
        if sight is None or _hidden(sight.object) or access.foreign(actor, sight):
            raise NotFoundError(f"There is no object {object_id}.")
        if sight.object.owner_id != actor.user_id:
            raise DeniedError(f"Object {object_id} belongs to someone else.")
        return sight.object

    def check_access(self, actor: Actor) -> None:
        """Raise DeniedError where ePortfolio is switched off (brightspace 1.5)."""
        require_use(self.objects.places(actor, [])[1])

    def file_link(self, actor: Actor, object_id: int) -> str:
        """A short-lived address of a file's bytes. Raises NotFoundError, DeniedError."""
        found = self.own(actor, (Kind.FILE,), object_id)
        if found.file is None:
            raise NotFoundError(f"Object {object_id} is not a file.")
        return self.blobs.file_link(found.file.sha256, file_name=found.file.file_name, media_type=found.file.media_type)

    def _own_pair(self, actor: Actor, kind: Kind, object_id: int, target_id: int) -> tuple[EpObject, EpObject]:
        """Both and the right to them in one read; when one is not among the actor's, `own` tells why."""
        keys = [(kind, object_id), *((any_kind, target_id) for any_kind in Kind)]
        found, standing = self.objects.holdings(actor, keys)
        require_use(standing)
        one, target = found.get(object_id), found.get(target_id)
        if one is None or _hidden(one) or one.kind is not kind:
            one = self.own(actor, (kind,), object_id)
        if target is None or _hidden(target):
            target = self.own(actor, Kind, target_id)
        return one, target

    def _create(
        self,
        actor: Actor,
        kind: Kind,
        draft: ObjectDraft,
        *,
        content: str = "",
        content_type: str = "html",
        url: str = "",
        file: Callable[[], FileFacts] | None = None,
    ) -> EpObject:
        check_draft(draft)
        for _ in range(TRIES):
            now = self.clock.now()
            created = EpObject(
                id=self.ids.new(),
                owner_id=actor.user_id,
                kind=kind,
                name=draft.name,
                description=draft.description,
                content=content,
                content_type=content_type,
                tags=tuple(dict.fromkeys(draft.tags)),
                allow_comments=draft.allow_comments,
                geo_tag=draft.geo_tag,
                created_at=now,
                updated_at=now,
                added_at=now,
                url=url,
                file=file() if file else None,
            )
            try:
                self.objects.apply([Created(created)])
            except ConflictError:
                continue
            return created
        raise ConflictError("No free object id was found; try again.")


def check_draft(draft: ObjectDraft) -> None:
    """Raise InvalidError when a draft breaks a rule."""
    check_name(draft.name, "Name")
    check_description(draft.description, "Description")
    if len(draft.tags) > TAG_LIMIT:
        raise InvalidError(f"Tags must be at most {TAG_LIMIT}.", field="Tags")
    if any(len(tag.text) > TAG_TEXT_LIMIT for tag in draft.tags):
        raise InvalidError(f"A tag has at most {TAG_TEXT_LIMIT} characters.", field="Tags", code="too_long")


def _hidden(one: EpObject) -> bool:
    """Whether there is no such object to the vendor's API: it is deleted, or a comment, which is part of another."""
    return one.deleted or commented_id(one) is not None


def _related(one: EpObject, rel: str, target: EpObject, *, remove: bool) -> tuple[EpObject, EpObject]:
    if remove:
        return one.without_relation(rel, target.id), target.without_relation(INVERSE[rel], one.id)
    return one.with_relation(rel, target.id), target.with_relation(INVERSE[rel], one.id)


def _base_name(file_name: str) -> str:
    """The last part of what a client calls a file; some send whole paths."""
    return file_name.replace("\\", "/").rsplit("/", 1)[-1].strip()[:FILE_NAME_LIMIT]
