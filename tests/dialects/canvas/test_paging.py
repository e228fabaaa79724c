"""Pages and links (canvas-a 1.4)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.dialects.canvas import paging
from tests.dialects.canvas.test_auth import NOWHERE, refused
from tests.factories import Person, Response, World

MINE = "/api/v1/users/self/eportfolios"
BASE = f"http://127.0.0.1:8000{MINE}"


@pytest.fixture(scope="module")
def _learner(_institution: World) -> Person:
    person = _institution.person()
    for number in range(7):
        _institution.portfolio(person, f"p{number}")
    return person


@pytest.fixture
def many(world: World, _learner: Person) -> Person:
    """A learner with seven portfolios."""
    return _learner


def names(answer: Response) -> list[str]:
    assert answer.status == 200
    return [one["name"] for one in answer.json]


def follow(world: World, person: Person, url: str, **headers: str) -> Response:
    parts = urlsplit(url)
    return person.client.get(f"{parts.path}?{parts.query}", headers=headers)


def test_walking_by_next_visits_all_once(world: World, many: Person) -> None:
    answer, seen = many.client.get(f"{MINE}?per_page=3"), []
    for _ in range(10):
        seen += names(answer)
        if "next" not in answer.links:
            break
        answer = follow(world, many, answer.links["next"])
    assert seen == [f"p{number}" for number in range(7)]


def test_the_links_of_each_page(world: World, many: Person) -> None:
    first = many.client.get(f"{MINE}?per_page=3")
    assert list(first.links) == ["current", "next", "first", "last"]
    assert first.links["current"] == f"{BASE}?page=1&per_page=3"
    assert first.links["last"] == f"{BASE}?page=3&per_page=3"
    assert first.links["next"].startswith(f"{BASE}?cursor=")
    assert first.links["next"].endswith("&page=2&per_page=3")
    second = follow(world, many, first.links["next"])
    assert list(second.links) == ["current", "next", "prev", "first", "last"]
    assert second.links["current"] == first.links["next"]
    assert names(follow(world, many, second.links["prev"])) == names(first)
    last = follow(world, many, second.links["last"])
    assert names(last) == ["p6"]
    assert list(last.links) == ["current", "prev", "first", "last"]


def test_pages_by_number_and_past_the_end(many: Person) -> None:
    assert names(many.client.get(f"{MINE}?page=2&per_page=4")) == ["p4", "p5", "p6"]
    past = many.client.get(f"{MINE}?page=9&per_page=4")
    assert names(past) == []
    assert "next" not in past.links


def test_a_change_between_pages_hides_nothing(world: World) -> None:
    person = world.person()
    made = [world.portfolio(person, f"p{number}") for number in range(4)]
    first = person.client.get(f"{MINE}?per_page=2")
    person.client.put(f"/api/v1/eportfolios/{made[0].id}", form=[("eportfolio[name]", "p0")])
    assert names(follow(world, person, first.links["next"])) == ["p2", "p3"]


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "", "1e3", "9" * 40, "%D9%A1"])
def test_a_page_that_is_no_positive_integer(many: Person, page: str) -> None:
    refused(many.client.get(f"{MINE}?page={page}"), 404, NOWHERE)


@pytest.mark.parametrize("cursor", ["x", "!!!", "AAAA", "a" * 5000, "%00"])
def test_a_cursor_of_another_list(many: Person, cursor: str) -> None:
    refused(many.client.get(f"{MINE}?page=2&cursor={cursor}"), 404, NOWHERE)


def test_a_page_too_deep_to_jump_to(many: Person) -> None:
    refused(many.client.get(f"{MINE}?page=100000&per_page=100"), 404, NOWHERE)


@pytest.mark.parametrize(
    ("said", "size"),
    [("", 1), ("0", 1), ("-5", 1), ("x", 1), ("5abc", 5), ("5", 5), ("101", 100), ("9" * 30, 100)],
)
def test_per_page_is_clamped(many: Person, said: str, size: int) -> None:
    answer = many.client.get(f"{MINE}?per_page={said}")
    assert dict(parse_qsl(urlsplit(answer.links["current"]).query))["per_page"] == str(size)


def test_other_parameters_stay_and_secrets_go(world: World, many: Person) -> None:
    query = f"include[]=a&x=%C3%BC&include[]=b&access_token={many.token}&api_key=k&per_page=3"
    answer = world.anonymous.get(f"{MINE}?{query}")
    assert answer.links["current"] == f"{BASE}?include%5B%5D=a&include%5B%5D=b&x=%C3%BC&page=1&per_page=3"
    assert many.token not in answer.headers["link"]


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"Host": ""}, "http://localhost"),
        ({"Host": "API.example.org"}, "http://api.example.org"),
        ({"Host": "x", "X-Forwarded-Host": "a.example.org, b"}, "http://a.example.org"),
        ({"Host": 'evil"><script>'}, "http://localhost"),
        ({"Host": "a.example.org/path"}, "http://localhost"),
        ({"Host": "[::1]:8000"}, "http://[::1]:8000"),
    ],
)
def test_links_are_where_the_client_is(many: Person, headers: dict[str, str], base: str) -> None:
    answer = many.client.get(f"{MINE}.json?per_page=3", headers=headers)
    assert urlsplit(answer.links["first"])._replace(query="").geturl() == f"{base}{MINE}.json"


def test_a_header_too_long_loses_its_least_useful_links(world: World, many: Person) -> None:
    answer = many.client.get(f"{MINE}?per_page=3&x={'y' * 1900}")
    assert len(answer.headers["link"]) <= paging.LINKS_LIMIT
    assert list(answer.links) == ["current", "next", "last"]
