"""The nodes of account trees: a partition for each root, so that a subtree is one range.

What a container has read it keeps, by path and version of the tree, up to a number of nodes.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from chalicelib.domain.person import Account, chain
from chalicelib.domain.tree import Node, Tree
from chalicelib.storage.tables import PersonRecord, Tables

NODES_KEPT = 100_000
"""Nodes of all trees a container keeps: some 40 MB."""
DELETED = "deleted"
ROSTER_PAGE = 1000
VISIBLE, AUTO_SUBSCRIBE = 1, 2


def head_key(root_account_id: int) -> dict[str, str]:
    """Key of the item with what is kept once for a tree."""
    return {"pk": f"account#{root_account_id}", "sk": "tree"}


def tree_pk(root_account_id: int) -> str:
    """Partition of a root's nodes."""
    return f"tree#{root_account_id}"


def node_key(account: Account) -> dict[str, str]:
    """Key of an account's node; deleted accounts are apart."""
    return {"pk": tree_pk(account.root_id), "sk": account.path if account.active else DELETED + account.path}


def node_of(account: Account) -> Node:
    """An account in short."""
    return Node(account.path, account.name, account.calendar_visible, account.calendar_auto_subscribe)


def node_record(tables: Tables, account: Account) -> PersonRecord:
    """The item of an account's node."""
    flags = VISIBLE * account.calendar_visible + AUTO_SUBSCRIBE * account.calendar_auto_subscribe
    return tables.person(node_key(account), document=msgspec.json.encode([account.name, flags]).decode())


class Kept(Struct):
    """A subtree as read, at a version of its tree. `nodes`: those below a deleted account too."""

    version: int
    tree: Tree
    nodes: list[Node]


class Trees(Struct, frozen=True):
    """Subtrees of accounts (see `ports_people.TreeStore`)."""

    tables: Tables
    kept: dict[str, Kept] = field(default_factory=dict)

    def tree(self, path: str, version: int) -> Tree:
        """The live accounts of the subtree at `path`, as of `version` of the tree or later.

        No call when this container has read it, or a tree around it, at that version; else one for each megabyte,
        which is some 7,000 accounts.
        """
        for place in self._around(path):
            found = self.kept.get(place)
            if found is not None and found.version == version:
                return found.tree if place == path else Tree(path, _below(found.nodes, path))
        nodes = self._read(path)
        tree = Tree(path, nodes)
        self._keep(path, Kept(version, tree, nodes))
        return tree

    def roster(self, root_account_id: int, cursor: str = "") -> tuple[list[int], str]:
        """Ids of some hundred accounts of a root, deleted ones too, and where to go on (empty: the end).

        Strongly consistent; those of a subtree that are not deleted come one after another.
        """
        place = tree_pk(root_account_id)
        start = {"pk": {"S": place}, "sk": {"S": cursor}} if cursor else None
        records = list(
            self.tables.people.query(
                place, consistent_read=True, limit=ROSTER_PAGE, page_size=ROSTER_PAGE, last_evaluated_key=start
            )
        )
        ids = [chain(record.sk.removeprefix(DELETED))[-1] for record in records]
        return ids, records[-1].sk if len(records) == ROSTER_PAGE else ""

    def _around(self, path: str) -> list[str]:
        ends = [at for at, letter in enumerate(path) if letter == "/"][1:]
        return [path[: end + 1] for end in reversed(ends)]

    def _keep(self, path: str, read: Kept) -> None:
        self.kept.pop(path, None)
        while self.kept and sum(len(one.nodes) for one in self.kept.values()) + len(read.nodes) > NODES_KEPT:
            self.kept.pop(next(iter(self.kept)))
        self.kept[path] = read

    def _read(self, path: str) -> list[Node]:
        nodes: list[Node] = []
        request: dict[str, Any] = {
            "TableName": self.tables.people.Meta.table_name,
            "ConsistentRead": True,
            "KeyConditionExpression": "#p = :p AND begins_with(#s, :s)",
            "ProjectionExpression": "#s, #d",
            "ExpressionAttributeNames": {"#p": "pk", "#s": "sk", "#d": "document"},
            "ExpressionAttributeValues": {":p": {"S": tree_pk(int(path.split("/")[1]))}, ":s": {"S": path}},
        }
        while True:
            answer = self.tables.connection.dispatch("Query", request)
            for item in answer["Items"]:
                name, flags = msgspec.json.decode(item["document"]["S"])
                nodes.append(Node(item["sk"]["S"], name, bool(flags & VISIBLE), bool(flags & AUTO_SUBSCRIBE)))
            if "LastEvaluatedKey" not in answer:
                return nodes
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _below(nodes: list[Node], path: str) -> list[Node]:
    return [node for node in nodes if node.path.startswith(path)]
