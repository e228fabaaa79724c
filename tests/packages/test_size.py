from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from io import BytesIO

import pytest

from chalicelib.packages.archive import open_archive
from chalicelib.packages.leap2a import index, read_objects, survey
from tests.packages.feeds import entry, feed, link
from tests.packages.support import (
    FIRST_ID,
    NOW,
    OWNER,
    take_in,
)


class BigFeed(BytesIO):
    """A feed of many entries that is never in memory as a whole."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._pieces = self._make(count)
        self._left = b""

    @staticmethod
    def _make(count: int) -> Iterator[bytes]:
        whole = feed("@")
        head, _, tail = whole.partition(b"@")
        yield head
        text = "<content>" + "word " * 1000 + "</content>"
        for number in range(count):
            yield entry(f"e{number}", text + link("related", f"e{number + 1}") if number + 1 < count else text).encode()
        yield tail

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = 1 << 16 if size is None or size < 0 else size
        while len(self._left) < wanted and (piece := next(self._pieces, b"")):
            self._left += piece
        data, self._left = self._left[:wanted], self._left[wanted:]
        return data


def peak_of(count: int) -> int:
    empty = open_archive(BytesIO(feed("")))
    tracemalloc.start()
    found = survey(lambda: BigFeed(count))
    made = sum(
        len(group)
        for group in read_objects(
            lambda: BigFeed(count),
            found,
            archive=empty,
            owner=OWNER,
            mint=lambda ordinal: FIRST_ID + ordinal,
            import_id=1,
            now=NOW,
        )
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made == count
    return peak


def test_memory_grows_neither_with_the_content_nor_with_the_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the entries (5 MB of feed), every one linked to the next: they are on the disk."""
    monkeypatch.setattr(index, "ROWS_KEPT", 50)
    small, big = peak_of(100), peak_of(1000)
    assert big - small < 150_000


def test_an_endless_entry_is_refused() -> None:
    from chalicelib.domain.errors import PackageError

    with pytest.raises(PackageError, match="larger than this service takes"):
        take_in(feed(entry("a", "<x/>" * 600_000)))
