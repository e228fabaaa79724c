"""Walking a list by `next` visits each item once, in order, whatever is made and deleted meanwhile (canvas-a 1.4)."""

from __future__ import annotations

import random
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.epobject import EpObject
from tests.factories import Person, World

V1 = "/api/v1"
PAGES_LIMIT = 60
Step = Callable[[random.Random], None]


class List:
    """A list of a person's, and what may happen to it."""

    def __init__(self, world: World, kind: str) -> None:
        self.world, self.kind, self.person = world, kind, world.person()
        self.book: EpObject | None = world.portfolio(self.person) if kind == "pages" else None
        self.kept: list[int] = [self.add() for _ in range(5)]
        self.others: list[int] = []
        if kind == "tokens":
            own = self.person.client.get(f"{V1}/users/self/user_generated_tokens?per_page=100").json
            self.kept = [one["id"] for one in own]

    @property
    def path(self) -> str:
        """Its address."""
        if self.book is not None:
            return f"{V1}/eportfolios/{self.book.id}/pages"
        return f"{V1}/users/self/{'user_generated_tokens' if self.kind == 'tokens' else 'eportfolios'}"

    def add(self) -> int:
        """One more item, at the list's end."""
        services, person = self.world.services, self.person
        if self.kind == "tokens":
            return services.tokens.create(person.id, person.user.root_account_id, purpose="p")[0].id
        if self.book is not None:
            return self.world.page(person, self.book).id
        return self.world.portfolio(person).id

    def remove(self, item: int) -> None:
        """One item less."""
        services, actor = self.world.services, self.person.actor
        if self.kind == "tokens":
            services.token_book.delete(actor, actor.user_id, str(item))
        elif self.book is not None:
            services.pages.delete(actor, self.book.id, item)
        else:
            services.moderation.delete(actor, item)

    def walk(self, size: int, happen: Callable[[], None]) -> list[int]:
        """Ids by following `next`; `happen` between the pages."""
        answer, seen = self.person.client.get(f"{self.path}?per_page={size}"), []
        for _ in range(PAGES_LIMIT):
            assert answer.status == 200, answer.text
            assert len(answer.json) <= size
            seen += [one["id"] for one in answer.json]
            if "next" not in answer.links:
                return seen
            happen()
            parts = urlsplit(answer.links["next"])
            answer = self.person.client.get(f"{parts.path}?{parts.query}")
        raise AssertionError("the list does not end")


@pytest.mark.parametrize("kind", ["eportfolios", "pages", "tokens"])
def test_a_walk_visits_each_item_once_in_order(world: World, kind: str) -> None:
    listed = List(world, kind)

    @settings(max_examples=8)
    @given(size=st.integers(min_value=1, max_value=7), seed=st.integers())
    def walks(size: int, seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311 - no secret

        def happen() -> None:
            if rng.random() < 0.4:
                listed.others.append(listed.add())
            elif listed.others and rng.random() < 0.7:
                listed.remove(listed.others.pop(rng.randrange(len(listed.others))))

        before = set(listed.others)
        seen = listed.walk(size, happen)
        assert len(seen) == len(set(seen)), "none twice"
        assert [one for one in seen if one in set(listed.kept)] == listed.kept, "what stays is seen, in order"
        stayed = before & set(listed.others)
        assert stayed <= set(seen)
        everything = listed.walk(100, lambda: None)
        assert everything == sorted(everything, key=everything.index)
        assert set(everything) == {*listed.kept, *listed.others}

    walks()


def test_portfolios_walked_by_number_are_all_there(world: World) -> None:
    person: Person = world.person()
    made = [world.portfolio(person).id for _ in range(5)]
    for size in (1, 2, 3, 5, 6):
        pages = [person.client.get(f"{V1}/users/self/eportfolios?page={n}&per_page={size}").json for n in range(1, 7)]
        assert [one["id"] for page in pages for one in page] == made
