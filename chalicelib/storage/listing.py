"""Lists in the order of a local index, page by page.

A cursor is the index place of the last item shown, so a list goes on right behind it even when that item is gone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from itertools import islice
from typing import Any

from chalicelib.domain.epobject import Kind
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.paging import SKIP_LIMIT, PageRequest, Slice
from chalicelib.storage.fitting import fitting
from chalicelib.storage.tables import ObjectRecord, Tables

PLACE_LIMIT = 128
"""Characters of a place in an index; none is longer."""


def object_key(kind: Kind, object_id: int) -> str:
    """Range key of an object: kinds apart, ids in order.

    >>> object_key(Kind.PAGE, 7)
    'page#0000000000000007'
    """
    return f"{kind.value}#{object_id:016d}"


def id_of(record: ObjectRecord) -> int:
    """Id of a record's object."""
    return int(record.key.rsplit("#", 1)[-1])


def read(
    tables: Tables,
    index: str,
    owner_id: int,
    prefix: str,
    *,
    page: PageRequest,
    text: Callable[[ObjectRecord], str | bytes],
) -> Slice[str | bytes]:
    """One page of a local index, as documents, read consistently; one call, or two when a bare page number skips.

    `text` gives the document of a record. Documents of more than a megabyte together take more calls.

    Raises
    ------
    InvalidError
        The cursor is not one of this list, or the page number is too far to jump to.
    """
    start: dict[str, Any] | None = None
    if page.cursor:
        start = _place_of(index, owner_id, prefix, page.cursor)
    elif page.offset:
        if page.offset > SKIP_LIMIT:
            raise InvalidError(f"Page {page.number} is too far to jump to; follow the next links.", field="page")
        start = _behind(tables, index, prefix, owner_id, page.offset)
        if start is None:
            return Slice(items=())
    attribute = getattr(tables.objects, index)
    records = tables.objects.query(
        owner_id,
        attribute.startswith(prefix),
        consistent_read=True,
        index_name=index,
        limit=page.size + 1,
        page_size=page.size + 1,
        last_evaluated_key=start,
    )
    shown, cut = fitting(islice(records, page.size), text)
    more = cut or next(records, None) is not None
    cursor = _cursor(getattr(shown[-1][0], index)) if more else ""
    return Slice(items=[document for _, document in shown], next_cursor=cursor, cut=cut)


def page_ids(tables: Tables, owner_id: int, prefix: str) -> list[int]:
    """Ids of all objects whose places begin so, in their order."""
    listed = tables.objects.listed
    records = tables.objects.query(
        owner_id,
        listed.startswith(prefix),
        consistent_read=True,
        index_name="listed",
        attributes_to_get=["listed"],
    )
    return [int(str(record.listed).rsplit("#", 1)[-1]) for record in records]


def _behind(tables: Tables, index: str, prefix: str, owner: int, count: int) -> dict[str, Any] | None:
    """Where a local index of an owner goes on behind its first `count` items; None when it has no more.

    Reads key positions only (Select COUNT), yet pays for the items: callers bound `count`.
    """
    start: dict[str, Any] | None = None
    while count > 0:
        request = {
            "TableName": tables.objects.Meta.table_name,
            "IndexName": index,
            "Select": "COUNT",
            "ConsistentRead": True,
            "Limit": count,
            "KeyConditionExpression": "#o = :o AND begins_with(#i, :p)",
            "ExpressionAttributeNames": {"#o": "owner", "#i": index},
            "ExpressionAttributeValues": {":o": {"N": str(owner)}, ":p": {"S": prefix}},
        }
        if start is not None:
            request["ExclusiveStartKey"] = start
        answer = tables.connection.dispatch("Query", request)
        count -= answer["Count"]
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return None
    return start


def _cursor(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place_of(index: str, owner_id: int, prefix: str, cursor: str) -> dict[str, Any]:
    """The start key a cursor stands for. Raises InvalidError when it is not one of this list."""
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        place = ""
    last = place.rsplit("#", 1)[-1]
    if not (place.startswith(prefix) and len(place) <= PLACE_LIMIT and last.isascii() and last.isdigit()):
        raise InvalidError("The cursor is not one of this list; follow the links.", field="cursor")
    key = object_key(Kind(prefix.split("#", 1)[0]), int(last))
    return {"owner": {"N": str(owner_id)}, "key": {"S": key}, index: {"S": place}}
