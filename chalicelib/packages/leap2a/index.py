"""The first pass over a feed: who is there, and how they are linked. Names and texts wait for the second pass.

A link may be stated on one side only, so the graph is known once every entry has been seen. Everything kept here is a
few numbers per entry and per link.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO

from lxml import etree

from chalicelib.domain.epobject import Kind
from chalicelib.domain.errors import PackageError
from chalicelib.packages.archive import Archive
from chalicelib.packages.leap2a import feedstream, vocabulary
from chalicelib.packages.leap2a.entry import Facts, facts_of, kind_of
from chalicelib.packages.leap2a.links import NUMBER_BY_RELATION, RELATIONS, Links
from chalicelib.packages.leap2a.model import Report
from chalicelib.packages.leap2a.vocabulary import short_name

MAX_ENTRIES = 500_000
MAX_LINKS = 2_000_000
PORTFOLIO_ID = "portfolio:object/{id}"
"""Id of an entry that this service wrote."""

_KINDS = tuple(Kind)
_NUMBER_BY_KIND = {kind: number for number, kind in enumerate(_KINDS)}
_NONE = -1


class Index:
    """The graph of a feed. A node is an entry, or an id that some entry mentions.

    Attributes
    ----------
    title, feed_id, author_id
        As the feed has them.
    count
        Objects the package makes; their ordinals are 0 to `count - 1`, in document order.
    report
        Shared with the second pass, which adds to it.
    repaired
        The feed is read through the repairing filter.
    """

    def __init__(self) -> None:
        self.title = self.feed_id = self.author_id = self.author_name = ""
        self.count = 0
        self.report = Report()
        self.repaired = False
        self.namespaces: dict[str | None, str] = {}
        self.page_counts: Counter[int] = Counter()
        """Pages by portfolio node."""
        self._nodes: dict[str, int] = {}
        self._places = array("l")
        self._kinds = array("b")
        self._ordinals = array("l")
        self._extras = array("H")
        self._portfolios = array("l")
        self._positions = array("l")
        self._loose: set[int] = set()
        self._folders: dict[int, array[int]] = {}
        self._inferred: dict[int, list[tuple[str, int]]] = {}
        self._links = Links()
        self._own_pages: list[tuple[int, str, int]] = []

    def node(self, entry_id: str) -> int | None:
        """The node of an id, whether there is an entry of it or not."""
        return self._nodes.get(entry_id)

    def has_entry(self, node: int) -> bool:
        """Whether the feed has an entry of the node's id."""
        return self._places[node] != _NONE

    def expand(self, href: str) -> str:
        """An address as entry ids are kept."""
        return vocabulary.expand(href, self.namespaces)

    def is_entry(self, node: int, place: int) -> bool:
        """Whether the entry at this place of the document is the one kept for its id."""
        return self._places[node] == place

    def kind(self, node: int) -> Kind:
        """What the node's entry becomes."""
        return _KINDS[self._kinds[node]]

    def ordinal(self, entry_id: str) -> int | None:
        """Ordinal of the object made of an entry; None when there is none."""
        node = self._nodes.get(entry_id)
        return None if node is None else self.ordinal_of(node)

    def ordinal_of(self, node: int) -> int | None:
        """Ordinal of the object made of a node's entry."""
        ordinal = self._ordinals[node]
        return None if ordinal == _NONE else ordinal

    def place_of_page(self, node: int) -> tuple[int | None, int]:
        """A page's portfolio node (None: a portfolio of its own, or none at all) and its position, from 1."""
        portfolio = self._portfolios[node]
        return (None if portfolio == _NONE else portfolio), self._positions[node]

    def is_loose(self, node: int) -> bool:
        """Whether a page belongs to no portfolio on purpose: Mahara's profile and dashboard."""
        return node in self._loose

    def inferred(self, node: int) -> list[tuple[str, int]]:
        """Relations that only the other side states, as (relation, node)."""
        return self._inferred.get(node, [])

    def files_in(self, node: int) -> list[int]:
        """Nodes of the files that a folder lists, in its order."""
        return [part for part in self._folders.get(node, ()) if self._is(part, Kind.FILE)]

    def structural(self, node: int, rel: str, other: int) -> bool:
        """Whether a link is that between a portfolio and its page, which their facts hold."""
        if rel == "has_part":
            return self._portfolios[other] == node
        return rel == "is_part_of" and self._portfolios[node] == other

    # The first pass fills it.

    def _node(self, entry_id: str) -> int:
        node = self._nodes.get(entry_id)
        if node is None:
            node = self._nodes[entry_id] = len(self._places)
            self._places.append(_NONE)
            self._kinds.append(_NONE)
            self._ordinals.append(_NONE)
            self._extras.append(0)
            self._portfolios.append(_NONE)
            self._positions.append(0)
        return node

    def add(self, facts: Facts, place: int, archive: Archive | None) -> None:
        """Take in the entry at `place`, the first of its id."""
        entry_id = facts.id or f"entry:{place}"
        node = self._node(entry_id)
        if self._places[node] != _NONE:
            self.report.note("left_out", entry_id, "", "The feed has another entry of the same id; the first was kept.")
            return
        self._places[node] = place
        if facts.extension is not None and facts.extension.synthetic:
            return
        files = facts.files
        present = [archive is None or archive.resolve(one.href) is not None for one in files]
        kind = kind_of(facts, found=present == [True])
        self._kinds[node] = _NUMBER_BY_KIND[kind]
        self._extras[node] = 0 if kind is Kind.FILE else min(sum(present), 0xFFFF)
        if kind is Kind.PAGE:
            self._add_page(facts, node)
        elif facts.term("selection_type") == "Folder":
            self._folders[node] = array("l")
        for link in facts.links:
            number = NUMBER_BY_RELATION.get(link.relation)
            if number is not None and link.target != entry_id:
                self._links.add(node, number, self._node(link.target), link.order)
        if len(self._places) > MAX_ENTRIES * 2 or len(self._links) > MAX_LINKS:
            raise PackageError("The feed has more entries and links than this service takes.")

    def _add_page(self, facts: Facts, node: int) -> None:
        own = facts.extension
        if own is not None and own.portfolio_id is not None:
            target = PORTFOLIO_ID.format(id=own.portfolio_id)
            self._own_pages.append((node, target, own.position or 0))
        if facts.view_type in {"profile", "dashboard"} or (own is not None and own.loose):
            self._loose.add(node)

    def finish(self, namespaces: dict[str | None, str]) -> None:
        """Settle pages, ordinals and one-sided links once every entry is in."""
        self.namespaces = namespaces
        for page, target, position in self._own_pages:
            portfolio = self._nodes.get(vocabulary.expand(target, namespaces))
            if portfolio is not None and self._is(portfolio, Kind.PORTFOLIO):
                self._place_page(page, portfolio, position)
        for rel in ("has_part", "is_part_of"):
            for node, other in self._links.of(NUMBER_BY_RELATION[rel]):
                portfolio, page = (node, other) if rel == "has_part" else (other, node)
                if self._is(portfolio, Kind.PORTFOLIO) and self._is(page, Kind.PAGE):
                    self._place_page(page, portfolio, 0)
        self._number()
        for node, number, other in self._links.one_sided():
            if self._places[node] != _NONE and self._kinds[node] != _NONE:
                self._inferred.setdefault(node, []).append((RELATIONS[number], other))
        for node, other in self._links.of(NUMBER_BY_RELATION["has_part"]):
            if node in self._folders:
                self._folders[node].append(other)
        self._links = Links()
        self._own_pages.clear()

    def _is(self, node: int, kind: Kind) -> bool:
        return self._kinds[node] == _NUMBER_BY_KIND[kind]

    def _place_page(self, page: int, portfolio: int, position: int) -> None:
        if self._portfolios[page] != _NONE or page in self._loose:
            return
        self.page_counts[portfolio] += 1
        self._portfolios[page] = portfolio
        self._positions[page] = position or self.page_counts[portfolio]

    def _number(self) -> None:
        ordinal = 0
        for node in sorted(
            (n for n in range(len(self._places)) if self._places[n] != _NONE), key=self._places.__getitem__
        ):
            if self._kinds[node] == _NONE:
                continue
            self._ordinals[node] = ordinal
            alone = self._is(node, Kind.PAGE) and self._portfolios[node] == _NONE and node not in self._loose
            if alone:
                self._positions[node] = 1
            ordinal += 1 + alone + self._extras[node]
        self.count = ordinal


def survey(feed: Callable[[], BinaryIO], *, archive: Archive | None = None) -> Index:
    """Read the feed once and learn its graph.

    Parameters
    ----------
    feed
        Opens the feed from its beginning; called again when the feed needs repair.
    archive
        The package, to see which attached files are there. Without it every file is taken to be.

    Raises
    ------
    PackageError
        Not a feed, malformed beyond repair, or unsafe.
    """
    try:
        return _survey(feed, archive, repair=False)
    except feedstream.BrokenFeedError:
        index = _survey(feed, archive, repair=True)
        index.report.note("degraded", "", index.title, "The feed was not proper XML; it was repaired to be read.")
        return index


def _survey(feed: Callable[[], BinaryIO], archive: Archive | None, *, repair: bool) -> Index:
    index = Index()
    index.repaired = repair
    namespaces: dict[str | None, str] = {}
    for place, element in enumerate(feedstream.entries(feed(), repair=repair)):
        if place > MAX_ENTRIES:
            raise PackageError(f"The feed has more than {MAX_ENTRIES:,} entries.")
        if element.tag == feedstream.ENTRY:
            index.add(facts_of(element), place, archive)
        else:
            namespaces = dict(element.nsmap)
            _read_feed(index, element)
    index.finish(namespaces)
    return index


def _read_feed(index: Index, feed: etree._Element) -> None:
    for child in feed:
        name = short_name(child.tag) if isinstance(child.tag, str) else ""
        text = (child.text or "").strip()
        if name == "atom:title":
            index.title = index.title or text
        elif name == "atom:id":
            index.feed_id = index.feed_id or text
        elif name == "atom:author":
            for part in child:
                value = (part.text or "").strip()
                if part.tag == f"{{{vocabulary.ATOM}}}uri":
                    index.author_id = vocabulary.expand(value, child.nsmap)
                elif part.tag == f"{{{vocabulary.ATOM}}}name":
                    index.author_name = value
