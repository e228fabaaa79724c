"""What each route costs in DynamoDB, held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import calls, datamodel
from bench.cases import CASES, Budget
from bench.house import world as strict_world
from tests.factories import World

LONG_LIST = 2000


@pytest.fixture(scope="module")
def house() -> Iterator[World]:
    """A service on the strict engine, the one that reports capacity."""
    with strict_world() as made:
        yield made


@pytest.fixture(scope="module")
def costs(house: World) -> list[calls.Cost]:
    return list(calls.costs(house))


def test_every_route_has_a_case() -> None:
    assert calls.routes_without_case() == [], "add a request to bench/cases"
    assert calls.cases_without_route() == []


def test_every_route_keeps_its_budget(costs: list[calls.Cost]) -> None:
    over = [
        f"{cost.case.route} for {cost.case.who}: {cost.tally.dynamodb}, budget {cost.case.limit}"
        for cost in costs
        if not cost.within
    ]
    assert over == []


def test_no_allowance_is_larger_than_needed(costs: list[calls.Cost]) -> None:
    assert [cost.case for cost in costs if cost.case.extra and len(cost.tally.dynamodb) < cost.case.limit] == []
    assert [case for case in CASES if bool(case.extra) != bool(case.why)] == []


def test_no_route_scans(costs: list[calls.Cost]) -> None:
    assert [cost.case.route for cost in costs if "Scan" in cost.tally.dynamodb] == []


def test_the_data_model_shows_the_present_costs(costs: list[calls.Cost]) -> None:
    assert datamodel.written() == datamodel.table(costs), "run: python -m bench table"


def test_a_page_costs_the_same_in_a_long_list(house: World) -> None:
    short, long = (list(calls.list_costs(house, total)) for total in (calls.SHORT_LIST, LONG_LIST))
    assert [found.pages for found in short] == [found.pages for found in long]


def test_the_first_request_of_a_container_learns_its_root(house: World) -> None:
    own = next(case for case in CASES if case.route == "GET /api/v1/eportfolios/{id}" and case.budget is Budget.OWN)
    assert calls.first_of_container(house, own).dynamodb == ["UpdateItem", "BatchGetItem", "BatchGetItem"]
