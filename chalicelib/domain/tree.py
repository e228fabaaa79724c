"""The tree of a root account's live accounts, small enough to be walked as a whole (canvas-b 3.1, 3.4, 3.7).

A node holds what lists and searches of accounts need; a page of full accounts is read by id afterwards. The nodes of a
subtree are one range of one partition, and a container keeps what it has read until the tree's version changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct, field

from chalicelib.domain.ordering import folded, name_key
from chalicelib.domain.person import Account, chain

DEPTH_LIMIT = 20
"""Accounts from a root down to the deepest: each change of a calendar is counted on all of them in one transaction."""
QUOTAS = {"course": 500, "user": 50, "group": 50}
"""Megabytes where nothing else is said (canvas-b 1)."""


class Node(Struct, frozen=True):
    """A live account in short."""

    path: str
    name: str
    visible: bool = False
    auto_subscribe: bool = False

    @property
    def id(self) -> int:
        """The account's id."""
        return int(self.path[self.path.rindex("/", 0, -1) + 1 : -1])

    @property
    def parent_path(self) -> str:
        """The path of the account above; `/` for a root."""
        return self.path[: self.path.rindex("/", 0, -1) + 1]

    @property
    def depth(self) -> int:
        """1 for a root."""
        return self.path.count("/") - 1


class Quotas(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account's own storage quotas in megabytes; None: as above it."""

    course: int | None = None
    user: int | None = None
    group: int | None = None


class TreeHead(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept once for a tree: its version, raised by each change of a node, and the quotas set in it by path."""

    quotas: Mapping[str, Quotas] = field(default_factory=dict)
    version: int = 0

    def quota_mb(self, path: str, kind: str) -> int:
        """The quota of an account: its own, the nearest one above it, or the default (canvas-b 1)."""
        while len(path) > 1:
            own: int | None = getattr(self.quotas.get(path), kind, None)
            if own is not None:
                return own
            path = path[: path.rindex("/", 0, -1) + 1]
        return QUOTAS[kind]


class Tree:
    """A subtree: its live accounts that no deleted account hides."""

    def __init__(self, path: str, nodes: Iterable[Node]) -> None:
        self.path = path
        found = {node.path: node for node in nodes}
        self.by_path = {
            node.path: node
            for node in sorted(found.values(), key=lambda node: node.depth)
            if node.path == path or node.parent_path in found
        }
        if len(self.by_path) < len(found):
            self.by_path = dict(_reached(self.by_path, path))

    def __len__(self) -> int:
        return len(self.by_path)

    def node(self, path: str) -> Node | None:
        """The node of that path; None when it is not in this subtree."""
        return self.by_path.get(path)

    @cached_property
    def by_id(self) -> dict[int, Node]:
        """Nodes by the account's id."""
        return {node.id: node for node in self.by_path.values()}

    @cached_property
    def by_name(self) -> list[Node]:
        """All nodes by name, then id (canvas-b 0.5)."""
        return sorted(self.by_path.values(), key=lambda node: (name_key(node.name), node.id))

    @cached_property
    def tiers(self) -> list[Node]:
        """All nodes, tier by tier, each by id."""
        return sorted(self.by_path.values(), key=lambda node: (node.depth, node.id))

    @cached_property
    def _children(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = defaultdict(list)
        for node in self.tiers:
            found[node.parent_path].append(node)
        return found

    def children(self, path: str, *, by_name: bool = False) -> list[Node]:
        """The live accounts directly below one, by id or by name."""
        found = self._children.get(path, [])
        return sorted(found, key=lambda node: (name_key(node.name), node.id)) if by_name else found

    def child_count(self, path: str) -> int:
        """How many live accounts are directly below one."""
        return len(self._children.get(path, ()))

    def below(self, path: str) -> Iterator[Node]:
        """All below an account, tier by tier, without itself."""
        return (node for node in self.tiers if node.path.startswith(path) and node.path != path)


def _reached(nodes: Mapping[str, Node], top: str) -> Iterator[tuple[str, Node]]:
    """Nodes connected to the top; parents come before children in `nodes`."""
    seen: set[str] = set()
    for path, node in nodes.items():
        if path == top or node.parent_path in seen:
            seen.add(path)
            yield path, node


def matches(node: Node, term: str) -> bool:
    """Whether a name contains a search term; no term matches all."""
    return not term or folded(term) in folded(node.name)


def common_path(paths: Iterable[str]) -> str:
    """The path of the lowest account above all of those, or one of them.

    >>> common_path(["/1/7/30/", "/1/7/31/40/"]), common_path(["/1/7/"])
    ('/1/7/', '/1/7/')
    """
    chains = [chain(path) for path in paths]
    shared: list[int] = []
    for level in zip(*chains, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "".join(f"/{one}" for one in shared) + "/"


def quotas_of(account: Account) -> Quotas:
    """What an account itself says about quotas."""
    return Quotas(course=account.course_quota_mb, user=account.user_quota_mb, group=account.group_quota_mb)
