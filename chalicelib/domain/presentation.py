"""Presentations: portfolios as Brightspace authors and deletes them (brightspace 6)."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import spam
from chalicelib.domain.access import Actor
from chalicelib.domain.artifact import ArtifactService, ObjectDraft, check_draft
from chalicelib.domain.capability import require_use
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError
from chalicelib.domain.portfolio import TRIES, PortfolioService, check_description
from chalicelib.domain.ports import Clock, Created, Deleted, ObjectStore
from chalicelib.domain.ports_people import PeopleStore

BANNER_LIMIT = 255
"""Characters of a banner's title."""


class Banner(Struct, frozen=True, kw_only=True):
    """What is written over a presentation."""

    title: str = ""
    description: str = ""


class PresentationService(Struct, frozen=True):
    """What Brightspace can do with portfolios."""

    objects: ObjectStore
    people: PeopleStore
    portfolios: PortfolioService
    artifacts: ArtifactService
    clock: Clock

    def create(self, actor: Actor, draft: ObjectDraft, banner: Banner) -> EpObject:
        """A new presentation of the actor. Raises InvalidError, DeniedError."""
        standing = self.people.standing(actor)
        require_use(standing)
        owner, account = standing.user, standing.root
        if owner is None:
            raise DeniedError("There is no such user.")
        check_draft(draft)
        check_description(banner.description, "BannerDescription")
        if len(banner.title) > BANNER_LIMIT:
            raise InvalidError(f"BannerTitle must have at most {BANNER_LIMIT} characters.", field="BannerTitle")
        for _ in range(TRIES):
            made = self.portfolios.draft(owner, name=draft.name, description=draft.description)
            facts = made.portfolio and replace(
                made.portfolio, banner_title=banner.title, banner_description=banner.description
            )
            made = replace(
                made,
                tags=tuple(dict.fromkeys(draft.tags)),
                allow_comments=draft.allow_comments,
                geo_tag=draft.geo_tag,
                portfolio=facts,
            )
            try:
                self.objects.apply([Created(spam.checked(made, account))])
            except ConflictError:
                continue
            return made
        raise ConflictError("No free presentation id was found; try again.")

    def delete(self, actor: Actor, presentation_id: int) -> EpObject:
        """Delete the actor's presentation, in every dialect; what it was. Canvas's restore brings back all of it.

        Raises
        ------
        NotFoundError, DeniedError
            Like `ArtifactService.own`.
        """
        for _ in range(TRIES):
            one = self.artifacts.own(actor, (Kind.PORTFOLIO,), presentation_id)
            now = self.clock.now()
            try:
                self.objects.apply([Deleted(replace(one, deleted_at=now, updated_at=now, version=one.version + 1))])
            except ConflictError:
                continue
            return one
        raise ConflictError("The presentation is being changed by others; try again.")
