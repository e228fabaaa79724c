"""Accounts in DynamoDB: an item each with its counters, a node in the tree of its root, names and hosts.

A change of an account is one transaction: the account, its node, what its parent and the accounts above it count, its
names, and the version of the tree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.domain.errors import ConflictError, InvalidError
from chalicelib.domain.person import Account, Domain, Host, chain
from chalicelib.domain.retry import retried
from chalicelib.domain.tree import DEPTH_LIMIT, Quotas, TreeHead, quotas_of
from chalicelib.storage import documents, longtexts
from chalicelib.storage.people import People, account_key, domain_key, entity, head_of, name_key
from chalicelib.storage.tables import Tables
from chalicelib.storage.trees import head_key, node_key, node_of, node_record
from chalicelib.storage.writes import Writes

DEFAULT_DOMAIN = ""
DOMAINS = "domains"
DOMAINS_LIMIT = 5_000
"""Hosts of all roots together: the public search reads them all, in one or two calls."""
QUOTAS_LIMIT = 500
"""Accounts of a root with quotas of their own: they are one item."""
BATCH = 30
"""Accounts changed in one transaction, at most."""
ROOM = 100 - 2
"""Actions of a transaction, DynamoDB's limit, without the head of the tree and the default host."""
NODE, NODE_AND_NAMES = 1, 6
"""Actions that a change of an account takes beside its own item: two nodes, two names that go and two that come."""


class Delta(Struct):
    """What is added to the counters of an account."""

    children: int = 0
    visible: int = 0


class Accounts(Struct, frozen=True):
    """The store of accounts (see `ports_people.AccountStore`)."""

    tables: Tables
    people: People

    def save(self, accounts: Sequence[Account], *, default: bool = False) -> None:
        """Write accounts of one root, each conditionally on its version; 1 means new."""
        by_path = {one.path: one for one in accounts}
        for some in batches(list(by_path), NODE_AND_NAMES):
            _Save(self.tables, some).commit([by_path[path] for path in some], default=default)
        if any(account.domains or account.version == 1 for account in accounts if account.root):
            self.people.roots.clear()  # at least this container knows at once which root has which host

    def change(self, paths: Sequence[str], apply: Callable[[Account], Account]) -> dict[int, Account]:
        """Change accounts of one root from what they are now; those accounts afterwards."""
        done: dict[int, Account] = {}
        for some in batches(paths, NODE):
            done |= retried(partial(self._change, some, apply))
        return done

    def _change(self, paths: Sequence[str], apply: Callable[[Account], Account]) -> dict[int, Account]:
        save = _Save(self.tables, paths)
        found = [save.found[chain(path)[-1]] for path in paths if chain(path)[-1] in save.found]
        after = {one.id: apply(one) for one in found}
        changed = [replace(after[one.id], version=one.version + 1) for one in found if after[one.id] != one]
        if changed:
            save.commit(changed)
        return after

    def texts(self, account_id: int) -> dict[str, str]:
        """The long settings of an account."""
        return longtexts.read(self.tables, account_id)

    def change_texts(self, account_id: int, changes: Mapping[str, str]) -> None:
        """Change long settings of an account, from what they are now; an empty one goes."""
        retried(partial(longtexts.change, self.tables, account_id, changes))

    def domains(self) -> list[Host]:
        """Every host of every root."""
        people = self.tables.people
        return [documents.decode(record.document, Host) for record in people.query(DOMAINS, consistent_read=True)]


def batches(paths: Sequence[str], each: int) -> Iterator[list[str]]:
    """Accounts in lots that fit a transaction with all those above them; `each` takes so many actions more.

    >>> [len(some) for some in batches([f"/1/{one}/" for one in range(2, 40)], NODE)]
    [30, 8]
    """
    some: list[str] = []
    items: set[int] = set()
    for path in paths:
        more = items | set(chain(path))
        if some and (len(some) == BATCH or len(more) + each * (len(some) + 1) > ROOM):
            yield some
            some, more = [], set(chain(path))
        some, items = [*some, path], more
    if some:
        yield some


def listed_key(host: str) -> dict[str, str]:
    """Key of a host's item among all hosts."""
    return {"pk": DOMAINS, "sk": host}


class _Save:
    """One transaction over accounts of a root."""

    def __init__(self, tables: Tables, paths: Sequence[str]) -> None:
        self.tables = tables
        self.after: dict[int, Account] = {}
        self.root_id = chain(paths[0])[0]
        wanted = {one for path in paths for one in chain(path)}
        keys = [account_key(one) for one in sorted(wanted)]
        self.found: dict[int, Account] = {}
        self.head = TreeHead()
        for record in tables.people_at([*keys, head_key(self.root_id)]):
            if record.sk == "tree":
                self.head = head_of(record)
            else:
                account = entity(record, Account)
                self.found[account.id] = account
        self.deltas: dict[int, Delta] = defaultdict(Delta)
        self.writes = Writes(tables)
        self.node_changed = False
        self.quotas = dict(self.head.quotas)

    def commit(self, accounts: Sequence[Account], *, default: bool = False) -> None:
        """Work out what follows from the changes, and write it."""
        self.after = {account.id: account for account in accounts}
        for account in self.after.values():
            self._check(account)
            self._count(account)
        for account in self.after.values():
            self._names(account)
            self._node(account)
            self._account(account)
            self._domains(account)
        for account_id, delta in self.deltas.items():
            if account_id not in self.after:
                self._above(account_id, delta)
        if default:
            record = self.tables.person(domain_key(DEFAULT_DOMAIN), target=self.root_id)
            self.writes.put(record, self.tables.people.pk.does_not_exist())
        self._head()
        self.writes.commit("A SIS id, integration id or domain is in use by another.")

    def before(self, account: Account) -> Account | None:
        """What is stored of an account."""
        return self.found.get(account.id)

    def _check(self, account: Account) -> None:
        before = self.before(account)
        if before and before.active != account.active and len(self.after) > 1:
            raise ValueError("An account is deleted or restored alone: what is above it counts what is below.")
        if (account.version == 1) != (before is None) or (before and before.version != account.version - 1):
            raise ConflictError("The account has changed.")
        if len(account.chain) > DEPTH_LIMIT:
            raise InvalidError(f"Accounts are at most {DEPTH_LIMIT} deep.", field="parent_id")
        if any(one not in self.found and one not in self.after for one in account.chain):
            raise ConflictError("An account above it is not there.")

    def _count(self, account: Account) -> None:
        """Work out the counters: visible calendars up to the first deleted account, children of the parent."""
        before = self.before(account)
        was, now = (before.visible_calendar_count, before.active) if before else (0, False), account.active
        change = account.calendar_visible - (before.calendar_visible if before else False)
        if before:
            self.deltas[account.id].visible += change
        is_now = (was[0] + change) * now
        change = is_now - was[0] * was[1]
        above = account.chain[-2::-1] if not account.root else ()
        if above and now != was[1]:
            self.deltas[above[0]].children += 1 if now else -1
        for one in above:
            if not change:
                break
            self.deltas[one].visible += change
            if not (self.after.get(one) or self.found[one]).active:
                break

    def _account(self, account: Account) -> None:
        people, before = self.tables.people, self.before(account)
        document = documents.encode(replace(account, sub_account_count=0, visible_calendar_count=0, course_count=0))
        if before is None:
            record = self.tables.person(account_key(account.id), document=document, version=1)
            delta = self.deltas[account.id]
            record.visible_calendars = account.calendar_visible + delta.visible
            record.sub_accounts, record.courses = delta.children, 0
            if not account.active:
                record.gone = True
            self.writes.put(record, people.pk.does_not_exist())
            return
        actions: list[Action] = [people.document.set(document), people.version.set(account.version)]
        actions.append(people.gone.remove() if account.active else people.gone.set(True))
        condition: Condition = people.version == before.version
        actions += self._added(self.deltas[account.id])
        if before.active != account.active:
            condition &= people.visible_calendars == before.visible_calendar_count
        self.writes.update(account_key(account.id), actions, condition)

    def _above(self, account_id: int, delta: Delta) -> None:
        """An account above that is not itself changed; a change of visible calendars hangs on whether it is deleted."""
        actions = self._added(delta)
        if not actions:
            return
        gone = self.tables.people.gone
        there = gone.does_not_exist() if self.found[account_id].active else gone.exists()
        condition = self.tables.people.pk.exists()
        self.writes.update(account_key(account_id), actions, condition & there if delta.visible else condition)

    def _added(self, delta: Delta) -> list[Action]:
        people = self.tables.people
        actions: list[Action] = []
        if delta.children:
            actions.append(people.sub_accounts.add(delta.children))
        if delta.visible:
            actions.append(people.visible_calendars.add(delta.visible))
        return actions

    def _node(self, account: Account) -> None:
        before = self.before(account)
        old, new = before and node_of(before), node_of(account)
        if old == new and before and before.active == account.active:
            return
        self.node_changed = True
        self.writes.put(node_record(self.tables, account))
        if before and before.active != account.active:
            self.writes.delete(self.tables.person(node_key(before)))

    def _head(self) -> None:
        people, changed = self.tables.people, False
        for account in self.after.values():
            before, own = self.before(account), quotas_of(account)
            if own != (quotas_of(before) if before else Quotas()):
                self.quotas[account.path], changed = own, True
        actions: list[Action] = []
        condition: Condition | None = None
        if changed:
            kept = {path: own for path, own in self.quotas.items() if own != Quotas()}
            if len(kept) > QUOTAS_LIMIT:
                raise InvalidError(f"At most {QUOTAS_LIMIT} accounts of a root have quotas of their own.")
            actions.append(people.document.set(documents.encode(TreeHead(quotas=kept))))
            version = self.head.version
            condition = people.version == version if version else people.version.does_not_exist()
        if changed or self.node_changed:
            self.writes.update(head_key(self.root_id), [*actions, people.version.add(1)], condition)

    def _names(self, account: Account) -> None:
        before = self.before(account)
        old, new = ({key["pk"]: key for key in account_names(one)} if one else {} for one in (before, account))
        for pk in new.keys() - old.keys():
            self.writes.name(new[pk], account.id)
        for pk in old.keys() - new.keys():
            self.writes.unname(old[pk], account.id)

    def _domains(self, account: Account) -> None:
        before = self.before(account)
        old = {one.host: one for one in before.domains} if before else {}
        new = {one.host: one for one in account.domains}
        for host in new.keys() - old.keys():
            self.writes.name(domain_key(host), account.id)
        for host in old.keys() - new.keys():
            self.writes.unname(domain_key(host), account.id)
            self.writes.delete(self.tables.person(listed_key(host)))
        for host, one in new.items():
            if old.get(host) != one or (before and before.name != account.name):
                self.writes.put(self.tables.person(listed_key(host), document=documents.encode(_listed(account, one))))


def _listed(account: Account, domain: Domain) -> Host:
    return Host(account.name, domain.host, domain.authentication_provider, account.id)


def account_names(account: Account) -> list[dict[str, str]]:
    """Keys of the names an account is found by."""
    found = (("sis_account_id", account.sis_id), ("account_integration_id", account.integration_id))
    return [name_key(account.root_id, scheme, value) for scheme, value in found if value]
