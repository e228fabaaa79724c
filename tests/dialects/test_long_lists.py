"""Lists of more than a function may answer: a page is cut, and what follows it leads to the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from chalicelib.domain.association import COMMENT_PLUGIN
from chalicelib.domain.epobject import Carried, EpObject, Kind, Relation
from chalicelib.domain.paging import ANSWER_BYTES
from chalicelib.domain.ports import Created
from chalicelib.storage.fitting import weight
from tests.factories import Person, Response, World

EP = "/d2l/api/eP/2.5"
REPORTS = "/api/v1/accounts/self/reports/user_access_tokens_csv"


def canvas_pages(person: Person, target: str) -> Iterator[Response]:
    """The pages of a list of Canvas's, by their next links."""
    answer = person.client.get(target)
    while True:
        assert (answer.status, bool(answer.json)) == (200, True)
        yield answer
        if "next" not in answer.links:
            return
        parts = urlsplit(answer.links["next"])
        answer = person.client.get(f"{parts.path}?{parts.query}")


def ids(answers: Iterator[Response]) -> list[list[int]]:
    return [[one["id"] for one in answer.json] for answer in answers]


def flat(found: list[list[int]]) -> list[int]:
    return list(chain.from_iterable(found))


@pytest.mark.parametrize(
    ("count", "text"), [(7, "a" * 950_000), (60, "<p>" + "a" * 110_000 + "</p>"), (5, '"' * 1_000_000)]
)
def test_large_pages_are_all_there(world: World, ada: Person, count: int, text: str) -> None:
    path = f"/api/v1/eportfolios/{world.portfolio(ada).id}/pages"
    made = [
        ada.client.post(path, json_body={"page": {"name": str(number), "content": text}}).json["id"]
        for number in range(count)
    ]
    found = ids(canvas_pages(ada, f"{path}?per_page=100"))
    assert (flat(found), len(found) > 1) == (made, True)


def test_the_rest_of_a_page_has_its_number(world: World, ada: Person) -> None:
    path = f"/api/v1/eportfolios/{world.portfolio(ada).id}/pages"
    for number in range(8):
        ada.client.post(path, json_body={"page": {"name": str(number), "content": "a" * 950_000}})
    first, rest = list(canvas_pages(ada, f"{path}?per_page=6"))[:2]
    assert [one["name"] for one in first.json] == ["0", "1", "2", "3"]
    assert [one["name"] for one in rest.json] == ["4", "5", "6", "7"]
    assert "&page=1&" in first.links["next"]
    assert "prev" not in rest.links, "a number leads no further than to what was shown"
    assert [one["name"] for one in ada.client.get(f"{path}?page=2&per_page=6").json] == ["6", "7"]


def test_runs_with_large_parameters_are_all_there(world: World, admin: Person) -> None:
    made = [admin.client.post(REPORTS, json_body={"parameters": {"x": "a" * 64_000}}).json["id"] for _ in range(100)]
    found = ids(canvas_pages(admin, f"{REPORTS}?per_page=100"))
    assert (flat(found), len(found)) == (made[::-1], 2)


def draft(world: World, person: Person, number: int, text: str, **facts: Any) -> EpObject:
    now = world.clock.now()
    return EpObject(
        **{"kind": Kind.REFLECTION, "name": str(number), "content": text, "content_type": "text"} | facts,
        id=world.services.ids.new(),
        owner_id=person.id,
        created_at=now,
        updated_at=now,
        added_at=now,
    )


def reflections(world: World, person: Person, count: int, text: str, **facts: Any) -> list[EpObject]:
    """Reflections as a package brings them, of any length."""
    drafts = [draft(world, person, number, text, **facts) for number in range(count)]
    for one in drafts:
        world.services.objects.apply([Created(one)])
    return drafts


def test_ones_objects_with_large_bodies_are_all_there(world: World, ada: Person) -> None:
    made = [one.id for one in reflections(world, ada, 20, "word " * 90_000)]
    found: list[int] = []
    query, pages = "?pageSize=100", 0
    while query:
        page = ada.client.get(f"{EP}/objects/my/{query}")
        assert (page.status, bool(page.json["Items"])) == (200, True)
        found += [one["ObjectId"] for one in page.json["Items"]]
        mark, pages = page.json["PagingInfo"]["Bookmark"], pages + 1
        query = f"?pageSize=100&bookmark={mark}" if mark else ""
    assert (found, pages) == (made, 3)


def test_a_collection_shows_as_many_items_as_an_answer_holds(world: World, ada: Person) -> None:
    items = reflections(world, ada, 20, "word " * 90_000)
    (box,) = reflections(
        world, ada, 1, "", kind=Kind.COLLECTION, relations=tuple(Relation("has_part", one.id) for one in items)
    )
    shown = ada.client.get(f"{EP}/collection/{box.id}/contents/")
    assert shown.status == 200
    assert shown.json["ItemIds"] == [one.id for one in items]
    assert [one["ObjectId"] for one in shown.json["Items"]] == [one.id for one in items[:8]]


def test_comments_that_are_more_than_an_answer(world: World, ada: Person) -> None:
    (about,) = reflections(world, ada, 1, "")
    comments = reflections(
        world,
        ada,
        20,
        "漢" * 150_000,
        kind=Kind.ITEM,
        relations=(Relation("reflects_on", about.id),),
        carried=Carried(elements=(COMMENT_PLUGIN,)),
    )
    shown = ada.client.get(f"{EP}/object/{about.id}/comments/")
    assert shown.status == 200
    assert [one["CommentId"] for one in shown.json] == [one.id for one in comments[:8]]


@pytest.mark.parametrize("text", ['"', "\\", "\n", "é", "漢"])
def test_what_is_escaped_counts_as_it_is_answered(text: str) -> None:
    document = msgspec.json.encode(text * 1000).decode()
    answered = json.dumps({"body": document}, ensure_ascii=False).encode()
    assert weight(document) <= len(answered) <= weight(document) + 20
    assert ANSWER_BYTES < 6_000_000
