"""One entry's view of the rest of its feed, during the second pass."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.domain.epobject import INVERSE, Kind
from chalicelib.domain.identity import object_path
from chalicelib.packages.leap2a.entry import Link
from chalicelib.packages.leap2a.index import Index
from chalicelib.packages.scratch import number_of


class Scope:
    """Where an entry stands, and how it finds the others."""

    def __init__(self, index: Index, node: int, entry_id: str, ordinal: int, mint: Callable[[int], int]) -> None:
        self._index = index
        self.node = node
        self.entry_id = entry_id
        self.ordinal = ordinal
        self._mint = mint
        self.id = mint(ordinal)
        row = index.row(node)
        assert row is not None  # noqa: S101 - there is an entry
        self._row = row
        self.kind = Kind(row.kind)
        self.title = ""
        """The name, for notes."""
        self.stated_title = ""
        self._node_by_id: dict[int, int] = {}

    def note(self, outcome: str, reason: str) -> None:
        """Report something about this entry."""
        self._index.report.note(outcome, self.entry_id, self.title, reason)

    def object_id(self, entry_id: str) -> int | None:
        """The new id of an entry; None when the package has no such entry."""
        return self._id_of(number_of(entry_id))

    def _id_of(self, node: int) -> int | None:
        ordinal = self._index.ordinal_of(node)
        if ordinal is None:
            return None
        found = self._mint(ordinal)
        self._node_by_id[found] = node
        return found

    def skipped(self, entry_id: str) -> bool:
        """Whether the package has such an entry that makes no object: the one about the account's owner."""
        return self._index.row(number_of(entry_id)) is not None

    def address(self, href: str) -> str | None:
        """The stored address of an entry, for links in HTML."""
        target = self.object_id(self._index.expand(href))
        return None if target is None else object_path(target)

    def is_file(self, object_id: int) -> bool:
        """Whether an id this scope has given out is a file's."""
        return self.is_kind(object_id, Kind.FILE)

    def is_kind(self, object_id: int, kind: Kind) -> bool:
        """Whether an id this scope has given out is of that kind."""
        node = self._node_by_id.get(object_id)
        return node is not None and self._index.is_kind(node, kind)

    def files_in(self, object_id: int) -> list[int]:
        """Ids of the files a folder lists; the folder's id was given out by this scope."""
        node = self._node_by_id.get(object_id)
        files = [] if node is None else self._index.files_in(node)
        return [found for one in files if (found := self._id_of(one)) is not None]

    def order_of_parts(self) -> dict[int, tuple[int, str]]:
        """Where the parts of this entry stand among themselves, by id: as it says, or else as they say."""
        places = self._index.order_of_parts(self.node)
        return {found: place for node, place in places.items() if (found := self._id_of(node)) is not None}

    def related(self, link: Link) -> int | None:
        """The id a link relates this entry to; None where that is not a relation between two entries."""
        node = number_of(link.target)
        if link.relation not in INVERSE:
            return None
        if node == self.node:
            self.note("degraded", "It is linked to itself; that link was dropped.")
            return None
        if self._index.structural(self.node, link.relation, node):
            return None
        return self._id_of(node)

    def inferred(self) -> list[tuple[str, int]]:
        """Relations that only the other side states, as (relation, id)."""
        return [
            (rel, found)
            for rel, node in self._index.inferred(self.node)
            if not self._index.structural(self.node, rel, node) and (found := self._id_of(node)) is not None
        ]

    @property
    def page_count(self) -> int:
        """Pages of this portfolio."""
        return self._row.pages

    @property
    def alone(self) -> bool:
        """Whether this page is in no portfolio, and so gets one of its own."""
        return self.kind is Kind.PAGE and self._row.portfolio is None and not self._row.loose

    def place_of_page(self) -> tuple[int | None, int]:
        """A page's portfolio id and position; a page in no portfolio gets the one that follows it."""
        if self._row.portfolio is not None:
            return self._id_of(self._row.portfolio), self._row.position
        return (self._mint(self.ordinal + 1) if self.alone else None), self._row.position
