"""Pages of ePortfolios (canvas-a 2.1, 2.3; design 2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.canvas.test_auth import NOWHERE, refused
from tests.factories import Person, World

SECTIONS = [
    {"section_type": "rich_text", "content": "<p>Day one</p>"},
    {"section_type": "html", "content": "<b>two</b>"},
    {"section_type": "attachment", "attachment_id": 9},
    {"section_type": "submission", "submission_id": 4},
    "plain",
]


def test_a_page_is_made_listed_changed_and_deleted(world: World, ada: Person) -> None:
    path = f"/api/v1/eportfolios/{world.portfolio(ada).id}/pages"
    made = ada.client.post(path, json_body={"page": {"name": "Estuary", "content": SECTIONS}})
    assert made.status == 200
    page = made.json
    assert list(page) == ["id", "eportfolio_id", "position", "name", "content", "created_at", "updated_at"]
    assert page["content"] == SECTIONS
    assert page["position"] == 1
    assert f"/api/v1/eportfolios/{page['eportfolio_id']}/pages" == path
    assert ada.client.get(path).json == [page]
    text = ada.client.put(f"{path}/{page['id']}", form=[("page[content]", "<p>Day</p>"), ("page[position]", "7")])
    assert (text.json["content"], text.json["position"], text.json["name"]) == ("<p>Day</p>", 7, "Estuary")
    same = ada.client.put(f"{path}/{page['id']}.json", json_body={"page": {"name": "Tide"}}).json
    assert (same["content"], same["position"], same["name"]) == ("<p>Day</p>", 7, "Tide")
    gone = ada.client.delete(f"{path}/{page['id']}")
    assert (gone.status, gone.json["id"]) == (200, page["id"])
    assert ada.client.get(path).json == []
    refused(ada.client.delete(f"{path}/{page['id']}"), 404, NOWHERE)
    refused(ada.client.put(f"{path}/{page['id']}", form=[("page[name]", "x")]), 404, NOWHERE)


def test_sections_sent_as_a_form(world: World, ada: Person) -> None:
    path = f"/api/v1/eportfolios/{world.portfolio(ada).id}/pages"
    fields = [("page[name]", "x")]
    for section in SECTIONS[:4]:
        assert isinstance(section, dict)
        fields += [(f"page[content][][{name}]", str(value)) for name, value in section.items()]
    assert ada.client.post(path, form=fields).json["content"] == SECTIONS[:4]
    indexed = [("page[name]", "x"), ("page[content][1]", "b"), ("page[content][0]", "a"), ("page[content][10]", "c")]
    assert ada.client.post(path, form=indexed).json["content"] == ["a", "b", "c"]


@pytest.mark.parametrize(("content", "shown"), [("", ""), (None, None), ([], None), (["a"], ["a"]), ("x", "x")])
def test_content_keeps_its_shape(world: World, ada: Person, content: Any, shown: Any) -> None:
    path = f"/api/v1/eportfolios/{world.portfolio(ada).id}/pages"
    page = ada.client.post(path, json_body={"page": {"name": "x", "content": content}})
    assert page.json["content"] == shown


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"content": "x"}, "name"),
        ({"name": "x", "position": "first"}, "position"),
        ({"name": "x", "position": -1}, "position"),
        ({"name": "x", "position": 1.5}, "position"),
        ({"name": "x", "position": True}, "position"),
        ({"name": "x", "position": 10**30}, "position"),
        ({"name": "x", "content": 7}, "content"),
        ({"name": "x", "content": {"a": 1}}, "content"),
        ({"name": "x", "content": [7]}, "content"),
        ({"name": "x", "content": [{"section_type": "video"}]}, "content"),
        ({"name": "x", "content": [{"section_type": ["html"]}]}, "content"),
        ({"name": "x", "content": [{"section_type": "html", "content": 5}]}, "content"),
        ({"name": "x", "content": [{"section_type": "attachment"}]}, "content"),
        ({"name": "x", "content": [{"section_type": "attachment", "attachment_id": "x"}]}, "content"),
    ],
)
def test_a_page_that_breaks_a_rule(world: World, ada: Person, fields: dict[str, Any], field: str) -> None:
    path = f"/api/v1/eportfolios/{world.portfolio(ada).id}/pages"
    answer = ada.client.post(path, json_body={"page": fields})
    assert answer.status == 400
    assert answer.json["errors"][field][0]["attribute"] == field
    assert ada.client.get(path).json == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("a" * 1024 * 1024, 200),
        ("é" * 1024 * 512 + "a", 400),
        ("&" * 250_000, 400),
        (["a" * 1024 * 512, "&" * 150_000], 400),
    ],
)
def test_content_is_measured_as_it_is_kept(world: World, ada: Person, content: Any, status: int) -> None:
    path = f"/api/v1/eportfolios/{world.portfolio(ada).id}/pages"
    answer = ada.client.post(path, json_body={"page": {"name": "x", "content": content}})
    assert answer.status == status
    if status == 400:
        assert answer.json["errors"]["content"][0]["type"] == "too_long"
        assert ada.client.get(path).json == []


def test_a_page_keeps_what_it_had_when_a_change_is_too_long(world: World, ada: Person) -> None:
    path = f"/api/v1/eportfolios/{world.portfolio(ada).id}/pages"
    page = ada.client.post(path, json_body={"page": {"name": "x", "content": "a"}}).json
    assert ada.client.put(f"{path}/{page['id']}", json_body={"page": {"content": "&" * 1_300_000}}).status == 400
    assert ada.client.get(path).json == [page]


def test_a_page_of_another_portfolio(world: World, ada: Person) -> None:
    one, other = world.portfolio(ada), world.portfolio(ada)
    page = world.page(ada, one)
    refused(ada.client.delete(f"/api/v1/eportfolios/{other.id}/pages/{page.id}"), 404, NOWHERE)
    refused(ada.client.delete(f"/api/v1/eportfolios/{page.id}/pages/{page.id}"), 404, NOWHERE)


def test_pages_are_by_position_then_id(world: World, ada: Person) -> None:
    portfolio = world.portfolio(ada)
    made = [world.page(ada, portfolio, str(at), position=at) for at in (30, 4, 30, 5)]
    found = ada.client.get(f"/api/v1/eportfolios/{portfolio.id}/pages").json
    assert [page["id"] for page in found] == [made[1].id, made[3].id, made[0].id, made[2].id]
