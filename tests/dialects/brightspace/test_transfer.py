"""Exports and imports as clients ask for them (brightspace 3, 4, 5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib import wiring
from chalicelib.domain.epobject import EpObject
from chalicelib.wiring import Services
from tests.dialects.brightspace.test_conventions import problem
from tests.factories import Client, Person, World, multipart

EP = "/d2l/api/eP/2.5"
ZIP = ("file", b"PK\x05\x06" + b"\0" * 18, "package.zip")


def export(client: Client, body: Any, query: str = "", **options: Any) -> Any:
    return client.post(f"{EP}/export/new{query}", body=json.dumps(body), **options)


@pytest.fixture
def portfolio(world: World, ada: Person) -> EpObject:
    return world.portfolio(ada)


def keys(world: World, export_id: str) -> list[int]:
    """The ids an export fixed."""
    job = world.services.job_store.get(int(export_id))
    assert job is not None
    return [object_id for _, object_id in job.parameters["keys"]]


def test_an_export_is_a_bare_number(world: World, ada: Person, portfolio: EpObject) -> None:
    answer = export(ada.client, [portfolio.id, portfolio.id, 12345])
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert answer.text.isdigit()
    assert keys(world, answer.text) == [portfolio.id], "duplicates collapse, unknown ids are skipped"
    assert export(ada.client, {"ObjectIds": [portfolio.id]}).status == 200
    assert export(ada.client, [portfolio.id], headers={"Content-Type": "text/plain"}).status == 200


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[",
        "{}",
        '{"ObjectIds":7}',
        "7",
        '"7"',
        "null",
        "[]",
        "[true]",
        '["7"]',
        "[7.0]",
        "[null]",
        "[[7]]",
        "[7]",
        "[0]",
        "[-7]",
        "[123456789012345678901234567890]",
        "[" * 100_000,
        "[" + "9" * 5000 + "]",
    ],
)
def test_a_list_that_names_nothing_is_400(world: World, ada: Person, body: str) -> None:
    problem(ada.client.post(f"{EP}/export/new", body=body), 400)
    assert world.work() == 0


def test_a_foreign_object_refuses_the_whole_export(world: World, ada: Person, bo: Person, portfolio: EpObject) -> None:
    mine = world.portfolio(bo)
    problem(export(bo.client, [mine.id, portfolio.id]), 403)
    problem(export(bo.client, [portfolio.id]), 403)
    problem(export(bo.client, [portfolio.id, "x"]), 400)


def test_what_another_institution_has_does_not_exist(world: World, ada: Person, portfolio: EpObject) -> None:
    stranger = world.person(root=world.services.directory.create_root_account("Far College"))
    theirs = stranger.client.post(f"{EP}/reflections/new", json_body={"Name": "Far"}).json["ObjectId"]
    problem(export(ada.client, [theirs]), 400)
    answer = export(ada.client, [portfolio.id, theirs])
    assert keys(world, answer.text) == [portfolio.id]
    job = export(stranger.client, [theirs]).text
    for what in ("status", "package", "details"):
        problem(ada.client.get(f"{EP}/export/{job}/{what}"), 404)
    (job,) = stranger.client.post(f"{EP}/import/new", **multipart(ZIP)).json
    problem(ada.client.get(f"{EP}/import/{job}/status"), 404)


@pytest.mark.parametrize(
    ("query", "adds"),
    [
        ("", ""),
        ("?includeAssociatedItems=true", "r"),
        ("?includeAssociatedItems=TRUE", "r"),
        ("?include_associated_items=True", "r"),
        ("?includeAssociatedItems=1", ""),
        ("?includeAssociatedItems=", ""),
        ("?includeAssociatedItems=yes&other=x", ""),
        ("?includeAssociatedReflections=true", "r"),
        ("?includeReflectionsAssociations=true", ""),
        ("?includeFormsItems=true", ""),
        ("?include_forms_items=False", ""),
    ],
)
def test_options(world: World, ada: Person, portfolio: EpObject, query: str, adds: str) -> None:
    reflection = ada.client.post(f"{EP}/reflections/new", json_body={"Name": "On it"}).json["ObjectId"]
    assert ada.client.post(f"{EP}/reflection/{reflection}/on/{portfolio.id}").status == 200
    found = keys(world, export(ada.client, [portfolio.id], query).text)
    assert found == sorted([portfolio.id, *([reflection] if adds else [])])


def test_what_a_named_reflection_reflects_on(world: World, ada: Person, portfolio: EpObject) -> None:
    reflection = ada.client.post(f"{EP}/reflections/new", json_body={"Name": "On it"}).json["ObjectId"]
    ada.client.post(f"{EP}/reflection/{reflection}/on/{portfolio.id}")
    answer = export(ada.client, [reflection], "?includeReflectionsAssociations=true")
    assert keys(world, answer.text) == sorted([portfolio.id, reflection])
    assert keys(world, export(ada.client, [reflection], "?includeAssociatedReflections=true").text) == [reflection]


def test_export_all_takes_no_body(ada: Person, portfolio: EpObject) -> None:
    assert ada.client.post(f"{EP}/export/new/all", headers={"Content-Length": "0"}).text.isdigit()
    assert ada.client.post(f"{EP}/export/new/all", body="rubbish", headers={"Content-Type": "x/y"}).text.isdigit()


def test_export_all_of_nothing_is_400(bo: Person) -> None:
    problem(bo.client.post(f"{EP}/export/new/all"), 400)


@pytest.mark.parametrize("route", ["export/new", "export/new/all"])
def test_the_same_idempotency_key_answers_the_same_export(ada: Person, portfolio: EpObject, route: str) -> None:
    body, again = json.dumps([portfolio.id]), {"Idempotency-Key": f"k-{route}"}
    first = ada.client.post(f"{EP}/{route}", body=body, headers=again)
    assert ada.client.post(f"{EP}/{route}", body=body, headers=again).text == first.text
    assert ada.client.post(f"{EP}/{route}", body=body).text != first.text
    problem(ada.client.post(f"{EP}/{route}", body=body, headers={"Idempotency-Key": "k" * 256}), 400)


def test_without_access_every_route_is_403(world: World, ada: Person, portfolio: EpObject) -> None:
    other = world.services.directory.create_root_account("Closed College", domains=["closed.example.org"])
    closed = replace(other, settings={"enable_eportfolios": "false"}, version=other.version + 1)
    world.services.account_store.save([closed])
    someone = world.person(root=other)
    problem(export(someone.client, [portfolio.id]), 403)
    problem(someone.client.post(f"{EP}/export/new/all"), 403)
    problem(someone.client.post(f"{EP}/import/new", **multipart(ZIP)), 403)
    for route in ("export/77/status", "export/77/package", "import/77/status", "artifact/77", "reflection/77"):
        problem(someone.client.get(f"{EP}/{route}"), 403)
    problem(someone.client.get(f"{EP}/object/77/content"), 403)
    problem(someone.client.post(f"{EP}/artifacts/file/upload", **multipart(ZIP)), 403)
    problem(someone.client.post(f"{EP}/reflections/new", json_body={"Name": "x"}), 403)
    problem(someone.client.post(f"{EP}/reflection/77/on/78"), 403)


def test_a_job_is_its_owners(ada: Person, bo: Person, portfolio: EpObject) -> None:
    export_id = export(ada.client, [portfolio.id]).text
    assert ada.client.get(f"{EP}/export/{export_id}/status").text == "0"
    problem(bo.client.get(f"{EP}/export/{export_id}/status"), 403)
    problem(bo.client.get(f"{EP}/export/{export_id}/package"), 403)
    problem(ada.client.get(f"{EP}/import/{export_id}/status"), 404)
    problem(ada.client.get(f"{EP}/export/{export_id}/package"), 404)
    problem(ada.client.get(f"{EP}/export/{portfolio.id}/status"), 404)


def test_the_package_is_a_redirect_to_a_fresh_link(world: World) -> None:
    mere = world.person(first_name="Mere", last_name="Ta/ne")
    world.portfolio(mere)
    export_id = mere.client.post(f"{EP}/export/new/all").text
    world.work()
    assert mere.client.get(f"{EP}/export/{export_id}/status").text == "2"
    answer = mere.client.get(f"{EP}/export/{export_id}/package")
    assert (answer.status, answer.text) == (302, "")
    location = answer.headers["location"]
    assert "response-content-type=application%2Fzip" in location
    stamp = f"{world.clock.moment:%Y%m%d%H%M}"
    assert f"eP_Export_Mere_Tane_{stamp}.zip" in location
    assert answer.headers["cache-control"] == "no-cache, no-store"


def test_an_import_for_oneself(world: World, ada: Person) -> None:
    answer = ada.client.post(f"{EP}/import/new", **multipart(ZIP))
    assert answer.status == 200
    (import_id,) = answer.json
    assert ada.client.get(f"{EP}/import/{import_id}/status").text == "0"
    problem(ada.client.get(f"{EP}/export/{import_id}/status"), 404)
    world.work()
    assert ada.client.get(f"{EP}/import/{import_id}/status").text == "1", "an unusable file is the job's affair"


def test_imports_for_others_come_in_the_targets_order(world: World, admin: Person, ada: Person, bo: Person) -> None:
    targets = [("targetUsers", str(person.id), None) for person in (bo, ada, bo)]
    first, second, third = admin.client.post(f"{EP}/import/new", **multipart(*targets, ZIP)).json
    assert first == third != second
    assert bo.client.get(f"{EP}/import/{first}/status").text == "0"
    assert ada.client.get(f"{EP}/import/{second}/status").text == "0"
    problem(admin.client.get(f"{EP}/import/{first}/status"), 403)
    answer = admin.client.post(f"{EP}/import/new", **multipart(ZIP, ("targetUsers", str(admin.id), None)))
    assert len(answer.json) == 1


def test_imports_for_others_need_the_right(ada: Person, bo: Person, admin: Person) -> None:
    theirs = ("targetUsers", str(bo.id), None)
    problem(ada.client.post(f"{EP}/import/new", **multipart(theirs, ZIP)), 403)
    problem(ada.client.post(f"{EP}/import/new", **multipart(("targetUsers", "77", None), ZIP)), 403)
    own = ("targetUsers", str(ada.id), None)
    assert ada.client.post(f"{EP}/import/new", **multipart(own, ZIP)).status == 200
    problem(admin.client.post(f"{EP}/import/new", **multipart(theirs, ("targetUsers", "77", None), ZIP)), 404)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [("other", b"x", "x.zip")],
        [("file", b"", "x.zip")],
        [ZIP, ZIP],
        [ZIP, ("targetUsers", "", None)],
        [ZIP, ("targetUsers", "abc", None)],
        [ZIP, ("targetUsers", "0", None)],
        [ZIP, ("targetUsers", "-7", None)],
        [ZIP, ("targetUsers", "1,2", None)],
        [ZIP, ("targetUsers", "9" * 19, None)],
        [ZIP, ("targetUsers", "9" * 5000, None)],
    ],
)
def test_import_bodies_that_are_400(world: World, ada: Person, parts: Any) -> None:
    problem(ada.client.post(f"{EP}/import/new", **multipart(*parts)), 400)
    assert world.work() == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"PK", "application/zip"),
        (b"{}", "application/json"),
        (b"", ""),
        (b"--b\r\n", "multipart/form-data"),
        (b"--b\r\n", "multipart/form-data; boundary="),
        (b"--b\r\nContent-Disposition: form-data; name=file\r\n\r\nPK", "multipart/form-data; boundary=b"),
        (b"nothing of it", "multipart/form-data; boundary=b"),
        (b"--b--\r\n", f"multipart/form-data; boundary={'b' * 500}"),
        (b"\xff\xfe\x00", "multipart/form-data; boundary=\x00"),
    ],
)
def test_a_body_that_is_not_multipart(ada: Person, body: bytes, kind: str) -> None:
    problem(ada.client.post(f"{EP}/import/new", body=body, headers={"Content-Type": kind}), 400)


@pytest.mark.parametrize("newline_after", [b"", b"\r\n", b"\r\nan epilogue"])
def test_the_public_python_librarys_body(ada: Person, newline_after: bytes) -> None:
    """CRLF before the first delimiter, target users first, with a content type, and nothing after the last."""
    content = b"PK\x05\x06--b\r\n--bb\r\n" + bytes(range(256))
    body = (
        b'\r\n--bnd\r\nContent-Disposition: form-data; name="targetUsers"\r\nContent-Type: text/plain\r\n\r\n'
        + str(ada.id).encode()
        + b'\r\n--bnd\r\nContent-Disposition: form-data; name="file"; filename="p.zip"\r\n'
        + b"Content-Type: application/zip\r\n\r\n"
        + content
        + b"\r\n--bnd--"
        + newline_after
    )
    headers = {"Content-Type": "multipart/form-data; boundary=bnd"}
    answer = ada.client.post(f"{EP}/import/new", body=body, headers=headers)
    assert (answer.status, len(answer.json)) == (200, 1)
    upload = ada.client.post(f"{EP}/artifacts/file/upload", body=body, headers=headers)
    assert upload.json["FileSize"] == len(content)


def test_a_body_over_the_limit_is_413(world: World, ada: Person) -> None:
    wiring.use(Services(replace(world.services.settings, max_body_bytes=1000), clock=world.clock))
    answer = ada.client.post(f"{EP}/import/new", **multipart(("file", b"x" * 1000, "p.zip")))
    problem(answer, 413)


def test_the_same_idempotency_key_answers_the_same_imports(ada: Person) -> None:
    request = multipart(ZIP)
    request["headers"]["Idempotency-Key"] = "again"
    first = ada.client.post(f"{EP}/import/new", **request)
    assert ada.client.post(f"{EP}/import/new", **request).json == first.json
