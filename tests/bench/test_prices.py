"""docs/cost.md, held: requests follow from the access patterns; jobs are measured again on the strict engine."""

from __future__ import annotations

import pytest

from bench import datamodel, prices
from bench.house import world


def test_the_prices_of_requests_follow_from_their_calls() -> None:
    assert prices.written("requests") == prices.routes(datamodel.written()), "run: python -m bench prices"


@pytest.mark.engine
def test_jobs_ask_what_the_page_says() -> None:
    with world() as school:
        costs = prices.measure(school)
    page = prices.written("jobs")
    assert [one.name for one in costs if f"| {one.name} | {one.figures} |" not in page] == [], "python -m bench prices"
