"""Imports for many, by upload, by people with and without the right, and their details (brightspace 1.5, 5)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import boto3
import pytest
import requests
from msgspec.structs import replace

from chalicelib import wiring
from chalicelib.domain import intake
from chalicelib.domain.person import AdminRow, UserRow
from chalicelib.domain.role import BUILT_IN, LEARNER, Right, RoleBook, RoleOverride
from chalicelib.storage import jobs as storage
from chalicelib.wiring import Services
from tests.dialects.brightspace.test_conventions import problem
from tests.factories import Person, World, multipart

EP = "/d2l/api/eP/2.5"
FEED = ("file", b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "leap2a.xml")
LEARNER_ID = next(role.id for role in BUILT_IN if role.name == LEARNER)


def targets(*ids: object) -> list[tuple[str, str, None]]:
    return [("targetUsers", str(one), None) for one in ids]


def override(world: World, *changes: tuple[int, Right, bool], path: str = "") -> None:
    """Switch rights of roles on or off in the root account, or below it."""
    people = world.services.people
    book = people.role_book(world.root.id)
    overrides = tuple(
        RoleOverride(role_id=role, right=right, account_path=path or world.root.path, enabled=enabled)
        for role, right, enabled in changes
    )
    people.save_role_book(replace(book, overrides=overrides, version=book.version + 1))


@pytest.fixture(autouse=True)
def _roles_as_made(world: World) -> Any:
    yield
    people = world.services.people
    book = people.role_book(world.root.id)
    if book.version:
        people.save_role_book(RoleBook(root_account_id=world.root.id, version=book.version + 1))


def test_with_details_says_who_gets_nothing_and_why(world: World, admin: Person, ada: Person, bo: Person) -> None:
    gone = world.person()
    row = UserRow(sis_id=gone.user.sis_id, login_id=gone.user.login_id, status="suspended")
    list(world.services.directory.upsert_users(world.root, [row]))
    answer = admin.client.post(
        f"{EP}/import/newwithdetails", **multipart(*targets(bo.id, 999, ada.id, gone.id, bo.id, 999), FEED)
    )
    assert answer.status == 200
    body = answer.json
    first, second = body.pop("SuccessfulJobIds")
    assert body == {
        "ImportJobResultType": "PartialSuccess",
        "FailedUserIds": [999, gone.id],
        "ErrorMessages": ["User 999 was not found.", f"User {gone.id} is not active."],
    }
    assert bo.client.get(f"{EP}/import/{first}/status").text == "0"
    assert ada.client.get(f"{EP}/import/{second}/status").text == "0"
    assert world.work() == 2
    body = admin.client.post(f"{EP}/import/newwithdetails", **multipart(*targets(999), FEED)).json
    assert body == {
        "ImportJobResultType": "Failure",
        "SuccessfulJobIds": [],
        "FailedUserIds": [999],
        "ErrorMessages": ["User 999 was not found."],
    }
    assert world.work() == 0
    for version in ("2.0", "2.5"):
        body = ada.client.post(f"/d2l/api/eP/{version}/import/newwithdetails", **multipart(FEED)).json
        assert (body["ImportJobResultType"], body["FailedUserIds"], body["ErrorMessages"]) == ("Success", [], [])
        assert ada.client.get(f"{EP}/import/{body['SuccessfulJobIds'][0]}/status").text == "0"


def test_with_details_refuses_like_the_other(world: World, ada: Person, bo: Person) -> None:
    route = f"{EP}/import/newwithdetails"
    problem(ada.client.post(route, **multipart(*targets(bo.id), FEED)), 403)
    problem(ada.client.post(route, **multipart(*targets(999), FEED)), 403)
    for parts in ([], [FEED, FEED], [("file", b"", "x")], [*targets("x"), FEED], [*targets(0), FEED]):
        problem(ada.client.post(route, **multipart(*parts)), 400)
    problem(ada.client.post(route, body="{}"), 400)
    assert world.work() == 0


def test_a_role_gives_the_right_over_the_people_of_its_account(world: World, ada: Person, bo: Person) -> None:
    school = world.account("imports-school")
    directory = world.services.directory
    list(directory.upsert_admins(world.root, [AdminRow(user_sis_id=bo.user.sis_id, account_sis_id=school.sis_id)]))
    admin = world.admin(school.sis_id)
    route = f"{EP}/import/new"
    assert admin.client.post(route, **multipart(*targets(bo.id), FEED)).status == 200
    problem(admin.client.post(route, **multipart(*targets(ada.id), FEED)), 403)
    problem(admin.client.post(route, **multipart(*targets(bo.id, 999), FEED)), 404)
    override(world, (1, Right.IMPORT_FOR_OTHERS, False), path=school.path)
    problem(admin.client.post(route, **multipart(*targets(bo.id), FEED)), 403)


def test_a_role_may_take_away_what_everybody_may(world: World, ada: Person, admin: Person) -> None:
    made = ada.client.post(f"{EP}/reflections/new", json_body={"Name": "r"}).json["ObjectId"]
    job = ada.client.post(f"{EP}/export/new", json_body=[made]).json
    override(world, (LEARNER_ID, Right.EXPORT, False), (LEARNER_ID, Right.IMPORT, False))
    problem(ada.client.post(f"{EP}/export/new", json_body=[made]), 403)
    problem(ada.client.post(f"{EP}/export/new/all"), 403)
    problem(ada.client.post(f"{EP}/import/new", **multipart(FEED)), 403)
    problem(ada.client.post(f"{EP}/import/newwithdetails", **multipart(FEED)), 403)
    problem(ada.client.post(f"{EP}/import/upload"), 403)
    assert ada.client.get(f"{EP}/export/{job}/status").text == "0", "looking needs access only"
    assert admin.client.post(f"{EP}/import/new", **multipart(FEED)).status == 200, "an admin has it by their own role"
    override(world, (LEARNER_ID, Right.ACCESS, False))
    file = multipart(FEED)
    for method, route, options in (
        ("GET", f"reflection/{made}", {}),
        ("GET", "reflection/77", {}),
        ("DELETE", f"reflection/{made}", {}),
        ("POST", "reflections/new", {"json_body": {"Name": "r"}}),
        ("POST", "presentations/new", {"json_body": {"Name": "r"}}),
        ("POST", "collections/new", {"json_body": {"Name": "r"}}),
        ("POST", "artifacts/link/new", {"json_body": {"Name": "r", "Url": "https://x.example/"}}),
        ("POST", "artifacts/file/upload", file),
        ("POST", f"reflection/{made}/on/77", {}),
        ("POST", f"collection/{made}/add/77", {}),
        ("GET", f"collection/{made}/contents/", {}),
        ("GET", "objects/my/", {}),
        ("GET", f"object/{made}/content", {}),
        ("GET", f"object/{made}/comments/", {}),
        ("POST", f"object/{made}/comments/new", {"json_body": {"Body": "x"}}),
        ("POST", "export/new", {"json_body": [made]}),
        ("POST", "export/new/all", {}),
        ("GET", f"export/{job}/status", {}),
        ("GET", f"export/{job}/details", {}),
        ("GET", "export/77/package", {}),
        ("POST", "import/new", file),
        ("POST", "import/newwithdetails", file),
        ("POST", "import/upload", {}),
        ("GET", "import/77/status", {}),
        ("POST", "export/new", {"body": "{"}),
        ("POST", "reflections/new", {"body": "{"}),
        ("POST", "import/new", {"body": "x"}),
        ("GET", "objects/my/?pageSize=x", {}),
    ):
        answer = ada.client.request(method, f"{EP}/{route}", **options)
        assert problem(answer, 403)["detail"] == "ePortfolio is switched off for you.", route
    assert ada.client.get("/d2l/api/lp/1.0/users/whoami").status == 200, "that is no eP route"
    body = admin.client.post(f"{EP}/import/newwithdetails", **multipart(*targets(ada.id), FEED)).json
    assert body["ErrorMessages"] == [f"ePortfolio is switched off for user {ada.id}."]
    problem(admin.client.post(f"{EP}/import/new", **multipart(*targets(ada.id), FEED)), 404)


def test_many_targets_are_all_or_none(
    world: World, admin: Person, monkeypatch: pytest.MonkeyPatch, ada: Person, bo: Person
) -> None:
    monkeypatch.setattr(storage, "TOGETHER", 2)
    people = [world.person() for _ in range(3)] + [ada, bo]
    body = multipart(*targets(*(one.id for one in people)), FEED)
    body["headers"]["Idempotency-Key"] = "many"
    jobs = admin.client.post(f"{EP}/import/new", **body).json
    assert len(set(jobs)) == 5
    for person, job in zip(people, jobs, strict=True):
        assert person.client.get(f"{EP}/import/{job}/status").text == "0"
    assert admin.client.post(f"{EP}/import/new", **body).json == jobs, "the same key, the same jobs"
    assert world.work() == 10, "announced twice"
    assert {person.client.get(f"{EP}/import/{job}/status").text for person, job in zip(people, jobs, strict=True)} == {
        "1"
    }


def test_a_batch_that_was_never_written_is_nothing(
    world: World, admin: Person, ada: Person, bo: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote the jobs died before the one write that brings them to life."""
    monkeypatch.setattr(storage, "TOGETHER", 1)
    store, commit = world.services.job_store, storage.Jobs._commit

    def dying(self: Any, jobs: Any, **more: Any) -> None:
        if not jobs:
            raise RuntimeError("killed")
        commit(self, jobs, **more)

    monkeypatch.setattr(storage.Jobs, "_commit", dying)
    answer = admin.client.post(f"{EP}/import/new", **multipart(*targets(ada.id, bo.id), FEED))
    problem(answer, 500)
    assert world.work() == 0
    monkeypatch.undo()
    written = [job for job in _open(world) if job.owner_id in (ada.id, bo.id)]
    assert len(written) == 2
    world.clock.advance(world.services.settings.job_pickup_s + 1)
    due = [job.id for job in store.due(world.clock.now(), limit=1000)]
    assert not set(due) & {job.id for job in written}
    assert len([job for job in _open(world) if job.owner_id in (ada.id, bo.id)]) == 2, "put off"
    world.clock.advance(storage.ABANDONED.total_seconds() + 1)
    assert not {job.id for job in store.overdue(world.clock.now(), limit=1000)} & {job.id for job in written}
    assert len([job for job in _open(world) if job.owner_id in (ada.id, bo.id)]) == 2, "looking changes nothing"
    list(store.due(world.clock.now(), limit=1000))
    assert [store.get(job.id) for job in written] == [None, None]


def _open(world: World) -> list[Any]:
    table = world.services.tables.jobs
    records = table.by_open.query(storage.OPEN, table.due_at <= 2**40)
    return [world.services.job_store._entity(record) for record in records]


def test_too_many_targets(admin: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "TARGET_LIMIT", 2)
    for route in ("new", "newwithdetails"):
        problem(admin.client.post(f"{EP}/import/{route}", **multipart(*targets(7, 8, 9), FEED)), 400)


def test_an_upload_is_imported_by_its_key(world: World, ada: Person, bo: Person) -> None:
    ada.client.post(f"{EP}/reflections/new", json_body={"Name": "Low tide"})
    job = ada.client.post(f"{EP}/export/new/all").json
    world.work()
    package = world.services.blobs.get(world.services.exports.package(ada.actor, job).key)
    ticket = ada.client.post(f"{EP}/import/upload").json
    assert set(ticket) == {"UploadKey", "Url", "Fields", "MaxBytes", "ExpiresDate"}
    assert ticket["MaxBytes"] == 5 * 1024**3
    by_key = ("uploadKey", ticket["UploadKey"], None)
    problem(ada.client.post(f"{EP}/import/new", **multipart(by_key)), 400)
    sent = requests.post(ticket["Url"], data=ticket["Fields"], files={"file": ("p.zip", package)}, timeout=20)
    assert sent.status_code in (200, 201, 204)
    problem(bo.client.post(f"{EP}/import/new", **multipart(by_key)), 400)
    for parts in ([by_key, by_key], [by_key, FEED], [("uploadKey", "", None)], [("uploadKey", "files/ab/x", None)]):
        problem(ada.client.post(f"{EP}/import/new", **multipart(*parts)), 400)
    body = multipart(by_key)
    body["headers"]["Idempotency-Key"] = "by key"
    (first,) = ada.client.post(f"{EP}/import/new", **body).json
    assert ada.client.post(f"{EP}/import/new", **body).json == [first]
    details = ada.client.post(f"{EP}/import/newwithdetails", **multipart(by_key)).json
    (second,) = details["SuccessfulJobIds"]
    world.work()
    for one in (first, second):
        assert ada.client.get(f"{EP}/import/{one}/status").text == "2"
    names = [one["Name"] for one in ada.client.get(f"{EP}/objects/my/").json["Items"]]
    assert names == ["Low tide"] * 3, "the same bytes may be imported again"


def test_an_upload_that_is_replaced_is_not_read(world: World, ada: Person) -> None:
    ticket = ada.client.post(f"{EP}/import/upload").json
    bucket = world.services.settings.bucket
    boto3.client("s3").put_object(Bucket=bucket, Key=ticket["UploadKey"], Body=b"one")
    (job,) = ada.client.post(f"{EP}/import/new", **multipart(("uploadKey", ticket["UploadKey"], None))).json
    boto3.client("s3").put_object(Bucket=bucket, Key=ticket["UploadKey"], Body=b"another")
    world.work()
    details = ada.client.get(f"{EP}/import/{job}/details").json
    assert (details["Status"], details["Problems"][0]["Reason"]) == (1, "The uploaded package is no longer there.")


def test_details_of_jobs(world: World, ada: Person, bo: Person) -> None:
    ada.client.post(f"{EP}/reflections/new", json_body={"Name": "Low tide"})
    job = ada.client.post(f"{EP}/export/new/all").json
    before = ada.client.get(f"{EP}/export/{job}/details").json
    assert (before["Id"], before["Kind"], before["Status"], before["FileName"]) == (job, "export", 0, None)
    assert (before["StartedDate"], before["EndedDate"], before["ExpiresDate"]) == (None, None, None)
    world.work()
    after = ada.client.get(f"{EP}/export/{job}/details").json
    assert (after["Status"], after["ProblemCount"]) == (2, 0)
    assert after["Done"] == after["Total"] > 0
    assert after["FileName"].startswith("eP_Export_")
    assert after["FileSize"] > 0
    assert after["ProblemsUrl"] is None
    assert after["EndedDate"] > after["CreatedDate"]
    (broken,) = ada.client.post(f"{EP}/import/new", **multipart(("file", b"x", "x.zip"))).json
    world.work()
    told = ada.client.get(f"{EP}/import/{broken}/details").json
    assert (told["Status"], told["ProblemCount"], told["Problems"][0]["Outcome"]) == (1, 1, "aborted")
    for kind, one in (("export", job), ("import", broken)):
        problem(bo.client.get(f"{EP}/{kind}/{one}/details"), 403)
        problem(ada.client.get(f"{EP}/{kind}/77/details"), 404)
    problem(ada.client.get(f"{EP}/import/{job}/details"), 404)


def test_details_lead_to_all_problems_where_they_are_many(world: World, ada: Person) -> None:
    entry = "<entry><title>t</title><id>e:{}</id><content/><rdf:type rdf:resource='leap2:entry'/></entry>"
    head = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    feed = head + "".join(entry.format(number % 2) for number in range(250)) + "</feed>"
    (job,) = ada.client.post(f"{EP}/import/new", **multipart(("file", feed, "leap2a.xml"))).json
    world.work()
    told = ada.client.get(f"{EP}/import/{job}/details").json
    assert told["Status"] == 3
    assert told["ProblemCount"] > len(told["Problems"]) == 200
    lines = requests.get(told["ProblemsUrl"], timeout=20).text.splitlines()
    assert len(lines) == told["ProblemCount"]


def test_leave_to_upload_ends(world: World, ada: Person) -> None:
    settings = replace(world.services.settings, upload_ttl_s=60, upload_max_bytes=1000)
    wiring.use(Services(settings, clock=world.clock))
    ticket = ada.client.post(f"{EP}/import/upload").json
    assert ticket["MaxBytes"] == 1000
    now = world.clock.moment
    assert ticket["ExpiresDate"][:16] in {f"{now + timedelta(seconds=s):%Y-%m-%dT%H:%M}" for s in (59, 60)}


def test_other_parts_are_ignored_and_their_order_is_free(world: World, ada: Person) -> None:
    body = multipart(("note", b"x", "n.txt"), FEED, ("more", "y", None), *targets(ada.id), ("filename", "z", None))
    assert len(ada.client.post(f"{EP}/import/new", **body).json) == 1
    assert world.work() == 1


def test_a_stream_and_a_key_are_kept_alike(world: World, ada: Person) -> None:
    (job,) = world.services.imports.request(ada.actor, io.BytesIO(b"x"))
    assert set(job.parameters) == {"upload"}
