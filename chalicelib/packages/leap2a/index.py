"""The first pass over a feed: who is there, and how they are linked. Names and texts wait for the second pass.

A link may be stated on one side only, so the graph is known once every entry has been seen. It is kept on disk, a few
numbers for each entry and each link, so a feed of any length takes the same memory; and it can be handed on, so that
a worker that goes on with an import need not read the feed for it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from chalicelib.domain.epobject import INVERSE, Kind
from chalicelib.domain.errors import PackageError
from chalicelib.packages.archive import Archive
from chalicelib.packages.leap2a.entry import Facts, kind_of
from chalicelib.packages.leap2a.model import Report
from chalicelib.packages.leap2a.strays import note_strays
from chalicelib.packages.leap2a.vocabulary import expand
from chalicelib.packages.scratch import Scratch, number_of

MAX_LINKS = 2_000_000
MAX_ATTACHED = 1_000
"""Files of one entry that become objects beside it."""
ROWS_KEPT = 2_000
"""Entries remembered while others refer to them: a journal, whose posts all do."""

RELATIONS = tuple(INVERSE)
_NUMBER = {rel: number for number, rel in enumerate(RELATIONS)}
_SCHEMA = """
CREATE TABLE entries (node INTEGER PRIMARY KEY, place INTEGER, kind TEXT, ordinal INTEGER, extras INTEGER,
    portfolio INTEGER, position INTEGER, pages INTEGER, loose INTEGER, folder INTEGER,
    stated_portfolio INTEGER, stated_position INTEGER);
CREATE TABLE links (number INTEGER PRIMARY KEY, source INTEGER, rel INTEGER, target INTEGER,
    rank INTEGER, place TEXT);
CREATE TABLE inferred (number INTEGER PRIMARY KEY, node INTEGER, rel INTEGER, other INTEGER);
CREATE TABLE inverses (rel INTEGER PRIMARY KEY, inverse INTEGER);
CREATE TABLE used (member INTEGER PRIMARY KEY);
CREATE TABLE facts (content TEXT);
"""

_STATED_PAGES = """
SELECT p.node, f.node, p.stated_position FROM entries p JOIN entries f ON f.node = p.stated_portfolio
WHERE f.kind = 'portfolio' ORDER BY p.place
"""
_TOLD = "FROM links p WHERE p.source = links.target AND p.rel = :part AND p.target = links.source AND p.rank = 0"
_TAKE_ORDER = f"""UPDATE links SET rank = 0, place = (SELECT MIN(p.place) {_TOLD})
WHERE rel = :whole AND rank = 1 AND EXISTS (SELECT 1 {_TOLD})"""  # noqa: S608 - no text of a stranger's
"""A whole lists its parts without an order, and the parts tell their places."""
_STATED_ORDER = "SELECT target, place FROM links WHERE source = ? AND rel = ? AND rank = 0"
_LISTED_PAGES = """
SELECT p.node, f.node, 0 FROM links l JOIN entries f ON f.node = l.source JOIN entries p ON p.node = l.target
WHERE l.rel = ? AND f.kind = 'portfolio' AND p.kind = 'page' ORDER BY f.place, l.rank, l.place, l.number
"""
_SAYING_PAGES = """
SELECT p.node, f.node, 0 FROM links l JOIN entries f ON f.node = l.target JOIN entries p ON p.node = l.source
WHERE l.rel = ? AND f.kind = 'portfolio' AND p.kind = 'page' AND p.portfolio IS NULL
ORDER BY p.place, l.rank, l.place, l.number
"""


class Row(NamedTuple):
    """What is known of an entry. `kind` is empty for one that makes no object."""

    place: int
    kind: str
    ordinal: int | None
    portfolio: int | None
    position: int
    pages: int
    loose: int
    folder: int


class FeedFacts(msgspec.Struct):
    """What the feed says of itself; `count` objects come of it."""

    title: str = ""
    feed_id: str = ""
    author_id: str = ""
    author_name: str = ""
    namespaces: dict[str, str] = {}
    repaired: bool = False
    count: int = 0


class Index:
    """The graph of a feed. A node is a number that stands for the id of an entry.

    Attributes
    ----------
    facts
        Of the feed as a whole. Ordinals of objects are 0 to `facts.count - 1`, in document order.
    report
        Shared with the second pass, which adds to it.
    """

    def __init__(self, content: Iterable[bytes] | None = None) -> None:
        self.facts = FeedFacts()
        self.report = Report()
        self.namespaces: dict[str | None, str] = {}
        self._links = 0
        self._rows = Scratch(_SCHEMA, content)
        self._known: dict[int, Row | None] = {}
        if content is not None:
            self.facts = msgspec.json.decode(self._rows.one("SELECT content FROM facts")[0], type=FeedFacts)
            self._resolve_namespaces()

    @property
    def count(self) -> int:
        """Objects the package makes."""
        return self.facts.count

    def content(self) -> Iterator[bytes]:
        """The index as bytes, for another worker's `Index(content)`."""
        return self._rows.content()

    def row(self, node: int) -> Row | None:
        """What is known of a node; None when the feed has no such entry."""
        if node not in self._known:
            if len(self._known) >= ROWS_KEPT:
                self._known.clear()
            row = self._rows.one(
                "SELECT place, kind, ordinal, portfolio, position, pages, loose, folder FROM entries WHERE node = ?",
                (node,),
            )
            self._known[node] = None if row is None else Row(*row)
        return self._known[node]

    def expand(self, href: str) -> str:
        """An address as entry ids are kept."""
        return expand(href, self.namespaces)

    def ordinal(self, entry_id: str) -> int | None:
        """Ordinal of the object made of an entry; None when there is none."""
        return self.ordinal_of(number_of(entry_id))

    def ordinal_of(self, node: int) -> int | None:
        """Ordinal of the object made of a node's entry."""
        row = self.row(node)
        return None if row is None else row.ordinal

    def is_kind(self, node: int, kind: Kind) -> bool:
        """Whether the node's entry becomes that."""
        row = self.row(node)
        return row is not None and row.kind == kind.value

    def inferred(self, node: int) -> list[tuple[str, int]]:
        """Relations that only the other side states, as (relation, node)."""
        rows = self._rows.run("SELECT rel, other FROM inferred WHERE node = ? ORDER BY number", (node,))
        return [(RELATIONS[rel], other) for rel, other in rows]

    def files_in(self, node: int) -> list[int]:
        """Nodes of the files that a folder lists, in its order."""
        row = self.row(node)
        if row is None or not row.folder:
            return []
        rows = self._rows.run(
            "SELECT l.target FROM links l JOIN entries e ON e.node = l.target WHERE l.source = ? AND l.rel = ?"
            " AND e.kind = ? ORDER BY l.rank, l.place, l.number",
            (node, _NUMBER["has_part"], Kind.FILE.value),
        )
        return [target for (target,) in rows]

    def order_of_parts(self, node: int) -> dict[int, tuple[int, str]]:
        """Where a node's parts stand among themselves, by node, as far as anybody says."""
        rows = self._rows.run(_STATED_ORDER, (node, _NUMBER["has_part"]))
        return {target: (0, place) for target, place in rows}

    def structural(self, node: int, rel: str, other: int) -> bool:
        """Whether a link is between a portfolio and its page or an accreditation it holds, which its facts tell."""
        if rel in {"supported_by", "supports"}:
            kinds = {row.kind for row in (self.row(node), self.row(other)) if row is not None}
            return kinds == {Kind.PORTFOLIO, Kind.ACCREDITATION}
        if rel not in {"has_part", "is_part_of"}:
            return False
        page, portfolio = self.row(other if rel == "has_part" else node), node if rel == "has_part" else other
        return page is not None and page.portfolio == portfolio

    def first_place(self, ordinal: int) -> int:
        """Place in the document of the entry that makes the object of that ordinal."""
        row = self._rows.one("SELECT MAX(place) FROM entries WHERE ordinal <= ?", (ordinal,))
        return int(row[0] or 0)

    # The first pass fills it.

    def add(self, facts: Facts, place: int, archive: Archive | None) -> None:
        """Take in the entry at `place`, the first of its id."""
        entry_id = facts.id or f"entry:{place}"
        node = number_of(entry_id)
        synthetic = facts.extension is not None and facts.extension.synthetic
        files = [] if synthetic else facts.files
        present = [archive is None or archive.resolve(one.href) for one in files]
        kind = kind_of(facts, found=len(present) == 1 and bool(present[0]))
        extras = 0 if kind is Kind.FILE else min(sum(map(bool, present)), MAX_ATTACHED)
        values = [node, place, "" if synthetic else kind.value, extras, kind is Kind.COLLECTION and _is_folder(facts)]
        added = self._rows.run(
            "INSERT OR IGNORE INTO entries (node, place, kind, extras, folder, pages, position, loose,"
            " stated_portfolio, stated_position) VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?)",
            (*values, *(_stated_place(facts, kind))),
        )
        if not added.rowcount:
            self.report.note("left_out", entry_id, "", "The feed has another entry of the same id; the first was kept.")
            return
        if not synthetic:
            members = [(number_of(one),) for one in present if isinstance(one, str)]
            self._rows.run_all("INSERT OR IGNORE INTO used VALUES (?)", members)
            self._add_links(facts, entry_id, node)

    def _add_links(self, facts: Facts, entry_id: str, node: int) -> None:
        rows = [
            (node, _NUMBER[link.relation], number_of(link.target), *link.order)
            for link in facts.links
            if link.relation in _NUMBER and link.target != entry_id
        ]
        self._rows.run_all("INSERT INTO links (source, rel, target, rank, place) VALUES (?, ?, ?, ?, ?)", rows)
        self._links += len(rows)
        if self._links > MAX_LINKS:
            raise PackageError("The feed has more entries and links than this service takes.")

    def finish(self, namespaces: dict[str | None, str], archive: Archive | None) -> None:
        """Settle pages, ordinals and one-sided links once every entry is in."""
        self.facts.namespaces = {prefix or "": uri for prefix, uri in namespaces.items()}
        self._resolve_namespaces()
        self._rows.run("CREATE INDEX by_source ON links (source, rel, target)")
        self._rows.run(_TAKE_ORDER, {"whole": _NUMBER["has_part"], "part": _NUMBER["is_part_of"]})
        self._place_pages()
        self._number()
        self._infer()
        if archive is not None:
            note_strays(self.report, archive, self._is_used)
        self._rows.run("INSERT INTO facts VALUES (?)", (msgspec.json.encode(self.facts).decode(),))

    def _resolve_namespaces(self) -> None:
        self.namespaces = {prefix or None: uri for prefix, uri in self.facts.namespaces.items()}

    def _is_used(self, member: str) -> bool:
        return self._rows.one("SELECT 1 FROM used WHERE member = ?", (number_of(member),)) is not None

    def _place_pages(self) -> None:
        """Give pages their portfolios: as our own extension says, then as portfolios list them, then as pages say."""
        for query, values in (
            (_STATED_PAGES, ()),
            (_LISTED_PAGES, (_NUMBER["has_part"],)),
            (_SAYING_PAGES, (_NUMBER["is_part_of"],)),
        ):
            for page, portfolio, position in self._rows.run(query, values):
                self._place_page(page, portfolio, position)

    def _place_page(self, page: int, portfolio: int, position: int) -> None:
        placed = self._rows.run(
            "UPDATE entries SET portfolio = ?, position = CASE WHEN ? <> 0 THEN ? ELSE"
            " (SELECT f.pages + 1 FROM entries f WHERE f.node = ?) END"
            " WHERE node = ? AND portfolio IS NULL AND NOT loose",
            (portfolio, position, position, portfolio, page),
        )
        if placed.rowcount:
            self._rows.run("UPDATE entries SET pages = pages + 1 WHERE node = ?", (portfolio,))

    def _number(self) -> None:
        def numbered() -> Iterator[tuple[int, int, int]]:
            for node, alone, extras, position in self._rows.run(
                "SELECT node, kind = 'page' AND portfolio IS NULL AND NOT loose, extras, position FROM entries"
                " WHERE kind <> '' ORDER BY place"
            ):
                yield self.facts.count, 1 if alone else position, node
                self.facts.count += 1 + alone + extras

        self._rows.run_all("UPDATE entries SET ordinal = ?, position = ? WHERE node = ?", numbered())

    def _infer(self) -> None:
        """Note the inverses that no entry states, in the order of parts."""
        self._rows.run_all("INSERT INTO inverses VALUES (?, ?)", [(_NUMBER[a], _NUMBER[b]) for a, b in INVERSE.items()])
        self._rows.run(
            "INSERT INTO inferred (node, rel, other) SELECT l.target, i.inverse, l.source FROM links l"
            " JOIN inverses i ON i.rel = l.rel JOIN entries e ON e.node = l.target AND e.kind <> ''"
            " WHERE NOT EXISTS (SELECT 1 FROM links s WHERE s.source = l.target AND s.rel = i.inverse"
            " AND s.target = l.source) ORDER BY l.rank, l.place, l.number"
        )
        self._rows.run("CREATE INDEX by_node ON inferred (node)")


def _is_folder(facts: Facts) -> bool:
    return facts.term("selection_type") == "Folder"


def _stated_place(facts: Facts, kind: Kind) -> tuple[bool, int | None, int]:
    """Whether a page is in no portfolio on purpose (Mahara's profile and dashboard), and where ours says it is."""
    own = facts.extension
    if kind is not Kind.PAGE:
        return False, None, 0
    loose = facts.view_type in {"profile", "dashboard"} or (own is not None and own.loose)
    if own is None or not facts.stated_portfolio:
        return loose, None, 0
    return loose, number_of(facts.stated_portfolio), own.valid_position or 0
