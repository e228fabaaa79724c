"""ePortfolios deleted, moderated, restored and flagged (canvas-a 2.2, 2.3, 2.4): every row of the tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain import moderation, spam
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.ports import Updated
from chalicelib.domain.role import Right, RoleBook, RoleOverride
from tests.dialects.canvas.test_auth import DENIED, NOWHERE, refused
from tests.dialects.canvas.test_eportfolios import MINE, changed
from tests.factories import Person, World
from tests.schools import load

V1 = "/api/v1"
BAD_STATUS = {"error": 'spam_status must be one of ["marked_as_safe", "marked_as_spam"]'}
FLAGGED, SAFE, MARKED = "flagged_as_possible_spam", "marked_as_safe", "marked_as_spam"
STATES: tuple[dict[str, Any], ...] = (
    {},
    {"public": True},
    {"public": True, "spam_status": FLAGGED},
    {"spam_status": MARKED},
)
OK, NO = 200, 403


def shown(person: Person, portfolio_id: int) -> dict[str, Any]:
    listed = person.client.get(f"{V1}/users/self/eportfolios?per_page=100").json
    return next(one for one in listed if one["id"] == portfolio_id)


def statuses(person: Person, made: list[EpObject]) -> list[str | None]:
    listed = person.client.get(f"{V1}/users/self/eportfolios?per_page=100").json
    found = {one["id"]: one["spam_status"] for one in listed}
    return [found[one.id] for one in made]


@pytest.fixture
def keywords(world: World) -> World:
    account = world.services.people.account(world.root.id)
    assert account is not None
    settings = {spam.TITLE_KEYWORDS: "Casino, free money,,", spam.CONTENT_KEYWORDS: "pills"}
    world.services.account_store.save(
        [replace(account, settings={**account.settings, **settings}, version=account.version + 1)]
    )
    return world


@pytest.mark.parametrize("state", STATES)
def test_the_rights_matrix_of_writes(world: World, state: dict[str, Any]) -> None:
    ada, bo, admin = world.person(), world.person(), world.admin()
    callers = {"owner": ada, "moderator": admin, "other": bo}
    rights = {
        ("DELETE", ""): {"owner": OK, "moderator": OK, "other": NO},
        ("PUT", "/moderate?spam_status=marked_as_safe"): {"owner": NO, "moderator": OK, "other": NO},
        ("PUT", "/restore"): {"owner": NO, "moderator": OK, "other": NO},
    }
    for (method, path), expected in rights.items():
        for name, person in callers.items():
            portfolio = world.portfolio(ada) if "spam_status" not in state else world.portfolio(world.person())
            owner = ada
            if "spam_status" in state:  # who has one that counts as spam may not make another: an owner each
                owner = world.person()
                portfolio = world.portfolio(owner)
            changed(world, portfolio, **state)
            client = owner.client if name == "owner" else person.client
            answer = client.request(method, f"{V1}/eportfolios/{portfolio.id}{path}")
            assert answer.status == expected[name], (method, path, name)
            if answer.status == NO:
                refused(answer, 403, DENIED)


def test_a_deleted_one_is_for_restore_only(world: World, ada: Person, bo: Person, admin: Person) -> None:
    portfolio = world.portfolio(ada, public=True)
    path = f"{V1}/eportfolios/{portfolio.id}"
    gone = ada.client.delete(path)
    assert gone.status == 200
    assert (gone.json["workflow_state"], gone.json["deleted_at"]) == ("deleted", gone.json["updated_at"])
    for person in (ada, admin, bo):
        refused(person.client.delete(path), 403, DENIED)
        refused(person.client.get(path), 403, DENIED)
        refused(person.client.get(f"{path}/pages"), 403, DENIED)
        refused(person.client.put(f"{path}/moderate", form=[("spam_status", SAFE)]), 403, DENIED)
    for person in (ada, bo):
        refused(person.client.put(f"{path}/restore"), 403, DENIED)
    back = admin.client.put(f"{path}/restore")
    assert (back.json["workflow_state"], back.json["deleted_at"]) == ("active", None)
    again = admin.client.put(f"{path}/restore.json")
    assert again.json == back.json, "an active one stays as it is"
    assert ada.client.get(path).json == back.json


def test_an_owner_who_is_admin_neither_moderates_nor_restores(world: World) -> None:
    admin, other = world.admin(), world.admin()
    portfolio = world.portfolio(admin)
    path = f"{V1}/eportfolios/{portfolio.id}"
    refused(admin.client.put(f"{path}/moderate?spam_status={SAFE}"), 403, DENIED)
    assert admin.client.delete(path).status == 200
    refused(admin.client.put(f"{path}/restore"), 403, DENIED)
    assert other.client.put(f"{path}/restore").status == 200


def test_with_eportfolios_switched_off(world: World) -> None:
    root = world.services.directory.create_root_account("Shut", domains=["shut.example.org"])
    owner, host = world.person(root=root), {"Host": "shut.example.org"}
    portfolio = world.portfolio(owner)
    world.services.account_store.save([replace(root, settings={"enable_eportfolios": "false"}, version=2)])
    refused(owner.client.delete(f"{V1}/eportfolios/{portfolio.id}", headers=host), 403, DENIED)


def test_unknown_ids(ada: Person, admin: Person) -> None:
    for person in (ada, admin):
        for number in ("77", "0", "x", "9" * 30):
            refused(person.client.delete(f"{V1}/eportfolios/{number}"), 404, NOWHERE)
            refused(person.client.put(f"{V1}/eportfolios/{number}/moderate?spam_status=x"), 404, NOWHERE)
            refused(person.client.put(f"{V1}/eportfolios/{number}/restore"), 404, NOWHERE)
        refused(person.client.put(f"{V1}/users/77/eportfolios?spam_status={SAFE}"), 404, NOWHERE)


def test_moderating(world: World, ada: Person, bo: Person, admin: Person) -> None:
    portfolio = world.portfolio(ada)
    path = f"{V1}/eportfolios/{portfolio.id}/moderate"
    for verdict in (MARKED, SAFE, MARKED):
        before = shown(ada, portfolio.id)["updated_at"]
        world.clock.advance(2)
        body = admin.client.put(path, form=[("spam_status", verdict)]).json
        assert body["spam_status"] == verdict
        assert body["updated_at"] > before
    for bad in ([], [("spam_status", "")], [("spam_status", FLAGGED)], [("spam_status", "MARKED_AS_SAFE")]):
        answer = admin.client.put(path, form=bad)
        assert (answer.status, answer.json) == (400, BAD_STATUS)
        refused(bo.client.put(path, form=bad), 403, DENIED)
    assert admin.client.put(path, json_body={"spam_status": None}).json == BAD_STATUS
    assert admin.client.put(path, json_body={"spam_status": SAFE}).json["spam_status"] == SAFE


def test_a_weak_admin_and_one_of_another_account(world: World, ada: Person) -> None:
    portfolio = world.portfolio(ada)
    world.account("poetry")
    of_poetry, weak = world.admin("poetry"), world.admin()
    path = f"{V1}/eportfolios/{portfolio.id}"
    refused(of_poetry.client.put(f"{path}/moderate?spam_status={SAFE}"), 403, DENIED)
    assert weak.client.put(f"{path}/moderate?spam_status={SAFE}").status == 200
    services = world.services
    book = services.people.role_book(world.root.id)
    off = RoleOverride(role_id=1, right=Right.MODERATE_USER_CONTENT, account_path=world.root.path, enabled=False)
    services.people.save_role_book(replace(book, overrides=(off,), version=book.version + 1))
    try:
        for target in (f"{path}/moderate?spam_status={SAFE}", f"{V1}/users/{ada.id}/eportfolios?spam_status={SAFE}"):
            refused(weak.client.put(target), 403, DENIED)
        refused(weak.client.delete(path), 403, DENIED)
    finally:
        book = services.people.role_book(world.root.id)
        services.people.save_role_book(RoleBook(root_account_id=world.root.id, version=book.version + 1))


def test_all_of_a_user(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, admin = world.person(), world.admin()
    monkeypatch.setattr(moderation, "BATCH", 3)
    made = [world.portfolio(ada, f"p{number}") for number in range(7)]
    world.services.artifacts.create_reflection(ada.actor, _draft())
    gone = made.pop(2)
    ada.client.delete(f"{V1}/eportfolios/{gone.id}")
    changed(world, made[0], spam_status=MARKED)
    path = f"{V1}/users/sis_user_id:{ada.user.sis_id}/eportfolios"
    world.clock.advance(5)
    before = {one["id"]: one for one in admin.client.get(f"{path}?include[]=deleted&per_page=50").json}
    for person in (ada, world.person()):
        refused(person.client.put(f"{V1}/users/{ada.id}/eportfolios?spam_status={SAFE}"), 403, DENIED)
    refused(admin.client.put(f"{V1}/users/self/eportfolios?spam_status={SAFE}"), 403, DENIED)
    assert (admin.client.put(path).status, admin.client.put(path).json) == (400, BAD_STATUS)
    world.clock.advance(5)
    answer = admin.client.put(f"{path}?spam_status={SAFE}")
    assert (answer.status, answer.text) == (200, '"success"')
    after = {one["id"]: one for one in admin.client.get(f"{path}?include[]=deleted&per_page=50").json}
    assert after[gone.id] == before[gone.id]
    for one in made:
        assert after[one.id]["spam_status"] == SAFE
        assert after[one.id]["updated_at"] > before[one.id]["updated_at"]
    assert admin.client.put(f"{V1}/users/{world.person().id}/eportfolios?spam_status={SAFE}").json == "success"


def _draft() -> Any:
    from chalicelib.domain.artifact import ObjectDraft

    return ObjectDraft(name="Low tide")


def test_all_of_a_user_broken_off_and_taken_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, admin = world.person(), world.admin()
    monkeypatch.setattr(moderation, "BATCH", 2)
    made = [world.portfolio(ada, f"p{number}") for number in range(6)]
    apply, writes = world.services.objects.apply, []

    class Tired:
        """Objects whose writes stop after so many."""

        def __init__(self, left: int) -> None:
            self.left = left

        def __getattr__(self, name: str) -> Any:
            return getattr(world.services.objects, name)

        def apply(self, changes: Any) -> None:
            if not self.left:
                raise RuntimeError("the function's time is up")
            self.left -= 1
            writes.append([change.object.id for change in changes])
            apply(changes)

    service = world.services.moderation
    with pytest.raises(RuntimeError):
        replace(service, objects=Tired(2)).moderate_all(admin.actor, ada.id, SAFE)
    assert statuses(ada, made) == [SAFE] * 4 + [None] * 2
    admin.client.put(f"{V1}/eportfolios/{made[0].id}/moderate?spam_status={MARKED}")
    assert replace(service, objects=Tired(9)).moderate_all(admin.actor, ada.id, SAFE) == 6
    ids = [one.id for one in made]
    assert writes == [ids[:2], ids[2:4], ids[:1], ids[4:]], "what is done is left alone; what changed since is not"
    assert statuses(ada, made) == [SAFE] * 6
    replace(service, objects=Tired(9)).moderate_all(admin.actor, ada.id, SAFE)
    assert writes[4:] == [ids[:2], ids[2:4], ids[4:]], "a finished one is not gone on with"


def test_an_edit_in_the_middle_is_not_lost(world: World, ada: Person, admin: Person) -> None:
    portfolio = world.portfolio(ada, "before")
    objects = world.services.objects

    class Meddled:
        """Objects that the owner changes between reading and the first write."""

        def __init__(self) -> None:
            self.meddled = False

        def __getattr__(self, name: str) -> Any:
            return getattr(objects, name)

        def apply(self, changes: Any) -> None:
            if not self.meddled:
                self.meddled = True
                world.services.portfolios.update(ada.actor, portfolio.id, name="after")
            objects.apply(changes)

    service = world.services.moderation
    acts: tuple[Callable[[Any], object], ...] = (
        lambda one: one.moderate_all(admin.actor, ada.id, SAFE),
        lambda one: one.moderate(admin.actor, portfolio.id, MARKED),
        lambda one: one.delete(admin.actor, portfolio.id),
    )
    for act in acts:
        world.services.portfolios.update(ada.actor, portfolio.id, name="before")
        act(replace(service, objects=Meddled()))
        after = world.services.portfolios.sight(ada.actor, portfolio.id).object
        assert after.name == "after"
    last = world.services.portfolios.sight(ada.actor, portfolio.id).object
    assert last.deleted
    assert last.portfolio is not None
    assert last.portfolio.spam_status == MARKED


def test_what_cannot_be_saved_says_so(world: World, ada: Person, admin: Person) -> None:
    portfolio = world.portfolio(ada)

    class Busy:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.services.objects, name)

        def apply(self, changes: Any) -> None:
            raise ConflictError("busy")

    services = world.services
    kept, services.moderation = services.moderation, replace(services.moderation, objects=Busy())
    try:
        answer = ada.client.delete(f"{V1}/eportfolios/{portfolio.id}")
        assert (answer.status, answer.json) == (400, {"error": "There was an error destroying the ePortfolio"})
        kept.delete(ada.actor, portfolio.id)
        answer = admin.client.put(f"{V1}/eportfolios/{portfolio.id}/restore")
        assert (answer.status, answer.json) == (400, {"error": "There was an error restoring the ePortfolio"})
    finally:
        services.moderation = kept


def test_titles_are_compared_with_the_keywords(keywords: World, ada: Person, admin: Person) -> None:
    made = ada.client.post(MINE, form=[("eportfolio[name]", "My notcasino")]).json
    assert made["spam_status"] is None
    path = f"{V1}/eportfolios/{made['id']}"
    hit = ada.client.put(path, form=[("eportfolio[name]", "Get FREE Money now")]).json
    assert hit["spam_status"] == FLAGGED
    assert ada.client.put(path, form=[("eportfolio[name]", "Harmless")]).json["spam_status"] == FLAGGED
    refused(ada.client.post(MINE, form=[("eportfolio[name]", "Another")]), 403, DENIED)
    safe = admin.client.put(f"{path}/moderate?spam_status={SAFE}")
    assert safe.json["spam_status"] == SAFE
    assert ada.client.put(path, form=[("eportfolio[name]", "casino")]).json["spam_status"] == SAFE, "never changed"
    other = ada.client.post(MINE, form=[("eportfolio[name]", "Casino")]).json
    assert other["spam_status"] == FLAGGED
    refused(ada.client.post(MINE, form=[("eportfolio[name]", "Another")]), 403, DENIED)
    assert ada.client.delete(f"{V1}/eportfolios/{other['id']}").status == 200
    third = ada.client.post(MINE, form=[("eportfolio[name]", "Another")])
    assert third.status == 200, "a deleted one is in nobody's way"
    assert admin.client.put(f"{V1}/eportfolios/{other['id']}/restore").json["spam_status"] == FLAGGED
    refused(ada.client.post(MINE, form=[("eportfolio[name]", "Fourth")]), 403, DENIED)
    assert admin.client.put(f"{V1}/users/{ada.id}/eportfolios?spam_status={SAFE}").json == "success"
    assert ada.client.post(MINE, form=[("eportfolio[name]", "Fifth")]).status == 200


@pytest.mark.parametrize(
    "page",
    [
        {"name": "Buy pills"},
        {"name": "Casino"},
        {"name": "x", "content": "<p>PILLS!</p>"},
        {"name": "x", "content": [{"section_type": "rich_text", "content": "<p>ok</p>"}, "cheap pills"]},
    ],
)
def test_pages_are_compared_too(keywords: World, ada: Person, page: dict[str, Any]) -> None:
    made = ada.client.post(MINE, form=[("eportfolio[name]", "Notes")]).json
    path = f"{V1}/eportfolios/{made['id']}"
    fine = ada.client.post(f"{path}/pages", json_body={"page": {"name": "fine", "content": "casino"}}).json
    assert ada.client.get(path).json["spam_status"] is None
    assert ada.client.put(f"{path}/pages/{fine['id']}", json_body={"page": page}).status == 200
    assert ada.client.get(path).json["spam_status"] == FLAGGED
    ada.client.delete(f"{path}/pages/{fine['id']}")
    assert ada.client.get(path).json["spam_status"] == FLAGGED


def test_a_restored_one_is_compared_too(world: World, ada: Person, admin: Person, request: Any) -> None:
    account = world.services.people.account(world.root.id)
    assert account is not None
    world.services.account_store.save([replace(account, settings={}, version=account.version + 1)])
    portfolio = world.portfolio(ada, "Casino")
    changed(world, portfolio, public=True)
    ada.client.delete(f"{V1}/eportfolios/{portfolio.id}")
    request.getfixturevalue("keywords")
    assert admin.client.put(f"{V1}/eportfolios/{portfolio.id}/restore").json["spam_status"] == FLAGGED


def test_dead_in_every_dialect_until_it_is_restored(world: World, ada: Person, bo: Person, admin: Person) -> None:
    portfolio = world.portfolio(ada, "Shared", public=True)
    page = world.page(ada, portfolio)
    assert portfolio.portfolio is not None
    guid, key = portfolio.portfolio.guid, portfolio.portfolio.keys[0].value
    elsewhere: dict[str, Callable[[], int]] = {
        "accreditly": lambda: ada.client.get(f"/profile/portfolio/{guid}").status,
        "share key": lambda: world.anonymous.get(f"/profile/portfolio/{guid}?key={key}").status,
        "brightspace": lambda: ada.client.get(f"/d2l/api/eP/2.5/presentation/{portfolio.id}").status,
        "listed": lambda: len(ada.client.get("/profile/portfolio").json),
        "page": lambda: bo.client.get(f"{V1}/eportfolios/{portfolio.id}/pages").status,
    }
    alive = {name: ask() for name, ask in elsewhere.items()}
    assert alive == {"accreditly": 200, "share key": 200, "brightspace": 200, "listed": 1, "page": 200}
    assert ada.client.delete(f"{V1}/eportfolios/{portfolio.id}").status == 200
    dead = {name: ask() for name, ask in elsewhere.items()}
    assert dead == {"accreditly": 404, "share key": 404, "brightspace": 404, "listed": 0, "page": 403}
    assert admin.client.put(f"{V1}/eportfolios/{portfolio.id}/restore").status == 200
    assert {name: ask() for name, ask in elsewhere.items()} == alive
    assert [one["id"] for one in ada.client.get(f"{V1}/eportfolios/{portfolio.id}/pages").json] == [page.id]
    user = world.services.people.user(ada.id)
    assert user is not None
    assert (user.portfolios_active, user.portfolios_all, user.portfolios_spam) == (1, 1, 0)


def test_a_test_student_is_refused(world: World, admin: Person, tmp_path: Path) -> None:
    pupil, other = world.person(), world.person()
    portfolio = world.portfolio(pupil)
    rows = f"K1,{pupil.user.sis_id},StudentViewEnrollment,active\nK1,{other.user.sis_id},student,active"
    courses = "course_id,short_name,long_name,status\nK1,K,Course,active"
    report = load(
        world.services, world.root, tmp_path, courses=courses, enrollments=f"course_id,user_id,role,status\n{rows}"
    )
    assert report.errors == []
    act = f"as_user_id={pupil.id}"
    refused(admin.client.get(f"{V1}/eportfolios/{portfolio.id}?{act}"), 403, DENIED)
    refused(admin.client.get(f"{V1}/users/self/eportfolios?{act}"), 403, DENIED)
    refused(admin.client.delete(f"{V1}/eportfolios/{portfolio.id}?{act}"), 403, DENIED)
    refused(admin.client.post(f"{V1}/users/self/tokens?{act}", json_body={"token": {"purpose": "x"}}), 403, DENIED)
    assert admin.client.get(f"{V1}/users/self/eportfolios?as_user_id={other.id}").status == 200


def test_counters_follow_any_write(world: World, ada: Person) -> None:
    portfolio = world.portfolio(ada)
    changed(world, portfolio, spam_status=FLAGGED)
    found = world.services.portfolios.sight(ada.actor, portfolio.id).object
    for spam_count, status in ((1, FLAGGED), (0, SAFE), (1, MARKED), (1, MARKED)):
        assert found.portfolio is not None
        found = replace(found, portfolio=replace(found.portfolio, spam_status=status), version=found.version + 1)
        world.services.objects.apply([Updated(found)])
        user = world.services.people.user(ada.id)
        assert user is not None
        assert user.portfolios_spam == spam_count
