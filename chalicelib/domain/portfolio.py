"""Portfolios: created, changed, read and listed, by whichever dialect (design 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import access, spam
from chalicelib.domain.access import Actor, Sight
from chalicelib.domain.change import Companion, Created, Deleted, Updated
from chalicelib.domain.epobject import DESCRIPTION_LIMIT, NAME_LIMIT, EpObject, Kind, PortfolioFacts, ShareKey
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from chalicelib.domain.identity import guid_for
from chalicelib.domain.paging import PageRequest, Slice
from chalicelib.domain.person import Account, User
from chalicelib.domain.ports import Clock, Ids, ObjectStore
from chalicelib.domain.ports_people import PeopleStore

DEFAULT_KEY_LABEL = "Default Sharing Url"
KEY_DIGITS = 8
TRIES = 5
"""How often a write is tried again after meeting another writer or a taken id."""
ALL = PageRequest(size=1000)
NAME_SENT_LIMIT = 2 * NAME_LIMIT
"""Characters of a name with the blanks around it, which do not count and are kept (accreditly 3.1, 8)."""


def check_name(name: str, field: str = "name") -> str:
    """A name within the rules, as sent (accreditly 8, canvas-a 2.1).

    Raises
    ------
    InvalidError
        Blank after trimming, longer than `NAME_LIMIT` then, or than `NAME_SENT_LIMIT` with its blanks.
    """
    if not name.strip():
        raise InvalidError(f"{field} must not be blank.", field=field, code="blank")
    if len(name.strip()) > NAME_LIMIT or len(name) > NAME_SENT_LIMIT:
        raise InvalidError(f"{field} must have at most {NAME_LIMIT} characters.", field=field, code="too_long")
    return name


def check_description(text: str, field: str = "description") -> str:
    """A description within the rules. Raises InvalidError when it is longer than `DESCRIPTION_LIMIT`."""
    if len(text) > DESCRIPTION_LIMIT:
        raise InvalidError(f"{field} must have at most {DESCRIPTION_LIMIT} characters.", field=field, code="too_long")
    return text


class Revision(Struct, frozen=True):
    """A portfolio after a change, as it was when nothing changes, and what is written together with it."""

    object: EpObject
    companions: Sequence[Companion] = ()


class PortfolioService(Struct, frozen=True):
    """What can be done with portfolios."""

    objects: ObjectStore
    people: PeopleStore
    clock: Clock
    ids: Ids

    def create(self, actor: Actor, *, name: str, description: str = "", public: bool = False) -> EpObject:
        """A new portfolio of the actor, with one share key (accreditly 2.3).

        Raises
        ------
        InvalidError
            A field breaks a rule.
        DeniedError
            ePortfolios are switched off for the actor, or a portfolio of theirs counts as spam (canvas-a 2.4).
        """
        check_name(name)
        check_description(description)
        owner, account = self.author(actor)
        for _ in range(TRIES):
            portfolio = spam.checked(self.draft(owner, name=name, description=description, public=public), account)
            try:
                self.objects.apply([Created(portfolio)])
            except ConflictError:
                continue
            return portfolio
        raise ConflictError("No free portfolio id was found; try again.")

    def draft(self, owner: User, *, name: str, description: str = "", public: bool = False) -> EpObject:
        """A portfolio that is not stored yet."""
        now, new_id = self.clock.now(), self.ids.new()
        return EpObject(
            id=new_id,
            owner_id=owner.id,
            kind=Kind.PORTFOLIO,
            name=name,
            description=description,
            created_at=now,
            updated_at=now,
            added_at=now,
            portfolio=PortfolioFacts(
                guid=guid_for(new_id, self.ids.entropy()),
                owner_email=owner.email,
                root_account_id=owner.root_account_id,
                public=public,
                keys=(self.fresh_key(DEFAULT_KEY_LABEL),),
            ),
        )

    def fresh_key(self, label: str = DEFAULT_KEY_LABEL) -> ShareKey:
        """A new share key; the value is taken for good by the write that stores it."""
        key_id = guid_for(self.ids.new(), self.ids.entropy())
        return ShareKey(id=key_id, value=self.ids.hexadecimal(KEY_DIGITS), label=label)

    def update(
        self,
        actor: Actor,
        portfolio_id: int,
        *,
        guid: str = "",
        name: str | None = None,
        description: str | None = None,
        public: bool | None = None,
    ) -> EpObject:
        """The portfolio after the change; what is None stays.

        Raises
        ------
        InvalidError, NotFoundError, DeniedError
            A field breaks a rule; there is none (or its GUID is another); the actor is not the owner.
        """
        if name is not None:
            check_name(name)
        if description is not None:
            check_description(description)

        def updated(before: EpObject, facts: PortfolioFacts) -> Revision:
            return Revision(
                replace(
                    before,
                    name=before.name if name is None else name,
                    description=before.description if description is None else description,
                    portfolio=facts if public is None else replace(facts, public=public),
                )
            )

        return self.revise(actor, portfolio_id, updated, guid=guid)

    def delete(self, actor: Actor, portfolio_id: int, *, guid: str = "") -> EpObject:
        """The actor's portfolio, deleted: out of every list, its share keys dead until it is restored.

        Raises
        ------
        NotFoundError, DeniedError
            There is none, or it is deleted already; the actor is not the owner.
        """

        def deleted(before: EpObject, _: PortfolioFacts) -> Revision:
            return Revision(replace(before, deleted_at=self.clock.now()))

        return self.revise(actor, portfolio_id, deleted, guid=guid)

    def revise(
        self, actor: Actor, portfolio_id: int, work: Callable[[EpObject, PortfolioFacts], Revision], *, guid: str = ""
    ) -> EpObject:
        """The actor's own portfolio as `work` changed it, from the newest version; `work` may be called again.

        Raises
        ------
        NotFoundError, DeniedError
            There is none (or its GUID is another); the actor is not the owner.
        """
        for _ in range(TRIES):
            sight = self.sight(actor, portfolio_id, guid=guid)
            require(access.may_author_portfolio(actor, sight))
            before = sight.object
            revision = work(before, facts_of(before))
            if revision.object is before:
                return before
            after = replace(revision.object, updated_at=self.clock.now(), version=before.version + 1)
            after = spam.checked(after, sight.account)
            try:
                self.objects.apply([Deleted(after) if after.deleted else Updated(after)], revision.companions)
            except ConflictError:
                continue
            return after
        raise ConflictError("The portfolio is being changed by others; try again.")

    def sight(self, actor: Actor, portfolio_id: int, *, guid: str = "") -> Sight:
        """The portfolio as found, deleted or not, for a decision.

        Raises
        ------
        NotFoundError
            No portfolio of the actor's root account has that id; or, when asked for by `guid`, it has another GUID
            or is deleted.
        """
        sight = self.objects.find(actor, (Kind.PORTFOLIO,), portfolio_id)
        if sight is None or access.foreign(actor, sight):
            raise NotFoundError("There is no such portfolio.")
        if guid and (sight.object.deleted or facts_of(sight.object).guid != guid):
            raise NotFoundError("There is no such portfolio.")
        return sight

    def show(self, actor: Actor, portfolio_id: int) -> EpObject:
        """The portfolio by Canvas's rights (canvas-a 2.2). Raises NotFoundError, DeniedError."""
        sight = self.sight(actor, portfolio_id)
        require(access.may_read_portfolio(actor, sight))
        return sight.object

    def index(
        self, actor: Actor, owner_id: int, page: PageRequest, *, include_deleted: bool = False
    ) -> Slice[EpObject]:
        """One page of a user's portfolios (canvas-a 2.3); deleted ones only for a moderator who looks at another.

        Raises
        ------
        NotFoundError
            No such user in the actor's root account.
        DeniedError
            The actor is neither the user nor a moderator of theirs.
        """
        standing = self.people.standing(actor, users=[owner_id])
        owner = standing.users.get(owner_id)
        if owner is None or owner.root_account_id != actor.root_account_id or owner.workflow_state == "deleted":
            raise NotFoundError("There is no such user.")
        require(access.may_list_portfolios(standing, owner))
        deleted = include_deleted and actor.user_id != owner.id
        found = self.objects.portfolios(owner_id, page, include_deleted=deleted)
        total = owner.portfolios_all if deleted else owner.portfolios_active
        return replace(found, total=total)

    def all_of(self, actor: Actor) -> list[EpObject]:
        """The actor's portfolios, oldest first (accreditly 6): the whole list, as that answer has no pages."""
        found: list[EpObject] = []
        request = ALL
        while True:
            part = self.objects.portfolios(actor.user_id, request)
            found.extend(part.items)
            if not part.next_cursor:
                return sorted(found, key=lambda one: (one.created_at, one.id))
            request = replace(request, number=request.number + 1, cursor=part.next_cursor)

    def author(self, actor: Actor) -> tuple[User, Account | None]:
        """The actor's user, who may make portfolios, and their root account. Raises DeniedError."""
        standing = self.people.standing(actor)
        user, account = standing.user, standing.root
        if user is None or not user.active:
            raise DeniedError("The user is not active.")
        if account is not None and not account.eportfolios_enabled:
            raise DeniedError("ePortfolios are switched off for this account.")
        if user.portfolios_spam:
            raise DeniedError("A portfolio that counts as spam is in the way of another one.")
        return user, account


def require(decision: access.Decision) -> None:
    """Raise DeniedError unless the decision is a yes."""
    if isinstance(decision, access.Denied):
        raise DeniedError(f"Not permitted: {decision.reason}.")


def facts_of(portfolio: EpObject) -> PortfolioFacts:
    """What only a portfolio has. Raises NotFoundError when it is none."""
    if portfolio.portfolio is None:
        raise NotFoundError("There is no such portfolio.")
    return portfolio.portfolio
