"""The kinds of caller, and how each of them asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from msgspec.structs import replace

from bench.cases import School
from chalicelib.domain.person import AdminRow
from chalicelib.domain.role import ACCOUNT_MEMBERSHIP, Role
from chalicelib.domain.tokenbook import TokenDraft
from tests.factories import Client, Person, World

OTHER_SCOPE = "url:GET|/api/v1/nothing"
POWERLESS = "Observer of accounts"


class Caller(Enum):
    """A kind of caller; the value is how docs/permissions.md heads its column."""

    NOBODY = "nobody"
    BAD_TOKEN = "bad token"
    EXPIRED = "expired token"
    PENDING = "pending token"
    SCOPE = "other scope"
    OTHER = "other user"
    OWNER = "owner"
    WEAK_ADMIN = "weak admin"
    ADMIN_ELSEWHERE = "admin elsewhere"
    ADMIN = "admin"
    MASQUERADER = "masquerader"

    @property
    def proves_nothing(self) -> bool:
        """Whether the credentials are none, or no good."""
        return self in (Caller.NOBODY, Caller.BAD_TOKEN, Caller.EXPIRED, Caller.PENDING, Caller.SCOPE)


DESCRIBED = {
    Caller.NOBODY: "no credentials",
    Caller.BAD_TOKEN: "a bearer token that is none",
    Caller.EXPIRED: "the owner's token, after its time",
    Caller.PENDING: "a token an admin made for the owner, who has not activated it",
    Caller.SCOPE: "the owner's token, limited to a scope of no route",
    Caller.OTHER: "another user of the institution, who has nothing to do with the owner",
    Caller.OWNER: "whose the object is; for an account's things an ordinary user of the account",
    Caller.WEAK_ADMIN: "a role on the root account that grants nothing",
    Caller.ADMIN_ELSEWHERE: "an AccountAdmin of an account that the owner has nothing to do with",
    Caller.ADMIN: "an AccountAdmin of the root account",
    Caller.MASQUERADER: "that admin with `as_user_id` of the owner, which only Canvas knows",
}


@dataclass
class Cast:
    """Everybody who calls, in one school."""

    world: World
    school: School = field(init=False)
    clients: dict[Caller, Client] = field(init=False)

    def __post_init__(self) -> None:
        """Hand out tokens."""
        world = self.world
        self.school = school = School(world)
        expired = world.token(school.ada.user, expires_at=world.clock.now() - timedelta(days=1))
        pending = world.services.token_book.create(school.admin.actor, school.ada.id, lambda: TokenDraft(purpose="p"))
        world.account("elsewhere")
        self.clients = {
            Caller.NOBODY: world.anonymous,
            Caller.BAD_TOKEN: world.client("0" * 64),
            Caller.EXPIRED: world.client(expired),
            Caller.PENDING: world.client(pending.secret),
            Caller.SCOPE: world.client(world.token(school.ada.user, OTHER_SCOPE)),
            Caller.OTHER: world.person().client,
            Caller.OWNER: school.ada.client,
            Caller.WEAK_ADMIN: self._weak_admin().client,
            Caller.ADMIN_ELSEWHERE: world.admin("elsewhere").client,
            Caller.ADMIN: school.admin.client,
            Caller.MASQUERADER: school.admin.client,
        }

    def target(self, caller: Caller, target: str) -> str:
        """The target as that caller asks for it."""
        if caller is not Caller.MASQUERADER:
            return target
        return f"{target}{'&' if '?' in target else '?'}as_user_id={self.school.ada.id}"

    def _weak_admin(self) -> Person:
        world, people = self.world, self.world.services.people
        book = people.role_book(world.root.id)
        made = Role(id=world.services.ids.new(), name=POWERLESS, base=ACCOUNT_MEMBERSHIP, account_path=world.root.path)
        people.save_role_book(replace(book, roles=(*book.roles, made), version=book.version + 1))
        person = world.person()
        row = AdminRow(user_sis_id=person.user.sis_id, account_sis_id="", role=POWERLESS)
        assert [outcome.error for outcome in world.services.directory.upsert_admins(world.root, [row])] == [""]
        return person
