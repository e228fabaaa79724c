"""A request with a budget, and the school it is made in."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.page import PageDraft
from chalicelib.domain.token import IdKey
from tests.factories import Person, Response, World, signed_query

Ask = Callable[[], Response]


class Budget(Enum):
    """DynamoDB calls in sequence that a request may take, authentication and rate limit included."""

    OWN = 2
    """A get by id for the owner, and whatever needs no object."""
    OTHERS = 3
    """A get by id for somebody else."""
    LIST = 3
    """A page of a list."""
    WRITE = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A request to a route. `route` is method and declared path.

    `ask` prepares what the request needs and answers how to send it; only the sending is counted.
    """

    route: str
    budget: Budget
    ask: Callable[[School], Ask]
    who: str = "owner"
    extra: int = 0
    """Calls above the budget that are known and accepted."""
    why: str = ""
    """What the extra calls are for."""

    @property
    def limit(self) -> int:
        """Calls this request may take."""
        return self.budget.value + self.extra


@dataclass
class School:
    """An institution with an author, another learner, and an admin."""

    world: World
    ada: Person = field(init=False)
    bo: Person = field(init=False)
    admin: Person = field(init=False)
    key: IdKey = field(init=False)

    def __post_init__(self) -> None:
        """Let the people in."""
        self.ada, self.bo, self.admin = self.world.person(), self.world.person(), self.world.admin()
        self.key = self.world.id_key(self.ada)

    def portfolio(self, **facts: Any) -> EpObject:
        """A new portfolio of Ada's."""
        return self.world.portfolio(self.ada, **facts)

    def page(self) -> EpObject:
        """A new page of a new public portfolio of Ada's."""
        portfolio = self.portfolio(public=True)
        return self.world.services.pages.create(self.ada.actor, portfolio.id, PageDraft(name="Day one"))

    def book(self) -> int:
        """Id of a new public portfolio of Ada's with a page in it."""
        page = self.page().page
        assert page is not None
        assert page.portfolio_id is not None
        return page.portfolio_id

    def reflection(self) -> int:
        """Id of a new reflection of Ada's."""
        draft = ObjectDraft(name="Low tide", description="What I saw")
        return self.world.services.artifacts.create_reflection(self.ada.actor, draft).id

    def file(self) -> int:
        """Id of a new file of Ada's."""
        artifacts = self.world.services.artifacts
        made = artifacts.upload(self.ada.actor, io.BytesIO(b"bytes"), file_name="a.txt", media_type="text/plain")
        return made.id

    def exported(self) -> int:
        """Number of a finished export of Ada's."""
        job = self.world.services.exports.request(self.ada.actor, [self.portfolio().id])
        self.world.work()
        return job.id

    def signed(self, method: str, path: str, **options: Any) -> Ask:
        """A request of Ada's that is signed with an ID key instead of carrying a token."""
        query = signed_query(self.key, method, path, self.world.clock.moment)
        return partial(self.world.anonymous.request, method, f"{path}?{query}", **options)


def ask(person: Person, method: str, target: str, **options: Any) -> Ask:
    """A request with a person's token."""
    return partial(person.client.request, method, target, **options)
