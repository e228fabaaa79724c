"""All there is of a kind in a root account, in pages of a sparse index: what reports read (ADR 39).

Portfolios, tokens, courses, sections and memberships carry `census`, `{kind}#{root}#{shard}`. The index is eventually
consistent and in the order of whose they are, so that what belongs together comes together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct
from pynamodb.models import Model

from chalicelib.storage.tables import BATCH_LIMIT, Tables

SHARDS = 8
"""Partitions of a kind in a root, so that people and courses are loaded faster than one partition takes writes."""
INDEX = "census"
SOME = 1000
"""Items read at once where each leads to another."""
Item = dict[str, Any]


def shelf(kind: str, root_account_id: int, key: int) -> str:
    """The census partition of something; `key` is the id of whom it belongs to."""
    return f"{kind}#{root_account_id}#{key % SHARDS}"


class Page(Struct, frozen=True):
    """Some items, where to go on behind them (empty: the end), and what part of all has been passed."""

    items: list[Item]
    place: str
    passed: float


def pages(tables: Tables, model: type[Model], kind: str, root_account_id: int, place: str = "") -> Iterator[Page]:
    """Everything of a kind from `place` on: one Query a page, of at most a megabyte."""
    shard, start = msgspec.json.decode(place, type=tuple[int, Item | None]) if place else (0, None)
    while shard < SHARDS:
        request: dict[str, Any] = {
            "TableName": model.Meta.table_name,
            "IndexName": INDEX,
            "KeyConditionExpression": "census = :c",
            "ExpressionAttributeValues": {":c": {"S": f"{kind}#{root_account_id}#{shard}"}},
        }
        if start is not None:
            request["ExclusiveStartKey"] = start
        answer = tables.connection.dispatch("Query", request)
        start = answer.get("LastEvaluatedKey")
        if start is None:
            shard += 1
        yield Page(answer["Items"], _place(shard, start) if shard < SHARDS else "", shard / SHARDS)


def _place(shard: int, start: Item | None) -> str:
    return msgspec.json.encode((shard, start)).decode()


def partition(tables: Tables, model: type[Model], pk: str, sk: tuple[str, str], place: str) -> Page:
    """Some items of a partition whose sort keys lie between two, from a place on; `place` empty: the end."""
    request: dict[str, Any] = {
        "TableName": model.Meta.table_name,
        "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
        "ExpressionAttributeValues": {":p": {"S": pk}, ":a": {"S": sk[0]}, ":b": {"S": sk[1]}},
        "Limit": SOME,
    }
    if place:
        request["ExclusiveStartKey"] = {"pk": {"S": pk}, "sk": {"S": place}}
    answer = tables.connection.dispatch("Query", request)
    last = answer.get("LastEvaluatedKey")
    return Page(answer["Items"], last["sk"]["S"] if last else "", 0.0)


def items(tables: Tables, model: type[Model], keys: list[tuple[str, str]]) -> list[Item]:
    """Items by `pk` and `sk`, eventually consistent, in no order; one call for each hundred."""
    table = model.Meta.table_name
    pending = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in dict.fromkeys(keys)]
    found: list[Item] = []
    while pending:
        answer = tables.connection.dispatch("BatchGetItem", {"RequestItems": {table: {"Keys": pending[:BATCH_LIMIT]}}})
        found += answer["Responses"][table]
        pending = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", []) + pending[BATCH_LIMIT:]
    return found


def people(tables: Tables, ids: list[int]) -> dict[int, Item]:
    """Items of those users by id."""
    found = items(tables, tables.people, [(f"user#{one}", "user") for one in ids])
    return {int(item["pk"]["S"].removeprefix("user#")): item for item in found}
