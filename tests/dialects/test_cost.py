"""What a request costs: DynamoDB calls in sequence, authentication included, and modules an API container loads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from botocore.awsrequest import AWSPreparedRequest

from tests.factories import Client, Person, World, signed_query

pytestmark = pytest.mark.usefixtures("world")
EP = "/d2l/api/eP/2.5"
WORKERS_ONLY = ("lxml", "nh3", "jinja2", "python_multipart", "qs_codec", "aws_xray_sdk", "chalicelib.jobs")


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The DynamoDB operations made meanwhile."""
    seen: list[str] = []
    connection = world.services.tables.connection
    events = connection.client.meta.events

    def note(request: AWSPreparedRequest, **_: object) -> None:
        target = request.headers.get("X-Amz-Target", b"")
        seen.append((target if isinstance(target, str) else bytes(target).decode()).split(".")[-1])

    events.register("before-send.dynamodb", note, unique_id="counted")
    try:
        yield seen
    finally:
        events.unregister("before-send.dynamodb", unique_id="counted")


READS: dict[str, tuple[int, Callable[[Client, int], object]]] = {
    "canvas portfolio": (2, lambda client, portfolio: client.get(f"/api/v1/eportfolios/{portfolio}")),
    "canvas list": (3, lambda client, _: client.get("/api/v1/users/self/eportfolios")),
    "canvas pages": (3, lambda client, portfolio: client.get(f"/api/v1/eportfolios/{portfolio}/pages")),
    "canvas self": (2, lambda client, _: client.get("/api/v1/users/self")),
    "canvas create": (
        3,
        lambda client, _: client.post("/api/v1/users/self/eportfolios", form=[("eportfolio[name]", "x")]),
    ),
    "canvas update": (
        3,
        lambda client, portfolio: client.put(f"/api/v1/eportfolios/{portfolio}", form=[("eportfolio[name]", "x")]),
    ),
    "canvas page": (
        3,
        lambda client, portfolio: client.post(f"/api/v1/eportfolios/{portfolio}/pages", form=[("page[name]", "x")]),
    ),
    "brightspace versions": (1, lambda client, _: client.get("/d2l/api/versions/")),
    "brightspace status": (2, lambda client, _: client.get(f"{EP}/export/7/status")),
    "brightspace reflection": (3, lambda client, _: client.post(f"{EP}/reflections/new", json_body={"Name": "x"})),
    "accreditly list": (2, lambda client, _: client.get("/profile/portfolio")),
    "accreditly create": (3, lambda client, _: client.post("/profile/portfolio", json_body={"title": "x"})),
}


@pytest.mark.parametrize("name", READS)
def test_calls_of_an_owner(world: World, ada: Person, name: str) -> None:
    budget, request = READS[name]
    portfolio = world.portfolio(ada)
    ada.client.get("/api/v1/users/self")
    with counted(world) as seen:
        request(ada.client, portfolio.id)
    assert 0 < len(seen) <= budget, seen


def test_calls_of_others(world: World, ada: Person, bo: Person) -> None:
    portfolio = world.portfolio(ada, public=True)
    bo.client.get("/api/v1/users/self")
    with counted(world) as seen:
        assert bo.client.get(f"/api/v1/eportfolios/{portfolio.id}").status == 200
    assert len(seen) <= 3, seen


def test_calls_of_a_signed_request(world: World, ada: Person) -> None:
    key, path = world.id_key(ada), f"{EP}/export/7/status"
    ada.client.get("/api/v1/users/self")  # what a process asks of a root once a minute is asked
    with counted(world) as seen:
        world.anonymous.get(f"{path}?{signed_query(key, 'GET', path, world.clock.now())}")
    assert len(seen) <= 3, seen


def test_a_page_deep_in_a_list_costs_what_the_first_costs(world: World, ada: Person) -> None:
    for number in range(6):
        world.portfolio(ada, f"p{number}")
    answer, costs = ada.client.get("/api/v1/users/self/eportfolios?per_page=2"), []
    while "next" in answer.links:
        target = answer.links["next"].removeprefix("http://127.0.0.1:8000")
        with counted(world) as seen:
            answer = ada.client.get(target)
        costs.append(len(seen))
    assert costs == [3, 3]


def test_an_api_container_loads_no_job_libraries() -> None:
    script = f"import sys, app; print([name for name in {WORKERS_ONLY!r} if name in sys.modules])"
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert found.stdout.strip() == "[]"
