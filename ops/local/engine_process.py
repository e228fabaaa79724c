"""The engine's process: ministack with snapshots, an end when its parent ends, and three mends.

ministack saves tables and queues when it stops, so a crash would lose everything since the last start (objects are on
disk at once). Here a copy of the process made by `fork` writes what stands at one instant, every few seconds in which
something changed, while the engine goes on.
"""

from __future__ import annotations

import asyncio
import heapq
import mmap
import os
import signal
import sys
import threading
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import ministack.app as engine
from ministack.core.persistence import save_all
from ministack.services import dynamodb, s3

Application = Callable[[Any, Any, Any], Awaitable[None]]
LARGE_PARTITION = 2000
READS = ("BatchGet", "Describe", "Get", "List", "Query", "ReceiveMessage", "Scan", "TransactGet")
"""Operations that leave nothing to save; an empty receive comes every second."""


class Snapshots:
    """Wraps ministack's ASGI application and saves its state when it changed.

    Parameters
    ----------
    app
        ministack's application.
    interval_s
        Seconds between two snapshots; 0: none.
    """

    def __init__(self, app: Application, interval_s: int) -> None:
        self._app = app
        self._interval_s = interval_s
        self._changed = False
        self._copying = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass one connection on."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            self._changed = self._changed or _writes(scope)
            return

        async def receive_in_turn() -> Any:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                saver.cancel()
                async with self._copying:  # a copy and the stopping engine would write the same files
                    pass
            return message

        saver = asyncio.create_task(self._save_now_and_then())
        await self._app(scope, receive_in_turn, send)

    async def _save_now_and_then(self) -> None:
        while self._interval_s:
            await asyncio.sleep(self._interval_s)
            if self._changed:
                self._changed = False
                await asyncio.shield(self._save())

    async def _save(self) -> None:
        async with self._copying:
            await asyncio.to_thread(os.waitpid, _fork_and_save(), 0)


def _fork_and_save() -> int:
    """Write the state of this instant from a copy of the process; returns the copy's process id."""
    with warnings.catch_warnings():
        # Python 3.12 warns of locks other threads hold; the copy runs no other code than the saving of plain data.
        warnings.simplefilter("ignore", DeprecationWarning)
        process_id = os.fork()
    if process_id:
        return process_id
    with suppress(BaseException):
        signal.alarm(60)  # a copy that hangs must not block the next snapshot for ever
        save_all(engine._build_persistence_save_dict())  # noqa: SLF001 - what ministack itself calls when it stops
    os._exit(0)


def _writes(scope: Any) -> bool:
    headers = dict(scope.get("headers", ()))
    operation = headers.get(b"x-amz-target", b"").decode("latin-1").rpartition(".")[2]
    if operation:
        return not operation.startswith(READS)
    return scope.get("method") not in {"GET", "HEAD"}


def _end_with_parent() -> None:
    """Stop as on SIGTERM when the parent's end of standard input closes, however the parent ended."""

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _repair_key_conditions() -> None:
    """Let the engine read `(#owner = :n AND begins_with (#key, :s))` as AWS does.

    PynamoDB writes the outer parentheses. ministack 1.5.33 then takes both conditions for one, and refuses a number in
    it because `begins_with` takes none.
    """
    split = dynamodb._key_condition_clauses  # noqa: SLF001 - there is no other door

    def split_inside_parentheses(tokens: list[tuple[str, str]]) -> Any:
        kept = [token for token in tokens if token[0] != "EOF"]
        while _wrapped(kept):
            kept = kept[1:-1]
        return split(kept)

    dynamodb._key_condition_clauses = split_inside_parentheses  # noqa: SLF001


def _wrapped(tokens: list[tuple[str, str]]) -> bool:
    """Whether the first token opens a parenthesis that the last one closes."""
    depth = 0
    for place, (kind, *_) in enumerate(tokens):
        depth += (kind == "LPAREN") - (kind == "RPAREN")
        if depth == 0:
            return kind == "RPAREN" and place == len(tokens) - 1
    return False


def _walk_large_partitions() -> None:
    """Let a Query that goes through a whole partition look at a page of it instead of all of it each time.

    ministack evaluates the condition on every item of the partition and sorts them, for every page: an hour for the
    pages of two hundred thousand objects.
    """
    whole = dynamodb._query  # noqa: SLF001 - there is no other door
    tables = dynamodb._tables  # noqa: SLF001

    def query(data: dict[str, Any]) -> Any:
        name, table = data.get("TableName"), tables.get(data.get("TableName"))
        page = _page(table, data) if table else None
        if page is None:
            return whole(data)
        with dynamodb._lock:  # noqa: SLF001 - what removes expired items must not meet the page
            tables[name] = {**table, "items": page, dynamodb._INDEX_MEMBERS: None}  # noqa: SLF001
            try:
                return whole(data)
            finally:
                tables[name] = table

    dynamodb._query = query  # noqa: SLF001


def _page(table: dict[str, Any], data: dict[str, Any]) -> dict[str, Any] | None:
    """The items a plain walk needs for one page, by partition and sort key; None for any other Query."""
    condition, values = data.get("KeyConditionExpression", ""), list(data.get("ExpressionAttributeValues", {}).values())
    plain = " AND " not in condition and len(values) == 1 and data.get("ScanIndexForward", True)
    if not plain or not data.get("Limit") or data.keys() & {"IndexName", "FilterExpression", "KeyConditions"}:
        return None
    partition = next(iter(values[0].values()))
    items = table["items"].get(partition, {})
    start = data.get("ExclusiveStartKey", {}).get(table["sk_name"], {"S": ""}).get("S")
    if len(items) < LARGE_PARTITION or start is None:
        return None
    # One more than the page, so that the engine sees that there are more.
    keys = heapq.nsmallest(int(data["Limit"]) + 1, (key for key in items if key > start))
    return {partition: {key: items[key] for key in keys}}


def _read_ranges() -> None:
    """Let a GET of a range read that range from the disk; ministack reads the whole object for each."""
    get, read = s3._get_object, s3._read_body  # noqa: SLF001 - there is no other door
    ranged = False

    def get_object(bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None) -> Any:
        nonlocal ranged
        ranged = bool(headers.get("range"))
        try:
            return get(bucket, key, headers, query)
        finally:
            ranged = False

    def read_body(bucket: str, key: str, found: dict[str, Any]) -> Any:
        path = s3._object_disk_path(bucket, key) if ranged and found.get("body") is None else None  # noqa: SLF001
        if path is None or not Path(path).is_file() or not Path(path).stat().st_size:
            return read(bucket, key, found)
        with Path(path).open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # its slices are bytes

    s3._get_object, s3._read_body = get_object, read_body  # noqa: SLF001


def main() -> None:
    """Run the engine until SIGTERM."""
    _repair_key_conditions()
    _walk_large_partitions()
    _read_ranges()
    _end_with_parent()
    engine.app = Snapshots(engine.app, int(os.environ.get("FOLIO_LOCAL_SNAPSHOT_S", "0")))
    engine.main()


if __name__ == "__main__":
    main()
