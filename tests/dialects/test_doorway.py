"""A root account that demands a confirmed e-mail address (canvas-a 1.3, ADR 42)."""

from __future__ import annotations

import pytest

from bench.meter import counted
from chalicelib.domain.doorway import KEPT, SETTING, Doorway
from tests.factories import Person, World, signed_query

UNVERIFIED = {
    "status": "unverified",
    "errors": [{"message": "user not authorized to perform that action until verifying email"}],
}
SELF, WHOAMI, MINE = "/api/v1/users/self", "/d2l/api/lp/1.9/users/whoami", "/profile/portfolio"


@pytest.fixture
def nameless(world: World) -> Person:
    """Somebody without an address."""
    return world.person(email="")


def demand(world: World, value: str = "yes") -> None:
    """Switch the setting as an operator does, and wait until every process has seen it."""
    world.services.account_changes.change(world.root.id, {SETTING: value})
    world.clock.advance(KEPT.total_seconds() + 1)


def test_nobody_is_asked_for_an_address_by_default(world: World, nameless: Person) -> None:
    assert [nameless.client.get(path).status for path in (SELF, WHOAMI, MINE)] == [200, 200, 200]


def test_canvas(world: World, ada: Person, nameless: Person) -> None:
    demand(world)
    answer = nameless.client.post("/api/v1/users/self/eportfolios", json_body={"eportfolio": {"name": "x"}})
    assert (answer.status, answer.json) == (401, UNVERIFIED)
    assert "www-authenticate" not in answer.headers
    assert ada.client.get(SELF).status == 200
    demand(world, "")
    assert nameless.client.get("/api/v1/users/self/eportfolios").json == []


def test_a_wrong_token_is_told_first(world: World, nameless: Person) -> None:
    demand(world)
    answer = world.client("nobody").get(SELF)
    assert answer.json == {"errors": [{"message": "Invalid access token."}]}


def test_by_whom_they_are_and_not_as_whom_they_act(world: World, nameless: Person) -> None:
    admin, blank = world.admin(), world.admin(email="")
    demand(world)
    assert admin.client.get(f"{SELF}?as_user_id={nameless.id}").json["id"] == nameless.id
    assert blank.client.get(f"{SELF}?as_user_id={admin.id}").json == UNVERIFIED


def test_refused_calls_give_back_what_they_held(world: World, nameless: Person) -> None:
    demand(world)
    for _ in range(30):
        answer = nameless.client.get(SELF)
        assert (answer.json, "x-request-cost" in answer.headers) == (UNVERIFIED, True)
    world.person(nameless.user.login_id, email="found@example.edu")
    assert nameless.client.get(SELF).status == 200


def test_links_are_of_who_signed_in(world: World) -> None:
    admin, blank = world.admin(), world.admin(email="")
    path = "/api/v1/accounts/self/reports/unused_courses_csv"
    made = admin.client.post(path).json
    world.work()
    demand(world)
    shown = admin.client.get(f"{path}/{made['id']}?as_user_id={blank.id}").json
    assert world.anonymous.get(shown["attachment"]["url"].removeprefix("http://127.0.0.1:8000")).status == 302


def test_the_other_dialects(world: World, ada: Person, nameless: Person) -> None:
    keys = [world.id_key(one) for one in (ada, nameless)]
    demand(world)
    refused = nameless.client.get(WHOAMI)
    assert (refused.status, refused.json["status"]) == (403, 403)
    signed = [world.anonymous.get(f"{WHOAMI}?{signed_query(key, 'GET', WHOAMI, world.clock.now())}") for key in keys]
    assert [one.status for one in signed] == [200, 403]
    answer = nameless.client.get(MINE)
    assert (answer.status, list(answer.json)) == (401, ["message"])
    assert [ada.client.get(path).status for path in (WHOAMI, MINE)] == [200, 200]


def test_an_address_lets_in(world: World, nameless: Person) -> None:
    demand(world)
    assert nameless.client.get(SELF).json == UNVERIFIED
    world.person(nameless.user.login_id, email="found@example.edu")
    assert nameless.client.get(SELF).status == 200


def test_one_call_a_minute(world: World, ada: Person) -> None:
    rule = Doorway(world.services.people, world.clock)
    for value in ("", "yes"):
        demand(world, value)
        with counted() as tally:
            rule.admit(ada.actor)
            rule.admit(ada.actor)
        assert len(tally.dynamodb) == 1
    world.clock.advance(KEPT.total_seconds())
    with counted() as tally:
        rule.admit(ada.actor)
    assert len(tally.dynamodb) == 1
