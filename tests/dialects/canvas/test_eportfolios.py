"""ePortfolios, their pages and users (canvas-a 2, 1.1, 1.5; design 2): every row that concerns a route served."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.epobject import EpObject
from chalicelib.domain.person import UserRow
from chalicelib.domain.ports import Deleted, Updated
from tests.dialects.canvas.test_auth import DENIED, NOWHERE, refused
from tests.factories import Person, World

MINE = "/api/v1/users/self/eportfolios"


def changed(world: World, found: EpObject, **facts: Any) -> None:
    """Set facts of a portfolio that no route sets yet."""
    assert found.portfolio is not None
    after = replace(found, portfolio=replace(found.portfolio, **facts), version=found.version + 1)
    world.services.objects.apply([Updated(after)])


def deleted(world: World, found: EpObject) -> None:
    """Delete a portfolio, as a route to come will."""
    now = world.clock.now()
    after = replace(found, deleted_at=now, updated_at=now, version=found.version + 1)
    world.services.objects.apply([Deleted(after)])


def test_an_eportfolio_is_made_shown_and_changed(ada: Person) -> None:
    made = ada.client.post(MINE, form=[("eportfolio[name]", "Field Notes"), ("eportfolio[public]", "yes")])
    assert made.status == 200
    body = made.json
    assert list(body) == [
        "id",
        "user_id",
        "name",
        "public",
        "created_at",
        "updated_at",
        "workflow_state",
        "deleted_at",
        "spam_status",
    ]
    assert body == {
        "id": body["id"],
        "user_id": ada.id,
        "name": "Field Notes",
        "public": True,
        "created_at": body["created_at"],
        "updated_at": body["created_at"],
        "workflow_state": "active",
        "deleted_at": None,
        "spam_status": None,
    }
    assert len(body["created_at"]) == len("2026-03-02T09:30:05Z")
    path = f"/api/v1/eportfolios/{body['id']}"
    assert ada.client.get(path).json == body
    assert ada.client.get(f"{path}.json").json == body
    hidden = ada.client.put(path, json_body={"eportfolio": {"public": False}}).json
    assert (hidden["public"], hidden["name"]) == (False, "Field Notes")
    renamed = ada.client.put(f"{path}?eportfolio[name]=Query").json
    assert renamed["name"] == "Query", "parameters may come in the query of any method"
    assert ada.client.put(f"{path}?eportfolio[name]=Query", form=[("eportfolio[name]", "Body")]).json["name"] == "Body"


@pytest.mark.parametrize(
    ("said", "public"),
    [
        ("yes", True), ("Y", True), ("TRUE", True), ("t", True), ("on", True), ("1", True), ("2", True), ("-1", True),
        ("no", False), ("n", False), ("false", False), ("F", False), ("off", False), ("0", False), ("", False),
        ("maybe", False), (True, True), (False, False), (None, False), (3, True), ({}, False),
    ],
)  # fmt: skip
def test_booleans(ada: Person, said: Any, *, public: bool) -> None:
    made = ada.client.post(MINE, json_body={"eportfolio": {"name": "x", "public": said}})
    assert made.json["public"] is public


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"public": True}, "blank"),
        ({"name": ""}, "blank"),
        ({"name": " "}, "blank"),
        ({"name": None}, "blank"),
        ({"name": "x" * 256}, "too_long"),
        ({"name": "x" + " " * 255}, "too_long"),
        ({"name": ["x"]}, "invalid"),
    ],
)
def test_a_name_that_breaks_a_rule(ada: Person, fields: dict[str, Any], code: str) -> None:
    answer = ada.client.post(MINE, json_body={"eportfolio": fields})
    assert answer.status == 400
    (entry,) = answer.json["errors"]["name"]
    assert (entry["attribute"], entry["type"]) == ("name", code)
    assert entry["message"]


def test_only_owners_create(ada: Person, bo: Person, admin: Person) -> None:
    for client in (bo.client, admin.client):
        refused(client.post(f"/api/v1/users/{ada.id}/eportfolios", form=[("eportfolio[name]", "x")]), 403, DENIED)
    assert ada.client.post(f"/api/v1/users/{ada.id}/eportfolios", form=[("eportfolio[name]", "x")]).status == 200


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, {"owner": 200, "moderator": 200, "other": 403}),
        ({"public": True}, {"owner": 200, "moderator": 200, "other": 200}),
        (
            {"public": True, "spam_status": "flagged_as_possible_spam"},
            {"owner": 200, "moderator": 200, "other": 403},
        ),
        ({"public": True, "spam_status": "marked_as_spam"}, {"owner": 200, "moderator": 200, "other": 403}),
        ({"public": True, "spam_status": "marked_as_safe"}, {"owner": 200, "moderator": 200, "other": 200}),
        ({"public": True, "deleted": True}, {"owner": 403, "moderator": 403, "other": 403}),
    ],
)
def test_the_rights_matrix(world: World, state: dict[str, Any], expected: dict[str, int]) -> None:
    ada, bo, admin = world.person(), world.person(), world.admin()
    portfolio = world.portfolio(ada)
    if facts := {name: value for name, value in state.items() if name != "deleted"}:
        changed(world, portfolio, **facts)
    if state.get("deleted"):
        deleted(world, world.services.portfolios.sight(ada.actor, portfolio.id).object)
    callers = {"owner": ada, "moderator": admin, "other": bo}
    for path in (f"/api/v1/eportfolios/{portfolio.id}", f"/api/v1/eportfolios/{portfolio.id}/pages"):
        answers = {name: person.client.get(path) for name, person in callers.items()}
        assert {name: answer.status for name, answer in answers.items()} == expected
        for answer in answers.values():
            if answer.status == 403:
                refused(answer, 403, DENIED)


def test_eportfolios_switched_off(world: World) -> None:
    other = world.services.directory.create_root_account("Closed", domains=["closed.example.org"])
    owner, viewer = world.person(root=other), world.person(root=other)
    portfolio, host = world.portfolio(owner, public=True), {"Host": "closed.example.org"}
    off = replace(other, settings={"enable_eportfolios": "false"}, version=other.version + 1)
    world.services.account_store.save([off])
    path = f"/api/v1/eportfolios/{portfolio.id}"
    for person in (owner, viewer):
        refused(person.client.get(path, headers=host), 403, DENIED)
    refused(owner.client.post(MINE, headers=host, form=[("eportfolio[name]", "x")]), 403, DENIED)
    assert [one["id"] for one in owner.client.get(MINE, headers=host).json] == [portfolio.id], "the list stays"


@pytest.mark.parametrize("id", ["0", "-1", "x", "12abc", "1.5", "9" * 19, "9" * 400, "%20", "sis_user_id:x", "%D9%A1"])
def test_ids_that_are_no_eportfolio(ada: Person, id: str) -> None:
    for path in (f"/api/v1/eportfolios/{id}", f"/api/v1/eportfolios/{id}/pages"):
        refused(ada.client.get(path), 404, NOWHERE)
    refused(ada.client.put(f"/api/v1/eportfolios/{id}", form=[("eportfolio[name]", "x")]), 404, NOWHERE)


def test_changing_is_the_owners(world: World, ada: Person, bo: Person, admin: Person) -> None:
    portfolio = world.portfolio(ada, public=True)
    page = world.page(ada, portfolio)
    path = f"/api/v1/eportfolios/{portfolio.id}"
    for client in (bo.client, admin.client):
        refused(client.put(path, form=[("eportfolio[name]", "x")]), 403, DENIED)
        refused(client.post(f"{path}/pages", form=[("page[name]", "x")]), 403, DENIED)
        refused(client.put(f"{path}/pages/{page.id}", form=[("page[name]", "x")]), 403, DENIED)
        refused(client.delete(f"{path}/pages/{page.id}"), 403, DENIED)
    deleted(world, world.services.portfolios.sight(ada.actor, portfolio.id).object)
    refused(ada.client.put(path, form=[("eportfolio[name]", "x")]), 403, DENIED)


def test_the_list_is_by_last_change_with_every_spam_status(world: World, ada: Person, admin: Person) -> None:
    first, second, third = (world.portfolio(ada, name) for name in ("a", "b", "c"))
    ada.client.put(f"/api/v1/eportfolios/{first.id}", form=[("eportfolio[name]", "a2")])
    changed(world, second, spam_status="marked_as_spam")
    for path in (MINE, f"/api/v1/users/{ada.id}/eportfolios", f"{MINE}.json"):
        assert [one["id"] for one in ada.client.get(path).json] == [second.id, third.id, first.id]
    theirs = admin.client.get(f"/api/v1/users/sis_user_id:{ada.user.sis_id}/eportfolios")
    assert [one["name"] for one in theirs.json] == ["b", "c", "a2"]


def test_who_may_list(world: World, ada: Person, bo: Person) -> None:
    refused(bo.client.get(f"/api/v1/users/{ada.id}/eportfolios"), 403, DENIED)
    for reference in ("77", "nobody", "sis_user_id:nobody", "9" * 400):
        refused(bo.client.get(f"/api/v1/users/{reference}/eportfolios"), 404, NOWHERE)
    other = world.services.directory.create_root_account("Elsewhere", domains=["elsewhere.example.org"])
    refused(bo.client.get(f"/api/v1/users/{world.person(root=other).id}/eportfolios"), 404, NOWHERE)


@pytest.mark.parametrize("query", ["include[]=deleted", "include=deleted", "include[]=x&include[]=deleted"])
def test_deleted_ones_are_for_moderators_of_others(world: World, query: str) -> None:
    ada, admin = world.person(), world.admin()
    kept, gone = world.portfolio(ada), world.portfolio(ada)
    deleted(world, gone)
    own = world.portfolio(admin)
    deleted(world, own)
    assert [one["id"] for one in ada.client.get(f"{MINE}?{query}").json] == [kept.id]
    found = admin.client.get(f"/api/v1/users/{ada.id}/eportfolios?{query}").json
    assert [(one["id"], one["workflow_state"]) for one in found] == [(kept.id, "active"), (gone.id, "deleted")]
    assert found[1]["deleted_at"] == found[1]["updated_at"]
    assert len(admin.client.get(f"/api/v1/users/{ada.id}/eportfolios?include[]=other").json) == 1
    assert admin.client.get(f"{MINE}?{query}").json == []


def test_a_deleted_user_is_not_there(world: World, ada: Person, admin: Person) -> None:
    row = UserRow(sis_id=ada.user.sis_id, login_id=ada.user.login_id, status="deleted")
    assert [one.error for one in world.services.directory.upsert_users(world.root, [row])] == [""]
    refused(admin.client.get(f"/api/v1/users/{ada.id}/eportfolios"), 404, NOWHERE)
    refused(admin.client.put(f"/api/v1/users/{ada.id}/eportfolios?spam_status=marked_as_spam"), 404, NOWHERE)


def test_ids_as_strings(world: World, ada: Person) -> None:
    portfolio = world.portfolio(ada)
    page = world.page(ada, portfolio)
    accept = {"Accept": "text/html, application/json+canvas-string-ids, */*"}
    body = ada.client.get(f"/api/v1/eportfolios/{portfolio.id}", headers=accept).json
    assert (body["id"], body["user_id"], body["spam_status"]) == (str(portfolio.id), str(ada.id), None)
    (shown,) = ada.client.get(f"/api/v1/eportfolios/{portfolio.id}/pages", headers=accept).json
    assert (shown["id"], shown["eportfolio_id"], shown["position"]) == (str(page.id), str(portfolio.id), 1)


@pytest.mark.parametrize("form", ["self", "{id}", "sis_user_id:{sis}", "sis_login_id:{login}", "hex:sis_user_id:{hex}"])
def test_a_user_by_any_reference(ada: Person, admin: Person, form: str) -> None:
    user = ada.user
    reference = form.format(id=user.id, sis=user.sis_id, login=user.login_id.upper(), hex=user.sis_id.encode().hex())
    client = ada.client if form == "self" else admin.client
    assert client.get(f"/api/v1/users/{reference.replace(':', '%3A')}").json == {
        "id": user.id,
        "name": user.name,
        "sortable_name": user.sortable_name,
        "short_name": user.short_name,
        "login_id": user.login_id,
        "email": user.email,
        "sis_user_id": user.sis_id,
        "integration_id": None,
        "pronouns": None,
    }


def test_a_user_one_may_not_see(ada: Person, bo: Person) -> None:
    refused(bo.client.get(f"/api/v1/users/{ada.id}"), 404, NOWHERE)
    refused(bo.client.get("/api/v1/users/77"), 404, NOWHERE)
