"""Counts again what accounts and people keep counted or twice (see `recount`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.domain.person import Account, User
from chalicelib.domain.tree import Quotas, TreeHead, quotas_of
from chalicelib.storage import people
from chalicelib.storage.accounts import DOMAINS, account_names
from chalicelib.storage.trees import node_key, node_record
from chalicelib.wiring import Services
from ops.deployed import Finding

MEND = "a defect of the service: please report it, with what was changed before"


@dataclass
class _Read:
    """The table of people, as far as it is about accounts."""

    services: Services
    accounts: dict[int, Account] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    nodes: dict[tuple[str, str], str] = field(default_factory=dict)
    heads: dict[int, TreeHead] = field(default_factory=dict)
    roster: set[int] = field(default_factory=set)
    names: dict[str, int] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Read it."""
        for record in self.services.tables.people.scan(consistent_read=True):
            kind, _, rest = record.pk.partition("#")
            if kind == "account" and record.sk == "account":
                account = people.entity(record, Account)
                self.accounts[account.id] = account
            elif kind == "account" and record.sk == "tree":
                self.heads[int(rest)] = people.head_of(record)
            elif kind == "user" and record.sk == "user":
                user = people.entity(record, User)
                self.users[user.id] = user
            elif kind == "tree":
                self.nodes[record.pk, record.sk] = record.document or ""
            elif kind == "roster":
                self.roster.add(int(record.target))
            elif kind in ("name", "domain"):
                self.names[record.pk] = int(record.target)
            elif kind == DOMAINS:
                self.hosts.add(record.sk)


def accounts(services: Services) -> Iterator[Finding]:
    """Children, visible calendars, nodes, quotas, names and hosts of accounts; the roster of people."""
    read = _Read(services)
    yield from _counters(read)
    yield from _nodes(read)
    yield from _names(read)


def _counters(read: _Read) -> Iterator[Finding]:
    children, visible = Counter[int](), Counter[int]()
    for account in sorted(read.accounts.values(), key=lambda one: -len(one.chain)):
        visible[account.id] += account.calendar_visible
        if account.parent_id is not None and account.active:
            children[account.parent_id] += 1
            visible[account.parent_id] += visible[account.id]
    for account in read.accounts.values():
        kept = (account.sub_account_count, account.visible_calendar_count)
        counted = (children[account.id], visible[account.id])
        for name, one, other in zip(("sub_account_count", "visible calendars"), kept, counted, strict=True):
            if one != other:
                yield _finding(f"account {account.id}", f"{name}: {one} for {other}")


def _nodes(read: _Read) -> Iterator[Finding]:
    wanted, quotas = {}, dict[int, dict[str, Quotas]]()
    for account in read.accounts.values():
        key = node_key(account)
        wanted[key["pk"], key["sk"]] = node_record(read.services.tables, account).document or ""
        if quotas_of(account) != Quotas():
            quotas.setdefault(account.root_id, {})[account.path] = quotas_of(account)
    for tree, place in sorted(wanted.keys() | read.nodes.keys()):
        if wanted.get((tree, place)) != read.nodes.get((tree, place)):
            yield _finding(tree, f"another node: {place}")
    for root in {one.root_id for one in read.accounts.values()}:
        if dict(read.heads.get(root, TreeHead()).quotas) != quotas.get(root, {}):
            yield _finding(f"account {root}", "other quotas in its tree")


def _names(read: _Read) -> Iterator[Finding]:
    for account in read.accounts.values():
        keys = [*account_names(account), *(people.domain_key(one.host) for one in account.domains)]
        for key in keys:
            if read.names.get(key["pk"]) != account.id:
                yield _finding(f"account {account.id}", f"is not found by {key['pk']}")
    listed = {one.host for account in read.accounts.values() for one in account.domains}
    for host in sorted(listed ^ read.hosts):
        yield _finding(f"host {host}", "is not listed as its root account has it")
    for user_id in sorted(read.users.keys() ^ read.roster):
        yield _finding(f"user {user_id}", "is not on the roster as the people there are")


def _finding(resource: str, problem: str) -> Finding:
    return Finding(resource=resource, problem=problem, mend=MEND)
