"""Documents too large for an item: in the bucket, their key on the item.

A new version of an object has a body of its own, so a reader that holds the old item still finds the old body. The one
that a write leaves behind is marked by the writer, who has read it, and goes a day later.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from chalicelib.domain.epobject import EpObject
from chalicelib.domain.ports import BlobStore
from chalicelib.storage.keys import body_key
from chalicelib.storage.tables import ObjectRecord

ITEM_LIMIT = 300_000
"""Bytes of a document kept in the item (an item holds 400 KB)."""
READ_KEPT = 1_000
"""Bodies a container remembers to have read."""


class Bodies(Struct, frozen=True):
    """Puts large documents away and fetches them."""

    blobs: BlobStore
    read: dict[tuple[int, int], str] = field(default_factory=dict)
    """Key of the body of an object's version, as far as this container has read them."""

    def put(self, one: EpObject, text: str) -> str | None:
        """The key of the document in the bucket; None when it fits the item."""
        content = text.encode()
        if len(content) <= ITEM_LIMIT:
            return None
        key = body_key(one, text)
        self.blobs.put(key, content)
        return key

    def get(self, record: ObjectRecord) -> str | bytes:
        """The document of a record."""
        if not record.overflow:
            return record.document or ""
        if len(self.read) >= READ_KEPT:
            self.read.clear()
        self.read[_identity(record), int(record.version)] = record.overflow
        return self.blobs.get(record.overflow)

    def forget(self, texts: Iterable[tuple[EpObject, str]]) -> None:
        """Remove what `put` put away of these."""
        keys = [body_key(one, text) for one, text in texts if len(text.encode()) > ITEM_LIMIT]
        if keys:
            self.blobs.delete(keys)

    def left_behind(self, one: EpObject) -> str | None:
        """The body of the version that a write of `one` replaces, if it had any and was read here."""
        return self.read.pop((one.id, one.version - 1), None)


def _identity(record: ObjectRecord) -> int:
    return int(record.key.rsplit("#", 1)[-1])
