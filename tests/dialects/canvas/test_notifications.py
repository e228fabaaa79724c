"""Account notifications (canvas-a 4): every row."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

import app
from chalicelib import wiring
from chalicelib.wiring import Services
from ops.local.context import LambdaContext
from tests.dialects.canvas.test_auth import DENIED, NOWHERE, refused
from tests.dialects.canvas.test_tokens import zone
from tests.factories import Person, Response, World
from tests.ops.test_policy import TICK

NOTICES = "/api/v1/accounts/self/account_notifications"


@pytest.fixture(autouse=True)
def _clear(world: World) -> None:
    """A board without notices of earlier tests."""
    store = world.services.notifications.notices
    for one in store.listed(world.root.id):
        store.save(replace(one, deleted_at=world.clock.now(), version=one.version + 1), one, announce=False)


def fields(world: World, **said: Any) -> dict[str, Any]:
    now = world.clock.moment
    given = {"subject": "Maintenance", "message": "<p>Sunday</p>", "start_at": stamp(now), "end_at": stamp(now, days=3)}
    return {"account_notification": given | said}


def stamp(at: datetime, **later: Any) -> str:
    return (at + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def post(world: World, admin: Person, roles: list[Any] | None = None, where: str = NOTICES, **said: Any) -> Any:
    body = fields(world, **said) | ({} if roles is None else {"account_notification_roles": roles})
    made = admin.client.post(where, json_body=body)
    assert made.status == 200, made.text
    return made.json


def seen(person: Person, query: str = "") -> list[int]:
    answer = person.client.get(f"{NOTICES}{query}")
    assert answer.status == 200, answer.text
    return [one["id"] for one in answer.json]


def test_a_notification_is_made_seen_changed_closed_and_removed(world: World, ada: Person, admin: Person) -> None:
    now = world.clock.moment
    form = [
        ("account_notification[subject]", "Maintenance"),
        ("account_notification[message]", '<p>Sunday<script>alert(1)</script><a href="javascript:x">02:00</a></p>'),
        ("account_notification[start_at]", "jun 1 2011"),
        ("account_notification[end_at]", stamp(now, days=3)),
        ("account_notification[icon]", "calendar"),
        ("account_notification_roles[]", "NilEnrollment"),
        ("account_notification_roles[]", "4"),
        ("account_notification_roles[]", "TaEnrollment"),
        ("account_notification_roles[]", "nobody"),
    ]
    made = admin.client.post(NOTICES, form=form)
    assert made.status == 200, made.text
    assert list(made.json) == ["id", "subject", "message", "start_at", "end_at", "icon", "role_ids", "roles"]
    assert "script" not in made.json["message"]
    assert made.json["message"].startswith("<p>Sunday")
    assert made.json | {"id": 0, "message": ""} == {
        "id": 0,
        "subject": "Maintenance",
        "message": "",
        "start_at": "2011-06-01T00:00:00Z",
        "end_at": stamp(now, days=3),
        "icon": "calendar",
        "role_ids": [None, 4],
        "roles": ["NilEnrollment", "TaEnrollment"],
    }
    path = f"{NOTICES}/{made.json['id']}"
    for one in (path, f"{path}.json", path.replace("/account_", f"/users/{ada.id}/account_")):
        assert ada.client.get(one).json == made.json
    assert ada.client.get(f"{NOTICES}.json").json == [made.json]
    assert "link" not in ada.client.get(NOTICES).headers
    strings = ada.client.get(path, headers={"Accept": "application/json+canvas-string-ids"}).json
    assert (strings["id"], strings["role_ids"]) == (str(made.json["id"]), [None, "4"])

    changed = admin.client.put(path, json_body={"account_notification": {"subject": "Moved"}})
    assert (changed.json["subject"], changed.json["icon"]) == ("Moved", "calendar")
    assert changed.json["role_ids"] == changed.json["roles"] == [], "roles that are not sent are cleared"
    roles = {"account_notification": {"subject": "Moved"}, "account_notification_roles": [3, 3, "TeacherEnrollment"]}
    assert admin.client.put(path, json_body=roles).json["role_ids"] == [3]
    refused(ada.client.get(path), 403, DENIED)
    admin.client.put(path, json_body={"account_notification": {"subject": "Moved"}})

    assert ada.client.delete(path).json["id"] == made.json["id"]
    assert ada.client.delete(path).status == 200, "closing again is fine"
    refused(ada.client.get(path), 403, DENIED)
    assert (seen(ada), seen(admin)) == ([], [made.json["id"]])
    admin.client.put(path, json_body={"account_notification": {"subject": "Again"}})
    assert seen(ada) == [], "editing does not reopen it"

    refused(ada.client.delete(f"{path}?remove=true"), 403, DENIED)
    assert admin.client.delete(f"{path}?remove=yes").json["subject"] == "Again"
    assert seen(admin) == []
    refused(admin.client.get(path), 403, DENIED)
    refused(admin.client.delete(f"{path}?remove=true"), 404, NOWHERE)
    refused(admin.client.put(path, json_body={"account_notification": {"subject": "x"}}), 404, NOWHERE)


def test_who_may_and_what_must_be_there(world: World, ada: Person, admin: Person) -> None:
    made, body = post(world, admin), fields(world)
    path = f"{NOTICES}/{made['id']}"
    for answer in (ada.client.post(NOTICES, json_body=body), ada.client.put(path, json_body=body)):
        refused(answer, 403, DENIED)
    refused(ada.client.get(f"{NOTICES}?include_all=1"), 403, DENIED)
    missing = {"errors": [{"message": "account_notification is missing"}]}
    for send in (admin.client.post, admin.client.put):
        where = NOTICES if send == admin.client.post else path
        refused(send(where, json_body={"account_notification_roles": [1]}), 400, missing)
        refused(send(where, json_body={"account_notification": {}}), 400, missing)
    refused(ada.client.post(NOTICES, json_body={}), 403, DENIED)
    for account in ("77", "sis_account_id:nowhere", "x", "9" * 400):
        refused(admin.client.post(f"/api/v1/accounts/{account}/account_notifications", json_body=body), 404, NOWHERE)
    for id in ("77", "x", "0", "9" * 400):
        for send in (admin.client.get, admin.client.delete):
            refused(send(f"{NOTICES}/{id}"), 404, NOWHERE)
        refused(admin.client.put(f"{NOTICES}/{id}", json_body=body), 404, NOWHERE)
        refused(admin.client.delete(f"{NOTICES}/{id}?remove=1"), 404, NOWHERE)
    alias = f"/api/v1/accounts/self/users/{ada.id}/account_notifications"
    for where in (alias, f"{alias}/{made['id']}"):
        refused(admin.client.get(where), 404, NOWHERE)
    refused(admin.client.delete(f"{alias}/{made['id']}"), 404, NOWHERE)
    assert [one["id"] for one in ada.client.get(alias).json] == [made["id"]]
    assert ada.client.delete(alias.replace(str(ada.id), "self") + f"/{made['id']}").status == 200
    assert seen(ada) == []


def test_times_without_a_zone_are_the_institutions(world: World, admin: Person) -> None:
    times: dict[str, Any] = {"start_at": "2030-07-01 12:00", "end_at": "2030-07-02T12:00Z"}
    with zone(world, "Eastern Time (US & Canada)"):
        made = post(world, admin, **times)
        assert (made["start_at"], made["end_at"]) == ("2030-07-01T16:00:00Z", "2030-07-02T12:00:00Z")
        body = {"account_notification": {"end_at": "2030-07-02 12:00"}}
        changed = admin.client.put(f"{NOTICES}/{made['id']}", json_body=body).json
        assert (changed["start_at"], changed["end_at"]) == ("2030-07-01T16:00:00Z", "2030-07-02T16:00:00Z")
    assert post(world, admin, **times)["start_at"] == "2030-07-01T12:00:00Z"


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ({"subject": "", "message": None, "start_at": "soon", "end_at": ""}, "subject message start_at end_at"),
        ({"subject": "x" * 256}, "subject"),
        ({"message": "x" * 65537}, "message"),
        ({"end_at": "2001-01-01"}, "end_at"),
        ({"months_in_display_cycle": "49"}, "months_in_display_cycle"),
        ({"months_in_display_cycle": "few", "required_account_service": "chess"}, None),
        ({"start_at": ["x"], "end_at": {"a": 1}}, "start_at end_at"),
        ({"start_at": "9999-12-31T23:59:59-14:00"}, "start_at"),
        ({"end_at": "2011-06-01 10:00 +9999"}, "end_at"),
    ],
)
def test_a_bad_one_names_all_its_fields(world: World, admin: Person, said: dict[str, Any], keys: str | None) -> None:
    answer = admin.client.post(NOTICES, json_body=fields(world, **said))
    expected = set((keys or "months_in_display_cycle required_account_service").split())
    assert (answer.status, set(answer.json["errors"])) == (400, expected)
    for name, (entry,) in answer.json["errors"].items():
        assert entry["attribute"] == name
        assert entry["type"]
        assert entry["message"]
    assert seen(admin) == []


def test_the_lists(world: World, ada: Person, admin: Person) -> None:
    now = world.clock.moment
    current = post(world, admin, end_at=stamp(now, days=2))["id"]
    later = post(world, admin, end_at=stamp(now, days=9))["id"]
    future = post(world, admin, start_at=stamp(now, days=1), end_at=stamp(now, days=5))["id"]
    past = post(world, admin, start_at=stamp(now, days=-60), end_at=stamp(now, days=-30))["id"]
    old = post(world, admin, start_at=stamp(now, days=-400), end_at=stamp(now, days=-300))["id"]
    teachers = post(world, admin, ["TeacherEnrollment"], start_at=stamp(now, days=-2))["id"]
    assert seen(ada) == [later, current], "the latest end first"
    ada.client.delete(f"{NOTICES}/{current}")
    assert seen(ada) == [later]
    assert seen(ada, "?include_past=true") == [later, current, past], "closed ones stay in, roles still filter"
    closed = ada.client.get(f"{NOTICES}?include_past=1&show_is_closed=1").json
    assert [one["closed"] for one in closed] == [False, True, False]
    assert all("closed" not in one for one in ada.client.get(NOTICES).json)
    assert [one["closed"] for one in ada.client.get(f"{NOTICES}?show_is_closed=1").json] == [False]
    everything = admin.client.get(f"{NOTICES}?include_all=true&include_past=true").json
    assert [one["id"] for one in everything] == [future, later, current, teachers, past, old]
    assert everything[0]["author"] == {"id": admin.id, "name": admin.user.name}
    world.clock.advance(3 * 86400)
    assert seen(ada) == [later, future]
    world.clock.advance(-3 * 86400)


def test_what_is_forgotten_is_seen_again(world: World, ada: Person, admin: Person) -> None:
    now = world.clock.moment
    made = post(world, admin)["id"]
    path = f"{NOTICES}/{made}"
    ada.client.delete(path)
    ended = {"end_at": stamp(now, seconds=-1), "start_at": stamp(now, days=-1)}
    admin.client.put(path, json_body={"account_notification": ended})
    assert seen(ada, "?include_past=1") == [made], "this list forgets nothing"
    longer = {"account_notification": {"end_at": stamp(now, days=5)}}
    admin.client.put(path, json_body=longer)
    assert seen(ada) == [], "still closed"
    admin.client.put(path, json_body={"account_notification": ended})
    assert seen(ada) == [], "it has ended, and is forgotten"
    admin.client.put(path, json_body=longer)
    assert seen(ada) == [made]


def test_notices_of_sub_accounts(world: World, ada: Person, admin: Person) -> None:
    account = world.account("Biology")
    local = world.admin("Biology")
    where = "/api/v1/accounts/sis_account_id:Biology/account_notifications"
    made = post(world, local, where=where)["id"]
    top = post(world, admin)["id"]
    assert (seen(ada), seen(local), seen(admin)) == ([top], [top, made], [top])
    refused(local.client.post(NOTICES, json_body=fields(world)), 403, DENIED)
    refused(local.client.delete(f"{NOTICES}/{top}?remove=1"), 403, DENIED)
    body = {"account_notification": {"subject": "x"}}
    refused(admin.client.put(f"{NOTICES}/{made}", json_body=body), 404, NOWHERE)
    refused(local.client.put(f"{where}/{top}", json_body=body), 404, NOWHERE)
    assert admin.client.put(f"/api/v1/accounts/{account.id}/account_notifications/{made}", json_body=body).status == 200
    below = [one["id"] for one in local.client.get(f"{where}?include_all=1").json]
    assert (below, seen(admin, "?include_all=1")) == ([top, made], [top])
    refused(local.client.get(f"{NOTICES}?include_all=1"), 403, DENIED)
    assert admin.client.delete(f"{where}/{made}?remove=1").status == 200
    assert seen(local) == [top]


def test_another_roots_notices_are_not_there(world: World, admin: Person) -> None:
    other = world.services.directory.create_root_account("Other", domains=["other.example.org"])
    made, stranger = post(world, admin)["id"], world.person(root=other)
    host = {"Host": "other.example.org"}
    assert stranger.client.get(NOTICES, headers=host).json == []
    for send in (stranger.client.get, stranger.client.delete):
        refused(send(f"{NOTICES}/{made}", headers=host), 404, NOWHERE)


def test_a_start_is_told_once(world: World, admin: Person) -> None:
    topic = boto3.client("sns").create_topic(Name="told")["TopicArn"]
    queue = boto3.client("sqs")
    url = queue.create_queue(QueueName="told")["QueueUrl"]
    arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    wiring.use(Services(replace(world.services.settings, topic_arn=topic), clock=world.clock))

    def told() -> list[Any]:
        app.sweep_jobs(TICK, LambdaContext("sweep_jobs", 60))
        found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for one in found:
            queue.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        events = [json.loads(json.loads(one["Body"])["Message"]) for one in found]
        return [(one["event"], one["notification_id"]) for one in events]

    def change(**said: Any) -> Response:
        return admin.client.put(f"{NOTICES}/{made}", json_body={"account_notification": said})

    now = world.clock.moment
    post(world, admin)
    gone = post(world, admin, send_message=True)["id"]
    admin.client.delete(f"{NOTICES}/{gone}?remove=1")
    made = post(world, admin, send_message="1", start_at=stamp(now, hours=1), roles=["NilEnrollment"])["id"]
    assert told() == []
    change(start_at=stamp(now, hours=2))
    world.clock.advance(3700)
    assert told() == [], "the start has moved"
    world.clock.advance(3700)
    assert told() == [("account_notification_started", made)]
    assert told() == []
    change(subject="x")
    assert told() == [], "a change alone is no reason"
    change(send_message=True)
    assert told() == [("account_notification_started", made)], "asked for again"
    change(start_at=stamp(now, hours=9), end_at=stamp(now, hours=10), send_message=True)
    change(send_message=False)
    world.clock.advance(8 * 3600)
    assert told() == []
