"""Accounts and users in DynamoDB: an item each, and a name item for every name they are found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace
from pynamodb.exceptions import PutError, TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.errors import ConflictError, InvalidError
from chalicelib.domain.person import Account, User
from chalicelib.domain.role import RoleBook
from chalicelib.storage import documents
from chalicelib.storage.tables import PersonRecord, Tables, conflict, only

T = TypeVar("T")

DEFAULT_DOMAIN = ""
ENTITY_FIRST, ENTITY_LAST = 0, -1
"""Where a transaction has the entity: PynamoDB sends deletes, then puts, then updates."""
HOSTS_KEPT = 1000
"""Hosts a container remembers; a client may send any."""


def user_key(user_id: int) -> dict[str, str]:
    """Key of a user's item."""
    return {"pk": f"user#{user_id}", "sk": "user"}


def account_key(account_id: int) -> dict[str, str]:
    """Key of an account's item."""
    return {"pk": f"account#{account_id}", "sk": "account"}


def roles_key(root_account_id: int) -> dict[str, str]:
    """Key of the item with a root account's roles and overrides."""
    return {"pk": f"account#{root_account_id}", "sk": "roles"}


def name_key(root_account_id: int, scheme: str, value: str) -> dict[str, str]:
    """Key of a name's item; login names fold case (canvas-a 1.5)."""
    folded = value.casefold() if scheme == "sis_login_id" else value
    return {"pk": f"name#{root_account_id}#{scheme}#{folded}", "sk": "name"}


def domain_key(host: str) -> dict[str, str]:
    """Key of the item that says which root account serves a host."""
    return {"pk": f"domain#{host.lower()}", "sk": "domain"}


def entity(record: PersonRecord, kind: type[T]) -> T:
    """The entity of a record."""
    one = documents.decode(record.document or "{}", kind)
    if isinstance(one, User):
        active, total = int(record.portfolios_active or 0), int(record.portfolios_all or 0)
        paths = frozenset(record.course_paths or ())
        spam = len(record.portfolios_spam or ())
        counted = replace(one, portfolios_active=active, portfolios_all=total, portfolios_spam=spam)
        return replace(counted, course_paths=paths)
    return one


def standing_keys(actor: Actor, *, users: Sequence[int] = (), accounts: Sequence[int] = ()) -> list[dict[str, str]]:
    """Keys of all that `standing_of` takes."""
    keys = [user_key(one) for one in (actor.user_id, *users)]
    keys += [account_key(one) for one in (actor.root_account_id, *accounts)]
    return [*keys, roles_key(actor.root_account_id)]


def standing_of(actor: Actor, records: Iterable[PersonRecord]) -> Standing:
    """The actor's standing, from records of users, accounts and roles."""
    root_id = actor.root_account_id
    people: dict[int, User] = {}
    tree: dict[int, Account] = {}
    roles = RoleBook(root_account_id=root_id)
    for record in records:
        if record.sk == "user":
            user = entity(record, User)
            people[user.id] = user
        elif record.sk == "account":
            account = entity(record, Account)
            tree[account.id] = account
        else:
            roles = entity(record, RoleBook)
    return Standing(user=people.get(actor.user_id), root=tree.get(root_id), roles=roles, users=people, accounts=tree)


class People(Struct, frozen=True):
    """The people store (see `ports.PeopleStore`)."""

    tables: Tables
    roots: dict[str, int] = field(default_factory=dict)
    """Root accounts by host, remembered; a host never moves to another root while a container lives."""

    def user(self, user_id: int) -> User | None:
        """The user, or None."""
        return self.users([user_id]).get(user_id)

    def users(self, ids: Sequence[int]) -> dict[int, User]:
        """Those users, by id."""
        records = self._get([user_key(user_id) for user_id in dict.fromkeys(ids)])
        return {user.id: user for user in (entity(record, User) for record in records)}

    def standing(self, actor: Actor, *, users: Sequence[int] = (), accounts: Sequence[int] = ()) -> Standing:
        """The actor's user, root account and roles, with other users and accounts, in one call."""
        return standing_of(actor, self._get(standing_keys(actor, users=users, accounts=accounts)))

    def role_book(self, root_account_id: int) -> RoleBook:
        """The roles of a root account."""
        for record in self._get([roles_key(root_account_id)]):
            return entity(record, RoleBook)
        return RoleBook(root_account_id=root_account_id)

    def save_role_book(self, book: RoleBook) -> None:
        """Write the roles of a root account, conditionally on the version before."""
        people = self.tables.people
        record = self.tables.person(
            roles_key(book.root_account_id), document=documents.encode(book), version=book.version
        )
        fits = people.pk.does_not_exist() if book.version == 1 else people.version == book.version - 1
        try:
            record.save(condition=fits)
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            raise ConflictError("The roles have changed.") from error

    def resolve(self, root_account_id: int, scheme: str, value: str) -> int | None:
        """What a name names."""
        for record in self._get([name_key(root_account_id, scheme, value)]):
            return int(record.target)
        return None

    def resolve_all(self, root_account_id: int, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """What those names name; one call for up to 100."""
        keys = {name_key(root_account_id, *name)["pk"]: name for name in names}
        found = self._get([{"pk": key, "sk": "name"} for key in keys])
        return {keys[record.pk]: int(record.target) for record in found}

    def accounts(self, ids: Sequence[int]) -> dict[int, Account]:
        """Those accounts, by id; one call for up to 100."""
        records = self._get([account_key(one) for one in dict.fromkeys(ids)])
        return {account.id: account for account in (entity(record, Account) for record in records)}

    def account(self, account_id: int) -> Account | None:
        """The account, or None."""
        return self.accounts([account_id]).get(account_id)

    def root_for_host(self, host: str) -> int | None:
        """Id of the root account that serves a host."""
        if host in self.roots:
            return self.roots[host]
        found = {record.pk: record for record in self._get([domain_key(host), domain_key(DEFAULT_DOMAIN)])}
        record = found.get(domain_key(host)["pk"]) or found.get(domain_key(DEFAULT_DOMAIN)["pk"])
        if record is None:
            return None
        if len(self.roots) >= HOSTS_KEPT:
            self.roots.clear()
        self.roots[host] = int(record.target)
        return self.roots[host]

    def save_account(self, account: Account, *, domains: Sequence[str] = (), default: bool = False) -> None:
        """Write an account conditionally on its version; 1 means new."""
        people, root = self.tables.people, account.root_id
        with _Guarded(self.tables, ENTITY_FIRST) as transaction:
            self._put(transaction, account_key(account.id), account, account.version)
            if account.version == 1 and account.sis_id:
                self._name(transaction, name_key(root, "sis_account_id", account.sis_id), account.id)
            for host in domains:
                self._name(transaction, domain_key(host), account.id)
            if default:
                record = self.tables.person(domain_key(DEFAULT_DOMAIN), target=account.id)
                transaction.save(record, condition=people.pk.does_not_exist())
        self.roots.clear()

    def save_user(self, user: User, before: User | None = None) -> None:
        """Write a user and its names."""
        people = self.tables.people
        with _Guarded(self.tables, ENTITY_LAST if before else ENTITY_FIRST) as transaction:
            if before is None:
                self._put(transaction, user_key(user.id), user, 1)
            else:
                actions: list[Action] = [people.document.set(_document(user)), people.version.set(user.version)]
                condition = people.version == before.version
                transaction.update(self.tables.person(user_key(user.id)), actions=actions, condition=condition)
            old, new = _names(before), _names(user)
            for key in new.keys() - old.keys():
                self._name(transaction, new[key], user.id)
            for key in old.keys() - new.keys():
                transaction.delete(self.tables.person(old[key]), condition=people.target == user.id)

    def _get(self, keys: Sequence[dict[str, str]]) -> list[PersonRecord]:
        return only(self.tables.batch_get([(self.tables.people, keys)]), PersonRecord)

    def _put(self, transaction: TransactWrite, key: dict[str, str], one: Account | User, version: int) -> None:
        people = self.tables.people
        record = self.tables.person(key, document=_document(one), version=version)
        if isinstance(one, User):
            record.portfolios_active = record.portfolios_all = 0
        condition = people.pk.does_not_exist() if version == 1 else people.version == version - 1
        transaction.save(record, condition=condition)

    def _name(self, transaction: TransactWrite, key: dict[str, str], target: int) -> None:
        people = self.tables.people
        transaction.save(
            self.tables.person(key, target=target), condition=people.pk.does_not_exist() | (people.target == target)
        )


class _Guarded:
    """A transaction that tells the entity it writes from the names that must be free.

    Raises ConflictError when the entity's id is taken or it has changed, InvalidError when a name is in use.
    """

    def __init__(self, tables: Tables, entity: int) -> None:
        self.inner = TransactWrite(connection=tables.connection)
        self.entity = entity

    def __enter__(self) -> TransactWrite:
        return self.inner.__enter__()

    def __exit__(self, *exc: object) -> None:
        try:
            self.inner.__exit__(*exc)  # type: ignore[no-untyped-call]
        except TransactWriteError as error:
            lost = conflict(error)
            if lost is None:
                raise
            if not error.cancellation_reasons or error.cancellation_reasons[self.entity] is not None:
                raise lost from error
            raise InvalidError("A login, SIS id or domain is in use by another.") from error


def _document(one: Account | User) -> str:
    if isinstance(one, User):
        one = replace(one, portfolios_active=0, portfolios_all=0, portfolios_spam=0, course_paths=frozenset())
    return documents.encode(one)


def _names(user: User | None) -> dict[str, dict[str, str]]:
    if user is None:
        return {}
    root, names = user.root_account_id, {}
    for scheme, value in (
        ("sis_user_id", user.sis_id),
        ("sis_login_id", user.login_id),
        ("sis_integration_id", user.integration_id),
    ):
        if value:
            key = name_key(root, scheme, value)
            names[key["pk"]] = key
    return names
