"""Account calendars (canvas-b 3.1): a line for every row of the contract."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib import wiring
from chalicelib.domain.role import Right
from tests.dialects.canvas.institution import DENIED, NOBODY, NOWHERE, TOO_SHORT, Institution
from tests.factories import World

BULK = "Expected array of objects"


@pytest.fixture(scope="module")
def school(_institution: World) -> Institution:
    """Root (visible) > Arts > Music > Song; root > Science (visible) > Apps; root > cappuccino."""
    made = Institution(_institution, "estuary.example.org")
    made.change("root", calendar_visible=True)
    made.add("Arts")
    made.add("Music", "Arts", calendar_visible=True)
    made.add("Song", "Music")
    made.add("Science", calendar_visible=True)
    made.add("Apps", "Science", calendar_visible=True, calendar_auto_subscribe=True)
    made.add("apple", "Science", calendar_visible=True)
    made.add("cappuccino")
    made.add("Gone", calendar_visible=True, workflow_state="deleted")
    return made


@pytest.mark.usefixtures("world")
def test_index(school: Institution) -> None:
    path = "/account_calendars"
    school.refuses(None, path, 401, NOBODY)
    student = school.person()
    assert school.names(student, path) == ["Estuary.Example.Org"]
    near = school.person()
    school.world.services.courses.join(near.id, [school.account("Song").path])
    found = school.get(near, path)
    assert set(found) == {"account_calendars", "total_results"}
    assert ([one["name"] for one in found["account_calendars"]], found["total_results"]) == (
        ["Estuary.Example.Org", "Music"],
        2,
    )
    admin = school.admin()
    everything = ["apple", "Apps", "Estuary.Example.Org", "Music", "Science"]
    assert school.names(admin, path) == everything
    page = school.ask(admin, f"{path}?per_page=2&page=2")
    assert ([one["name"] for one in page.json["account_calendars"]], page.json["total_results"]) == (everything[2:4], 5)
    assert list(page.links) == ["current", "next", "prev", "first", "last"]
    assert page.links["last"].endswith("per_page=2&page=3") or page.links["last"].endswith("page=3&per_page=2")
    assert school.get(admin, f"{path}?page=99") == {"account_calendars": [], "total_results": 5}
    assert school.names(admin, f"{path}?search_term=aPp") == ["apple", "Apps"]
    assert school.names(admin, f"{path}?search_term=%20") == everything
    assert school.get(admin, f"{path}?search_term=nobody") == {"account_calendars": [], "total_results": 0}
    school.refuses(admin, f"{path}?search_term=a", 400, TOO_SHORT)
    hidden = school.admin("Arts")
    assert school.names(hidden, path) == ["Estuary.Example.Org"], "the admin's own calendar is hidden"
    both = school.person(("AccountAdmin", "Arts"), ("AccountAdmin", "Science"))
    assert school.names(both, path) == ["apple", "Apps", "Estuary.Example.Org", "Science"]
    for page_number in ("0", "-1"):
        school.refuses(admin, f"{path}?page={page_number}", 404, NOWHERE)


@pytest.mark.usefixtures("world")
def test_show_and_update(school: Institution) -> None:
    admin, student, arts = school.admin(), school.person(), school.ids["Arts"]
    path, root = f"/account_calendars/{arts}", school.root.id
    assert school.get(admin, path) == {
        "id": arts,
        "name": "Arts",
        "parent_account_id": root,
        "root_account_id": root,
        "visible": False,
        "auto_subscribe": False,
        "asset_string": f"account_{arts}",
        "type": "account",
        "calendar_event_url": f"/accounts/{arts}/calendar_events/%7B%7B%20id%20%7D%7D",
        "can_create_calendar_events": True,
        "create_calendar_event_url": f"/accounts/{arts}/calendar_events",
        "new_calendar_event_url": f"/accounts/{arts}/calendar_events/new",
    }
    top = school.get(student, f"/account_calendars/{root}")
    assert (top["parent_account_id"], top["root_account_id"], top["can_create_calendar_events"]) == (None, None, False)
    near = school.person()
    school.world.services.courses.join(near.id, [school.account("Song").path])
    assert school.get(near, f"/account_calendars/{school.ids['Music']}")["visible"] is True
    school.refuses(near, path, 403, DENIED)
    school.refuses(student, f"/account_calendars/{school.ids['Music']}", 403, DENIED)
    for unknown in ("12", "x", "sis_account_id:nobody", str(school.ids["Gone"])):
        school.refuses(admin, f"/account_calendars/{unknown}", 404, NOWHERE)
        school.refuses(admin, f"/account_calendars/{unknown}", 404, NOWHERE, "PUT")
    school.refuses(None, path, 401, NOBODY)
    school.refuses(None, path, 401, NOBODY, "PUT")
    for stranger in (student, near, school.admin("Science"), school.admin("Music")):
        school.refuses(stranger, path, 403, DENIED, "PUT", form=[("visible", "true")])

    def put(*fields: tuple[str, str]) -> tuple[bool, bool]:
        found = school.ask(admin, path, "PUT", form=fields)
        assert found.status == 200
        assert found.json == school.get(admin, path)
        return found.json["visible"], found.json["auto_subscribe"]

    assert put(("visible", "yes")) == (True, False)
    assert put(("auto_subscribe", "1")) == (True, True)
    assert put() == (True, True)
    assert put(("visible", "")) == (False, True)
    assert put(("visible", "7"), ("auto_subscribe", "junk")) == (True, False)
    assert put(("visible", "off")) == (False, False)
    assert school.ask(admin, path, "PUT", json_body={"visible": True}).json["visible"] is True
    assert school.ask(admin, path, "PUT", json_body={"visible": False}).json["visible"] is False
    school.role("Calendars", Right.MANAGE_ACCOUNT_CALENDAR_VISIBILITY)
    keeper = school.person(("Calendars", "Arts"))
    shown = school.get(keeper, path)
    assert (shown["visible"], shown["can_create_calendar_events"]) == (False, False)


@pytest.mark.usefixtures("world")
def test_bulk(school: Institution) -> None:
    made = Institution(school.world, "bulk.example.org")
    a, b, c = made.add("A"), made.add("B", "A"), made.add("C")
    gone = made.add("G", "A", workflow_state="deleted")
    admin, path = made.admin("A"), f"/accounts/{a}/account_calendars"
    made.refuses(None, path, 401, NOBODY, "PUT", json_body=[{"id": a}])
    for body in ([], {}, {"id": a}, "x", [1], [{"id": a}, None]):
        made.refuses(admin, path, 400, {"errors": BULK}, "PUT", json_body=body)
    made.refuses(admin, path, 400, {"errors": BULK}, "PUT", form=[("id", str(a))])
    made.refuses(admin, path, 400, {"errors": "Missing key(s)"}, "PUT", json_body=[{"id": a}, {"visible": True}])
    made.refuses(admin, path, 400, {"errors": "Duplicate IDs"}, "PUT", json_body=[{"id": a}, {"id": str(a)}])
    for other in (made.root.id, c, gone, 12, "x", None, school.root.id, 10**30):
        two = [{"id": a, "visible": True}, {"id": other, "visible": True}]
        made.refuses(admin, path, 403, DENIED, "PUT", json_body=two)
    made.refuses(made.person(), path, 403, DENIED, "PUT", json_body=[])
    made.refuses(admin, f"/accounts/{made.root.id}/account_calendars", 403, DENIED, "PUT", json_body=[{"id": a}])
    made.refuses(admin, "/accounts/12/account_calendars", 404, NOWHERE, "PUT", json_body=[{"id": a}])
    assert made.get(admin, f"/accounts/{a}/visible_calendars_count") == {"count": 0}, "nothing was changed"

    def put(*items: object) -> str:
        found = made.ask(admin, path, "PUT", json_body=list(items))
        assert found.status == 200
        assert set(found.json) == {"message"}
        return str(found.json["message"])

    def state(*ids: int) -> list[tuple[bool, bool]]:
        found = [made.get(admin, f"/account_calendars/{one}") for one in ids]
        return [(one["visible"], one["auto_subscribe"]) for one in found]

    assert put({"id": a, "visible": True, "other": 1}, {"id": str(b), "auto_subscribe": "yes"}) == "Updated 2 accounts"
    assert state(a, b) == [(True, False), (False, True)]
    assert put({"id": a, "visible": None, "auto_subscribe": True}) == "Updated 1 account"
    assert put({"id": a}, {"id": b, "visible": True}) == "Updated 2 accounts"
    assert state(a, b) == [(True, True), (True, True)]
    top = made.admin()
    counts = [made.get(top, f"/accounts/{one}/visible_calendars_count")["count"] for one in ("self", a, b, c)]
    assert counts == [2, 2, 1, 0]
    many = [made.add(f"M{number}", "A") for number in range(35)]
    assert put(*({"id": one, "visible": True} for one in many)) == "Updated 35 accounts"
    assert made.get(top, "/accounts/self/visible_calendars_count") == {"count": 37}


@pytest.mark.usefixtures("world")
def test_all_and_count(school: Institution) -> None:
    admin, arts = school.admin(), school.ids["Arts"]
    path = "/accounts/self/account_calendars"
    found = school.get(admin, path)
    assert [one["name"] for one in found] == ["Estuary.Example.Org", "Arts", "cappuccino", "Science"]
    assert [one["sub_account_count"] for one in found] == [3, 1, 0, 2]
    assert school.names(admin, f"/accounts/{school.ids['Science']}/account_calendars") == ["Science", "apple", "Apps"]
    page = school.ask(admin, f"{path}?per_page=3&page=2")
    assert ([one["name"] for one in page.json], page.links["last"][-18:]) == (["Science"], "?page=2&per_page=3")
    assert school.names(admin, f"{path}?search_term=apP") == ["apple", "Apps", "cappuccino"]
    visible = ["apple", "Apps", "Estuary.Example.Org", "Music", "Science"]
    assert school.names(admin, f"{path}?filter=visible") == visible
    assert school.names(admin, f"{path}?filter=hidden") == ["Arts", "cappuccino", "Song"]
    assert school.names(admin, f"{path}?filter=hidden&search_term=app") == ["cappuccino"]
    assert school.names(admin, f"{path}?filter=&search_term=") == [one["name"] for one in found]
    wrong = {"errors": "Expected filter param to be one of: visible, hidden"}
    school.refuses(admin, f"{path}?filter=all", 400, wrong)
    school.refuses(admin, f"{path}?filter=all&search_term=a", 400, wrong)
    school.refuses(admin, f"{path}?search_term=a", 400, TOO_SHORT)
    below = school.admin("Arts")
    assert school.names(below, f"/accounts/{arts}/account_calendars") == ["Arts", "Music"]
    for route in ("account_calendars", "visible_calendars_count"):
        school.refuses(None, f"/accounts/{arts}/{route}", 401, NOBODY)
        school.refuses(below, f"/accounts/self/{route}", 403, DENIED)
        school.refuses(school.person(), f"/accounts/{arts}/{route}", 403, DENIED)
        school.refuses(admin, f"/accounts/{school.ids['Gone']}/{route}", 404, NOWHERE)
    assert school.get(admin, "/accounts/self/visible_calendars_count") == {"count": 5}
    assert school.get(below, f"/accounts/{arts}/visible_calendars_count") == {"count": 1}


@pytest.mark.usefixtures("world")
def test_a_test_student_may_look_at_calendars(school: Institution) -> None:
    student = school.person()
    user = school.world.services.people.user(student.id)
    assert user is not None
    school.world.services.people.save_user(replace(user, student_view=True, version=user.version + 1), user)
    assert school.get(student, "/account_calendars") == {"account_calendars": [], "total_results": 0}
    for path in ("/accounts", "/accounts/self", "/manageable_accounts", "/course_accounts", "/course_creation_accounts",
                 "/accounts/self/settings", "/accounts/self/permissions", "/accounts/self/help_links",
                 "/accounts/self/sub_accounts", "/manually_created_courses_account"):  # fmt: skip
        school.refuses(student, path, 403, DENIED)


def test_another_container_sees_what_was_changed(world: World, school: Institution) -> None:
    admin = school.admin()
    path = "/accounts/self/account_calendars?search_term=fresh"
    assert school.names(admin, path) == []
    other = wiring.Services(world.services.settings, clock=world.clock)
    root = school.account("root")
    from chalicelib.domain.account_change import new_account

    made = new_account(other.ids, root, "Fresh")
    other.account_store.save([made])
    assert school.names(admin, path) == ["Fresh"]
    after = replace(made, workflow_state="deleted", version=2)
    other.account_store.save([after])
    assert school.names(admin, path) == []
