"""Accounts and users in DynamoDB: an item each, and a name item for every name they are found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace
from pynamodb.exceptions import PutError
from pynamodb.expressions.update import Action

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.person import Account, User
from chalicelib.domain.role import RoleBook
from chalicelib.domain.tree import TreeHead
from chalicelib.storage import documents
from chalicelib.storage.tables import PersonRecord, Tables
from chalicelib.storage.trees import head_key
from chalicelib.storage.writes import Writes

T = TypeVar("T")

DEFAULT_DOMAIN = ""
HOSTS_KEPT = 1000
"""Hosts a container remembers; a client may send any."""
HOST_S = 60
"""How long; so long a host that is given to another root is answered for the old one."""
SHARDS = 16
"""Partitions of a root's roster, so that people are loaded faster than one partition takes writes."""
ROSTER_PAGE = 1000


def user_key(user_id: int) -> dict[str, str]:
    """Key of a user's item."""
    return {"pk": f"user#{user_id}", "sk": "user"}


def account_key(account_id: int) -> dict[str, str]:
    """Key of an account's item."""
    return {"pk": f"account#{account_id}", "sk": "account"}


def roles_key(root_account_id: int) -> dict[str, str]:
    """Key of the item with a root account's roles and overrides."""
    return {"pk": f"account#{root_account_id}", "sk": "roles"}


def roster_key(root_account_id: int, user_id: int) -> dict[str, str]:
    """Key of a user's item in the roster of their root."""
    return {"pk": f"roster#{root_account_id}#{user_id % SHARDS}", "sk": f"user#{user_id:016d}"}


def name_key(root_account_id: int, scheme: str, value: str) -> dict[str, str]:
    """Key of a name's item; login names fold case (canvas-a 1.5)."""
    folded = value.casefold() if scheme == "sis_login_id" else value
    return {"pk": f"name#{root_account_id}#{scheme}#{folded}", "sk": "name"}


def email_key(root_account_id: int, email: str, user_id: int) -> dict[str, str]:
    """Key of the item that says whose an e-mail address is; several users may have the same."""
    return {"pk": f"email#{root_account_id}#{email.casefold()}", "sk": f"user#{user_id}"}


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
    if isinstance(one, Account):
        return replace(
            one,
            sub_account_count=int(record.sub_accounts or 0),
            visible_calendar_count=int(record.visible_calendars or 0),
            course_count=int(record.courses or 0),
        )
    return one


def standing_keys(
    actor: Actor, *, users: Sequence[int] = (), accounts: Sequence[int] = (), tree: bool = False
) -> list[dict[str, str]]:
    """Keys of all that `standing_of` takes."""
    root_id = actor.root_account_id
    keys = [user_key(one) for one in (actor.user_id, *users)]
    keys += [account_key(one) for one in (root_id, *accounts)]
    return [*keys, roles_key(root_id), *([head_key(root_id)] if tree else [])]


def standing_of(actor: Actor, records: Iterable[PersonRecord]) -> Standing:
    """The actor's standing, from records of users, accounts and roles."""
    root_id = actor.root_account_id
    people: dict[int, User] = {}
    found: dict[int, Account] = {}
    roles, head = RoleBook(root_account_id=root_id), TreeHead()
    for record in records:
        if record.sk == "user":
            user = entity(record, User)
            people[user.id] = user
        elif record.sk == "account":
            account = entity(record, Account)
            found[account.id] = account
        elif record.sk == "tree":
            head = head_of(record)
        elif record.sk == "roles":
            roles = entity(record, RoleBook)
    caller, root = people.get(actor.user_id), found.get(root_id)
    return Standing(user=caller, root=root, roles=roles, users=people, accounts=found, tree=head)


def head_of(record: PersonRecord) -> TreeHead:
    """The head of a tree from its item."""
    return replace(documents.decode(record.document or "{}", TreeHead), version=int(record.version or 0))


class People(Struct, frozen=True):
    """The people store (see `ports_people.PeopleStore`)."""

    tables: Tables
    roots: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Root accounts by host, and until when (on the machine's steady clock) a container remembers them."""

    def user(self, user_id: int) -> User | None:
        """The user, or None."""
        return self.users([user_id]).get(user_id)

    def users(self, ids: Sequence[int]) -> dict[int, User]:
        """Those users, by id."""
        records = self._get([user_key(user_id) for user_id in dict.fromkeys(ids)])
        return {user.id: user for user in (entity(record, User) for record in records)}

    def standing(
        self, actor: Actor, *, users: Sequence[int] = (), accounts: Sequence[int] = (), tree: bool = False
    ) -> Standing:
        """The actor's user, root account and roles, with other users and accounts, in one call."""
        return standing_of(actor, self._get(standing_keys(actor, users=users, accounts=accounts, tree=tree)))

    def at_the_door(self, actor: Actor, host: str | None) -> tuple[Standing, int | None]:
        """The actor's standing, and the root account that serves the host they came to, in one call."""
        places = [] if host is None else [domain_key(host), domain_key(DEFAULT_DOMAIN)]
        records = self._get([*standing_keys(actor), *places])
        standing = standing_of(actor, [record for record in records if record.sk != "domain"])
        return standing, None if host is None else self._serving(host, records)

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
        known = self.roots.get(host)
        if known is not None and known[1] > monotonic():
            return known[0]
        return self._serving(host, self._get([domain_key(host), domain_key(DEFAULT_DOMAIN)]))

    def _serving(self, host: str, records: Iterable[PersonRecord]) -> int | None:
        """The root of a host by its records, to be remembered."""
        found = {record.pk: record for record in records}
        record = found.get(domain_key(host)["pk"]) or found.get(domain_key(DEFAULT_DOMAIN)["pk"])
        if record is None:
            return None
        if len(self.roots) >= HOSTS_KEPT:
            self.roots.clear()
        root_id = int(record.target)
        self.roots[host] = root_id, monotonic() + HOST_S
        return root_id

    def save_user(self, user: User, before: User | None = None) -> None:
        """Write a user and its names."""
        people, writes = self.tables.people, Writes(self.tables)
        if before is None:
            record = self.tables.person(user_key(user.id), document=_document(user), version=1)
            record.portfolios_active = record.portfolios_all = 0
            writes.put(record, people.pk.does_not_exist())
            writes.put(self.tables.person(roster_key(user.root_account_id, user.id), target=user.id))
        else:
            actions: list[Action] = [people.document.set(_document(user)), people.version.set(user.version)]
            writes.update(user_key(user.id), actions, people.version == before.version)
        old, new = _names(before), _names(user)
        for key in new.keys() - old.keys():
            writes.name(new[key], user.id)
        for key in old.keys() - new.keys():
            writes.unname(old[key], user.id)
        _address(writes, user, before)
        writes.commit("A login, SIS id or integration id is in use by another.")

    def roster(self, root_account_id: int, cursor: str = "") -> tuple[list[User], str]:
        """Some hundred people of a root, and where to go on (empty: the end); strongly consistent.

        Partition by partition, and in each by id. A cursor stays good for as long as the root lives.
        """
        shard, _, after = cursor.partition("#")
        at = int(shard or 0)
        while at < SHARDS:
            place = roster_key(root_account_id, at)["pk"]
            start = {"pk": {"S": place}, "sk": {"S": after}} if after else None
            keys = self.tables.people.query(
                place, consistent_read=True, limit=ROSTER_PAGE, page_size=ROSTER_PAGE, last_evaluated_key=start
            )
            records = list(keys)
            if records:
                users = self.users([int(record.target) for record in records])
                return sorted(users.values(), key=lambda user: user.id), f"{at}#{records[-1].sk}"
            at, after = at + 1, ""
        return [], ""

    def _get(self, keys: Sequence[dict[str, str]]) -> list[PersonRecord]:
        return self.tables.people_at(keys)


def _document(user: User) -> str:
    counted = {"portfolios_active": 0, "portfolios_all": 0, "portfolios_spam": 0, "course_paths": frozenset()}
    return documents.encode(replace(user, **counted))


def _address(writes: Writes, user: User, before: User | None) -> None:
    """Keep what finds a user by e-mail address in step with the user."""
    old, new = (email_key(one.root_account_id, one.email, one.id) if one else None for one in (before, user))
    if old == new:
        return
    if old is not None and before is not None and before.address:
        writes.delete(writes.tables.person(old))
    if new is not None and user.address:
        writes.put(writes.tables.person(new, target=user.id))


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
