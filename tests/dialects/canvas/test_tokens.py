"""Access tokens (canvas-a 3): every row of the tables."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from chalicelib.domain import tokenrules
from chalicelib.domain.person import AdminRow
from chalicelib.domain.role import Right, RoleOverride
from chalicelib.domain.token import Token
from tests.dialects.canvas.test_auth import DENIED, INVALID, NOWHERE, refused
from tests.factories import Person, Response, World

V1 = "/api/v1"
MINE = f"{V1}/users/self/tokens"
MISSING = {"errors": [{"message": "token is missing"}]}
NO_PURPOSE = [{"message": "token[purpose] is missing"}]
REVOKED = {"errors": [{"message": "Revoked access token."}]}
FIELDS = [
    "id", "user_id", "real_user_id", "created_at", "updated_at", "last_used_at", "expires_at", "workflow_state",
    "remember_access", "scopes", "purpose", "app_name", "visible_token", "can_manually_regenerate",
]  # fmt: skip


def theirs(person: Person) -> str:
    return f"{V1}/users/{person.id}/tokens"


def make(client: Any, target: str = MINE, **fields: Any) -> Any:
    answer = client.post(target, json_body={"token": {"purpose": "sync", **fields}})
    assert answer.status == 200, answer.text
    return answer.json


def works(world: World, secret: str) -> bool:
    return world.client(secret).get(f"{V1}/users/self").status == 200


@contextmanager
def settings(world: World, **said: str) -> Iterator[None]:
    store = world.services.account_store
    before = world.services.people.account(world.root.id)
    assert before is not None
    store.save([replace(before, settings={**before.settings, **said}, version=before.version + 1)])
    yield
    store.save([replace(before, version=before.version + 2)])


@contextmanager
def zone(world: World, name: str) -> Iterator[None]:
    store = world.services.account_store
    before = world.services.people.account(world.root.id)
    assert before is not None
    store.save([replace(before, default_time_zone=name, version=before.version + 1)])
    yield
    store.save([replace(before, version=before.version + 2)])


@contextmanager
def without(world: World, *rights: Right) -> Iterator[None]:
    """Account admins lose rights at the root."""
    people = world.services.people
    before = people.role_book(world.root.id)
    off = tuple(RoleOverride(role_id=1, right=right, account_path=world.root.path, enabled=False) for right in rights)
    people.save_role_book(replace(before, overrides=(*before.overrides, *off), version=before.version + 1))
    yield
    people.save_role_book(replace(before, version=before.version + 2))


def test_a_token_of_ones_own(world: World, ada: Person) -> None:
    ends = world.clock.now() + timedelta(days=30)
    form = [
        ("token[purpose]", "nightly sync"),
        ("token[expires_at]", ends.isoformat()),
        ("token[scopes][]", f"url:GET|{V1}/users/:id"),
        ("token[token]", "chosen"),
        ("token[hint]", "12345"),
    ]
    made = ada.client.post(f"{MINE}.json", form=form)
    assert made.status == 200
    body = made.json
    assert list(body) == FIELDS
    secret = body["visible_token"]
    assert len(secret) == 64
    assert body == {
        "id": body["id"], "user_id": ada.id, "real_user_id": None, "created_at": body["created_at"],
        "updated_at": body["created_at"], "last_used_at": None, "expires_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "workflow_state": "active", "remember_access": None, "scopes": [f"url:GET|{V1}/users/:id"],
        "purpose": "nightly sync", "app_name": "User-Generated", "visible_token": secret,
        "can_manually_regenerate": True,
    }  # fmt: skip
    assert works(world, secret)
    shown = ada.client.get(f"{MINE}/{body['id']}").json
    assert shown == {**body, "visible_token": f"{secret[:5]}...", "last_used_at": shown["last_used_at"]}
    assert ada.client.get(f"{MINE}/{secret[:5]}").json == shown, "by its hint"


def test_what_a_new_token_must_have(world: World, ada: Person, bo: Person) -> None:
    bodies: tuple[Any, ...] = ({}, {"token": {}}, {"token": "x"}, {"token": None})
    for body in bodies:
        refused(ada.client.post(MINE, json_body=body), 400, MISSING)
        refused(bo.client.post(theirs(ada), json_body=body), 400, MISSING)
    refused(ada.client.post(MINE, json_body={"token": {"scopes": []}}), 400, NO_PURPOSE)
    refused(bo.client.post(theirs(ada), json_body={"token": {"x": 1}}), 400, NO_PURPOSE)
    refused(ada.client.post(f"{V1}/users/77/tokens", json_body={}), 404, NOWHERE)
    for purpose, code in (("", "blank"), (None, "blank"), ("x" * 256, "too_long")):
        answer = ada.client.post(MINE, json_body={"token": {"purpose": purpose}})
        assert (answer.status, answer.json["errors"]["purpose"][0]["type"]) == (400, code)
        refused(bo.client.post(theirs(ada), json_body={"token": {"purpose": purpose}}), 403, DENIED)
    assert len(make(ada.client, purpose="x" * 255)["purpose"]) == 255
    answer = ada.client.post(MINE, json_body={"token": {"purpose": "x", "scopes": ["url:GET|/api/v1/nothing"]}})
    assert answer.json["errors"]["scopes"][0]["attribute"] == "scopes"


def test_when_a_token_ends(world: World, ada: Person) -> None:
    past = make(ada.client, expires_at="jun 1 2011")
    assert (past["expires_at"], past["can_manually_regenerate"]) == ("2011-06-01T00:00:00Z", False)
    expired = world.client(past["visible_token"]).get(f"{V1}/users/self")
    entry = {"message": "Expired access token.", "expired_at": past["expires_at"]}
    refused(expired, 401, {"errors": [entry]}, challenge=True)
    assert make(ada.client, expires_at="0987-06-05")["expires_at"] == "0987-06-05T00:00:00Z"
    for said in ("", None, "2026-13-01", "soon", 7, "2011-06-01 10:00 +9999"):
        assert make(ada.client, expires_at=said)["expires_at"] is None
    with zone(world, "Europe/Oslo"):
        assert make(ada.client, expires_at="2030-07-01 12:00")["expires_at"] == "2030-07-01T10:00:00Z"
        assert make(ada.client, expires_at="2030-07-01T12:00Z")["expires_at"] == "2030-07-01T12:00:00Z"
    with zone(world, "Eastern Time (US & Canada)"):
        assert make(ada.client, expires_at="2030-07-01 12:00")["expires_at"] == "2030-07-01T16:00:00Z"


def test_what_others_make_is_pending(world: World, ada: Person, bo: Person, admin: Person) -> None:
    refused(bo.client.post(theirs(ada), json_body={"token": {"purpose": "x"}}), 403, DENIED)
    pending = make(admin.client, theirs(ada))
    assert (pending["workflow_state"], pending["user_id"]) == ("pending", ada.id)
    secret, path = pending["visible_token"], f"{MINE}/{pending['id']}"
    refused(world.client(secret).get(f"{V1}/users/self"), 401, INVALID, challenge=True)
    refused(admin.client.post(f"{theirs(ada)}/{pending['id']}/activate"), 403, DENIED)
    refused(bo.client.post(f"{theirs(ada)}/{pending['id']}/activate"), 403, DENIED)
    refused(ada.client.post(f"{MINE}/77/activate"), 404, NOWHERE)
    refused(admin.client.post(f"{path}/activate?as_user_id={ada.id}"), 403, DENIED)
    again = ada.client.put(path, json_body={"token": {"regenerate": True}}).json
    assert again["workflow_state"] == "pending", "regenerating does not activate"
    active = ada.client.post(f"{path}/activate")
    assert (active.status, active.json["workflow_state"]) == (200, "active")
    assert works(world, again["visible_token"])
    assert not works(world, secret)
    refused(ada.client.post(f"{path}/activate"), 400, {"errors": {"token": ["is already active"]}})
    by_admin = make(admin.client, f"{MINE}?as_user_id={ada.id}")
    assert (by_admin["workflow_state"], by_admin["user_id"]) == ("pending", ada.id)
    assert make(admin.client, theirs(admin))["workflow_state"] == "active"


def test_looking_up(world: World, ada: Person, bo: Person, admin: Person) -> None:
    made = make(ada.client)
    hint, number = made["visible_token"][:5], made["id"]
    for person in (bo, admin):
        refused(person.client.get(f"{MINE}/{number}"), 404, NOWHERE)
        refused(person.client.get(f"{MINE}/{hint}"), 404, NOWHERE)
        refused(person.client.delete(f"{MINE}/{number}"), 404, NOWHERE)
    for wrong in ("77", "x", "12345", "zzzzz", "0", "-1", "9" * 40, "%20"):
        refused(ada.client.get(f"{MINE}/{wrong}"), 404, NOWHERE)
    # An id of five digits works, and an equal hint wins.
    token = world.services.token_book.show(ada.actor, ada.id, str(number)).token
    small = replace(token, id=12345, hash="h1", hint="99999")
    world.services.token_book.store.create(small)
    assert ada.client.get(f"{MINE}/12345").json["id"] == 12345
    other = replace(token, id=23456, hash="h2", hint="12345")
    world.services.token_book.store.create(other)
    assert ada.client.get(f"{MINE}/12345").json["id"] == 23456
    assert ada.client.put(f"{MINE}/12345", json_body={"token": {"purpose": "hinted"}}).json["id"] == 23456
    assert ada.client.delete(f"{MINE}/12345").json["id"] == 23456
    assert ada.client.get(f"{MINE}/12345").json["id"] == 12345


def test_seeing_others_tokens(world: World, ada: Person, bo: Person, admin: Person) -> None:
    made = make(ada.client)
    path, listed = f"{theirs(ada)}/{made['id']}", f"{V1}/users/{ada.id}/user_generated_tokens"
    refused(bo.client.get(path), 403, DENIED)
    refused(bo.client.get(listed), 403, DENIED)
    assert admin.client.get(path).json["id"] == made["id"]
    assert made["id"] in [one["id"] for one in admin.client.get(listed).json]
    with without(world, Right.VIEW_USER_GENERATED_ACCESS_TOKENS):
        refused(admin.client.get(path), 403, DENIED)
        refused(admin.client.get(listed), 403, DENIED)
    refused(admin.client.get(f"{theirs(ada)}/77"), 404, NOWHERE)
    refused(admin.client.get(f"{V1}/users/77/user_generated_tokens"), 404, NOWHERE)


def test_a_token_of_an_application(world: World, ada: Person, admin: Person) -> None:
    services = world.services
    blank = services.tokens.blank(ada.id, ada.user.root_account_id, "app", services.clock.now())
    token, secret = services.tokens.sealed(replace(blank, manual=False, app_name="Reader", remember_access=True))
    services.token_book.store.create(token)
    path = f"{MINE}/{token.id}"
    shown = ada.client.get(path).json
    assert (shown["visible_token"], shown["app_name"], shown["can_manually_regenerate"]) == (None, "Reader", False)
    refused(admin.client.get(f"{theirs(ada)}/{token.id}"), 403, DENIED)
    listed = ada.client.get(f"{V1}/users/self/user_generated_tokens").json
    assert token.id not in [one["id"] for one in listed]
    assert ada.client.put(path, json_body={"token": {"regenerate": "1"}}).json == shown
    assert works(world, secret)
    assert ada.client.delete(path).json["workflow_state"] == "deleted"


def test_the_list_goes_by_bookmarks(world: World, ada: Person, admin: Person) -> None:
    path = f"{V1}/users/self/user_generated_tokens"
    made = [make(ada.client)["id"] for _ in range(4)]
    pending = make(admin.client, theirs(ada))["id"]
    ada.client.delete(f"{MINE}/{made[1]}")
    first = ada.client.get(f"{path}?per_page=2&x=1&access_token=k")
    assert list(first.links) == ["current", "next", "first"]
    assert "access_token" not in first.headers["link"]
    assert all(one["visible_token"].endswith("...") for one in first.json)
    seen, answer = [], first
    while True:
        seen += [one["id"] for one in answer.json]
        if "next" not in answer.links:
            break
        parts = urlsplit(answer.links["next"])
        make(ada.client) if len(seen) == 2 else None
        answer = ada.client.get(f"{parts.path}?{parts.query}")
    assert [one for one in seen if one in (*made, pending)] == [made[0], made[2], made[3], pending]
    assert len(seen) == len(set(seen)) == 6
    for bad in ("x", "!!!", "7" * 500):
        refused(ada.client.get(f"{path}?page={bad}"), 404, NOWHERE)
    assert len(ada.client.get(f"{path}?per_page=200").json) == 6


def test_changing(world: World, ada: Person, bo: Person, admin: Person) -> None:
    ends = "2030-01-01T00:00:00Z"
    made = make(ada.client, expires_at=ends)
    path, secret = f"{MINE}/{made['id']}", made["visible_token"]
    world.clock.advance(2)
    body = ada.client.put(path, json_body={"token": {"purpose": "other"}}).json
    assert (body["purpose"], body["expires_at"], body["scopes"]) == ("other", ends, [])
    assert body["visible_token"] == f"{secret[:5]}..."
    assert body["updated_at"] > body["created_at"]
    scope = f"url:GET|{V1}/users/:id"
    assert ada.client.put(path, form=[("token[scopes][]", scope)]).json["scopes"] == [scope]
    assert ada.client.put(path, form=[("token[expires_at]", "")]).json["expires_at"] is None
    assert world.client(secret).get(f"{V1}/users/self/eportfolios").status == 401, "scopes are enforced at once"
    for wrong, code in (("", "blank"), ("x" * 256, "too_long")):
        answer = ada.client.put(path, json_body={"token": {"purpose": wrong}})
        assert answer.json["errors"]["purpose"][0]["type"] == code
    refused(ada.client.put(path), 400, MISSING)
    refused(bo.client.put(f"{theirs(ada)}/{made['id']}", json_body={"token": {"purpose": "x"}}), 404, NOWHERE)
    refused(bo.client.put(f"{theirs(ada)}/{made['id']}"), 404, NOWHERE)
    assert admin.client.put(f"{theirs(ada)}/{made['id']}", json_body={"token": {"purpose": "y"}}).status == 200
    assert works(world, secret), "an edit by an admin leaves the state alone"
    with without(world, Right.CREATE_ACCESS_TOKENS):
        refused(admin.client.put(f"{theirs(ada)}/{made['id']}", json_body={"token": {"purpose": "z"}}), 404, NOWHERE)
        own = make(admin.client)
        act = f"{path}?as_user_id={ada.id}"
        refused(admin.client.put(act, json_body={"token": {"purpose": "z"}}), 403, DENIED)
        assert own["workflow_state"] == "active"


def test_regenerating(world: World, ada: Person, admin: Person) -> None:
    made = make(ada.client)
    path, first = f"{MINE}/{made['id']}", made["visible_token"]
    assert ada.client.put(path, form=[("token[regenerate]", "no")]).json["visible_token"] == f"{first[:5]}..."
    second = ada.client.put(path, form=[("token[regenerate]", "1")]).json["visible_token"]
    assert (len(second), second != first) == (64, True)
    refused(world.client(first).get(f"{V1}/users/self"), 401, INVALID, challenge=True)
    assert works(world, second)
    if first[:5] != second[:5]:
        refused(ada.client.get(f"{MINE}/{first[:5]}"), 404, NOWHERE)
    assert ada.client.get(f"{MINE}/{second[:5]}").json["id"] == made["id"]
    third = admin.client.put(f"{theirs(ada)}/{made['id']}", json_body={"token": {"regenerate": True}}).json
    assert third["workflow_state"] == "pending"
    assert not works(world, third["visible_token"])
    assert not works(world, second)


def test_an_expired_one_is_not_regenerated_without_a_new_end(world: World, ada: Person) -> None:
    made = make(ada.client, expires_at="2011-06-01")
    path = f"{MINE}/{made['id']}"
    said = {"errors": {"message": "cannot regenerate an expired token without a new expiration date"}}
    refused(ada.client.put(path, json_body={"token": {"regenerate": True}}), 400, said)
    assert ada.client.put(path, json_body={"token": {"purpose": "still"}}).status == 200
    anew = ada.client.put(path, json_body={"token": {"regenerate": True, "expires_at": "2031-01-01"}}).json
    assert anew["can_manually_regenerate"]
    assert works(world, anew["visible_token"])


def test_deleting(world: World, ada: Person, bo: Person, admin: Person) -> None:
    made = [make(ada.client) for _ in range(4)]
    path = f"{theirs(ada)}/{made[0]['id']}"
    refused(bo.client.delete(path), 404, NOWHERE)
    with without(world, Right.DELETE_ACCESS_TOKENS):
        refused(admin.client.delete(path), 404, NOWHERE)
        refused(admin.client.delete(f"{MINE}/{made[0]['id']}?as_user_id={ada.id}"), 403, DENIED)
    gone = ada.client.delete(path)
    hint = f"{made[0]['visible_token'][:5]}..."
    assert (gone.status, gone.json["workflow_state"], gone.json["visible_token"]) == (200, "deleted", hint)
    refused(world.client(made[0]["visible_token"]).get(f"{V1}/users/self"), 401, REVOKED, challenge=True)
    refused(ada.client.delete(path), 404, NOWHERE)
    refused(ada.client.get(path), 404, NOWHERE)
    refused(ada.client.get(f"{MINE}/{made[0]['visible_token'][:5]}"), 404, NOWHERE)
    assert admin.client.delete(f"{theirs(ada)}/{made[1]['id']}").status == 200
    assert admin.client.delete(f"{MINE}/{made[2]['id']}?as_user_id={ada.id}").status == 200
    own = world.client(made[3]["visible_token"])
    assert own.delete(f"{MINE}/{made[3]['id']}").status == 200, "a token may end itself"
    refused(own.get(f"{V1}/users/self"), 401, REVOKED, challenge=True)


def test_personal_tokens_limited(world: World, ada: Person, admin: Person) -> None:
    made = make(ada.client)
    said = {"token": {"purpose": "x"}}
    with settings(world, **{tokenrules.LIMITED: "true"}):
        make(ada.client)  # without the flag the setting means nothing
    with settings(world, **{tokenrules.LIMITED: "true", tokenrules.MANAGED: "true"}):
        refused(ada.client.post(MINE, json_body=said), 403, DENIED)
        refused(ada.client.put(f"{MINE}/{made['id']}", json_body=said), 403, DENIED)
        assert make(admin.client)["workflow_state"] == "active"
        assert make(admin.client, f"{MINE}?as_user_id={ada.id}")["workflow_state"] == "pending"
        assert ada.client.delete(f"{MINE}/{made['id']}").status == 200


def enroll(world: World, person: Person, *kinds: str) -> None:
    """The user's enrollments, as the store of courses would tell them."""
    from chalicelib.domain.course import Enrollment

    known = world.services.token_book.courses
    found = [
        Enrollment(
            id=number, root_account_id=world.root.id, user_id=person.id, course_id=7, section_id=8, type=kind,
            role=kind, account_id=world.root.id, account_path=world.root.path,
        )
        for number, kind in enumerate(kinds, 1)
    ]  # fmt: skip

    class Told:
        def enrollments(self, user_id: int) -> list[Enrollment]:
            return found if user_id == person.id else list(known.enrollments(user_id))

    world.services.token_book = replace(world.services.token_book, courses=Told())


def test_not_for_students(world: World) -> None:
    book, said = world.services.token_book, {"token": {"purpose": "x"}}
    with settings(world, **{tokenrules.NOT_FOR_STUDENTS: "true", tokenrules.MANAGED: "true"}):
        for kinds, status in (
            ((), 403), (("StudentEnrollment",), 403), (("ObserverEnrollment", "StudentEnrollment"), 403),
            (("TeacherEnrollment", "StudentEnrollment"), 200), (("TaEnrollment",), 200),
        ):  # fmt: skip
            person = world.person()
            enroll(world, person, *kinds)
            assert person.client.post(MINE, json_body=said).status == status, kinds
        student_admin = world.admin()
        enroll(world, student_admin, "StudentEnrollment")
        assert student_admin.client.post(MINE, json_body=said).status == 200
    world.services.token_book = book


def test_students_tokens_end(world: World) -> None:
    book = world.services.token_book
    student, both, nobody = world.person(), world.person(), world.person()
    enroll(world, student, "StudentEnrollment")
    enroll(world, both, "StudentEnrollment", "TeacherEnrollment")

    def ask(person: Person, **fields: Any) -> Response:
        return person.client.post(MINE, json_body={"token": {"purpose": "x", **fields}})

    with settings(world, **{tokenrules.STUDENTS_EXPIRE: "true"}):
        now = world.clock.now()
        for fields, message in (
            ({}, "Expiration date is required"),
            ({"expires_at": ""}, "Expiration date is required"),
            ({"expires_at": None}, "Expiration date is required"),
            (
                {"expires_at": (now + timedelta(days=121)).isoformat()},
                "Expiration date cannot be more than 120 days in the future",
            ),
            ({"expires_at": "2026-13-01"}, "Invalid expiration date format"),
            ({"expires_at": "soon"}, "Invalid expiration date format"),
        ):
            refused(ask(student, **fields), 400, [{"message": message}])
        assert ask(student, expires_at=(now + timedelta(days=119)).isoformat()).status == 200
        refused(ask(student, purpose=""), 400, [{"message": "Expiration date is required"}])
        assert ask(both).status == ask(nobody).status == 200
    assert ask(student).status == 200
    world.services.token_book = book


def test_a_suspended_users_token_regenerated_stays_shut(world: World, ada: Person, admin: Person) -> None:
    made = make(ada.client)
    before = world.services.people.user(ada.id)
    assert before is not None
    world.services.people.save_user(replace(before, workflow_state="suspended", version=before.version + 1), before)
    world.services.credentials.suspend(ada.id, suspended=True)
    refused(admin.client.post(theirs(ada), json_body={"token": {"purpose": "x"}}), 404, NOWHERE)
    anew = admin.client.put(f"{theirs(ada)}/{made['id']}", json_body={"token": {"regenerate": True}}).json
    assert not works(world, anew["visible_token"])
    token = world.services.token_book.show(admin.actor, ada.id, str(made["id"])).token
    world.services.token_book.store.change(
        token, replace(token, workflow_state="active", version=token.version + 1), suspended=True
    )
    assert not works(world, anew["visible_token"])


def test_mails_go_to_the_topic(world: World, ada: Person, admin: Person) -> None:
    told: list[Any] = []
    book = world.services.token_book
    world.services.token_book = replace(book, tell=told.append)
    made, pending = make(ada.client), make(admin.client, theirs(ada))
    ada.client.put(f"{MINE}/{made['id']}", json_body={"token": {"purpose": "quiet"}})
    ada.client.delete(f"{MINE}/{made['id']}")
    world.services.token_book = book
    assert [(one["event"], one["state"], one["token_id"], one["email"]) for one in told] == [
        ("access_token_created", "active", made["id"], ada.user.email),
        ("access_token_created", "pending", pending["id"], ada.user.email),
        ("access_token_deleted", "deleted", made["id"], ada.user.email),
    ]
    assert not any(secret["visible_token"] in str(told) for secret in (made, pending))


def test_a_topic_that_fails_undoes_nothing(world: World, ada: Person) -> None:
    topic = world.services.topic
    settings_before, topic.settings = topic.settings, replace(topic.settings, topic_arn="arn:aws:sns:x:1:nowhere")
    try:
        assert works(world, make(ada.client)["visible_token"])
    finally:
        topic.settings = settings_before


def test_a_secret_is_stored_as_a_keyed_hash_only(world: World, ada: Person) -> None:
    secret = make(ada.client)["visible_token"]
    people = world.services.tables.people
    stored = str([record.attribute_values for record in people.scan()])
    assert secret not in stored
    assert world.services.tokens.hash(secret) in stored


def test_copies_of_a_token_agree(world: World, ada: Person) -> None:
    made = make(ada.client)
    ada.client.put(f"{MINE}/{made['id']}", json_body={"token": {"purpose": "p2"}})
    shown = world.services.token_book.show(ada.actor, ada.id, str(made["id"])).token
    use = world.services.credentials.use_token(shown.hash, 0, world.clock.now())
    assert use is not None
    assert isinstance(use.token, Token)
    assert replace(use.token, last_used_at=None) == replace(shown, last_used_at=None)


def test_an_admin_of_an_account_below(world: World, ada: Person) -> None:
    world.account("botany")
    below = world.admin("botany")
    refused(below.client.post(theirs(ada), json_body={"token": {"purpose": "x"}}), 403, DENIED)
    row = AdminRow(user_sis_id=ada.user.sis_id, account_sis_id="botany")
    assert [one.error for one in world.services.directory.upsert_admins(world.root, [row])] == [""]
    assert make(below.client, theirs(ada))["workflow_state"] == "pending"


@pytest.mark.parametrize("said", [5, [5], [["url:GET|/api/v1/users/:id"]], {"a": "url:GET|/api/v1/users/:id"}])
def test_scopes_that_are_no_list_of_texts(ada: Person, said: object) -> None:
    answer = ada.client.post(MINE, json_body={"token": {"purpose": "x", "scopes": said}})
    assert (answer.status, list(answer.json["errors"])) == (400, ["scopes"])


def test_scopes_with_their_places_written_out(ada: Person) -> None:
    scope = f"url:GET|{V1}/users/:id"
    made = ada.client.post(MINE, form=[("token[purpose]", "x"), ("token[scopes][0]", scope)])
    assert made.json["scopes"] == [scope]


def test_a_process_that_has_answered_nothing_knows_every_scope() -> None:
    ask = "from chalicelib.dialects.canvas.token_wire import is_scope; print(is_scope(%r))"
    scope = f"url:POST|{V1}/eportfolios/:eportfolio_id/pages"
    found = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ask % scope], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "True"
