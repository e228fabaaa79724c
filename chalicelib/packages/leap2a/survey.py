"""The first pass over a feed, entry by entry into an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from lxml import etree

from chalicelib.domain.errors import PackageError
from chalicelib.packages.archive import Archive
from chalicelib.packages.leap2a import feedstream, vocabulary
from chalicelib.packages.leap2a.entry import facts_of
from chalicelib.packages.leap2a.index import FeedFacts, Index
from chalicelib.packages.leap2a.model import Report
from chalicelib.packages.leap2a.vocabulary import short_name

MAX_ENTRIES = 500_000


def survey(
    feed: Callable[[], BinaryIO], *, archive: Archive | None = None, report: Callable[[], Report] = Report
) -> Index:
    """Read the feed once and learn its graph.

    Parameters
    ----------
    feed
        Opens the feed from its beginning; called again when the feed needs repair.
    archive
        The package, to see which attached files are there. Without it every file is taken to be.
    report
        Makes the report; called again when the feed is read again.

    Raises
    ------
    PackageError
        Not a feed, malformed beyond repair, or unsafe.
    """
    try:
        return _survey(feed, archive, report(), repair=False)
    except feedstream.BrokenFeedError:
        index = _survey(feed, archive, report(), repair=True)
        title = index.facts.title
        index.report.note("degraded", "", title, "The feed was not proper XML; it was repaired to be read.")
        return index


def _survey(feed: Callable[[], BinaryIO], archive: Archive | None, report: Report, *, repair: bool) -> Index:
    index = Index()
    index.report, index.facts.repaired = report, repair
    namespaces: dict[str | None, str] = {}
    for place, element in enumerate(feedstream.entries(feed(), repair=repair)):
        if place > MAX_ENTRIES:
            raise PackageError(f"The feed has more than {MAX_ENTRIES:,} entries.")
        if element.tag == feedstream.ENTRY:
            index.add(facts_of(element), place, archive)
        else:
            namespaces = dict(element.nsmap)
            _read_feed(index.facts, element)
    index.finish(namespaces, archive)
    return index


def _read_feed(facts: FeedFacts, feed: etree._Element) -> None:
    for child in feed:
        name = short_name(child.tag) if isinstance(child.tag, str) else ""
        text = (child.text or "").strip()
        if name == "atom:title":
            facts.title = facts.title or text
        elif name == "atom:id":
            facts.feed_id = facts.feed_id or text
        elif name == "atom:author":
            for part in child:
                value = (part.text or "").strip()
                if part.tag == f"{{{vocabulary.ATOM}}}uri":
                    facts.author_id = vocabulary.expand(value, child.nsmap)
                elif part.tag == f"{{{vocabulary.ATOM}}}name":
                    facts.author_name = value
