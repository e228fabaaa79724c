"""Accounts and courses for tests of accounts: a tree by name, people with roles and enrollments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from chalicelib.domain.account_change import new_account
from chalicelib.domain.courserow import CourseRow, EnrollmentRow
from chalicelib.domain.person import Account
from chalicelib.domain.role import Right
from ops.sis_school import School
from tests.factories import Person, Response, World

V1 = "/api/v1"
DENIED = {"status": "unauthorized", "errors": [{"message": "user not authorized to perform that action"}]}
NOBODY = {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
NOWHERE = {"errors": [{"message": "The specified resource does not exist."}]}
TOO_SHORT = {"errors": [{"field": "search_term", "code": "invalid", "message": "2 or more characters is required"}]}


@dataclass
class Institution:
    """A root account of its own in a world, behind a host of its own, with accounts by name."""

    world: World
    host: str
    root: Account = field(init=False)
    loader: School = field(init=False)
    ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the root."""
        self.root = self.world.services.directory.create_root_account(self.host.title(), domains=[self.host])
        self.ids["root"] = self.root.id
        self.loader = School(self.world.services, threads=1)

    def add(self, name: str, above: str = "root", **facts: Any) -> int:
        """A new account below another."""
        parent = self.world.services.people.account(self.ids[above])
        made = replace(new_account(self.world.services.ids, parent, name), **facts)
        self.world.services.account_store.save([made])
        self.ids[name] = made.id
        return made.id

    def account(self, name: str) -> Account:
        """An account as it is stored."""
        found = self.world.services.people.account(self.ids[name])
        assert found is not None
        return found

    def change(self, which: str, **facts: Any) -> None:
        """Change fields of an account."""
        before = self.account(which)
        self.world.services.account_store.save([replace(before, version=before.version + 1, **facts)])

    def set(self, which: str = "root", **changes: str) -> None:
        """Change settings of an account as an operator does."""
        self.world.services.account_changes.change(self.ids[which], changes)

    def person(self, *roles: tuple[str, str], **facts: Any) -> Person:
        """A new person with those roles on accounts of those names."""
        made = self.world.person(root=self.root, **facts)
        for role, name in roles:
            self.world.services.roles.assign(self.account(name), role, made.user)
        return made

    def admin(self, name: str = "root") -> Person:
        """A new account admin."""
        return self.person(("AccountAdmin", name))

    def role(self, name: str, *on: Right, account: str = "root") -> None:
        """A new custom role of accounts."""
        self.world.services.roles.create(self.account(account), name, "AccountMembership", on=on)

    def ask(self, who: Person | None, path: str, method: str = "GET", **options: Any) -> Response:
        """Send a request to this institution; None: without credentials."""
        client = self.world.anonymous if who is None else who.client
        headers = {"Host": self.host, **options.pop("headers", {})}
        return client.request(method, V1 + path, headers=headers, **options)

    def get(self, who: Person | None, path: str) -> Any:
        """The JSON of a request that must succeed."""
        found = self.ask(who, path)
        assert found.status == 200, (path, found.status, found.text)
        return found.json

    def names(self, who: Person | None, path: str) -> list[str]:
        """Names in a list."""
        found = self.get(who, path)
        return [one["name"] for one in (found["account_calendars"] if isinstance(found, dict) else found)]

    def refuses(
        self, who: Person | None, path: str, status: int, body: Any, method: str = "GET", **options: Any
    ) -> None:
        """A request that must fail with that answer."""
        found = self.ask(who, path, method, **options)
        assert (found.status, found.json) == (status, body), path

    def course(self, sis_id: str, account: str = "root", status: str = "active") -> None:
        """A course of an account with a SIS id that is its name; again: with another status."""
        row = CourseRow(
            sis_id=sis_id, name=sis_id, code=sis_id, status=status, account_sis_id=self.account(account).sis_id
        )
        outcomes = self.loader.upsert_courses(self.root, [row])
        assert [one.error for one in outcomes] == [""]

    def enroll(self, who: Person, course: str, role: str = "student", status: str = "active") -> None:
        """Enroll somebody in a course, or change that."""
        row = EnrollmentRow(
            course_sis_id=course, section_sis_id="", user_sis_id=who.user.sis_id, role=role, status=status
        )
        outcomes = self.loader.upsert_enrollments(self.root, [row])
        assert [one.error for one in outcomes] == [""]
