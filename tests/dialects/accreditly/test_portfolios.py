"""Accredit.ly's portfolio routes (accreditly 1, 2, 3.1, 3.2, 6)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib import wiring
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.ports import Updated
from chalicelib.wiring import Services
from tests.factories import Person, Response, World

PORTFOLIO = "/profile/portfolio"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNKNOWN = "7c1d0c8e-2b7b-4a53-9d2e-0f6a4e6f8b11"
JSON = "application/json; charset=utf-8"


def refused(answer: Response, status: int) -> None:
    assert answer.status == status
    assert answer.headers["content-type"] == JSON
    assert list(answer.json) == ["message"]
    assert answer.json["message"]


def create(person: Person, **body: Any) -> Any:
    answer = person.client.post(PORTFOLIO, json_body={"title": "CPD 2024"} | body)
    assert answer.status == 200
    return answer.json


def changed(world: World, person: Person, guid: str, **facts: Any) -> None:
    """Set facts of a portfolio that no route sets yet."""
    found: EpObject = world.services.sharing.open(person.actor, guid)[0]
    assert found.portfolio is not None
    after = replace(found, portfolio=replace(found.portfolio, **facts), version=found.version + 1)
    world.services.objects.apply([Updated(after)])


def test_create_answers_the_whole_portfolio_in_the_samples_order(ada: Person) -> None:
    answer = ada.client.post(PORTFOLIO, json_body={"title": " CPD 2024 "})
    assert (answer.status, answer.headers["content-type"]) == (200, JSON)
    body = answer.json
    (key,) = body["security"]["keys"]
    assert GUID.fullmatch(body["id"])
    assert GUID.fullmatch(key["id"])
    assert re.fullmatch("[0-9a-f]{8}", key["value"])
    assert json.dumps(body) == json.dumps(
        {
            "id": body["id"],
            "ownerId": ada.user.email,
            "title": " CPD 2024 ",
            "details": "",
            "insights": {"pendingUpdate": False},
            "accreditations": [],
            "security": {
                "isPublic": False,
                "keys": [{"id": key["id"], "value": key["value"], "label": "Default Sharing Url", "enabled": True}],
            },
        }
    )


@pytest.mark.parametrize("id", [None, "", "00000000-0000-0000-0000-000000000000"])
def test_an_empty_id_creates(ada: Person, id: str | None) -> None:
    assert create(ada, id=id)["id"] not in (id, create(ada, id=id)["id"])


def test_members_without_effect(ada: Person, bo: Person) -> None:
    body = create(
        ada,
        ownerId=bo.user.email,
        security={"isPublic": True, "keys": []},
        accreditations=[1],
        insights={"pendingUpdate": True},
        other={"x": 1},
    )
    assert body["ownerId"] == ada.user.email
    assert body["security"]["isPublic"] is False
    assert len(body["security"]["keys"]) == 1
    assert body["accreditations"] == []
    assert body["insights"] == {"pendingUpdate": False}


def test_update_keeps_what_it_does_not_name(ada: Person) -> None:
    first = create(ada, details="<b>&amp;</b>")
    second = create(ada, id=first["id"].upper(), title="New")
    assert second == first | {"title": "New"}
    assert create(ada, id=first["id"], title="New", details="")["details"] == ""
    assert ada.client.get(f"{PORTFOLIO}/{first['id']}").json == first | {"title": "New", "details": ""}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        '"title"',
        "{}",
        '{"title":null}',
        '{"title":""}',
        '{"title":" \\t\\n"}',
        '{"title":5}',
        '{"title":["x"]}',
        json.dumps({"title": "x" * 256}),
        json.dumps({"title": "x" + " " * 1000}),
        json.dumps({"title": "x", "details": 5}),
        json.dumps({"title": "x", "details": "x" * 20_001}),
        json.dumps({"title": "x", "id": "nonsense"}),
        json.dumps({"title": "x", "id": 5}),
        json.dumps({"title": "x", "id": "{" + UNKNOWN + "}"}),
        json.dumps({"title": "x", "id": "urn:uuid:" + UNKNOWN}),
        json.dumps({"title": "x", "id": UNKNOWN.replace("-", "")}),
    ],
)
def test_bad_bodies(ada: Person, body: str) -> None:
    refused(ada.client.post(PORTFOLIO, body=body, headers={"Content-Type": "application/json"}), 400)


def test_a_title_of_the_longest(ada: Person) -> None:
    made = create(ada, title=f" {'ü' * 255} ", details="x" * 20_000)
    assert made["title"] == f" {'ü' * 255} ", "stored as sent"
    (shown,) = ada.client.get("/api/v1/users/self/eportfolios").json
    assert shown["name"] == "ü" * 255, "Canvas has no longer names"


def test_a_rejected_update_changes_nothing(ada: Person, bo: Person) -> None:
    first = create(ada, details="d")
    for body in ({"title": ""}, {"title": "x", "details": 5}):
        refused(ada.client.post(PORTFOLIO, json_body={"id": first["id"]} | body), 400)
    refused(bo.client.post(PORTFOLIO, json_body={"id": first["id"], "title": "Mine now"}), 401)
    assert ada.client.get(f"{PORTFOLIO}/{first['id']}").json == first


def test_precedence(world: World, ada: Person, bo: Person) -> None:
    guid = create(ada)["id"]
    refused(world.anonymous.post(PORTFOLIO, body="{"), 401)
    refused(bo.client.post(PORTFOLIO, json_body={"id": guid, "title": ""}), 400)
    refused(bo.client.post(PORTFOLIO, json_body={"id": UNKNOWN, "title": "x"}), 404)
    refused(bo.client.post(PORTFOLIO, json_body={"id": guid, "title": "x"}), 401)
    other = guid[:-1] + ("0" if guid[-1] != "0" else "1")
    refused(ada.client.post(PORTFOLIO, json_body={"id": other, "title": "x"}), 404)


@pytest.mark.parametrize("header", ["Bearer nobody", "Bearer", "Basic YTpi", "nonsense"])
@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("GET", f"/{UNKNOWN}"), ("GET", "/no-guid")])
def test_a_token_that_proves_nothing(world: World, method: str, path: str, header: str) -> None:
    refused(world.anonymous.request(method, PORTFOLIO + path, headers={"Authorization": header}), 401)


def test_a_token_for_other_interfaces_is_none_here(world: World, ada: Person) -> None:
    client = world.client(world.token(ada.user, "core:*:*"))
    refused(client.get(PORTFOLIO), 401)


def test_who_reads_what(world: World, ada: Person, bo: Person) -> None:
    whole = create(ada)
    guid, key = whole["id"], whole["security"]["keys"][0]["value"]
    shared = {name: value for name, value in whole.items() if name != "security"}
    path, nobody = f"{PORTFOLIO}/{guid}", world.anonymous
    assert ada.client.get(path).json == whole
    assert ada.client.get(f"{path}?key=wrong").json == whole
    assert ada.client.get(f"{PORTFOLIO}/{guid.upper()}").json == whole
    for client in (bo.client, nobody):
        assert client.get(f"{path}?key={key}").json == shared
        refused(client.get(f"{path}?key={key.upper()}x"), 404)
        refused(client.get(f"{path}?key={create(ada)['security']['keys'][0]['value']}"), 404)
    refused(bo.client.get(path), 404)
    refused(bo.client.get(f"{path}?key="), 404)
    refused(nobody.get(path), 401)
    refused(nobody.get(f"{path}?key="), 401)
    refused(world.client("bad").get(f"{path}?key={key}"), 401)


def test_disabled_keys_and_public_portfolios(world: World, ada: Person, bo: Person) -> None:
    whole = create(ada)
    guid, key = whole["id"], whole["security"]["keys"][0]["value"]
    path, nobody = f"{PORTFOLIO}/{guid}", world.anonymous
    keys = world.services.sharing.open(ada.actor, guid)[0].portfolio.keys  # type: ignore[union-attr]
    changed(world, ada, guid, keys=(replace(keys[0], enabled=False),))
    refused(nobody.get(f"{path}?key={key}"), 404)
    changed(world, ada, guid, shared_publicly=True)
    for query in ("", "?key=wrong"):
        for client in (nobody, bo.client):
            answer = client.get(path + query)
            assert answer.status == 200
            assert "security" not in answer.json


def test_unknown_and_unseen_look_alike(world: World, ada: Person, bo: Person) -> None:
    guid = create(ada)["id"]
    assert bo.client.get(f"{PORTFOLIO}/{guid}").text == bo.client.get(f"{PORTFOLIO}/{UNKNOWN}").text
    unseen, unknown = (world.anonymous.get(f"{PORTFOLIO}/{one}?key=00000000") for one in (guid, UNKNOWN))
    assert (unseen.status, unseen.text) == (unknown.status, unknown.text)
    assert world.anonymous.get(f"{PORTFOLIO}/{UNKNOWN}").status == 401


@pytest.mark.parametrize("id", ["7", "x", "{" + UNKNOWN + "}", UNKNOWN[:-1], UNKNOWN + "0", "%00", "a" * 500])
def test_an_id_that_is_no_guid(world: World, ada: Person, id: str) -> None:
    refused(ada.client.get(f"{PORTFOLIO}/{id}"), 400)
    refused(world.anonymous.get(f"{PORTFOLIO}/{id}?key=x"), 400)
    refused(world.anonymous.get(f"{PORTFOLIO}/{id}"), 401)


def test_the_list_is_the_callers_oldest_first(ada: Person, bo: Person) -> None:
    assert ada.client.get(PORTFOLIO).json == []
    made = [create(ada, title=f"p{number}") for number in range(3)]
    create(bo)
    first = create(ada, id=made[0]["id"], title="changed last")
    assert ada.client.get(PORTFOLIO).json == [first, *made[1:]]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("PUT", PORTFOLIO, "GET, HEAD, POST"), ("PATCH", f"{PORTFOLIO}/{UNKNOWN}", "DELETE, GET, HEAD")],
)
def test_a_wrong_method(ada: Person, method: str, path: str, allow: str) -> None:
    answer = ada.client.request(method, path)
    refused(answer, 405)
    assert answer.headers["allow"] == allow


def test_an_unknown_route(world: World) -> None:
    refused(world.anonymous.get("/profile/nothing"), 404)
    refused(world.anonymous.get("/profile"), 404)


def test_a_body_over_the_limit(world: World, ada: Person) -> None:
    wiring.use(Services(replace(world.services.settings, max_body_bytes=100), clock=world.clock))
    refused(ada.client.post(PORTFOLIO, json_body={"title": "x" * 100}), 413)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"])
def test_json_is_json_whatever_it_is_called(ada: Person, kind: str) -> None:
    answer = ada.client.post(PORTFOLIO, body='{"title":"x"}', headers={"Content-Type": kind})
    assert answer.status == 200


def test_other_charsets(ada: Person) -> None:
    body = '{"title":"Überblick"}'.encode("latin-1")
    headers = {"Content-Type": "application/octet-stream; charset=iso-8859-1"}
    assert ada.client.post(PORTFOLIO, body=body, headers=headers).json["title"] == "Überblick"


def test_eportfolios_switched_off(world: World) -> None:
    other = world.services.directory.create_root_account("Closed", domains=["closed.example.org"])
    off = replace(other, settings={"enable_eportfolios": "false"}, version=other.version + 1)
    world.services.account_store.save([off])
    refused(world.person(root=other).client.post(PORTFOLIO, json_body={"title": "x"}), 401)
