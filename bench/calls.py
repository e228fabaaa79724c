"""What each route asks of AWS, against its budget (design 9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench import seed
from bench.cases import CASES, Case, School
from bench.meter import Tally, counted
from chalicelib.dialects.gateway import dialects
from tests.factories import World

SHORT_LIST = 10
LIST_PAGE = 4
"""Items of a measured page; two of them fit the shortest list with one to spare."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request took, in a container that has served others before."""

    case: Case
    tally: Tally
    status: int

    @property
    def within(self) -> bool:
        """Whether the budget holds."""
        return len(self.tally.dynamodb) <= self.case.limit


def costs(world: World) -> Iterator[Cost]:
    """The cost of every case. Raises AssertionError when one is refused."""
    for case in CASES:
        school = School(world)
        case.ready(school)()  # clients are made, hosts are learnt
        send = case.ready(school)
        world.services.objects.known.clear()  # as if the container met the object for the first time
        with counted() as tally:
            answer = send()
        assert answer.status < 400, f"{case.route} for {case.who}: {answer.status} {answer.text[:300]}"
        yield Cost(case, tally, answer.status)


@dataclass(frozen=True, slots=True)
class ListCost:
    """What the first page of a list took, and the one that follows it."""

    name: str
    total: int
    pages: tuple[tuple[tuple[str, ...], float, float], ...]
    """Calls, read units and write units of each page."""

    @property
    def told(self) -> str:
        """The pages in a line."""
        return "; ".join(f"{len(calls)}, {read:g}, {write:g}" for calls, read, write in self.pages)


def list_costs(world: World, total: int) -> Iterator[ListCost]:
    """The cost of pages of `LIST_PAGE` out of lists of `total`."""
    for name in ("portfolios", "pages"):
        person = world.person()
        if name == "portfolios":
            seed.portfolios(world.services, person.user, total)
            target = f"/api/v1/users/self/eportfolios?per_page={LIST_PAGE}"
        else:
            target = (
                f"/api/v1/eportfolios/{seed.book(world.services, person.user, total).id}/pages?per_page={LIST_PAGE}"
            )
        person.client.get("/api/v1/users/self")  # the host is learnt
        pages = []
        for _ in range(2):
            with counted() as tally:
                answer = person.client.get(target)
            assert len(answer.json) == LIST_PAGE, answer.text[:300]
            pages.append((tuple(tally.dynamodb), tally.read_units, tally.write_units))
            target = answer.links.get("next", "")
            target = target[target.find("/api/") :]
        yield ListCost(name, total, tuple(pages))


def first_of_container(world: World, case: Case) -> Tally:
    """What a request takes as the first one of a container."""
    send = case.ready(School(world))
    send()  # that the token was used is written down, once in ten minutes
    world.services.objects.known.clear()
    world.services.credentials.buckets.seen.clear()
    world.services.people.roots.clear()
    world.services.doorway.roots.clear()
    with counted() as tally:
        send()
    return tally


def routes_without_case() -> list[str]:
    """Declared routes that no case stands for; they have no budget."""
    declared = [f"{route.method} {route.path}" for dialect in dialects() for route in dialect.routes]
    covered = {case.route for case in CASES}
    return [route for route in declared if route not in covered]


def cases_without_route() -> list[str]:
    """Cases of routes that are no longer declared."""
    declared = {f"{route.method} {route.path}" for dialect in dialects() for route in dialect.routes}
    return sorted({case.route for case in CASES} - declared)
