"""Paths, versions, methods, rate limits, caching, versions routes (brightspace 1.1, 1.4, 2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib import wiring
from chalicelib.wiring import Services
from tests.factories import Person, Response, World, signed_query

WHOAMI = "/d2l/api/lp/1.0/users/whoami"
LIMITS = ("x-rate-limit-remaining", "x-rate-limit-reset", "x-request-cost")
EP = ["2.0", "2.1", "2.2", "2.3", "2.4", "2.5"]


def problem(answer: Response, status: int) -> dict[str, Any]:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json
    assert set(body) == {"type", "status", "title", "detail", "instance"}
    assert body["status"] == status
    return body


@pytest.mark.parametrize("version", EP)
@pytest.mark.parametrize("component", ["eP", "ep", "EP"])
def test_every_version_and_letter_case_is_served_alike(ada: Person, component: str, version: str) -> None:
    body = problem(ada.client.get(f"/d2l/api/{component}/{version}/export/77/status"), 404)
    assert body["instance"] == f"/d2l/api/{component}/{version}/export/77/status"
    assert body["detail"] == "No export task 77 is visible to you."


@pytest.mark.parametrize(
    "path",
    [
        "/d2l/api/eP/1.9/export/new/all",
        "/d2l/api/eP/2.6/export/new/all",
        "/d2l/api/eP/latest/export/new/all",
        "/d2l/api/eP/2.05/export/new/all",
        "/d2l/api/lp/2.5/export/new/all",
        "/d2l/api/le/1.0/export/new/all",
    ],
)
def test_an_unknown_version_or_component_is_no_route(ada: Person, path: str) -> None:
    problem(ada.client.post(path), 404)


@pytest.mark.parametrize("id", ["0", "-1", "abc", "1.5", "9" * 19, "9" * 400, "%D9%A3", "1%2F2", "%00", "5.json", "+5"])
def test_an_id_that_is_no_positive_integer_is_no_route(ada: Person, id: str) -> None:
    problem(ada.client.get(f"/d2l/api/eP/2.5/export/{id}/status"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/d2l/api/eP/2.5/export/new", "POST"),
        ("DELETE", "/d2l/api/eP/2.5/export/new/all", "POST"),
        ("POST", "/d2l/api/eP/2.5/export/5/status", "GET, HEAD"),
        ("PUT", WHOAMI, "GET, HEAD"),
        ("PATCH", "/d2l/api/versions/", "GET, HEAD"),
        ("GET", "/d2l/api/eP/2.5/reflection/5/on/6", "DELETE, POST"),
    ],
)
def test_a_wrong_method_says_which_are_right(ada: Person, method: str, path: str, allow: str) -> None:
    answer = ada.client.request(method, path)
    problem(answer, 405)
    assert answer.headers["allow"] == allow


def test_an_unknown_route_is_a_problem_too(world: World, ada: Person) -> None:
    body = problem(ada.client.get("/d2l/api/eP/2.5/nothing/here"), 404)
    assert body["instance"] == "/d2l/api/eP/2.5/nothing/here"
    problem(world.anonymous.get("/d2l/home"), 404)


def test_head_is_get_without_a_body(ada: Person) -> None:
    answer = ada.client.request("HEAD", WHOAMI)
    assert (answer.status, answer.text) == (200, "")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", WHOAMI), ("GET", "/d2l/api/eP/2.5/export/7/status"), ("PUT", WHOAMI), ("GET", "/d2l/api/versions/")],
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_answer_says_what_is_left_and_is_not_cached(
    world: World, ada: Person, method: str, path: str, *, signed_in: bool
) -> None:
    answer = (ada.client if signed_in else world.anonymous).request(method, path)
    assert answer.headers["cache-control"] == "no-cache, no-store"
    assert answer.headers["x-request-cost"] == "10"
    assert 1 <= int(answer.headers["x-rate-limit-reset"]) <= 60
    assert 0 <= int(answer.headers["x-rate-limit-remaining"]) <= 49_990


def test_each_call_costs_ten_and_the_minute_refills(world: World, ada: Person) -> None:
    world.clock.to_second(20)
    first, second = ada.client.get(WHOAMI), ada.client.get(WHOAMI)
    assert first.headers["x-rate-limit-remaining"] == "49990"
    assert second.headers["x-rate-limit-remaining"] == "49980"
    assert first.headers["x-rate-limit-reset"] == "40"
    world.clock.to_second(20)
    assert ada.client.get(WHOAMI).headers["x-rate-limit-remaining"] == "49990"


@pytest.fixture
def small(world: World) -> Iterator[World]:
    """The same service with room for two calls a minute."""
    settings = replace(world.services.settings, brightspace_rate_credits=25)
    wiring.use(Services(settings, clock=world.clock))
    world.clock.to_second(15)
    yield world
    wiring.use(None)


def test_beyond_the_limit_a_call_has_no_effect(small: World, ada: Person) -> None:
    world = small
    world.portfolio(ada)
    for _ in range(2):
        assert ada.client.get(WHOAMI).status == 200
    answer = ada.client.post("/d2l/api/eP/2.5/export/new/all")
    problem(answer, 429)
    assert answer.headers["retry-after"] == "45"
    assert not set(LIMITS) & set(answer.headers)
    assert world.work() == 0
    world.clock.to_second(0)
    assert ada.client.get(WHOAMI).status == 200


def test_signed_calls_are_charged_to_their_application(small: World, ada: Person, bo: Person) -> None:
    world = small
    key = world.id_key(ada)
    others = world.id_key(bo, (key.app_id, key.app_key))

    def status(one: Any) -> int:
        return world.anonymous.get(f"{WHOAMI}?{signed_query(one, 'GET', WHOAMI, world.clock.now())}").status

    assert [status(key), status(others), status(key), status(others)] == [200, 200, 429, 429]
    assert status(world.id_key(ada)) == 200, "another application has a bucket of its own"


def test_calls_of_nobody_are_charged_to_their_address(small: World) -> None:
    found = [small.anonymous.get("/d2l/api/versions/").status for _ in range(3)]
    assert found == [200, 200, 429]


def test_versions(world: World) -> None:
    answer = world.anonymous.get("/d2l/api/versions/")
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    ep, lp = answer.json
    assert ep == {"ProductCode": "ep", "LatestVersion": "2.5", "SupportedVersions": EP}
    assert (lp["ProductCode"], lp["LatestVersion"]) == ("lp", "1.47")
    assert {"1.0", "1.9", "1.10", "1.47"} <= set(lp["SupportedVersions"])
    assert world.anonymous.get("/d2l/api/versions").json == answer.json


def test_one_products_versions(world: World) -> None:
    assert world.anonymous.get("/d2l/api/eP/versions/").json["SupportedVersions"] == EP
    problem(world.anonymous.get("/d2l/api/le/versions/"), 404)


@pytest.mark.parametrize(("version", "supported"), [("2.5", True), ("2.9", False), ("x", False)])
def test_whether_a_version_is_served(world: World, version: str, *, supported: bool) -> None:
    answer = world.anonymous.get(f"/d2l/api/eP/versions/{version}")
    assert answer.status == 200
    assert answer.json == {
        "ProductCode": "eP",
        "Version": version,
        "Supported": supported,
        "LatestVersion": "2.5",
    }


def test_whether_versions_of_an_unknown_product_are_served(world: World) -> None:
    problem(world.anonymous.get("/d2l/api/le/versions/1.0"), 404)


def test_check(world: World) -> None:
    wanted = [
        {"ProductCode": "eP", "Version": "2.5"},
        {"ProductCode": "lp", "Version": "9.9"},
        {"ProductCode": "le", "Version": "1.0"},
    ]
    answer = world.anonymous.post("/d2l/api/versions/check", json_body=wanted)
    assert answer.status == 200
    assert answer.json == {
        "Supported": False,
        "Versions": [
            {"ProductCode": "eP", "Version": "2.5", "Supported": True, "LatestVersion": "2.5"},
            {"ProductCode": "lp", "Version": "9.9", "Supported": False, "LatestVersion": "1.47"},
            {"ProductCode": "le", "Version": "1.0", "Supported": False, "LatestVersion": None},
        ],
    }
    assert world.anonymous.post("/d2l/api/versions/check", json_body=wanted[:1]).json["Supported"] is True


@pytest.mark.parametrize(
    "body", ["", "{", "{}", "7", '["eP"]', '[{"ProductCode":"eP"}]', '[{"ProductCode":1,"Version":"2.5"}]']
)
def test_a_malformed_check(world: World, body: str) -> None:
    problem(world.anonymous.post("/d2l/api/versions/check", body=body), 400)


def test_a_setting_restricts_the_versions(world: World, ada: Person) -> None:
    wiring.use(Services(replace(world.services.settings, brightspace_versions="2.5"), clock=world.clock))
    assert world.anonymous.get("/d2l/api/eP/versions/").json["SupportedVersions"] == ["2.5"]
    assert ada.client.get("/d2l/api/eP/2.4/export/7/status").json["detail"] != "No export task 7 is visible to you."
    assert ada.client.get("/d2l/api/eP/2.5/export/7/status").json["detail"] == "No export task 7 is visible to you."
