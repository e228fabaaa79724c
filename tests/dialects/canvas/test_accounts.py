"""Accounts (canvas-b 0, 1, 2, 3.2 to 3.7): a line for every row of the contract."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.domain.role import Right
from tests.dialects.canvas.institution import DENIED, NOBODY, NOWHERE, Institution
from tests.factories import Person, World

ALL_ROLES = ["user", "student", "teacher", "admin", "observer", "unenrolled"]


@pytest.fixture(scope="module")
def school(_institution: World) -> Institution:
    """Root > Arts > SA-10, SA-2, SA-1a, SA-1; root > Science > Lab > Bench; each with its name as SIS id."""
    made = Institution(_institution, "fjord.example.org")
    for name, above in (("Arts", "root"), ("SA-10", "Arts"), ("SA-2", "Arts"), ("SA-1a", "Arts"), ("SA-1", "Arts"),
                        ("Science", "root"), ("Lab", "Science"), ("Bench", "Lab")):  # fmt: skip
        made.add(name, above, sis_id=name, integration_id=f"I-{name}", sis_import_id=77)
    made.add("Gone", workflow_state="deleted")
    made.add("Orphan", "Gone")
    made.role("Reader", Right.READ_ROSTER)
    return made


@pytest.mark.usefixtures("world")
def test_show(school: Institution) -> None:
    admin, arts, root = school.admin(), school.ids["Arts"], school.root.id
    stored = school.account("Arts")
    limited = {
        "id": arts,
        "name": "Arts",
        "uuid": stored.uuid,
        "workflow_state": "active",
        "parent_account_id": root,
        "root_account_id": root,
        "default_time_zone": "America/Denver",
    }
    quotas = {
        "default_storage_quota_mb": 500,
        "default_user_storage_quota_mb": 50,
        "default_group_storage_quota_mb": 50,
    }
    sis = {"sis_account_id": "Arts", "integration_id": "I-Arts"}
    assert school.get(admin, f"/accounts/{arts}") == limited | quotas | sis | {"sis_import_id": 77}
    top = school.get(admin, "/accounts/self")
    assert not {"sis_account_id", "integration_id", "sis_import_id"} & set(top)
    assert (top["parent_account_id"], top["root_account_id"]) == (None, None)
    school.role("Sis", Right.READ_SIS)
    assert school.get(school.person(("Sis", "root")), f"/accounts/{arts}") == limited | quotas | sis
    assert school.get(school.admin("Arts"), f"/accounts/{arts}") == limited | quotas
    assert school.get(school.person(("Reader", "Arts")), f"/accounts/{arts}") == limited | quotas
    school.course("show", "Arts")
    teacher = school.person()
    school.enroll(teacher, "show", "teacher")
    assert school.get(teacher, f"/accounts/{arts}") == limited
    assert school.get(teacher, f"/accounts/{arts}?include[]=lti_guid") == limited
    for path in ("/accounts/self", f"/accounts/{school.ids['SA-1']}"):
        school.refuses(teacher, path, 403, DENIED)
    student = school.person()
    school.enroll(student, "show")
    for other in (student, school.person(), school.admin("Science"), school.admin("SA-1")):
        school.refuses(other, f"/accounts/{arts}", 403, DENIED)
    school.refuses(None, f"/accounts/{arts}", 401, NOBODY)
    text = school.ask(admin, f"/accounts/{arts}", headers={"Accept": "application/json+canvas-string-ids"}).json
    assert (text["id"], text["root_account_id"], text["sis_import_id"]) == (str(arts), str(root), "77")


@pytest.mark.usefixtures("world")
def test_admin_enrollments(school: Institution) -> None:
    """Canvas-b 2: of a teacher, assistant or designer; in a published course they must be active."""
    school.course("seats", "Lab")
    lab = f"/accounts/{school.ids['Lab']}"
    people = {role: school.person() for role in ("teacher", "ta", "designer", "student", "observer")}
    for role, one in people.items():
        school.enroll(one, "seats", role)
        assert school.ask(one, lab).status == (200 if role in ("teacher", "ta", "designer") else 403), role
    school.course("seats", "Lab", "published")
    assert school.ask(people["teacher"], lab).status == 200
    school.enroll(people["teacher"], "seats", "teacher", "inactive")
    school.refuses(people["teacher"], lab, 403, DENIED)
    school.enroll(people["ta"], "seats", "ta", "deleted")
    school.refuses(people["ta"], lab, 403, DENIED)
    assert school.names(people["designer"], "/course_accounts") == ["Lab"]
    assert school.names(people["ta"], "/course_accounts") == []
    school.course("seats", "Lab", "completed")
    school.refuses(people["designer"], lab, 403, DENIED)


@pytest.mark.usefixtures("world")
def test_id_forms(school: Institution) -> None:
    admin, arts = school.admin(), school.account("Arts")
    other = Institution(school.world, "other.example.org")
    theirs = other.add("Arts", sis_id="Theirs", integration_id="I-Theirs")
    hexed = b"Arts".hex()
    for form in (str(arts.id), "sis_account_id:Arts", "sis_integration_id:I-Arts", f"uuid:{arts.uuid}",
                 f"lti_context_id:{arts.lti_guid}", f"hex:sis_account_id:{hexed}", f"{arts.id}.json"):  # fmt: skip
        assert school.get(admin, f"/accounts/{form}")["id"] == arts.id, form
    assert school.get(admin, "/accounts/self")["id"] == school.root.id
    for form in ("default", "site_admin", "0", "-1", "x", "sis_account_id:", "sis_account_id:Theirs", str(theirs),
                 "sis_integration_id:I-Theirs", f"uuid:{other.account('Arts').uuid}", str(other.root.id),
                 f"uuid:{arts.lti_guid}", "sis_user_id:Arts", "hex:sis_account_id:zz", str(school.ids["Gone"]),
                 "9" * 19, "9" * 30, "sis_account_id:" + "x" * 600, "uuid:x", "sis_account_id:arts"):  # fmt: skip
        school.refuses(admin, f"/accounts/{form}", 404, NOWHERE)
    home = school.world
    assert home.admin().client.get("/api/v1/accounts/default").json["id"] == home.root.id


@pytest.mark.usefixtures("world")
def test_zone_and_quotas_are_inherited(school: Institution) -> None:
    made = Institution(school.world, "zone.example.org")
    made.add("A")
    made.add("B", "A")
    admin = made.admin()

    def seen(name: str) -> tuple[Any, ...]:
        found = made.get(admin, f"/accounts/{made.ids[name]}")
        kinds = ("default_storage_quota_mb", "default_user_storage_quota_mb", "default_group_storage_quota_mb")
        return (found["default_time_zone"], *(found[kind] for kind in kinds))

    made.set("root", default_time_zone="Alaska", default_storage_quota_mb="700")
    made.set("A", default_user_storage_quota_mb="60", default_group_storage_quota_mb="0")
    assert seen("root") == ("America/Juneau", 700, 50, 50)
    assert seen("B") == ("America/Juneau", 700, 60, 0)
    made.set("B", default_time_zone="UTC", default_storage_quota_mb="1")
    made.set("A", default_group_storage_quota_mb="")
    assert (seen("A"), seen("B")) == (("America/Juneau", 700, 60, 50), ("Etc/UTC", 1, 60, 50))


@pytest.mark.usefixtures("world")
def test_index_and_includes(school: Institution) -> None:
    made = Institution(school.world, "index.example.org")
    for name in ("b2", "B10", "a"):
        made.add(name)
    made.add("below", "a")
    made.add("gone", workflow_state="deleted")
    made.role("Extra")
    admin = made.person(("AccountAdmin", "b2"), ("Extra", "b2"), ("AccountAdmin", "B10"), ("Extra", "a"))
    assert made.names(admin, "/accounts") == ["a", "b2", "B10"]
    assert made.names(admin, "/accounts?per_page=2&page=2") == ["B10"]
    assert list(made.ask(admin, "/accounts?per_page=2&page=2").links) == ["current", "prev", "first", "last"]
    assert made.names(made.person(), "/accounts") == []
    made.refuses(None, "/accounts", 401, NOBODY)

    wanted = ("lti_guid", "global_id", "registration_settings", "services", "course_count", "sub_account_count", "nope")
    for spelling in ("include[]", "includes[]"):
        query = "&".join(f"{spelling}={one}" for one in wanted)
        extra, _, plain = made.get(admin, f"/accounts?{query}")
        assert extra["lti_guid"] == made.account("a").lti_guid
        assert (extra["global_id"], extra["course_count"], extra["sub_account_count"]) == (made.ids["a"], 0, 1)
        assert "services" not in extra, "the role Extra does not manage settings"
        assert plain["services"] == {"google_docs_previews": True, "skype": True, "avatars": False}
        assert plain["registration_settings"] == {"login_handle_name": "Email", "require_email": False}
        assert "nope" not in plain
    made.set("root", login_handle_name="Badge", require_email="true", terms_of_use_url="/t", terms_passive="no",
             **{"service.skype": "off", "service.avatars": "on"})  # fmt: skip
    (top,) = made.get(made.admin(), "/accounts?include[]=registration_settings&include[]=services")
    assert top["services"] == {"google_docs_previews": True, "skype": False, "avatars": True}
    assert top["registration_settings"] == {
        "login_handle_name": "Badge",
        "require_email": True,
        "terms_required": True,
        "terms_of_use_url": "/t",
        "privacy_policy_url": None,
        "recaptcha_key": None,
    }
    assert "course_template_id" not in top
    made.set("root", course_templates="on")
    assert made.get(made.admin(), "/accounts/self")["course_template_id"] is None
    made.course("counted", "root")
    assert made.get(made.admin(), "/accounts?include[]=course_count")[0]["course_count"] == 1
    made.course("counted", "root", "deleted")
    assert made.get(made.admin(), "/accounts?include[]=course_count")[0]["course_count"] == 0


@pytest.mark.usefixtures("world")
def test_sub_accounts(school: Institution) -> None:
    admin, arts = school.admin(), f"/accounts/{school.ids['Arts']}/sub_accounts"
    assert school.names(admin, arts) == ["SA-10", "SA-2", "SA-1a", "SA-1"]
    assert school.names(admin, f"{arts}?order=name") == ["SA-1", "SA-1a", "SA-2", "SA-10"]
    found = school.ask(admin, f"{arts}?per_page=3&include[]=course_count&include[]=sub_account_count")
    assert found.json[0] | {"course_count": 0, "sub_account_count": 0} == found.json[0]
    assert "default_storage_quota_mb" in found.json[0]
    assert found.links["last"].endswith("page=2&per_page=3")
    path = "/accounts/self/sub_accounts?recursive=true"
    tiers = ["Arts", "Science", "SA-10", "SA-2", "SA-1a", "SA-1", "Lab", "Bench"]
    assert [one for one in school.names(admin, path) if one != "Manually-Created Courses"] == tiers
    first, last = school.ask(admin, f"{path}&per_page=5"), school.ask(admin, f"{path}&per_page=5&page=2")
    assert (list(first.links), list(last.links)) == (["current", "next", "first"], ["current", "prev", "first", "last"])
    assert school.get(admin, f"{path}&page=9") == []
    school.change("Lab", workflow_state="deleted")
    science = f"/accounts/{school.ids['Science']}/sub_accounts?recursive=1"
    assert school.names(admin, science) == []
    school.change("Lab", workflow_state="active")
    assert school.names(admin, science) == ["Lab", "Bench"]
    assert school.names(school.admin("Science"), science) == ["Lab", "Bench"]
    school.refuses(None, arts, 401, NOBODY)
    school.refuses(school.admin("Science"), arts, 403, DENIED)
    school.refuses(admin, f"/accounts/{school.ids['Gone']}/sub_accounts", 404, NOWHERE)


@pytest.mark.usefixtures("world")
def test_manageable(school: Institution) -> None:
    path = "/manageable_accounts"
    assert school.get(None, path) == []
    assert school.names(school.person(), path) == []
    admin = school.person(("AccountAdmin", "Lab"), ("AccountAdmin", "Arts"), ("AccountAdmin", "Science"))
    wanted = ["Arts", "SA-10", "SA-2", "SA-1a", "SA-1", "Science", "Lab", "Bench"]
    assert school.names(admin, path) == wanted
    assert school.names(admin, f"{path}?per_page=3&page=3") == wanted[6:]
    assert school.names(school.person(("Reader", "Arts")), path) == []
    school.role("Adder", Right.MANAGE_COURSES_ADD)
    assert school.names(school.person(("Adder", "Lab"), ("Reader", "Arts")), path) == ["Lab", "Bench"]
    assert "default_storage_quota_mb" in school.get(admin, path)[0]


@pytest.mark.usefixtures("world")
def test_course_accounts(school: Institution) -> None:
    assert school.get(None, "/course_accounts") == []
    made = Institution(school.world, "courses.example.org")
    made.add("b", sis_id="b")
    made.add("A", sis_id="A")
    for name, account in (("one", "b"), ("two", "b"), ("three", "A"), ("four", "root")):
        made.course(name, account)
    teacher = made.person()
    for course, role in (("one", "teacher"), ("two", "ta"), ("three", "designer"), ("four", "student")):
        made.enroll(teacher, course, role)
    found = made.get(teacher, "/course_accounts?include[]=lti_guid")
    assert [one["name"] for one in found] == ["A", "b"]
    assert set(found[0]) == {
        "id", "name", "uuid", "workflow_state", "parent_account_id", "root_account_id", "default_time_zone"
    }  # fmt: skip
    assert made.names(made.admin(), "/course_accounts") == []


@pytest.mark.usefixtures("world")
def test_course_creation(school: Institution) -> None:
    path, manual = "/course_creation_accounts", "Manually-Created Courses"
    assert school.get(None, path) == []
    made = Institution(school.world, "creation.example.org")
    for name, above in (("A", "root"), ("A1", "A"), ("B", "root"), ("B1", "B")):
        made.add(name, above, sis_id=name)
    made.course("b", "B")
    admin = made.person(("AccountAdmin", "B"), ("AccountAdmin", "A"))
    assert made.names(admin, path) == ["A", "B", "A1", "B1"]
    student, teacher, ta, nobody = (made.person() for _ in range(4))
    for who, role in ((student, "student"), (teacher, "teacher"), (ta, "ta")):
        made.enroll(who, "b", role)
        assert made.names(who, path) == []
    made.role("Nothing")
    bare = made.person(("Nothing", "B"))
    made.enroll(bare, "b")
    made.set("root", students_can_create_courses="true", teachers_can_create_courses="true")
    assert made.names(student, path) == [manual, "B"]
    assert made.names(teacher, path) == [manual, "B"]
    assert made.names(bare, path) == [manual, "B"], "no descendants by a student's right"
    assert made.names(ta, path) == made.names(nobody, path) == []
    manageable = "/manageable_accounts"
    assert made.names(bare, manageable) == ["B", "B1"], "may create courses there, and has a role"
    assert made.names(student, manageable) == []
    made.set("root", students_can_create_courses_anywhere="false")
    assert (made.names(student, path), made.names(teacher, path)) == ([manual], [manual, "B"])
    assert made.names(bare, manageable) == []
    made.enroll(student, "b", "student", "deleted")
    assert made.names(student, path) == []
    made.set("root", no_enrollments_can_create_courses="true")
    assert made.names(student, path) == made.names(nobody, path) == [manual]
    made.enroll(nobody, "b", "ta")
    assert made.names(nobody, path) == []
    assert made.names(admin, path)[:4] == ["A", "B", "A1", "B1"]
    permission = f"/accounts/{made.ids['B']}/permissions?permissions[]=create_courses"
    assert made.get(teacher, permission) == {"create_courses": True}
    assert made.get(ta, permission) == {"create_courses": False}


@pytest.mark.usefixtures("world")
def test_manually_created(school: Institution) -> None:
    path = "/manually_created_courses_account"
    school.refuses(None, path, 401, NOBODY)
    made = Institution(school.world, "manual.example.org")
    first = made.get(made.person(), path)
    assert (first["name"], first["parent_account_id"]) == ("Manually-Created Courses", made.root.id)
    assert "default_storage_quota_mb" not in first
    again = made.get(made.admin(), path)
    assert again["id"] == first["id"]
    assert "default_storage_quota_mb" in again
    assert made.account("root").sub_account_count == 1
    made.ids["manual"] = first["id"]
    made.change("manual", workflow_state="deleted")
    assert made.get(made.person(), path)["id"] != first["id"]


@pytest.mark.usefixtures("world")
def test_settings_and_permissions(school: Institution) -> None:
    made = Institution(school.world, "settings.example.org")
    made.add("A")
    admin = made.admin()
    assert made.get(admin, "/accounts/self/settings") == {}
    made.set("root", microsoft_sync_enabled="off", microsoft_sync_tenant="t", open_registration="on")
    assert made.get(admin, "/accounts/self/settings") == {
        "microsoft_sync_enabled": False,
        "microsoft_sync_tenant": "t",
    }
    made.role("Mute")
    for who in (made.person(), made.person(("Mute", "root")), made.admin("A")):
        made.refuses(who, "/accounts/self/settings", 403, DENIED)
    made.refuses(None, "/accounts/self/settings", 401, NOBODY)
    path = "/accounts/self/permissions"
    asked = "?permissions[]=manage_site_settings&permissions[]=manage_sis&permissions[]=fly"
    assert made.get(admin, path + asked) == {"manage_site_settings": False, "manage_sis": True, "fly": False}
    everything = made.get(admin, path)
    assert {right.value for right in Right} < set(everything)
    assert all(isinstance(one, bool) for one in everything.values())
    below = made.admin("A")
    assert made.get(below, f"/accounts/{made.ids['A']}/permissions?permissions[]=manage_sis&permissions[]=read") == {
        "manage_sis": False,
        "read": True,
    }
    made.refuses(below, path, 403, DENIED)
    made.refuses(None, path, 401, NOBODY)
    made.world.services.roles.override(
        made.account("root"), "AccountAdmin", [Right.READ_COURSE_LIST], enabled=False, locked=True
    )
    assert made.get(admin, f"{path}?permissions[]=read_course_list") == {"read_course_list": False}


@pytest.mark.usefixtures("world")
def test_texts(school: Institution) -> None:
    made = Institution(school.world, "texts.example.org")
    made.add("A")
    person, root = made.person(), made.root.id
    fresh = {
        "id": root,
        "terms_type": "default",
        "passive": True,
        "account_id": root,
        "content": None,
        "self_registration_type": "none",
    }
    for form in ("self", str(made.ids["A"])):
        assert made.get(None, f"/accounts/{form}/terms_of_service") == fresh
    made.set("root", terms_content="Behave.", terms_passive="false", self_registration_type="all")
    assert made.get(person, "/accounts/self/terms_of_service")["content"] is None
    made.set("root", terms_type="custom")
    assert made.get(None, "/accounts/self/terms_of_service") == fresh | {
        "terms_type": "custom", "passive": False, "content": "Behave.", "self_registration_type": "all"
    }  # fmt: skip
    for form in ("12", str(school.root.id), "x"):
        made.refuses(None, f"/accounts/{form}/terms_of_service", 404, NOWHERE)
    made.refuses(None, "/accounts/self/help_links", 401, NOBODY)
    assert made.get(person, f"/accounts/{made.ids['A']}/help_links") == {}
    made.refuses(person, f"/accounts/{school.root.id}/help_links", 404, NOWHERE)
    found = made.get(person, "/accounts/self/help_links")
    assert (found["help_link_name"], found["help_link_icon"]) == ("Help", "help")
    assert found["custom_help_links"] == found["default_help_links"]
    assert [one["id"] for one in found["default_help_links"]] == [
        "instructor_question",
        "search_the_canvas_guides",
        "report_a_problem",
    ]
    assert found["default_help_links"][0] == {
        "id": "instructor_question",
        "text": "Ask Your Instructor a Question",
        "subtext": "Questions are submitted to your instructor",
        "url": "#teacher_feedback",
        "type": "default",
        "available_to": ["student"],
    }
    assert found["default_help_links"][2]["available_to"] == ALL_ROLES
    links = [{"text": "Library", "url": "https://l.example.edu", "available_to": ["student"]}]
    made.set("root", custom_help_links=json.dumps(links), help_link_name="Aid", help_link_icon="lifering")
    found = made.get(person, "/accounts/self/help_links")
    assert (found["help_link_name"], found["help_link_icon"]) == ("Aid", "lifering")
    custom = {"id": "link1", "text": "Library", "subtext": "", "url": "https://l.example.edu", "type": "custom"}
    assert found["custom_help_links"] == [*found["default_help_links"], custom | {"available_to": ["student"]}]
    made.set("root", new_custom_help_links="true")
    assert len(made.get(person, "/accounts/self/help_links")["custom_help_links"]) == 1
    environment = {"calendar_contexts_limit": 10, "open_registration": False}
    assert made.get(None, "/settings/environment") == environment
    made.set("root", calendar_contexts_limit="20", open_registration="true")
    assert made.get(None, "/settings/environment") == {"calendar_contexts_limit": 20, "open_registration": True}
    assert school.get(None, "/settings/environment") == environment


@pytest.mark.usefixtures("world")
def test_search(school: Institution) -> None:
    services = school.world.services
    lakes = [
        services.directory.create_root_account(f"Lakeside {number}", domains=[f"l{number}.lake.example.edu"])
        for number in range(7)
    ]
    services.account_changes.change(lakes[-1].id, {"domain.hills.example.edu": "saml"})

    def found(query: str) -> list[str]:
        return [one["domain"] for one in school.get(None, f"/accounts/search?{query}")]

    assert found("name=lAkeside") == [f"l{number}.lake.example.edu" for number in range(5)]
    assert found("domain=HILLS") == ["hills.example.edu"]
    assert found("domain=hills&name=side%203") == ["l3.lake.example.edu", "hills.example.edu"]
    assert found("name=nobody") == []
    assert len(found("latitude=1&longitude=x")) == 5
    assert school.get(None, "/accounts/search?domain=hills") == [
        {"name": "Lakeside 6", "domain": "hills.example.edu", "distance": None, "authentication_provider": "saml"}
    ]
    assert school.ask(school.person(), "/accounts/search?name=lake").status == 200


def test_nothing_of_another_root_is_seen(world: World, school: Institution) -> None:
    other = Institution(world, "apart.example.org")
    other.add("Theirs", sis_id="Arts", calendar_visible=True)
    mine, theirs = school.admin(), other.admin()

    def paths(reference: str) -> list[tuple[str, str, Any]]:
        found: list[tuple[str, str, Any]] = [("GET", f"/account_calendars/{reference}", None)]
        found += [("PUT", f"/account_calendars/{reference}", None)]
        found += [("PUT", f"/accounts/{reference}/account_calendars", [{"id": 1}])]
        found += [
            ("GET", f"/accounts/{reference}{tail}", None)
            for tail in ("", "/account_calendars", "/visible_calendars_count", "/settings", "/permissions",
                         "/terms_of_service", "/help_links", "/sub_accounts")
        ]  # fmt: skip
        return found

    for reference in (str(other.ids["Theirs"]), str(other.root.id)):
        for method, path, body in paths(reference):
            school.refuses(mine, path, 404, NOWHERE, method, json_body=body)
    assert school.get(mine, "/accounts/sis_account_id:Arts")["id"] == school.ids["Arts"]
    assert other.get(theirs, "/accounts/sis_account_id:Arts")["id"] == other.ids["Theirs"]
    for path in (
        "/accounts",
        "/manageable_accounts",
        "/course_creation_accounts",
        "/account_calendars?per_page=100",
        "/accounts/self/sub_accounts?recursive=1",
        "/accounts/self/account_calendars?filter=visible",
    ):
        assert "Theirs" not in school.names(mine, path)
    assert other.names(theirs, "/accounts/self/account_calendars?filter=visible") == ["Theirs"]
    assert school.ask(theirs, "/accounts/self").status == 401, "a token is of one root"
    stranger: Person = world.admin()
    assert stranger.client.get("/api/v1/accounts/self").json["id"] == world.root.id
