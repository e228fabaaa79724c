"""Accounts by canvasapi, unmodified (canvas-b 3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from canvasapi import Canvas
from canvasapi.exceptions import Forbidden, ResourceDoesNotExist

from chalicelib import wiring
from chalicelib.domain.courserow import CourseRow, EnrollmentRow
from chalicelib.domain.person import AccountRow
from chalicelib.wiring import Services
from chalicelib.wiring_stores import SystemClock
from ops.local.server import Server
from ops.sis_school import School
from tests.factories import World

pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly:UserWarning")


@pytest.fixture
def url(world: World) -> Iterator[str]:
    """Address of the service, on the machine's time."""
    wiring.use(Services(world.services.settings, clock=SystemClock()))
    server = Server(world.gateway, 0, quiet=True)
    server.start()
    yield server.url
    server.stop()


def test_canvasapi(world: World, url: str) -> None:
    loader = School(world.services, threads=1)
    rows = [AccountRow(sis_id=f"F{number:02d}", parent_sis_id="", name=f"Faculty {number}") for number in range(12)]
    rows.append(AccountRow(sis_id="I", parent_sis_id="F00", name="Institute"))
    assert all(one.changed for one in loader.upsert_accounts(world.root, rows))
    admin, teacher = world.admin(), world.person()
    course = CourseRow(sis_id="c", name="c", code="c", status="active", account_sis_id="I")
    seat = EnrollmentRow(course_sis_id="c", section_sis_id="", user_sis_id=teacher.user.sis_id, role="teacher")
    assert [one.error for one in (*loader.upsert_courses(world.root, [course]),
                                  *loader.upsert_enrollments(world.root, [seat]))] == ["", ""]  # fmt: skip

    client = Canvas(url, admin.token)
    (top,) = client.get_accounts()
    assert top.name == "Estuary College"
    assert client.get_account(top.id).uuid == top.uuid
    assert client.get_account("F03", use_sis_id=True).name == "Faculty 3"
    assert len(list(top.get_subaccounts())) == 12
    assert [one.name for one in top.get_subaccounts(recursive=True)][-1] == "Institute"
    assert [one.name for one in top.get_subaccounts(order="name", per_page=5)][:3] == [
        "Faculty 0",
        "Faculty 1",
        "Faculty 2",
    ]
    faculty = client.get_account("F00", use_sis_id=True)
    assert faculty.update_account_calendar_visibility(visible=True).visible is True
    assert faculty.get_account_calendar().asset_string == f"account_{faculty.id}"
    calendars = list(top.get_all_account_calendars(filter="visible"))
    assert [one.id for one in calendars] == [faculty.id]
    assert len(list(top.get_all_account_calendars(per_page=5))) == 13
    assert client.search_accounts(name="nobody") == []

    limited = Canvas(url, teacher.token)
    assert [one.name for one in limited.get_course_accounts()] == ["Institute"]
    assert not hasattr(limited.get_account("I", use_sis_id=True), "default_storage_quota_mb")
    with pytest.raises(Forbidden):
        limited.get_account(top.id)
    with pytest.raises(ResourceDoesNotExist):
        client.get_account(12)
