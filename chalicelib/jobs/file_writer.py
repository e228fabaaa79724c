"""Puts the files of a package into the bucket, small ones several at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

from chalicelib.domain.ports import Blob
from chalicelib.storage.blobs import Blobs

SMALL_BYTES = 1024 * 1024
WAITING_BYTES = 8 * 1024 * 1024
"""Bytes of small files under way together."""


class FileWriter:
    """Takes files in order. They are read here, as a package is read by one thread; threads send them."""

    def __init__(self, blobs: Blobs, writers: int) -> None:
        self._blobs = blobs
        self._pool = ThreadPoolExecutor(writers) if writers > 1 else None
        self._waiting: list[Future[None]] = []
        self._bytes = 0

    def put(self, blob: Blob, open_content: Callable[[], BinaryIO]) -> bool:
        """Store a file unless it is there; whether all so far are stored, so that the work may be put down."""
        if self._pool is None or blob.size_bytes > SMALL_BYTES:
            self._settle()
            self._blobs.put_file_as(blob, open_content)
            return True
        with open_content() as content:
            data = content.read()
        self._waiting.append(self._pool.submit(self._blobs.put_bytes_as, blob, data))
        self._bytes += len(data)
        if self._bytes < WAITING_BYTES:
            return False
        self._settle()
        return True

    def close(self) -> None:
        """Wait for those under way. Raises what went wrong with one of them."""
        try:
            self._settle()
        finally:
            if self._pool is not None:
                self._pool.shutdown()

    def _settle(self) -> None:
        for one in self._waiting:
            one.result()
        self._waiting, self._bytes = [], 0
