"""Walking through lists of courses in order, a bounded number of reads a request (canvas-b 4.4).

What a client asks for is checked after reading. So that no request runs away, it reads at most `QUERIES` times and
looks at most at the sum of `LIMITS` entries a list; when those have too few answers, the page is short, or empty, and
its next link goes on behind the last entry looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, field

from chalicelib.domain.courseentry import Entry

LIMITS = (0, 400, 800)
"""Entries of each read of a list in a request; the first reads what the page may need."""
SLACK = 10
SKIPS = 12
"""Reads more for a page number without a cursor, whose items before it are passed over."""
BETWEEN = "\x02"
"""In a cursor, between the group and the place."""


class Source(Struct, frozen=True):
    """The list of an account, or of its courses in a term."""

    account_id: int
    term_id: int = 0


class Group(Struct, frozen=True):
    """Lists that are walked as one; groups follow one another by their keys."""

    sources: tuple[Source, ...]
    key: str = ""


class Placed(Struct, frozen=True):
    """An entry with its place in the order that is walked."""

    place: str
    entry: Entry


class Read(Struct, frozen=True):
    """Entries in order, and whether there are more behind them."""

    items: Sequence[Placed]
    more: bool


Reader = Callable[[Source, str, int], Read]
"""Reads a list from behind a place, at most so many entries."""


class Page(Struct):
    """A page while it is filled."""

    size: int
    skip: int = 0
    items: list[Entry] = field(default_factory=list)
    cursor: str = ""
    whole: bool = False
    """The walk came to the end."""
    passed: int = 0
    """Answers that were passed over."""

    def take(self, group: Group, found: Iterable[Placed], answers: Callable[[Entry], bool]) -> bool:
        """Take answers; whether the page is full and another answer is behind it."""
        for one in found:
            if answers(one.entry):
                if self.passed < self.skip:
                    self.passed += 1
                elif len(self.items) == self.size:
                    return True
                else:
                    self.items.append(one.entry)
            self.cursor = f"{group.key}{BETWEEN}{one.place}"
        return False


def fill(
    page: Page,
    groups: Sequence[Group],
    read: Reader,
    answers: Callable[[Entry], bool],
    *,
    cursor: str,
    descending: bool,
) -> Page:
    """Fill a page from the lists, from behind a cursor; its own cursor is where the next one begins."""
    key, _, place = cursor.partition(BETWEEN)
    reads = 0
    for group in sorted(groups, key=lambda one: one.key, reverse=descending):
        if cursor and (group.key > key if descending else group.key < key):
            continue
        after = place if cursor and group.key == key else ""
        while True:
            allowed = len(LIMITS) + (SKIPS if page.passed < page.skip else 0)
            if reads and reads + len(group.sources) > allowed:
                page.cursor = page.cursor or cursor
                return page
            limit = LIMITS[min(reads, len(LIMITS) - 1)] or page.size + page.skip + SLACK
            found = merged([read(source, after, min(limit, LIMITS[-1])) for source in group.sources], descending)
            reads += len(group.sources)
            if page.take(group, found.items, answers):
                return page
            if not found.more:
                page.cursor = f"{group.key}{BETWEEN}" + (found.items[-1].place if found.items else after)
                break
            after = found.items[-1].place
            if len(page.items) == page.size:
                return page
    page.whole, page.cursor = True, ""
    return page


def merged(reads: Sequence[Read], descending: bool) -> Read:  # noqa: FBT001 - as `sorted` has it
    """Reads of several lists as one; what may have something of another list before it is left out.

    A course that is in several lists has the same place in each, and comes once.
    """
    if len(reads) == 1:
        return reads[0]
    ends = [one.items[-1].place for one in reads if one.more and one.items]
    edge = (max(ends) if descending else min(ends)) if ends else ""
    found = {one.place: one for read in reads for one in read.items}
    places = sorted(found, reverse=descending)
    if edge:
        places = [place for place in places if (place >= edge if descending else place <= edge)]
    return Read([found[place] for place in places], more=bool(ends))
