"""Presentations, lists, comments, and what deleting leaves behind (brightspace 6.1)."""

from __future__ import annotations

import io
from typing import Any

import pytest

from chalicelib.domain import comment, removal
from chalicelib.domain.epobject import Kind
from tests.dialects.brightspace.test_conventions import problem
from tests.factories import Person, World, multipart

EP = "/d2l/api/eP/2.5"


def made(person: Person, what: str, name: str = "x", **more: Any) -> int:
    """The id of a new reflection, collection, link or presentation."""
    answer = person.client.post(f"{EP}/{what}/new", json_body={"Name": name, **more})
    assert answer.status == 200, answer.text
    return int(answer.json["ObjectId"])


def uploaded(person: Person, name: str = "note.txt") -> int:
    answer = person.client.post(f"{EP}/artifacts/file/upload", **multipart(("file", b"hello", name)))
    return int(answer.json["ObjectId"])


def related(world: World, person: Person, object_id: int) -> list[tuple[str, int]]:
    found = world.services.objects.held(person.id, [object_id])[object_id]
    return [(one.rel, one.target_id) for one in found.relations]


def test_a_presentation_is_a_portfolio_of_every_dialect(world: World, ada: Person, bo: Person) -> None:
    said = {
        "Name": "Shore year",
        "Description": "All of it",
        "Tags": [{"Text": "sea", "Type": 0}],
        "GeoTag": None,
        "AllowComments": False,
        "BannerTitle": "Low tide",
        "BannerDescription": "A year at the shore",
    }
    shown = ada.client.post(f"{EP}/presentations/new", json_body=said).json
    assert shown["ObjectTypeId"] == 400
    assert {name: shown[name] for name in said} == said
    route = f"{EP}/presentation/{shown['ObjectId']}"
    assert ada.client.get(route).json == shown
    assert ada.client.get(f"/api/v1/eportfolios/{shown['ObjectId']}").json["name"] == "Shore year"
    theirs = world.portfolio(ada)
    assert ada.client.get(f"{EP}/presentation/{theirs.id}").json["BannerTitle"] == ""
    problem(bo.client.get(route), 403)
    problem(bo.client.delete(route), 403)
    problem(bo.client.get(f"{EP}/presentation/77"), 404)
    problem(ada.client.get(f"{EP}/artifact/{shown['ObjectId']}"), 404)
    assert ada.client.delete(route).json == shown
    problem(ada.client.get(route), 404)
    problem(ada.client.delete(route), 404)
    assert ada.client.get(f"/api/v1/eportfolios/{shown['ObjectId']}").status != 200
    assert [one["id"] for one in ada.client.get("/api/v1/users/self/eportfolios").json] == [theirs.id]


@pytest.mark.parametrize(
    "more", [{"BannerTitle": 5}, {"BannerDescription": []}, {"BannerTitle": "x" * 256}, {"Name": " "}, {"Tags": 5}]
)
def test_a_presentation_that_is_400(ada: Person, more: dict[str, Any]) -> None:
    problem(ada.client.post(f"{EP}/presentations/new", json_body={"Name": "x", **more}), 400)


def test_what_is_deleted_is_gone_and_nothing_points_at_it(world: World, ada: Person, bo: Person) -> None:
    file, collection = uploaded(ada), made(ada, "collections")
    reflection, link = made(ada, "reflections"), made(ada, "artifacts/link", Url="https://x.example/")
    for one in (file, link, reflection):
        ada.client.post(f"{EP}/collection/{collection}/add/{one}")
    ada.client.post(f"{EP}/reflection/{reflection}/on/{file}")
    shown = ada.client.get(f"{EP}/artifact/{file}").json
    problem(bo.client.delete(f"{EP}/artifact/{file}"), 403)
    problem(ada.client.delete(f"{EP}/reflection/{file}"), 404)
    assert ada.client.delete(f"{EP}/artifact/{file}").json == shown
    for method in ("GET", "DELETE"):
        problem(ada.client.request(method, f"{EP}/artifact/{file}"), 404)
    problem(ada.client.get(f"{EP}/object/{file}/content"), 404)
    assert ada.client.get(f"{EP}/collection/{collection}").json["ItemIds"] == [link, reflection]
    assert related(world, ada, reflection) == [("is_part_of", collection)]
    assert ada.client.delete(f"{EP}/collection/{collection}").json["ItemIds"] == [link, reflection]
    problem(ada.client.get(f"{EP}/collection/{collection}"), 404)
    assert (related(world, ada, reflection), related(world, ada, link)) == ([], [])
    assert ada.client.delete(f"{EP}/reflection/{reflection}").status == 200
    assert ada.client.delete(f"{EP}/artifact/{link}").status == 200
    problem(ada.client.post(f"{EP}/export/new/all"), 400)


def test_what_has_many_relations_is_deleted_in_steps(
    world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "BATCH", 2)
    collection, items = made(ada, "collections"), [made(ada, "reflections") for _ in range(5)]
    for one in items:
        ada.client.post(f"{EP}/collection/{collection}/add/{one}")
    assert ada.client.delete(f"{EP}/collection/{collection}").json["ItemIds"] == items
    assert all(related(world, ada, one) == [] for one in items)


def test_contents_of_a_collection(ada: Person, bo: Person) -> None:
    collection = made(ada, "collections")
    items = [made(ada, "reflections", "r"), uploaded(ada), made(ada, "presentations", "p")]
    for one in items:
        ada.client.post(f"{EP}/collection/{collection}/add/{one}")
    for route in (f"{EP}/collection/{collection}/contents/", f"{EP}/collection/{collection}/contents"):
        shown = ada.client.get(route).json
        assert (shown["ObjectId"], shown["ItemsCount"], shown["ItemIds"]) == (collection, 3, items)
        assert [(one["ObjectId"], one["ObjectTypeId"]) for one in shown["Items"]] == list(
            zip(items, (200, 310, 400), strict=True)
        )
        assert shown["Items"][1]["FileName"] == "note.txt"
    ada.client.delete(f"{EP}/presentation/{items[2]}")
    shown = ada.client.get(f"{EP}/collection/{collection}/contents/").json
    assert [one["ObjectId"] for one in shown["Items"]] == items[:2], "a deleted presentation may be restored"
    assert shown["ItemIds"] == items
    for _ in range(11):
        ada.client.post(f"{EP}/collection/{collection}/add/{made(ada, 'reflections', 'more')}")
    assert len(ada.client.get(f"{EP}/collection/{collection}/contents/").json["Items"]) == 13
    problem(bo.client.get(f"{EP}/collection/{collection}/contents/"), 403)
    problem(ada.client.get(f"{EP}/collection/77/contents/"), 404)


def test_ones_objects_page_by_page(world: World, ada: Person) -> None:
    assert ada.client.get(f"{EP}/objects/my/").json == {
        "PagingInfo": {"Bookmark": "", "HasMoreItems": False},
        "Items": [],
    }
    book = world.portfolio(ada)
    world.page(ada, book)
    gone = world.portfolio(ada)
    ids = [made(ada, "collections"), uploaded(ada), made(ada, "artifacts/link", Url="https://x.example/"), book.id]
    ids += [made(ada, "reflections") for _ in range(3)]
    ada.client.delete(f"{EP}/reflection/{ids.pop()}")
    ada.client.delete(f"{EP}/presentation/{gone.id}")
    ada.client.post(f"{EP}/object/{book.id}/comments/new", json_body={"Body": "no object of its own"})
    for size in (1, 2, 3, 6, 7, 100):
        found, query, pages = [], f"?pageSize={size}", 0
        while True:
            page = ada.client.get(f"{EP}/objects/my/{query}").json
            found += [one["ObjectId"] for one in page["Items"]]
            pages += 1
            assert len(page["Items"]) <= size
            info = page["PagingInfo"]
            assert info["HasMoreItems"] is bool(info["Bookmark"])
            if not info["HasMoreItems"]:
                break
            query = f"?pageSize={size}&bookmark={info['Bookmark']}"
        assert found == ids, size
        assert pages <= -(-len(ids) // size) + 2
    for bad in ("bookmark=x", "bookmark=cGFnZSM3", "pageSize=0", "pageSize=101", "pageSize=x", "bookmark=%00"):
        problem(ada.client.get(f"{EP}/objects/my/?{bad}"), 400)


def test_comments(world: World, ada: Person, bo: Person) -> None:
    reflection = made(ada, "reflections")
    before = ada.client.get(f"{EP}/reflection/{reflection}").json
    route = f"{EP}/object/{reflection}/comments"
    assert ada.client.get(f"{route}/").json == []
    first = ada.client.post(f"{route}/new", json_body={"Body": "<i>Nice</i> & wet"}).json
    assert set(first) == {"ObjectId", "CommentId", "UserId", "CreatedDate", "Body"}
    assert (first["ObjectId"], first["UserId"], first["Body"]) == (reflection, ada.id, "<i>Nice</i> & wet")
    second = ada.client.post(f"{route}/new", json_body={"Body": "More", "ObjectId": 5, "UserId": 7}).json
    assert ada.client.get(f"{route}/").json == ada.client.get(route).json == [first, second]
    assert ada.client.get(f"{EP}/reflection/{reflection}").json == before, "being talked about is no change"
    for answer in (bo.client.get(f"{route}/"), bo.client.post(f"{route}/new", json_body={"Body": "x"})):
        problem(answer, 403)
    problem(ada.client.get(f"{EP}/object/77/comments/"), 404)
    comment_id = first["CommentId"]
    for method, what in (
        ("GET", f"artifact/{comment_id}"),
        ("DELETE", f"artifact/{comment_id}"),
        ("GET", f"object/{comment_id}/comments/"),
        ("POST", f"reflection/{reflection}/on/{comment_id}"),
    ):
        problem(ada.client.request(method, f"{EP}/{what}"), 404)
    problem(ada.client.post(f"{EP}/object/77/comments/new", json_body={"Body": "x"}), 404)
    closed = made(ada, "reflections", AllowComments=False)
    problem(ada.client.post(f"{EP}/object/{closed}/comments/new", json_body={"Body": "x"}), 403)
    ada.client.delete(f"{EP}/reflection/{reflection}")
    kept = [one for one in world.services.objects.walk(ada.id)[0] if one.kind is Kind.ITEM and not one.deleted]
    assert kept == [], "comments go with what they are about"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"Body":5}', '{"Body":""}', '{"Body":" "}', '{"Body":null}'])
def test_a_comment_that_is_400(ada: Person, body: str) -> None:
    problem(ada.client.post(f"{EP}/object/{made(ada, 'reflections')}/comments/new", body=body), 400)


def test_comments_are_bounded(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comment, "COMMENT_LIMIT", 1)
    route = f"{EP}/object/{made(ada, 'reflections')}/comments/new"
    problem(ada.client.post(route, json_body={"Body": "x" * (comment.BODY_LIMIT + 1)}), 400)
    assert ada.client.post(route, json_body={"Body": "x"}).status == 200
    problem(ada.client.post(route, json_body={"Body": "x"}), 400)


def test_comments_travel_without_their_maker(world: World, ada: Person, bo: Person) -> None:
    reflection = made(ada, "reflections", "Low tide")
    ada.client.post(f"{EP}/object/{reflection}/comments/new", json_body={"Body": "Nice & wet"})
    job = ada.client.post(f"{EP}/export/new", json_body=[reflection]).json
    world.work()
    package = world.services.blobs.get(world.services.exports.package(ada.actor, job).key)
    world.services.imports.request(bo.actor, io.BytesIO(package))
    world.work()
    (found,) = bo.client.get(f"{EP}/objects/my/").json["Items"]
    assert found["Name"] == "Low tide"
    (comment,) = bo.client.get(f"{EP}/object/{found['ObjectId']}/comments/").json
    assert (comment["Body"], comment["UserId"]) == ("Nice & wet", None)
