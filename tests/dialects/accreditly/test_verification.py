"""Verification: every state and every move between them, images, the queue, decisions (accreditly 4)."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from chalicelib.domain import verification
from chalicelib.domain.person import UserRow
from chalicelib.domain.role import ACCOUNT_MEMBERSHIP, Right
from chalicelib.storage.garbage import GARBAGE
from tests.dialects.accreditly.answers import ok, refused
from tests.factories import Person, World, multipart

VERIFY = "/profile/verify"
PNG = verification.PNG + b"\x00" * 40
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 40


def upload(person: Person, *images: bytes, name: str = "file") -> Any:
    parts = [(name, image, f"id{number}.bin") for number, image in enumerate(images)]
    return person.client.post(f"{VERIFY}/images", **multipart(*parts))


def status(person: Person) -> Any:
    return ok(person.client.get(VERIFY))


def state(answer: Any) -> str:
    assert list(answer) == ["message", "verificationStatus"]
    assert answer["message"]
    return str(answer["verificationStatus"])


def waiting(person: Person) -> Person:
    """Somebody who has asked."""
    ok(upload(person, PNG))
    ok(person.client.post(VERIFY))
    return person


def decide(reviewer: Person, who: str, **body: Any) -> Any:
    return reviewer.client.post(f"{VERIFY}/{who}/decision", json_body=body)


def stored(world: World, person: Person) -> list[str]:
    listed = boto3.client("s3").list_objects_v2(
        Bucket=world.services.settings.bucket, Prefix=f"verification/{person.id}/"
    )
    return [found["Key"] for found in listed.get("Contents", [])]


def test_the_contracts_example(ada: Person) -> None:
    assert json.dumps(status(ada)) == json.dumps(
        {"message": "Upload your evidence images first.", "verificationStatus": "unsubmitted"}
    )


def test_from_nothing_to_approved(world: World, ada: Person, admin: Person) -> None:
    assert state(status(ada)) == "unsubmitted"
    refused(ada.client.post(VERIFY), 400)
    none = status(ada)
    held = ok(upload(ada, PNG, JPEG))
    assert state(held) == "unsubmitted"
    assert held["message"] != none["message"]
    assert status(ada) == held
    assert len(stored(world, ada)) == 2
    asked = ok(ada.client.post(VERIFY))
    assert state(asked) == "pending"
    assert status(ada) == asked
    refused(ada.client.post(VERIFY), 400)
    approved = ok(decide(admin, ada.user.email, verificationStatus="approved"))
    assert state(approved) == "approved"
    assert status(ada) == approved
    refused(ada.client.post(VERIFY), 400)
    refused(upload(ada, PNG), 400)
    refused(decide(admin, ada.user.email, verificationStatus="rejected"), 400)
    assert len(stored(world, ada)) == 2


def test_from_rejected_one_may_try_again(world: World, ada: Person, bo: Person, admin: Person) -> None:
    waiting(ada)
    rejected = ok(decide(admin, str(ada.id), verificationStatus="rejected", message="Too dark <b>"))
    assert state(rejected) == "rejected"
    assert "Too dark <b>" in rejected["message"]
    assert status(ada) == rejected
    assert state(ok(upload(ada, JPEG))) == "unsubmitted"
    assert len(stored(world, ada)) == 1
    assert state(ok(ada.client.post(VERIFY))) == "pending"
    ok(decide(admin, ada.user.email.upper(), verificationStatus="rejected", message=None))
    assert state(ok(ada.client.post(VERIFY))) == "pending"  # with the images of before
    waiting(bo)
    for person in (ada, bo):
        ok(decide(admin, person.user.email, verificationStatus="approved"))


def test_images_that_are_none(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "IMAGE_BYTES_LIMIT", 100)
    for images in ((), (b"",), (PNG, b""), (b"GIF89a" + b"\x00" * 40,), (PNG, b"<svg/>"), (PNG[:8],), (PNG,) * 11):
        refused(upload(ada, *images), 400)
    refused(upload(ada, PNG, name="image"), 400)
    refused(ada.client.post(f"{VERIFY}/images", body=PNG, headers={"Content-Type": "image/png"}), 400)
    refused(ada.client.post(f"{VERIFY}/images", json_body={"file": "x"}), 400)
    refused(upload(ada, PNG, PNG + b"\x00" * 100), 413)
    assert stored(world, ada) == []
    assert state(status(ada)) == "unsubmitted"
    assert state(ok(upload(ada, *[JPEG] * 10))) == "unsubmitted"


def test_the_queue_is_fair(world: World, admin: Person) -> None:
    def queue() -> Any:
        return ok(admin.client.get(f"{VERIFY}/queue"))

    assert queue() == []
    first, second, third = (waiting(world.person()) for _ in range(3))
    assert queue() == [first.user.email, second.user.email, third.user.email]
    before = stored(world, first)
    assert state(ok(upload(first, JPEG))) == "pending"
    assert queue() == [second.user.email, third.user.email, first.user.email]
    assert len(stored(world, first)) == 1
    assert stored(world, first) != before
    ok(decide(admin, third.user.email, verificationStatus="rejected"))
    assert queue() == [second.user.email, first.user.email]
    ok(third.client.post(VERIFY))
    nameless = waiting(world.person(email=""))
    assert queue() == [second.user.email, first.user.email, third.user.email, str(nameless.id)]
    for who in queue():
        ok(decide(admin, who, verificationStatus="approved"))
    assert queue() == []


def test_two_with_one_address(world: World, admin: Person) -> None:
    first = waiting(world.person(email="shared@example.edu"))
    second = waiting(world.person(email="Shared@example.edu"))
    ok(decide(admin, "shared@example.edu", verificationStatus="approved"))
    assert [state(status(person)) for person in (first, second)] == ["approved", "pending"]
    ok(decide(admin, "shared@example.edu", verificationStatus="rejected"))
    refused(decide(admin, "shared@example.edu", verificationStatus="rejected"), 400)
    moved = world.person("mover", email="old@example.edu")
    row = {"login_id": "mover", "sis_id": "S-mover", "first_name": "Mover", "last_name": "Obi"}
    renamed = UserRow(email="new@example.edu", **row)
    assert [one.error for one in world.services.directory.upsert_users(world.root, [renamed])] == [""]
    refused(decide(admin, "old@example.edu", verificationStatus="approved"), 404)
    waiting(moved)
    assert state(ok(decide(admin, "new@example.edu", verificationStatus="approved"))) == "approved"


def test_decisions_refused(world: World, ada: Person, bo: Person, admin: Person) -> None:
    waiting(ada)
    good = {"verificationStatus": "approved"}
    for client in (world.anonymous, world.client("bad")):
        for method, target in (
            ("GET", VERIFY),
            ("POST", VERIFY),
            ("POST", f"{VERIFY}/images"),
            ("GET", f"{VERIFY}/images"),
            ("GET", f"{VERIFY}/queue"),
            ("POST", f"{VERIFY}/x/decision"),
            ("GET", f"{VERIFY}/x/images"),
        ):
            refused(client.request(method, target), 401)
    bodies: list[Any] = [
        [],
        {},
        {"verificationStatus": "pending"},
        {"verificationStatus": "Approved"},
        {"message": "x"},
    ]
    bodies += [{"verificationStatus": None}, {"verificationStatus": ["approved"]}, good | {"message": 7}]
    bodies += [good | {"message": "x" * 20_001}]
    for body in bodies:
        refused(admin.client.post(f"{VERIFY}/{ada.user.email}/decision", json_body=body), 400)
    refused(bo.client.post(f"{VERIFY}/{ada.user.email}/decision", json_body={}), 400)
    for who in (ada.user.email, "nobody@example.edu", str(ada.id)):
        refused(decide(bo, who, **good), 401)
        refused(bo.client.get(f"{VERIFY}/{who}/images"), 401)
    refused(bo.client.get(f"{VERIFY}/queue"), 401)
    other = world.services.directory.create_root_account("Elsewhere", domains=["elsewhere.example.org"])
    stranger = world.person(root=other)
    unknown = ("nobody@example.edu", "x", "7", "9" * 30, "9" * 5000, "a" * 3000)
    for who in (*unknown, stranger.user.email, str(stranger.id)):
        refused(decide(admin, who, **good), 404)
    refused(decide(admin, bo.user.email, **good), 400)
    assert state(status(ada)) == "pending"
    ok(decide(admin, ada.user.email, **good))


def test_a_reviewer_of_part_of_the_institution(world: World, ada: Person) -> None:
    account = world.account("faculty")
    reviewer = world.admin("faculty")
    inside = waiting(world.admin("faculty"))
    waiting(ada)
    assert account.id
    assert ok(reviewer.client.get(f"{VERIFY}/queue")) == [inside.user.email]
    refused(decide(reviewer, ada.user.email, verificationStatus="approved"), 401)
    assert state(ok(decide(reviewer, inside.user.email, verificationStatus="approved"))) == "approved"
    ok(decide(world.admin(), ada.user.email, verificationStatus="rejected"))


def test_whom_the_queue_names_can_be_decided(world: World, admin: Person) -> None:
    """Also when their address changed since they asked, or they were deleted."""
    for login, change in (("asker", {"email": "asked@example.edu"}), ("leaver", {"status": "deleted"})):
        person = waiting(world.person(login))
        user = world.services.people.user(person.id)
        assert user is not None
        facts = {"sis_id": user.sis_id, "login_id": login, "first_name": "A", "last_name": "B", "email": user.email}
        row = UserRow(**(facts | change))
        assert [one.error for one in world.services.directory.upsert_users(world.root, [row])] == [""]
        (name,) = ok(admin.client.get(f"{VERIFY}/queue"))
        assert len(ok(admin.client.get(f"{VERIFY}/{name}/images"))) == 1
        assert state(ok(decide(admin, name, verificationStatus="rejected"))) == "rejected"
        assert ok(admin.client.get(f"{VERIFY}/queue")) == []
        refused(decide(admin, name, verificationStatus="rejected"), 404)


def test_reviewers_and_issuers_by_roles_made_for_it(world: World, ada: Person, admin: Person) -> None:
    """As `python -m ops role create … --on review_verifications` and `role assign` make them."""
    roles, waits = world.services.roles, waiting(ada)
    body = {"recipientId": "x@example.edu", "classification": "social", "title": "T"}
    for name, right in (("Reviewer", Right.REVIEW_VERIFICATIONS), ("Issuer", Right.ISSUE_ACCREDITATIONS)):
        roles.create(world.root, name, ACCOUNT_MEMBERSHIP, on=[right])
    limited = replace(world.root, settings={"accreditation_issuers": "role"}, version=world.root.version + 1)
    world.services.account_store.save([limited])
    may = {}
    for name in ("Reviewer", "Issuer"):
        person = world.person(name.lower())
        for moment in ("before", "after"):
            answers = (
                person.client.get(f"{VERIFY}/queue"),
                person.client.get(f"{VERIFY}/{waits.id}/images"),
                person.client.post("/accreditation", json_body=body),
            )
            may[name, moment] = [answer.status for answer in answers]
            roles.assign(world.root, name, person.user)
    assert may == {
        ("Reviewer", "before"): [401, 401, 401],
        ("Reviewer", "after"): [200, 200, 401],
        ("Issuer", "before"): [401, 401, 401],
        ("Issuer", "after"): [401, 401, 200],
    }
    assert ok(admin.client.post("/accreditation", json_body=body))["state"] == "issued"


def test_images_are_for_the_user_and_reviewers(world: World, ada: Person, admin: Person) -> None:
    assert ok(ada.client.get(f"{VERIFY}/images")) == []
    ok(upload(ada, PNG, JPEG))
    own = ok(ada.client.get(f"{VERIFY}/images"))
    assert [(one["mediaType"], one["sizeBytes"]) for one in own] == [("image/png", len(PNG)), ("image/jpeg", len(JPEG))]
    seen = ok(admin.client.get(f"{VERIFY}/{ada.user.email}/images"))
    assert [one["sizeBytes"] for one in seen] == [len(PNG), len(JPEG)]
    assert all("X-Amz-Signature" in one["url"] and "response-content-type=image" in one["url"] for one in own + seen)
    assert [world.services.blobs.get(key) for key in sorted(stored(world, ada))] in ([PNG, JPEG], [JPEG, PNG])


def marks(world: World) -> list[str]:
    table = world.services.tables.jobs
    return [mark.job for mark in table.by_open.query(GARBAGE) if mark.job.startswith("body#verification/")]


def test_no_image_is_forgotten(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ok(upload(ada, PNG))
    (kept,) = stored(world, ada)
    assert f"body#{kept}" not in marks(world)

    def broken(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalError"}}, "TransactWriteItems")

    with monkeypatch.context() as patch:
        patch.setattr(type(world.services.verification_store), "save", broken)
        refused(upload(ada, JPEG), 500)
    (orphan,) = set(stored(world, ada)) - {kept}
    assert f"body#{orphan}" in marks(world)
    world.clock.advance(2 * 86400)
    world.services.garbage.collect()
    assert stored(world, ada) == [kept]
