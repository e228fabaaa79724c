"""Account reports (canvas-a 5): every row, and the reports about portfolios and tokens."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from chalicelib.domain.ports import Deleted
from chalicelib.domain.report import TYPES, ReportStatus
from chalicelib.storage.people import user_key
from tests.dialects.canvas.test_auth import DENIED, NOWHERE, UNAUTHENTICATED, refused
from tests.factories import Person, World, multipart

REPORTS = "/api/v1/accounts/self/reports"
TOKENS = f"{REPORTS}/user_access_tokens_csv"
KEYS = [
    "id",
    "report",
    "status",
    "progress",
    "current_line",
    "parameters",
    "created_at",
    "started_at",
    "ended_at",
    "file_url",
]


def run(world: World, admin: Person, path: str, **parameters: Any) -> dict[str, Any]:
    """A report that has been made."""
    made = admin.client.post(path, json_body={"parameters": parameters})
    assert made.status == 200, made.text
    world.work()
    shown = admin.client.get(f"{path}/{made.json['id']}")
    assert shown.status == 200
    found: dict[str, Any] = shown.json
    return found


def content(world: World, account_id: int, report_id: int, type: str) -> bytes:
    report = world.services.report_store.get(account_id, type, report_id)
    assert report is not None
    assert report.file is not None
    return world.services.blobs.get(report.file.key)


def rows(world: World, admin: Person, type: str, **parameters: Any) -> list[dict[str, str]]:
    """The lines of a report of one file."""
    made = run(world, admin, f"{REPORTS}/{type}", **parameters)
    assert made["status"] == "complete", made
    text = content(world, world.root.id, made["id"], type).decode()
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert made["current_line"] == len(found)
    return found


def test_the_types(world: World, ada: Person, admin: Person) -> None:
    found = admin.client.get(REPORTS)
    assert "link" not in found.headers
    titles = [one["title"] for one in found.json]
    assert titles == sorted(titles)
    assert [one["report"] for one in found.json] == [one.key for one in TYPES]
    assert all(set(one) == {"title", "report", "parameters", "last_run"} for one in found.json)
    by_key = {one["report"]: one for one in found.json}
    term = by_key["unused_courses_csv"]["parameters"]["enrollment_term_id"]
    assert term["required"] is False
    assert term["description"]
    assert set(by_key["eportfolio_report_csv"]["parameters"]) == {"no_enrollments", "include_deleted"}
    full = admin.client.get(f"{REPORTS}?include[]=description_html&include[]=parameters_html").json
    assert all(one["parameters_html"].startswith("<form") for one in full)
    assert all(one["description_html"].startswith("<p>") for one in full)
    assert "description_html" not in admin.client.get(f"{REPORTS}?include[]=parameters_html").json[0]
    refused(ada.client.get(REPORTS), 403, DENIED)
    for account in ("77", "sis_account_id:nowhere", "x"):
        refused(admin.client.get(f"/api/v1/accounts/{account}/reports"), 404, NOWHERE)


def test_a_report_from_start_to_end(world: World, admin: Person) -> None:
    form = [("parameters[skip_message]", "true"), ("parameters[odd]", "kept"), ("parameters[n]", "7")]
    made = admin.client.post(TOKENS, form=form)
    assert list(made.json) == KEYS
    sent = {"skip_message": "true", "odd": "kept", "n": "7"}
    assert made.json | {"id": 0, "created_at": ""} == {
        "id": 0,
        "report": "user_access_tokens_csv",
        "status": "created",
        "progress": 0,
        "current_line": None,
        "parameters": sent,
        "created_at": "",
        "started_at": None,
        "ended_at": None,
        "file_url": None,
    }
    path = f"{TOKENS}/{made.json['id']}"
    assert admin.client.get(path).json == made.json
    refused(admin.client.put(f"{path}/abort"), 404, NOWHERE)
    world.work()
    done = admin.client.get(path).json
    assert list(done) == [*KEYS, "attachment"]
    assert (done["status"], done["progress"], done["parameters"]) == ("complete", 100, {**sent, "locale": "en"})
    assert done["current_line"] > 0
    assert done["started_at"] <= done["ended_at"]
    file = done["attachment"]
    day = world.clock.moment.strftime("%d_%b_%Y")
    assert file["filename"] == file["display_name"] == f"user_access_tokens_csv_{day}_{done['id']}.csv"
    assert (file["content-type"], file["locked"], file["folder_id"]) == ("text/csv", False, None)
    assert file["size"] == len(content(world, world.root.id, done["id"], "user_access_tokens_csv"))
    assert len(file) == 21
    assert done["file_url"] == f"http://127.0.0.1:8000/accounts/{world.root.id}/files/{done['id']}/download"
    refused(admin.client.put(f"{path}/abort"), 404, NOWHERE)
    assert admin.client.get(REPORTS).json[-2]["last_run"]["id"] == done["id"]

    typed = admin.client.post(TOKENS, json_body={"parameters": {"n": 7, "flag": True, "deep": {"a": [1]}}}).json
    assert typed["parameters"] == {"n": 7, "flag": True, "deep": {"a": [1]}}
    assert admin.client.post(TOKENS).json["parameters"] is None
    for bad in ({"parameters": "x"}, {"parameters": [1]}, {"parameters": {"x": "y" * 70_000}}):
        assert admin.client.post(TOKENS, json_body=bad).status == 400
    world.work()


def test_the_file_is_for_who_may_read_the_report(world: World, ada: Person, admin: Person) -> None:
    done = run(world, admin, TOKENS)
    url, signed = (urlsplit(one) for one in (done["file_url"], done["attachment"]["url"]))
    link = f"{signed.path}?{signed.query}"
    answers = [
        admin.client.get(url.path),
        world.anonymous.get(f"{url.path}?access_token={admin.token}"),
        world.anonymous.get(link),
    ]
    for answer in answers:
        assert answer.status == 302, answer.text
        location = answer.headers["location"]
        assert "text%2Fcsv" in location
        assert done["attachment"]["filename"] in location
    refused(world.anonymous.get(url.path), 401, UNAUTHENTICATED, challenge=True)
    refused(world.anonymous.get(link[:-1]), 401, UNAUTHENTICATED, challenge=True)
    refused(world.anonymous.get(link.replace("/files/", "/files/1")), 401, UNAUTHENTICATED, challenge=True)
    for verifier in ("", "x", "1.2.3", "1.2.3.4", "a.b.c.d", f"{'9' * 99}.1.1.1", "1.2.3.%ED%B3%BF"):
        assert world.anonymous.get(f"{url.path}?verifier={verifier}").status == 401
    refused(ada.client.get(url.path), 403, DENIED)
    nowhere = ("/accounts/77/files/1/download", "/accounts/x/files/x/download")
    for path in (url.path.replace(str(done["id"]), "77"), *nowhere):
        refused(admin.client.get(path), 404, NOWHERE)
    waiting = admin.client.post(TOKENS).json["id"]
    refused(admin.client.get(url.path.replace(str(done["id"]), str(waiting))), 404, NOWHERE)
    world.clock.advance(901)
    refused(world.anonymous.get(link), 401, UNAUTHENTICATED, challenge=True)
    admin.client.delete(f"{TOKENS}/{done['id']}")
    refused(admin.client.get(url.path), 404, NOWHERE)
    world.work()


def test_runs_are_of_one_account_and_type(world: World, ada: Person, admin: Person) -> None:
    world.account("Physics")
    local = world.admin("Physics")
    theirs = "/api/v1/accounts/sis_account_id:Physics/reports"
    other = f"{REPORTS}/eportfolio_report_csv"
    first, second = (admin.client.post(other).json["id"] for _ in range(2))
    third = local.client.post(f"{theirs}/eportfolio_report_csv").json["id"]
    assert [one["id"] for one in admin.client.get(other).json] == [second, first]
    assert [one["id"] for one in admin.client.get(f"{theirs}/eportfolio_report_csv").json] == [third]
    refused(local.client.get(other), 403, DENIED)
    refused(local.client.post(other), 403, DENIED)
    refused(ada.client.post(other), 403, DENIED)
    refused(ada.client.get(f"{other}/{first}"), 403, DENIED)
    refused(ada.client.delete(f"{other}/{first}"), 403, DENIED)
    refused(ada.client.put(f"{other}/{first}/abort"), 403, DENIED)
    refused(admin.client.get(f"{other}/{third}"), 404, NOWHERE)
    refused(admin.client.get(f"{TOKENS}/{first}"), 404, NOWHERE)
    for bad in ("x", "0", "77", "9" * 400):
        for send in (admin.client.get, admin.client.delete):
            refused(send(f"{other}/{bad}"), 404, NOWHERE)
        refused(admin.client.put(f"{other}/{bad}/abort"), 404, NOWHERE)
    unknown = f"{REPORTS}/{'no_such_' * 200}csv"
    refused(admin.client.post(unknown), 404, NOWHERE)
    refused(admin.client.get(f"{unknown}/{first}"), 404, NOWHERE)
    assert admin.client.get(unknown).json == []
    world.work()
    lists = [admin.client.get(REPORTS).json, local.client.get(theirs).json]
    newest = [{one["last_run"]["id"] for one in found if one["last_run"]} for found in lists]
    assert [found & {first, second, third} for found in newest] == [{second}, {third}]


def test_the_index_has_pages(world: World, admin: Person) -> None:
    path = f"{REPORTS}/course_storage_csv"
    ids = [admin.client.post(path).json["id"] for _ in range(5)][::-1]
    first = admin.client.get(f"{path}?per_page=2")
    assert [one["id"] for one in first.json] == ids[:2]
    assert set(first.links) == {"current", "next", "first"}
    second = admin.client.get(first.links["next"].removeprefix("http://127.0.0.1:8000"))
    assert [one["id"] for one in second.json] == ids[2:4]
    last = admin.client.get(second.links["next"].removeprefix("http://127.0.0.1:8000"))
    assert [one["id"] for one in last.json] == ids[4:]
    assert set(last.links) == {"current", "prev", "first"}
    assert [one["id"] for one in admin.client.get(f"{path}?per_page=2&page=3").json] == ids[4:]
    assert admin.client.get(f"{path}?page=9").json == []
    refused(admin.client.get(f"{path}?page=0"), 404, NOWHERE)
    for cursor in ("x", "9" * 99, "-1", "0"):
        assert admin.client.get(f"{path}?cursor={cursor}").status == 404
    assert admin.client.get(f"{path}?page=2000&per_page=100").status == 404
    world.work()


def test_a_file_is_no_parameter(world: World, ada: Person, admin: Person) -> None:
    sent = multipart(("parameters[users]", "1", None), ("parameters[x][]", b"bytes", "x.txt"))
    answer = admin.client.post(f"{REPORTS}/provisioning_csv", **sent)
    assert (answer.status, set(answer.json["errors"])) == (400, {"parameters"})
    refused(ada.client.post(f"{REPORTS}/provisioning_csv", **sent), 403, DENIED)
    refused(admin.client.post(f"{REPORTS}/none_such_csv", **sent), 404, NOWHERE)


def test_deleting_one(world: World, admin: Person) -> None:
    path = f"{REPORTS}/unpublished_courses_csv"
    older = run(world, admin, TOKENS, odd="1")
    newer = run(world, admin, TOKENS, odd="2")
    key = world.services.report_store.get(world.root.id, "user_access_tokens_csv", newer["id"]).file.key  # type: ignore[union-attr]
    gone = admin.client.delete(f"{TOKENS}/{newer['id']}").json
    assert (gone["status"], gone["file_url"], gone["progress"]) == ("deleted", newer["file_url"], 100)
    assert gone["parameters"] == newer["parameters"]
    assert not world.services.blobs.exists(key)
    for send in (admin.client.get, admin.client.delete):
        refused(send(f"{TOKENS}/{newer['id']}"), 404, NOWHERE)
    refused(admin.client.put(f"{TOKENS}/{newer['id']}/abort"), 404, NOWHERE)
    assert newer["id"] not in [one["id"] for one in admin.client.get(TOKENS).json]
    assert admin.client.get(REPORTS).json[-2]["last_run"]["id"] == older["id"]
    waiting = admin.client.post(path).json["id"]
    assert admin.client.delete(f"{path}/{waiting}").json["status"] == "deleted"
    assert {one["report"]: one["last_run"] for one in admin.client.get(REPORTS).json}["unpublished_courses_csv"] is None
    assert world.work() == 1, "its job ends without a run"
    assert admin.client.get(path).json == []


def test_aborting_one(world: World, admin: Person) -> None:
    waiting = admin.client.post(TOKENS).json["id"]
    store = world.services.report_store
    report = store.get(world.root.id, "user_access_tokens_csv", waiting)
    assert report is not None
    store.save(replace(report, status=ReportStatus.RUNNING, started_at=world.clock.now()), [ReportStatus.CREATED])
    path = f"{TOKENS}/{waiting}"
    stopped = admin.client.put(f"{path}/abort").json
    assert (stopped["status"], stopped["ended_at"]) == ("aborted", None)
    refused(admin.client.put(f"{path}/abort"), 404, NOWHERE)
    assert admin.client.get(path).json == stopped
    world.work()
    ended = admin.client.get(path).json
    assert (ended["status"], ended["progress"], ended["file_url"]) == ("aborted", 100, None)
    assert ended["ended_at"]
    assert ended["parameters"]["extra_text"]
    assert "attachment" not in ended
    assert waiting in [one["id"] for one in admin.client.get(TOKENS).json], "it stays listed"
    assert admin.client.delete(path).json["status"] == "deleted"


@pytest.mark.parametrize("said", ["77", "sis_term_id:none", "x", "77,78", "current", "9" * 400])
def test_a_term_that_is_not_there(world: World, admin: Person, said: str) -> None:
    for name in ("enrollment_term_id", "enrollment_term"):
        answer = admin.client.post(f"{REPORTS}/unused_courses_csv", form=[(f"parameters[{name}]", said)])
        refused(answer, 400, {"error": f"invalid enrollment_term_id '{said[:200]}'"})
    assert admin.client.get(f"{REPORTS}/unused_courses_csv").json == []


def test_a_run_ends_with_its_file(world: World, admin: Person) -> None:
    made = run(world, admin, TOKENS)
    world.clock.advance(world.services.settings.package_ttl_s + 60)
    refused(admin.client.get(f"{TOKENS}/{made['id']}"), 404, NOWHERE)
    assert admin.client.get(TOKENS).json == []
    assert {one["last_run"] for one in admin.client.get(REPORTS).json} == {None}


def test_portfolios(world: World, admin: Person) -> None:
    ada, odd = world.person(), world.person(first_name="=cmd|' /C calc'!A0", last_name="Ünal")
    kept, gone = world.portfolio(ada, 'Field, "Notes"\nof May', public=True), world.portfolio(ada, "Gone")
    inert = world.portfolio(odd, "@SUM(1)")
    now = world.clock.now()
    world.services.objects.apply([Deleted(replace(gone, deleted_at=now, updated_at=now, version=2))])
    other = world.services.directory.create_root_account("Elsewhere", domains=["elsewhere.example.org"])
    world.portfolio(world.person(root=other))
    found = {int(one["eportfolio_id"]): one for one in rows(world, admin, "eportfolio_report_csv")}
    assert set(found) == {kept.id, inert.id}
    one = found[kept.id]
    assert (one["name"], one["public"], one["status"], one["deleted_at"]) == (kept.name, "true", "active", "")
    assert (one["canvas_user_id"], one["user_id"]) == (str(ada.id), ada.user.sis_id)
    assert one["created_at"] == kept.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (found[inert.id]["name"], found[inert.id]["user_name"]) == ("'@SUM(1)", "'=cmd|' /C calc'!A0 Ünal")
    assert [int(one["eportfolio_id"]) for one in rows(world, admin, "eportfolio_report_csv", include_deleted=True)] == [
        gone.id
    ]
    table = world.services.tables.people
    world.services.tables.person(user_key(ada.id)).update(actions=[table.course_paths.add({world.root.path})])
    alone = rows(world, admin, "eportfolio_report_csv", no_enrollments="1")
    assert [int(one["eportfolio_id"]) for one in alone] == [inert.id]
    assert rows(world, admin, "eportfolio_report_csv", no_enrollments="1", include_deleted="1") == []
    marked = run(world, admin, f"{REPORTS}/eportfolio_report_csv", byte_order_mark=True)
    text = content(world, world.root.id, marked["id"], "eportfolio_report_csv")
    assert text.startswith(b"\xef\xbb\xbfeportfolio_id,")


def test_tokens(world: World, admin: Person) -> None:
    ada = world.person()
    later = world.clock.moment + timedelta(days=3)
    world.token(ada.user, "url:GET|/api/v1/users/:id", expires_at=later)
    found = [one for one in rows(world, admin, "user_access_tokens_csv") if one["canvas_user_id"] == str(ada.id)]
    assert [(one["purpose"], one["status"], one["login_id"]) for one in found] == [
        ("test", "active", ada.user.login_id)
    ] * 2
    assert {one["expires_at"] for one in found} == {"", later.strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert {one["scopes"] for one in found} == {"", "url:GET|/api/v1/users/:id"}
    assert ada.token[:5] in {one["token_hint"] for one in found}
    below = world.account("tokens-below")
    local = world.admin("tokens-below")
    theirs = run(world, local, f"/api/v1/accounts/{below.id}/reports/user_access_tokens_csv")
    lines = list(csv.DictReader(io.StringIO(content(world, below.id, theirs["id"], theirs["report"]).decode())))
    assert {one["canvas_user_id"] for one in lines} == {str(local.id)}, "of an account, those of its people"
    made = run(world, admin, TOKENS)
    assert ada.token.encode() not in content(world, world.root.id, made["id"], "user_access_tokens_csv")


def test_parameters_are_no_deeper_than_forms(world: World) -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = [deep]
    answer = world.admin().client.post(TOKENS, json_body={"parameters": {"a": deep}})
    assert (answer.status, list(answer.json["errors"])) == (400, ["parameters"])
