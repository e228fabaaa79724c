"""canvasapi's AccountNotification and AccountReport against the service on a loopback port (canvas-a 4, 5)."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import requests
from canvasapi import Canvas
from canvasapi.account import Account
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from chalicelib.wiring_stores import SystemClock
from tests.factories import Person, World

pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly:UserWarning")


def account(url: str, world: World, person: Person) -> Any:
    """The institution as canvasapi sees it for that person."""
    return Account(Canvas(url, person.token)._Canvas__requester, {"id": world.root.id})


def test_notifications(url: str, now: World, ada: Person, admin: Person) -> None:
    head, mine = account(url, now, admin), account(url, now, ada)
    at = SystemClock().now()
    ends = (at - timedelta(hours=1)).isoformat(), (at + timedelta(days=2)).isoformat()
    said = {"subject": "Tide", "message": "<b>high</b>", "start_at": ends[0], "end_at": ends[1]}
    made = head.create_notification(said, account_notification_roles=["NilEnrollment", "AccountAdmin"])
    assert (made.subject, made.roles, made.role_ids) == ("Tide", ["NilEnrollment", "AccountAdmin"], [None, 1])
    assert mine.get_global_notification(made.id).message == "<b>high</b>"
    assert [one.id for one in mine.get_user_notifications(ada.id)] == [made.id]
    with pytest.raises(Forbidden):
        mine.create_notification(said)
    with pytest.raises(BadRequest):
        head.create_notification({**said, "end_at": "2001-01-01"})
    changed = made.update_global_notification({**said, "subject": "Ebb"})
    assert (changed.subject, changed.roles) == ("Ebb", [])
    assert mine.close_notification_for_user(ada.id, made.id).id == made.id
    assert list(mine.get_user_notifications(ada.id)) == []
    assert [one.id for one in head.get_user_notifications(admin.id)] == [made.id]


def test_reports(url: str, now: World, ada: Person, admin: Person) -> None:
    head = account(url, now, admin)
    now.portfolio(ada, "Field Notes")
    types = {one.report: one for one in head.get_reports()}
    assert types["eportfolio_report_csv"].last_run is None
    assert types["eportfolio_report_csv"].title == "Eportfolio Report"
    made = head.create_report("eportfolio_report_csv", parameters={"skip_message": True, "n": 7})
    assert (made.status, made.parameters) == ("created", {"skip_message": "true", "n": "7"})
    now.work()
    done = head.get_report("eportfolio_report_csv", made.id)
    assert (done.status, done.progress, done.current_line) == ("complete", 100, 1)
    followed = requests.get(done.file_url, params={"access_token": admin.token}, allow_redirects=False, timeout=5)
    assert (followed.status_code, followed.headers["Location"][:8]) == (302, "https://")
    stored = now.services.report_store.get(now.root.id, "eportfolio_report_csv", made.id)
    assert stored is not None
    assert stored.file is not None
    text = now.services.blobs.get(stored.file.key).decode()
    assert [row["name"] for row in csv.DictReader(io.StringIO(text))] == ["Field Notes"]
    assert [one.id for one in head.get_index_of_reports("eportfolio_report_csv")] == [made.id]
    assert done.delete_report().status == "deleted"
    assert list(head.get_index_of_reports("eportfolio_report_csv")) == []
    with pytest.raises(ResourceDoesNotExist):
        head.get_report("eportfolio_report_csv", made.id)
    with pytest.raises(BadRequest):
        head.create_report("unused_courses_csv", parameters={"enrollment_term_id": "none"})
    with pytest.raises(Forbidden):
        list(account(url, now, ada).get_reports())
