"""Pages of a portfolio: sections in an order (canvas-a 2.1, 2.3; writes are design 2's extensions)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import access, spam
from chalicelib.domain.access import Actor, Sight
from chalicelib.domain.epobject import Carried, EpObject, Kind, PageFacts, Section
from chalicelib.domain.errors import ConflictError, InvalidError, NotFoundError
from chalicelib.domain.paging import PageRequest, Slice
from chalicelib.domain.person import Account
from chalicelib.domain.portfolio import TRIES, PortfolioService, check_name, require
from chalicelib.domain.ports import Clock, Created, Deleted, Ids, ObjectStore, Updated

CONTENT_LIMIT = 1024 * 1024
"""Bytes of a page's content as it is kept, all sections together: at worst four times so many fit an answer."""
SENT_LIMIT = 4 * CONTENT_LIMIT
"""Characters of content that are looked at: much of what editors paste is not kept."""
SECTION_TYPES = ("rich_text", "html", "attachment", "submission", "")
POSITION_LIMIT = 2**31 - 1


class PageDraft(Struct, frozen=True, kw_only=True):
    """What a caller says of a page; None: not said."""

    name: str | None = None
    sections: Sequence[Section] | None = None
    plain: bool = False
    position: int | None = None


class PageService(Struct, frozen=True):
    """What can be done with pages. `sanitise` makes stored HTML safe."""

    objects: ObjectStore
    portfolios: PortfolioService
    clock: Clock
    ids: Ids
    sanitise: Callable[[str], str]

    def index(self, actor: Actor, portfolio_id: int, page: PageRequest) -> Slice[EpObject]:
        """One page of a portfolio's pages, by position. Raises NotFoundError, DeniedError like `show`."""
        portfolio = self.portfolios.show(actor, portfolio_id)
        total = portfolio.portfolio.page_count if portfolio.portfolio else 0
        return replace(self.objects.pages(portfolio, page), total=total)

    def create(self, actor: Actor, portfolio_id: int, draft: PageDraft) -> EpObject:
        """A new page, at the end unless a position is given.

        Raises
        ------
        InvalidError, NotFoundError, DeniedError
            A field breaks a rule; no such portfolio; the actor is not its owner.
        """
        name = check_name(draft.name or "")
        for _ in range(TRIES):
            portfolio, account = self._own_portfolio(actor, portfolio_id)
            count = portfolio.portfolio.page_count if portfolio.portfolio else 0
            now = self.clock.now()
            page = EpObject(
                id=self.ids.new(),
                owner_id=actor.user_id,
                kind=Kind.PAGE,
                name=name,
                created_at=now,
                updated_at=now,
                added_at=now,
                page=PageFacts(
                    portfolio_id=portfolio_id,
                    position=count + 1 if draft.position is None else _position(draft.position),
                    sections=self._sections(draft.sections or ()),
                    plain=draft.plain,
                ),
            )
            try:
                self.objects.apply([Created(page), self._touched(portfolio, page, account, pages=1)])
            except ConflictError:
                continue
            return page
        raise ConflictError("The portfolio is being changed by others; try again.")

    def update(self, actor: Actor, portfolio_id: int, page_id: int, draft: PageDraft) -> EpObject:
        """The page after the change. Raises InvalidError, NotFoundError, DeniedError."""
        if draft.name is not None:
            check_name(draft.name)
        for _ in range(TRIES):
            portfolio, before, account = self._own_page(actor, portfolio_id, page_id)
            after = self._changed(before, draft)
            try:
                self.objects.apply([Updated(after), self._touched(portfolio, after, account)])
            except ConflictError:
                continue
            return after
        raise ConflictError("The page is being changed by others; try again.")

    def delete(self, actor: Actor, portfolio_id: int, page_id: int) -> EpObject:
        """The page, deleted. Raises NotFoundError, DeniedError."""
        for _ in range(TRIES):
            portfolio, before, account = self._own_page(actor, portfolio_id, page_id)
            now = self.clock.now()
            after = replace(before, deleted_at=now, updated_at=now, version=before.version + 1)
            try:
                self.objects.apply([Deleted(after), self._touched(portfolio, after, account, pages=-1)])
            except ConflictError:
                continue
            return after
        raise ConflictError("The page is being changed by others; try again.")

    def _changed(self, before: EpObject, draft: PageDraft) -> EpObject:
        facts = before.page
        if facts is None:
            raise NotFoundError("There is no such page.")
        carried, content = before.carried, before.content
        if draft.position is not None:
            facts = replace(facts, position=_position(draft.position))
        if draft.sections is not None:
            facts = replace(facts, sections=self._sections(draft.sections), plain=draft.plain)
            # A layout that came with an import describes the old sections; the writer makes a new one.
            elements = tuple(element for element in carried.elements if element.tag != "mahara:view")
            carried, content = replace(carried, elements=elements), ""
        return replace(
            before,
            name=before.name if draft.name is None else draft.name,
            page=facts,
            carried=carried if carried != Carried() else Carried(),
            content=content,
            updated_at=self.clock.now(),
            version=before.version + 1,
        )

    def _sections(self, sections: Sequence[Section]) -> tuple[Section, ...]:
        if sum(len(section.content) for section in sections) > SENT_LIMIT:
            raise _too_long()
        for section in sections:
            if section.type not in SECTION_TYPES:
                raise InvalidError(
                    f"section_type {section.type!r} is not one of {SECTION_TYPES[:-1]}.", field="content"
                )
        kept = tuple(replace(section, content=self.sanitise(section.content)) for section in sections)
        if sum(len(section.content.encode()) for section in kept) > CONTENT_LIMIT:
            raise _too_long()
        return kept

    def _own_portfolio(self, actor: Actor, portfolio_id: int) -> tuple[EpObject, Account | None]:
        sight = self.portfolios.sight(actor, portfolio_id)
        require(access.may_author_portfolio(actor, sight))
        return sight.object, sight.account

    def _own_page(self, actor: Actor, portfolio_id: int, page_id: int) -> tuple[EpObject, EpObject, Account | None]:
        keys = ((Kind.PORTFOLIO, portfolio_id), (Kind.PAGE, page_id))
        found, standing = self.objects.holdings(actor, keys)
        portfolio, page = found.get(portfolio_id), found.get(page_id)
        if portfolio is None:
            portfolio, _ = self._own_portfolio(actor, portfolio_id)  # tells not found from denied
        else:
            require(access.may_author_portfolio(actor, Sight(object=portfolio, account=standing.root)))
        if page is None or page.deleted or page.page is None or page.page.portfolio_id != portfolio_id:
            raise NotFoundError("There is no such page.")
        return portfolio, page, standing.root

    def _touched(self, portfolio: EpObject, page: EpObject, account: Account | None, *, pages: int = 0) -> Updated:
        facts = portfolio.portfolio
        if facts is None:
            raise NotFoundError("There is no such portfolio.")
        counted = replace(facts, page_count=facts.page_count + pages)
        after = replace(portfolio, portfolio=counted, updated_at=self.clock.now(), version=portfolio.version + 1)
        return Updated(spam.checked(after, account, page))


def _too_long() -> InvalidError:
    return InvalidError(
        f"content must have at most {CONTENT_LIMIT} bytes of sanitised HTML.", field="content", code="too_long"
    )


def _position(position: int) -> int:
    if not 0 <= position <= POSITION_LIMIT:
        raise InvalidError("position must be a whole number of at least 0.", field="position")
    return position
