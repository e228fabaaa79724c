"""Roles made, switched and given by operators (canvas-b 1 and 2).

What a root account's roles are and grant is one item, which every decision reads; so both lists are bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.person import Account, AdminRole, User
from chalicelib.domain.ports import Ids
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.retry import retried
from chalicelib.domain.role import (
    ACCOUNT_ADMIN,
    ACCOUNT_MEMBERSHIP,
    BASES,
    BUILT_IN,
    Right,
    Role,
    RoleBook,
    RoleOverride,
)

RoleChange = Callable[[tuple[AdminRole, ...]], tuple[AdminRole, ...]]

ROLES_LIMIT = 100
"""Custom roles of a root account."""
OVERRIDES_LIMIT = 1_000
"""Overrides in the tree of a root account; with the roles some 130 kB."""
NAME_LIMIT = 100
ADMIN_LIMIT = 100
"""Roles of one user on accounts."""


def rights(names: Iterable[str]) -> tuple[Right, ...]:
    """The rights of those names. Raises InvalidError for one there is not."""
    found = []
    for name in names:
        if name not in list(Right):
            raise InvalidError(f"There is no permission {name!r}; there are {', '.join(Right)}.", field="permission")
        found.append(Right(name))
    return tuple(found)


class RoleService(Struct, frozen=True):
    """The roles of root accounts. Whoever calls it answers for who may."""

    people: PeopleStore
    ids: Ids

    def book(self, root_account_id: int) -> RoleBook:
        """Roles and overrides of a root account."""
        return self.people.role_book(root_account_id)

    def named(self, root_account_id: int, name: str) -> Role:
        """The role of that name. Raises NotFoundError."""
        return self._named(self.people.role_book(root_account_id), name)

    def create(
        self, account: Account, name: str, base: str, *, on: Sequence[Right] = (), off: Sequence[Right] = ()
    ) -> Role:
        """A new role of an account's tree, with rights switched on and off from there down.

        Raises
        ------
        InvalidError
            The name is blank, long or in use, there is no such base, a right is both on and off, or a bound is passed.
        """
        name = name.strip()
        if not 1 <= len(name) <= NAME_LIMIT:
            raise InvalidError(f"A role's name has 1 to {NAME_LIMIT} characters.", field="name")
        if base not in BASES:
            raise InvalidError(f"There is no base {base!r}; there are {', '.join(BASES)}.", field="base")
        _check_apart(on, off)
        role = Role(id=self.ids.new(), name=name, base=base, account_id=account.id, account_path=account.path)

        def work() -> Role:
            book = self.people.role_book(account.root_id)
            if book.named(name) is not None:
                raise InvalidError(f"There is a role {name!r} already.", field="name")
            made = [_override(role, right, account, enabled=right in on) for right in (*on, *off)]
            self._save(replace(book, roles=(*book.roles, role), overrides=(*book.overrides, *made)))
            return role

        return retried(work)

    def upsert(
        self, account: Account, name: str, base: str, *, on: Sequence[Right], off: Sequence[Right], removed: bool
    ) -> bool:
        """Make a role as it is said to be, or remove it; whether anything changed. Raises InvalidError."""
        book = self.people.role_book(account.root_id)
        role = book.named(name)
        if removed:
            if role is None:
                return False
            self.remove(account.root_id, name)
            return True
        _check_apart(on, off)
        if role is None:
            self.create(account, name, base, on=on, off=off)
            return True
        if role.base != base or role.account_id not in (0, account.id):
            raise InvalidError(f"The role {name!r} has another base or account; that cannot change.", field="name")
        changed = self.override(account, name, on, enabled=True)
        return self.override(account, name, off, enabled=False) or changed

    def remove(self, root_account_id: int, name: str) -> None:
        """Remove a custom role; who has it has it in vain. Raises NotFoundError, InvalidError for a built-in one."""

        def work() -> None:
            book = self.people.role_book(root_account_id)
            role = self._named(book, name)
            if role in BUILT_IN:
                raise InvalidError(f"The role {name} is built in.", field="name")
            roles = tuple(one for one in book.roles if one.id != role.id)
            kept = tuple(one for one in book.overrides if one.role_id != role.id)
            self._save(replace(book, roles=roles, overrides=kept))

        retried(work)

    def override(
        self,
        account: Account,
        name: str,
        switched: Sequence[Right],
        *,
        enabled: bool,
        locked: bool = False,
        applies_to_self: bool = True,
        applies_to_descendants: bool = True,
    ) -> bool:
        """Switch rights of a role on or off from an account down; whether that changed anything.

        An override of the same right on the same account is replaced.

        Raises
        ------
        NotFoundError
            There is no such role, or not for this account.
        InvalidError
            It would apply to nothing, or there are too many overrides.
        """
        if not (applies_to_self or applies_to_descendants):
            raise InvalidError("An override applies to the account itself, to those below it, or to both.")

        def work() -> bool:
            book = self.people.role_book(account.root_id)
            role = self._named(book, name)
            if not account.path.startswith(role.account_path):
                raise NotFoundError(f"The role {name} is of another account.")
            made = [
                RoleOverride(
                    role_id=role.id,
                    right=right,
                    account_path=account.path,
                    enabled=enabled,
                    locked=locked,
                    applies_to_self=applies_to_self,
                    applies_to_descendants=applies_to_descendants,
                )
                for right in dict.fromkeys(switched)
            ]
            places = {(one.role_id, one.right, one.account_path) for one in made}
            kept = [one for one in book.overrides if (one.role_id, one.right, one.account_path) not in places]
            if set(made) <= set(book.overrides):
                return False
            self._save(replace(book, overrides=(*kept, *made)))
            return True

        return retried(work)

    def assign(self, account: Account, name: str, user: User) -> bool:
        """Give a user a role on an account; whether they did not have it. Raises NotFoundError, InvalidError."""
        role = self._named(self.people.role_book(account.root_id), name)
        if role.base not in (ACCOUNT_ADMIN, ACCOUNT_MEMBERSHIP):
            raise InvalidError(f"The role {name} is one in courses, not on accounts.", field="role")
        if not account.path.startswith(role.account_path):
            raise InvalidError(f"The role {name} is of another account.", field="role")
        if user.root_account_id != account.root_id:
            raise InvalidError("The user is of another root account.", field="user")
        given = AdminRole(account_id=account.id, account_path=account.path, role=role.name)
        return self._roles(user.id, lambda roles: roles if given in roles else (*roles, given))

    def unassign(self, account: Account, name: str, user: User) -> bool:
        """Take a role on an account from a user; whether they had it."""
        taken = AdminRole(account_id=account.id, account_path=account.path, role=name)
        return self._roles(user.id, lambda roles: tuple(one for one in roles if one != taken))

    def _roles(self, user_id: int, change: RoleChange) -> bool:
        def work() -> bool:
            before = self.people.user(user_id)
            if before is None:
                raise NotFoundError("There is no such user.")
            after = with_roles(before, change(before.admin_of))
            if after == before:
                return False
            self.people.save_user(replace(after, version=before.version + 1), before)
            return True

        return retried(work)

    def _named(self, book: RoleBook, name: str) -> Role:
        role = book.named(name)
        if role is None:
            raise NotFoundError(f"There is no role {name!r}.")
        return role

    def _save(self, book: RoleBook) -> None:
        if len(book.roles) > ROLES_LIMIT:
            raise InvalidError(f"A root account has at most {ROLES_LIMIT} roles of its own.")
        if len(book.overrides) > OVERRIDES_LIMIT:
            raise InvalidError(f"A root account has at most {OVERRIDES_LIMIT} overrides.")
        self.people.save_role_book(replace(book, version=book.version + 1))


def with_roles(user: User, roles: Sequence[AdminRole]) -> User:
    """The user with those roles on accounts. Raises InvalidError when they are too many."""
    if len(roles) > ADMIN_LIMIT:
        raise InvalidError(f"A user has at most {ADMIN_LIMIT} roles on accounts.")
    return replace(user, admin_of=tuple(roles))


def permissions(book: RoleBook, role: Role, account: Account) -> dict[str, bool]:
    """What the role grants on an account, right by right."""
    return {right.value: book.grants(role.name, right, account.path) for right in Right}


def _check_apart(on: Sequence[Right], off: Sequence[Right]) -> None:
    """Raises InvalidError for a right that is both on and off."""
    if both := sorted(set(on) & set(off)):
        raise InvalidError(f"Both on and off: {', '.join(both)}.", field="permission")


def _override(role: Role, right: Right, account: Account, *, enabled: bool) -> RoleOverride:
    return RoleOverride(role_id=role.id, right=right, account_path=account.path, enabled=enabled)
