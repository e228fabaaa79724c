from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.epobject import EpObject, Kind, PageFacts, PortfolioFacts, Section
from chalicelib.packages import markup
from chalicelib.packages.archive import open_archive
from chalicelib.packages.leap2a import index, read_objects, survey, writer
from tests.packages.feeds import entry, feed, link
from tests.packages.support import (
    FIRST_ID,
    NOW,
    OWNER,
    again,
    give_out,
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


def page(html: str) -> list[EpObject]:
    """A portfolio of one page."""
    book = EpObject(
        id=FIRST_ID, owner_id=1, kind=Kind.PORTFOLIO, name="x", created_at=NOW, updated_at=NOW, added_at=NOW
    )
    sections = (Section(type="rich_text", content=markup.sanitise(html)),)
    facts = PageFacts(portfolio_id=book.id, position=1, sections=sections)
    return [
        replace(book, portfolio=PortfolioFacts(guid="g", owner_email="", page_count=1)),
        replace(book, id=FIRST_ID + 1, kind=Kind.PAGE, page=facts),
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<p>a</p>" * 270_000,
        "<p>" + "漢" * 4_000_000 + "</p>",
        "<p>" + 'a"' * 5_500_000 + "</p>",
        ('<p><img src="data:image/png;base64,' + "A" * 3_000_000 + '"></p>') * 4,
    ],
    ids=["270,000 paragraphs", "12 MB of Chinese", "16 MB of quotes as JSON", "12 MB of pictures"],
)
def test_the_largest_pages_come_back(html: str) -> None:
    """A parser takes 10 MB between two tags, and an entry 500,000 elements: what is more is written in another way."""
    before, after = again(page(html))
    assert after == before


def test_a_text_of_very_many_elements_comes_back() -> None:
    post = EpObject(
        id=FIRST_ID, owner_id=1, kind=Kind.REFLECTION, name="x", created_at=NOW, updated_at=NOW, added_at=NOW
    )
    before, after = again([replace(post, content="<br>" * 600_000)])
    assert after == before


def test_a_portfolio_of_very_many_pages_does_not_list_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(number: int, kind: Kind, **facts: Any) -> EpObject:
        one = EpObject(
            id=FIRST_ID + number, owner_id=1, kind=kind, name="x", created_at=NOW, updated_at=NOW, added_at=NOW
        )
        return replace(one, **facts)

    book = made(0, Kind.PORTFOLIO, portfolio=PortfolioFacts(guid="g", owner_email="", page_count=3))
    pages = [
        made(number, Kind.PAGE, page=PageFacts(portfolio_id=book.id, position=position, sections=()))
        for number, position in ((1, 3), (2, 1), (3, 2))
    ]
    listed = give_out([book, *pages])
    monkeypatch.setattr(writer, "LISTED_PAGES", 2)
    unlisted = give_out([book, *pages])
    feeds = [zipfile.ZipFile(BytesIO(data)).read("leap2a.xml").count(b"has_part") for data in (listed, unlisted)]
    assert feeds == [6, 0]
    before, after = again([book, *pages], unlisted)
    assert after == before
