"""An owner's objects in key order, page by page: kinds apart, ids ascending.

Pages of portfolios are skipped as a range of keys. Comments, tombstones and deleted portfolios are left out by DynamoDB
as it reads; a page reads at most `CALLS` times so many items as it shows, and then comes short.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from chalicelib.domain.epobject import Kind
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.paging import PageRequest, Slice
from chalicelib.storage.keys import COMMENTS
from chalicelib.storage.tables import ObjectRecord, Tables

CALLS = 4
RANGES = ((" ", f"{Kind.PAGE.value}#"), (f"{Kind.PAGE.value}$", "~"))
"""Keys before those of pages, and behind them (`$` follows `#`)."""
PLACE = re.compile(rf"({'|'.join(kind.value for kind in Kind)})#\d{{16}}")
FILTER = (
    "attribute_not_exists(expires_at) AND NOT begins_with(#l, :c)"
    " AND (attribute_not_exists(shelved) OR attribute_exists(#l))"
)
"""Neither a tombstone, nor a comment, nor a portfolio that is in no list any more."""


def read(tables: Tables, owner_id: int, page: PageRequest) -> Slice[ObjectRecord]:
    """One page, read consistently. Raises InvalidError for a cursor that is none."""
    after = _place_of(page.cursor) if page.cursor else ""
    items: list[ObjectRecord] = []
    ranges = [(max(low, f"{after} "), high) if after else (low, high) for low, high in RANGES if after < high]
    for _ in range(CALLS):
        if not ranges:
            break
        (low, high), *rest = ranges
        wanted = page.size + 1 - len(items)
        found, last = _query(tables, owner_id, low, high, wanted)
        items += found
        if len(items) > page.size:
            return Slice(items=items[: page.size], next_cursor=_cursor(items[page.size - 1].key))
        ranges = [(f"{last} ", high), *rest] if last else rest
        after = last or after
    return Slice(items=items, next_cursor=_cursor(after) if ranges else "")


def _query(tables: Tables, owner_id: int, low: str, high: str, limit: int) -> tuple[list[ObjectRecord], str]:
    request: dict[str, Any] = {
        "TableName": tables.objects.Meta.table_name,
        "ConsistentRead": True,
        "Limit": limit,
        "KeyConditionExpression": "#o = :o AND #k BETWEEN :low AND :high",
        "FilterExpression": FILTER,
        "ExpressionAttributeNames": {"#o": "owner", "#k": "key", "#l": "listed"},
        "ExpressionAttributeValues": {
            ":o": {"N": str(owner_id)},
            ":low": {"S": low},
            ":high": {"S": high},
            ":c": {"S": COMMENTS},
        },
    }
    answer = tables.connection.dispatch("Query", request)
    records = [tables.objects.from_raw_data(item) for item in answer["Items"]]
    last = answer.get("LastEvaluatedKey")
    return records, last["key"]["S"] if last else ""


def _cursor(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place_of(cursor: str) -> str:
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        place = ""
    if not PLACE.fullmatch(place):
        raise InvalidError("The bookmark is not one of this list.", field="bookmark")
    return place
