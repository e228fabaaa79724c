"""Files, reflections and what they show (brightspace 6)."""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from chalicelib.domain.ports import Updated
from tests.dialects.brightspace.test_conventions import problem
from tests.factories import Person, World, multipart

EP = "/d2l/api/eP/2.5"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def upload(person: Person, query: str = "", content: bytes = b"hello\r\n--x", name: str = "note.final.txt") -> Any:
    return person.client.post(f"{EP}/artifacts/file/upload{query}", **multipart(("file", content, name)))


def test_a_file_is_uploaded(ada: Person) -> None:
    answer = upload(ada, "?name=My%20note&description=d%C3%BCn")
    assert answer.status == 200
    body = answer.json
    assert DATE.fullmatch(body.pop("CreatedDate"))
    assert DATE.fullmatch(body.pop("ModifiedDate"))
    object_id = body.pop("ObjectId")
    assert body == {
        "ObjectTypeId": 310,
        "Name": "My note",
        "Description": "dün",
        "Tags": [],
        "GeoTag": None,
        "AllowComments": True,
        "OwnerUserId": ada.id,
        "FileSize": 10,
        "FileName": "note.final.txt",
        "Extension": "txt",
        "UploadKey": "",
    }
    assert ada.client.get(f"{EP}/artifact/{object_id}").json["Name"] == "My note"
    content = ada.client.get(f"{EP}/object/{object_id}/content")
    assert (content.status, content.text) == (302, "")
    assert content.headers["location"].startswith("https://")


def test_a_files_name_defaults(ada: Person) -> None:
    assert upload(ada).json["Name"] == "file"
    assert upload(ada, name="../../etc/pass wd").json["FileName"] == "pass wd"


def test_what_a_file_claims_to_be_is_served_if_it_can_be_a_type(ada: Person) -> None:
    plain = "application/octet-stream"
    for said, served in (
        ("Image/PNG; x=y", "image/png"),
        ("ü/ü", plain),
        ("image", plain),
        (f"a/{'b' * 300}", plain),
    ):
        request = multipart(("file", b"x", "x.bin"))
        request["body"] = request["body"].replace(plain.encode(), said.encode())
        made = ada.client.post(f"{EP}/artifacts/file/upload", **request).json["ObjectId"]
        location = ada.client.get(f"{EP}/object/{made}/content").headers["location"]
        assert f"response-content-type={quote(served, safe='')}&" in f"{location}&"


@pytest.mark.parametrize("request_", [multipart(), multipart(("file", b"", "x")), {"body": "x"}])
def test_an_upload_without_a_file(ada: Person, request_: Any) -> None:
    problem(ada.client.post(f"{EP}/artifacts/file/upload", **request_), 400)


def test_a_reflection_is_made_and_shown(ada: Person) -> None:
    said = {
        "ObjectId": 0,
        "Name": "Low tide",
        "Description": "<b>What</b> I saw & why",
        "Tags": [{"Text": "sea", "Type": 0}, {"Text": "mine", "Type": 1}],
        "GeoTag": {"Latitude": 1.5, "Longitude": 2, "Altitude": 0, "Bearing": 0, "Precision": 1},
        "AllowComments": False,
        "Unknown": [1],
    }
    answer = ada.client.post(f"{EP}/reflections/new", json_body=said)
    assert answer.status == 200
    body = answer.json
    assert body["ObjectTypeId"] == 200
    assert body["Description"] == said["Description"]
    assert body["Tags"] == said["Tags"]
    assert body["AllowComments"] is False
    assert body["GeoTag"] == said["GeoTag"]
    assert ada.client.get(f"{EP}/reflection/{body['ObjectId']}").json == body
    problem(ada.client.get(f"{EP}/artifact/{body['ObjectId']}"), 404)
    problem(ada.client.get(f"{EP}/object/{body['ObjectId']}/content"), 404)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"Name":""}',
        '{"Name":" "}',
        '{"Name":5}',
        '{"Name":"x","Tags":[1]}',
        '{"Name":"x","Tags":7}',
        '{"Name":"x","AllowComments":"no"}',
        '{"Name":"x","GeoTag":[]}',
        '{"Name":"' + "x" * 256 + '"}',
        '{"Name":"x' + " " * 1000 + '"}',
        '{"Name":"x","Tags":[{"Text":"' + "x" * 256 + '","Type":0}]}',
    ],
)
def test_a_reflection_that_is_400(ada: Person, body: str) -> None:
    problem(ada.client.post(f"{EP}/reflections/new", body=body), 400)


def test_an_old_year_has_four_digits(world: World, ada: Person) -> None:
    made = world.portfolio(ada)
    before = made.created_at.replace(year=999)
    world.services.objects.apply([Updated(replace(made, created_at=before, version=2))])
    shown = ada.client.get(f"{EP}/presentation/{made.id}").json
    assert shown["CreatedDate"].startswith("0999-"), shown


def test_a_reflection_is_put_on_an_object_and_taken_off(world: World, ada: Person, bo: Person) -> None:
    reflection = ada.client.post(f"{EP}/reflections/new", json_body={"Name": "r"}).json["ObjectId"]
    file = upload(ada).json["ObjectId"]
    route = f"{EP}/reflection/{reflection}/on/{file}"
    assert [ada.client.post(route).status, ada.client.post(route).status] == [200, 200]
    assert next(iter(world.services.objects.walk(ada.id)[0])).targets("reflected_on_by") == (reflection,)
    assert [ada.client.delete(route).status, ada.client.delete(route).status] == [200, 200]
    problem(ada.client.post(f"{EP}/reflection/{reflection}/on/77"), 404)
    problem(ada.client.post(f"{EP}/reflection/{file}/on/{reflection}"), 404)
    problem(ada.client.post(f"{EP}/reflection/{reflection}/on/{reflection}"), 400)
    problem(bo.client.post(route), 403)
    problem(ada.client.post(f"{EP}/reflection/{reflection}/on/{upload(bo).json['ObjectId']}"), 403)


def test_other_peoples_objects(ada: Person, bo: Person) -> None:
    reflection = ada.client.post(f"{EP}/reflections/new", json_body={"Name": "r"}).json["ObjectId"]
    file = upload(ada).json["ObjectId"]
    for route in (f"reflection/{reflection}", f"artifact/{file}", f"object/{file}/content"):
        problem(bo.client.get(f"{EP}/{route}"), 403)
    for route in ("reflection/77", "artifact/77", "object/77/content"):
        problem(bo.client.get(f"{EP}/{route}"), 404)


def test_a_link_is_made_and_shown(ada: Person) -> None:
    said = {"Name": "Tides", "Description": "A table", "Url": "https://tides.example/?a=1"}
    body = ada.client.post(f"{EP}/artifacts/link/new", json_body=said).json
    assert (body["ObjectTypeId"], body["Url"], body["Description"]) == (340, said["Url"], "A table")
    assert ada.client.get(f"{EP}/artifact/{body['ObjectId']}").json == body


@pytest.mark.parametrize("url", [None, 5, "", "javascript:alert(1)", "ftp://x.example/", "https://x/" + "y" * 2048])
def test_a_link_that_is_400(ada: Person, url: object) -> None:
    problem(ada.client.post(f"{EP}/artifacts/link/new", json_body={"Name": "x", "Url": url}), 400)
    problem(ada.client.post(f"{EP}/artifacts/link/new", json_body=[url]), 400)


def test_a_collection_holds_what_is_put_in_in_order(ada: Person, bo: Person) -> None:
    made = ada.client.post(f"{EP}/collections/new", json_body={"Name": "Shore"}).json
    assert (made["ObjectTypeId"], made["ItemsCount"], made["ItemIds"], made["Items"]) == (110, 0, [], [])
    route = f"{EP}/collection/{made['ObjectId']}"
    items = [ada.client.post(f"{EP}/reflections/new", json_body={"Name": name}).json["ObjectId"] for name in "ab"]
    for item in (items[1], items[0], items[1]):
        assert ada.client.post(f"{route}/add/{item}").status == 200
    assert ada.client.get(route).json["ItemIds"] == [items[1], items[0]]
    for _ in range(2):
        assert ada.client.post(f"{route}/remove/{items[1]}").json["ItemIds"] == [items[0]]
    problem(ada.client.post(f"{route}/add/{made['ObjectId']}"), 400)
    problem(ada.client.post(f"{route}/add/77"), 404)
    problem(ada.client.post(f"{EP}/collection/{items[0]}/add/{items[1]}"), 404)
    problem(bo.client.post(f"{route}/add/{items[1]}"), 403)
    problem(bo.client.get(route), 403)
    problem(ada.client.get(f"{EP}/reflection/{made['ObjectId']}"), 404)


def test_a_collection_and_a_link_travel(world: World, ada: Person, bo: Person) -> None:
    made = ada.client.post(f"{EP}/collections/new", json_body={"Name": "Shore"}).json["ObjectId"]
    link = ada.client.post(f"{EP}/artifacts/link/new", json_body={"Name": "T", "Url": "https://t.example/"}).json
    ada.client.post(f"{EP}/collection/{made}/add/{link['ObjectId']}")
    job = ada.client.post(f"{EP}/export/new", json_body=[made, link["ObjectId"]]).json
    world.work()
    result = world.services.exports.package(ada.actor, job)
    package = world.services.blobs.get(result.key)
    world.services.imports.request(bo.actor, io.BytesIO(package))
    world.work()
    found = {one.kind.value: one for one in world.services.objects.walk(bo.id)[0]}
    assert found["collection"].targets("has_part") == (found["link"].id,)
    assert found["link"].url == "https://t.example/"
