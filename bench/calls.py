"""What each route asks of AWS, against its budget (design 9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.cases import CASES, Case, School
from bench.meter import Tally, counted
from chalicelib.dialects.gateway import dialects
from tests.factories import World


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
    school = School(world)
    for case in CASES:
        case.ready(school)()  # clients are made, hosts are learnt
        send = case.ready(school)
        world.services.objects.known.clear()  # as if the container met the object for the first time
        with counted() as tally:
            answer = send()
        assert answer.status < 400, f"{case.route} for {case.who}: {answer.status} {answer.text[:300]}"
        yield Cost(case, tally, answer.status)


def first_of_container(world: World, case: Case) -> Tally:
    """What a request takes as the first one of a container."""
    send = case.ready(School(world))
    world.services.objects.known.clear()
    world.services.people.roots.clear()
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
