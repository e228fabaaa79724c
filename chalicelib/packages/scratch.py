"""A scratch database: what must be known of a large package, on this machine's disk instead of in memory.

It is an SQLite database in a file that has no name any more, so it is gone with the process, however that ends. Only
what the oldest SQLite of the Lambda runtimes (3.7) can do is used.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

CACHE_KIB = 4096
"""Memory of one database; it is the same for ten rows and for ten million."""
CHUNK = 1 << 20
_SETTINGS = f"""
PRAGMA page_size = 4096;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -{CACHE_KIB};
PRAGMA temp_store = FILE;
"""


def number_of(text: str) -> int:
    """A number that stands for a text as a key: 63 bits of a hash.

    >>> number_of("a") == number_of("a"), number_of("a") == number_of("b")
    (True, False)
    """
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


class Scratch:
    """One database.

    Parameters
    ----------
    schema
        Statements that make its tables; unused with `content`.
    content
        From `content()` of the database this one continues.
    """

    def __init__(self, schema: str, content: Iterable[bytes] | None = None) -> None:
        descriptor, path = tempfile.mkstemp(prefix="folioport-")
        self._file = os.fdopen(descriptor, "r+b")
        try:
            for piece in content or ():
                self._file.write(piece)
            self._file.flush()
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.executescript(_SETTINGS + ("" if content is not None else schema))
            self._db.execute("BEGIN")
        finally:
            Path(path).unlink()
        self.close = weakref.finalize(self, _close, self._db, self._file)

    def run(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Run a statement; its rows, and how many it changed."""
        return self._db.execute(statement, values)

    def run_all(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row of values."""
        self._db.executemany(statement, rows)

    def one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """The first row; None when there is none."""
        return self._db.execute(statement, values).fetchone()

    def content(self) -> Iterator[bytes]:
        """The whole database as bytes, for another process to continue."""
        self._db.execute("COMMIT")
        self._file.seek(0)
        while piece := self._file.read(CHUNK):
            yield piece
        self._db.execute("BEGIN")


def _close(database: sqlite3.Connection, file: BinaryIO) -> None:
    database.close()
    file.close()
