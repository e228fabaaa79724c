"""Deleting, the security route, and who a key lets in (accreditly 3.2, 3.4, 3.5, 8)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib import wiring
from chalicelib.domain.identity import id_in
from chalicelib.wiring import Services
from tests.dialects.accreditly.answers import BAD_GUIDS, GUID, PORTFOLIO, UNKNOWN, create, ok, path, refused
from tests.factories import Person, World


def secure(person: Person, portfolio: Any, **body: Any) -> Any:
    return ok(person.client.post(path(portfolio, "security"), json_body=body))


def keys(portfolio: Any) -> list[Any]:
    found: list[Any] = portfolio["security"]["keys"]
    return found


def opens(world: World, portfolio: Any, key: Any) -> bool:
    answer = world.anonymous.get(f"{path(portfolio)}?key={key['value']}")
    assert answer.status in (200, 404)
    return answer.status == 200


def test_the_contracts_example(world: World, ada: Person) -> None:
    whole = create(ada)
    (default,) = keys(whole)
    after = secure(
        ada, whole, isPublic=False, keys=[{"id": default["id"], "enabled": False}, {"label": "For employers"}]
    )
    first, second = keys(after)
    assert json.dumps(first) == json.dumps(default | {"enabled": False})
    assert json.dumps(second) == json.dumps(
        {"id": second["id"], "value": second["value"], "label": "For employers", "enabled": True}
    )
    assert GUID.fullmatch(second["id"])
    assert after == whole | {"security": {"isPublic": False, "keys": [first, second]}}
    assert ok(ada.client.get(path(whole))) == after
    assert not opens(world, whole, default)
    assert opens(world, whole, second)


def test_every_element_rule(world: World, ada: Person) -> None:
    whole = create(ada)
    (default,) = keys(whole)
    renamed = {"id": default["id"].upper(), "label": "L" * 255, "value": "00000000"}
    (only,) = keys(secure(ada, whole, keys=[renamed]))
    assert only == default | {"label": "L" * 255}
    for blank in ({}, {"id": None}, {"id": ""}, {"value": "ffffffff"}, {"enabled": True}):
        (fresh,) = keys(secure(ada, whole, keys=[blank]))
        assert fresh["label"] == "Sharing Url"
        assert fresh["enabled"] is True
        assert fresh["value"] not in (default["value"], "ffffffff")
    assert not opens(world, whole, default)
    (off,) = keys(secure(ada, whole, keys=[{"enabled": False, "label": ""}]))
    assert (off["label"], off["enabled"]) == ("", False)
    assert not opens(world, whole, off)
    (on,) = keys(secure(ada, whole, keys=[{"id": off["id"], "enabled": True}]))
    assert on == off | {"enabled": True}
    assert opens(world, whole, on)
    three = keys(secure(ada, whole, keys=[{"label": "b"}, {"id": on["id"]}, {"label": "a"}]))
    assert [one["label"] for one in three] == ["b", "", "a"]
    assert keys(secure(ada, whole, keys=list(reversed([{"id": one["id"]} for one in three])))) == three[::-1]
    assert len(keys(secure(ada, whole, keys=[{}] * 50))) == 50
    assert not opens(world, whole, on)
    assert keys(secure(ada, whole, keys=[])) == []


def test_absent_members_change_nothing(ada: Person) -> None:
    whole = create(ada)
    for body in ({}, {"keys": None}, {"other": 1}, {"isPublic": False}, {"isPublic": "FALSE"}):
        assert secure(ada, whole, **body) == whole


def test_the_public_flag(world: World, ada: Person, bo: Person) -> None:
    whole = create(ada)
    shared = {name: value for name, value in whole.items() if name != "security"}
    for said, public in ((True, True), ("False", False), ("tRuE", True), (False, False), ("true", True)):
        after = secure(ada, whole, isPublic=said)
        assert after["security"] == {"isPublic": public, "keys": keys(whole)}
        for client, status in ((world.anonymous, 401), (bo.client, 404)):
            answer = client.get(path(whole))
            assert answer.json == shared if public else answer.status == status


def test_bad_bodies_change_nothing(ada: Person) -> None:
    whole, other = create(ada), create(ada)
    (default,), (foreign,) = keys(whole), keys(other)
    bad: list[Any] = [
        [],
        7,
        "x",
        {"isPublic": 1},
        {"isPublic": "yes"},
        {"isPublic": None},
        {"keys": {}},
        {"keys": "x"},
        {"keys": [7]},
        {"keys": [None]},
        {"keys": [{"id": UNKNOWN}]},
        {"keys": [{"id": foreign["id"]}]},
        {"keys": [{"id": "no-guid"}]},
        {"keys": [{"id": 7}]},
        {"keys": [{"id": "{" + default["id"] + "}"}]},
        {"keys": [{"id": default["id"]}, {"id": default["id"].upper()}]},
        {"keys": [{"enabled": "true"}]},
        {"keys": [{"enabled": None}]},
        {"keys": [{"label": 7}]},
        {"keys": [{"label": None}]},
        {"keys": [{"label": "x" * 256}]},
        {"keys": [{}] * 51},
        {"isPublic": True, "keys": [{}, {"id": UNKNOWN}]},
    ]
    for body in bad:
        refused(ada.client.post(path(whole, "security"), json_body=body), 400)
    refused(ada.client.post(path(whole, "security"), body="{"), 400)
    assert ok(ada.client.get(path(whole))) == whole


def test_precedence_and_ownership(world: World, ada: Person, bo: Person) -> None:
    whole = create(ada)
    bad: dict[str, Any] = {"keys": 7}
    for target in ("x", UNKNOWN, whole["id"]):
        refused(world.anonymous.post(path(target, "security"), json_body=bad), 401)
        refused(world.client("bad").post(path(target, "security"), json_body=bad), 401)
        refused(world.anonymous.delete(path(target)), 401)
    for guid in BAD_GUIDS:
        refused(bo.client.post(path(guid, "security"), json_body=bad), 400)
        refused(bo.client.delete(path(guid)), 400)
    for guid in (UNKNOWN, whole["id"]):
        refused(bo.client.post(path(guid, "security"), json_body=bad), 400)
    refused(bo.client.post(path(UNKNOWN, "security"), json_body={}), 404)
    refused(bo.client.post(path(whole, "security"), json_body={}), 401)
    refused(bo.client.post(path(whole, "security"), json_body={"keys": [{"id": UNKNOWN}]}), 401)
    refused(bo.client.delete(path(UNKNOWN)), 404)
    refused(bo.client.delete(path(whole)), 401)
    assert ok(ada.client.get(path(whole))) == whole


def test_delete(world: World, ada: Person, bo: Person) -> None:
    whole, kept = create(ada), create(ada)
    secure(ada, whole, isPublic=True)
    (key,) = keys(whole)
    assert list(ok(ada.client.delete(path(whole["id"].upper())))) == ["message"]
    for client in (ada.client, bo.client):
        refused(client.get(path(whole)), 404)
        refused(client.get(f"{path(whole)}?key={key['value']}"), 404)
    refused(world.anonymous.get(f"{path(whole)}?key={key['value']}"), 404)
    refused(world.anonymous.get(path(whole)), 401)
    for again in (
        ada.client.delete(path(whole)),
        ada.client.post(path(whole, "security"), json_body={}),
        ada.client.post(PORTFOLIO, json_body={"id": whole["id"], "title": "x"}),
        ada.client.put(path(whole, UNKNOWN)),
    ):
        refused(again, 404)
    refused(bo.client.delete(path(whole)), 404)
    assert ok(ada.client.get(PORTFOLIO)) == [kept]


def test_what_canvas_deletes_and_restores(world: World, ada: Person, admin: Person) -> None:
    """Its share keys are dead meanwhile; restoring brings everything back (design 2)."""
    whole = create(ada)
    (key,) = keys(whole)
    eportfolio = f"/api/v1/eportfolios/{id_in(whole['id'])}"
    assert ada.client.delete(eportfolio).json["workflow_state"] == "deleted"
    assert not opens(world, whole, key)
    refused(ada.client.get(path(whole)), 404)
    assert admin.client.put(f"{eportfolio}/restore").json["workflow_state"] == "active"
    assert opens(world, whole, key)
    assert ok(ada.client.get(path(whole))) == whole


def test_guessing_is_slowed_at_the_portfolio_and_at_the_address(world: World, ada: Person, bo: Person) -> None:
    limit = 5
    slow = Services(replace(world.services.settings, share_guesses=limit), clock=world.clock)
    wiring.use(slow)
    world.clock.to_second(3)
    whole, other = create(ada), create(ada)
    good, wrong = f"?key={keys(whole)[0]['value']}", "?key=00000000"
    for _ in range(limit - 1):
        refused(world.anonymous.get(path(whole) + wrong), 404)
    refused(bo.client.get(path(UNKNOWN) + wrong), 404)
    for client in (world.anonymous, bo.client):
        for target in (path(whole) + good, path(whole) + wrong, path(UNKNOWN) + wrong, path(other) + wrong):
            answer = client.get(target)
            refused(answer, 429)
            assert 0 < int(answer.headers["retry-after"]) <= 60
    assert ok(ada.client.get(path(whole) + wrong)) == whole
    secure(ada, other, isPublic=True)
    assert world.anonymous.get(path(other) + wrong).status == 200
    world.clock.to_second(1)
    assert world.anonymous.get(path(whole) + good).status == 200
    for _ in range(limit):
        slow.shares.charge([f"at#{whole['id']}"], world.clock.now())  # guesses from elsewhere
    refused(world.anonymous.get(path(whole) + good), 429)
    refused(world.anonymous.get(path(UNKNOWN) + wrong), 404)


def test_a_value_once_used_is_never_given_again(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = create(ada)
    (key,) = keys(whole)
    secure(ada, whole, keys=[])
    draws = iter([key["value"], key["value"], "0badcafe", "0badcafe", "1badcafe"])
    monkeypatch.setattr(type(world.services.ids), "hexadecimal", lambda _, __: next(draws))
    assert keys(secure(ada, whole, keys=[{}]))[0]["value"] == "0badcafe"
    assert keys(create(ada))[0]["value"] == "1badcafe"
