"""The directory of accounts and people: looked up by any of their names, and loaded from an SIS (canvas-b 0.2, 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import asdict, replace

from chalicelib.domain.access import Actor
from chalicelib.domain.account_change import AccountChanges, changed, new_account
from chalicelib.domain.administration import RoleService, rights
from chalicelib.domain.coursenames import CourseNames
from chalicelib.domain.epobject import NAME_LIMIT
from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.loading import outcome
from chalicelib.domain.person import Account, AccountRow, AdminRow, Domain, RoleRow, RowOutcome, User, UserRow
from chalicelib.domain.ports import Clock, Ids
from chalicelib.domain.ports_people import AccountStore, CredentialStore, PeopleStore
from chalicelib.domain.reference import USER_SCHEMES, account_id, resolve
from chalicelib.domain.role import Right
from chalicelib.domain.usernames import names

DELETED = "deleted"
PARENTS_KEPT = 10_000
"""Accounts a load remembers as parents; where one is does not change."""
STATES = ("active", "suspended", DELETED)


class Profile(Struct, frozen=True):
    """A user as a viewer may see them; the flags say which names they may see (canvas-a 1.5)."""

    user: User
    sees_login: bool
    sees_sis: bool


class Directory(Struct, frozen=True):
    """Accounts and people."""

    people: PeopleStore
    accounts: AccountStore
    credentials: CredentialStore
    clock: Clock
    ids: Ids
    changes: AccountChanges
    roles: RoleService
    names: CourseNames

    def user_id(self, actor: Actor, reference: str) -> int:
        """The id behind a Canvas user reference: an integer, `self`, or `sis_…:` (canvas-a 1.5). Raises NotFound."""
        if reference == "self":
            return actor.user_id
        return resolve(self.people, actor.root_account_id, reference, USER_SCHEMES)

    def account_id(self, actor: Actor, reference: str) -> int:
        """The id behind a Canvas account reference: one of the forms of canvas-b 0.2. Raises NotFoundError."""
        return account_id(self.people, actor.root_account_id, reference)

    def show(self, actor: Actor, reference: str) -> Profile:
        """A user of the actor's root account. Raises NotFoundError, also for one the actor may not see."""
        wanted = self.user_id(actor, reference)
        standing = self.people.standing(actor, users=[wanted])
        user = standing.users.get(wanted)
        if user is None or user.root_account_id != actor.root_account_id or user.workflow_state == DELETED:
            raise NotFoundError("There is no such user.")
        own = user.id == actor.user_id
        if not (own or standing.holds_over(Right.READ_ROSTER, user)):
            raise NotFoundError("There is no such user.")
        sees_login = own or standing.holds_over(Right.VIEW_USER_LOGINS, user)
        return Profile(user, sees_login=sees_login, sees_sis=own or standing.holds_over(Right.READ_SIS, user))

    def find_user(self, reference: str, root: Account | None = None) -> User:
        """A user for an operator: an integer id, or `sis_user_id:X` in a root. Raises NotFoundError."""
        root_id = (root or self.default_root()).id
        user = self.people.user(resolve(self.people, root_id, reference, USER_SCHEMES))
        if user is None:
            raise NotFoundError(f"There is no user {reference}.")
        return user

    def find_account(self, reference: str, root: Account | None = None) -> Account:
        """An account for an operator: an integer id, or `sis_account_id:X` in a root. Raises NotFoundError."""
        root_id = 0 if reference.isdigit() else (root or self.default_root()).id
        account = self.people.account(account_id(self.people, root_id, reference))
        if account is None:
            raise NotFoundError(f"There is no account {reference}.")
        return account

    def default_root(self) -> Account:
        """The root account of unknown hosts. Raises NotFoundError when no root account was made yet."""
        root_id = self.people.root_for_host("")
        account = self.people.account(root_id) if root_id else None
        if account is None:
            raise NotFoundError("There is no root account yet; make one with: python -m ops account create-root NAME")
        return account

    def create_root_account(self, name: str, *, sis_id: str = "", domains: Sequence[str] = ()) -> Account:
        """A new root account (tenant) for those hosts; the first one is the default root. Raises InvalidError."""
        return self.changes.new_root(name, sis_id=sis_id, domains=[Domain(host=host) for host in domains])

    def upsert_accounts(self, root: Account, rows: Iterable[AccountRow]) -> Iterator[RowOutcome]:
        """Load accounts below `root`, parents before children; one outcome a row, in order.

        What is changed gets one new id of this load (canvas-b 3.3, `sis_import_id`).
        """
        import_id, parents = self.ids.new(), {"": root}
        for row in rows:
            yield outcome(partial(self._upsert_account, root, row, import_id, parents))
            if len(parents) > PARENTS_KEPT:
                parents = {"": root}

    def upsert_users(self, root: Account, rows: Iterable[UserRow]) -> Iterator[RowOutcome]:
        """Load people of `root`; one outcome a row, in order."""
        for row in rows:
            yield outcome(partial(self._upsert_user, root, row))

    def upsert_roles(self, root: Account, rows: Iterable[RoleRow]) -> Iterator[RowOutcome]:
        """Make, switch and remove roles of accounts; one outcome a row, in order."""
        for row in rows:
            yield outcome(partial(self._upsert_role, root, row))

    def upsert_admins(self, root: Account, rows: Iterable[AdminRow]) -> Iterator[RowOutcome]:
        """Give and take account roles; one outcome a row, in order."""
        for row in rows:
            yield outcome(partial(self._upsert_admin, root, row))

    def _upsert_account(self, root: Account, row: AccountRow, import_id: int, parents: dict[str, Account]) -> bool:
        if not row.sis_id or not row.name.strip():
            raise InvalidError("account_id and name must not be blank.")
        _check_names(row.sis_id, row.integration_id or "")
        parent = parents.get(row.parent_sis_id) or self._account_or_root(root, row.parent_sis_id)
        parents[row.parent_sis_id] = parent
        known = self.people.resolve(root.id, "sis_account_id", row.sis_id)
        before = self.people.account(known) if known else None
        if before is not None and parent.path.startswith(before.path):
            raise InvalidError(f"account {row.sis_id} cannot be below itself.")
        base = before or new_account(self.ids, parent, row.name)
        after = replace(
            changed(base, {"name": row.name}),
            sis_id=row.sis_id,
            integration_id=base.integration_id if row.integration_id is None else row.integration_id,
            workflow_state=_state(row.status),
        )
        if base.parent_id != parent.id:
            raise InvalidError(f"account {row.sis_id} has another parent; moving accounts is not supported.")
        if after == before:
            return False
        if before is not None:
            if after.integration_id != before.integration_id:
                self._check_free(root, after.id, {"account_integration_id": after.integration_id})
            self.names.account(before, after)
        after = replace(after, sis_import_id=import_id, version=before.version + 1 if before else 1)
        self.accounts.save([after])
        return True

    def _upsert_user(self, root: Account, row: UserRow) -> bool:
        if not row.sis_id or not row.login_id:
            raise InvalidError("user_id and login_id must not be blank.")
        _check_names(*(text for text in asdict(row).values() if text))
        known = self.people.resolve(root.id, "sis_user_id", row.sis_id)
        before = self.people.user(known) if known else None
        base = before or User(id=self.ids.new(), root_account_id=root.id, login_id=row.login_id, name="")
        after = replace(
            base,
            login_id=row.login_id,
            email=base.email if row.email is None else row.email.strip(),
            pronouns=base.pronouns if row.pronouns is None else row.pronouns.strip(),
            sis_id=row.sis_id,
            integration_id=base.integration_id if row.integration_id is None else row.integration_id,
            workflow_state=_state(row.status),
            **names(row, before)._asdict(),
        )
        if after == before:
            return False
        if before is not None:
            fields = (("sis_login_id", "login_id"), ("sis_integration_id", "integration_id"))
            found = {scheme: (getattr(before, field), getattr(after, field)) for scheme, field in fields}
            self._check_free(root, after.id, {scheme: new for scheme, (old, new) in found.items() if new != old})
        if before is not None and before.active != after.active:
            # First the credentials: a load that breaks off here is repeated, as the user still differs from the file.
            self.credentials.suspend(after.id, suspended=not after.active)
        if before is not None:
            self.names.user(before, after)
        self.people.save_user(replace(after, version=before.version + 1) if before else after, before)
        return True

    def _upsert_admin(self, root: Account, row: AdminRow) -> bool:
        user_id = self.people.resolve(root.id, "sis_user_id", row.user_sis_id)
        before = self.people.user(user_id) if user_id else None
        if before is None:
            raise NotFoundError(f"There is no user {row.user_sis_id!r}.")
        account = self._account_or_root(root, row.account_sis_id)
        role = self._role_name(root, row)
        if _state(row.status) == DELETED:
            return self.roles.unassign(account, role, before)
        return self.roles.assign(account, role, before)

    def _upsert_role(self, root: Account, row: RoleRow) -> bool:
        account, removed = self._account_or_root(root, row.account_sis_id), _state(row.status) == DELETED
        on, off = rights(row.on), rights(row.off)
        return self.roles.upsert(account, row.name, row.base, on=on, off=off, removed=removed)

    def _check_free(self, root: Account, own_id: int, values: Mapping[str, str]) -> None:
        """That new names are free, before anything else follows from a row. Raises InvalidError."""
        wanted = [(scheme, value) for scheme, value in values.items() if value]
        if wanted and set(self.people.resolve_all(root.id, wanted).values()) - {own_id}:
            raise InvalidError("A login, SIS id or integration id is in use by another.")

    def _role_name(self, root: Account, row: AdminRow) -> str:
        found = self.roles.book(root.id).role(row.role_id) if row.role_id else None
        if row.role_id and found is None:
            raise NotFoundError(f"There is no role {row.role_id}.")
        return found.name if found else row.role

    def _account_or_root(self, root: Account, sis_id: str) -> Account:
        if not sis_id:
            return root
        known = self.people.resolve(root.id, "sis_account_id", sis_id)
        account = self.people.account(known) if known else None
        if account is None:
            raise NotFoundError(f"There is no account {sis_id!r}.")
        return account


def _check_names(*names: str) -> None:
    """What people and accounts are called is short: a longer text cannot be a key, and many would not fit an item."""
    if any(len(name) > NAME_LIMIT for name in names):
        raise InvalidError(f"Ids, logins and names must have at most {NAME_LIMIT} characters.")


def _state(status: str) -> str:
    state = status.strip().lower() or "active"
    if state not in STATES:
        raise InvalidError(f"status must be one of {', '.join(STATES)}, not {status!r}.")
    return state
