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
from chalicelib.storage.tables import ObjectRecord, Tables, given

CALLS = 4
LOOKS = (10, 100)
"""Objects looked at by the first call, and by each other one, for one that is somebody's."""
PAGES = (f"{Kind.PAGE.value}#", f"{Kind.PAGE.value}$")
RANGES = ((" ", PAGES[0]), (PAGES[1], "~"))
"""Keys before those of pages, and behind them (`$` follows `#`)."""
PLACE = re.compile(rf"({'|'.join(kind.value for kind in Kind)})#\d{{16}}")
FILTER = (
    "attribute_not_exists(expires_at) AND NOT begins_with(#l, :c) AND NOT begins_with(#l, :p)"
    " AND (attribute_not_exists(shelved) OR attribute_exists(#l))"
)
"""Neither a tombstone, nor a comment, nor a page of a portfolio, nor a portfolio that is in no list any more."""


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
            return Slice(items=items[: page.size], next_cursor=cursor(items[page.size - 1]))
        ranges = [(f"{last} ", high), *rest] if last else rest
        after = last or after
    return Slice(items=items, next_cursor=_cursor(after) if ranges else "")


def is_filled(tables: Tables, owner_id: int) -> bool:
    """Whether anything of an owner's stands by itself: no page of a portfolio, no comment; one call for most owners."""
    limit, others = LOOKS
    for low, high in (RANGES[1], RANGES[0], PAGES):
        while low:
            found, last = _query(tables, owner_id, low, high, limit)
            if found:
                return True
            low, limit = f"{last} " if last else "", others  # noqa: PLW2901 - goes on behind what was seen
    return False


def hidden(record: ObjectRecord) -> bool:
    """Whether an object is a tombstone, or a portfolio that is in no list any more."""
    deleted = given(record.shelved) is not None and given(record.listed) is None
    return deleted or given(record.expires_at) is not None


def walk(tables: Tables, owner_id: int, after: str, limit: int) -> tuple[list[ObjectRecord], str]:
    """Whatever an owner has, from behind a key, and the last key where more follows: one call."""
    request: dict[str, Any] = {
        "TableName": tables.objects.Meta.table_name,
        "ConsistentRead": True,
        "Limit": limit,
        "KeyConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"N": str(owner_id)}},
    }
    if after:
        request["ExclusiveStartKey"] = {"owner": {"N": str(owner_id)}, "key": {"S": after}}
    return _asked(tables, request)


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
            ":p": {"S": PAGES[0]},
        },
    }
    return _asked(tables, request)


def _asked(tables: Tables, request: dict[str, Any]) -> tuple[list[ObjectRecord], str]:
    answer = tables.connection.dispatch("Query", request)
    records = [tables.objects.from_raw_data(item) for item in answer["Items"]]
    last = answer.get("LastEvaluatedKey")
    return records, last["key"]["S"] if last else ""


def cursor(record: ObjectRecord) -> str:
    """Leads on behind an object."""
    return _cursor(record.key)


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
