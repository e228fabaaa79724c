"""Links between the entries of a feed, millions of them in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from chalicelib.domain.epobject import INVERSE

RELATIONS = tuple(INVERSE)
NUMBER_BY_RELATION = {rel: number for number, rel in enumerate(RELATIONS)}
_NONE = -1


class Links:
    """Links between nodes as packed numbers: source, relation, target."""

    def __init__(self) -> None:
        self._packed = array("Q")
        self._orders: dict[int, tuple[int, str]] = {}

    def __len__(self) -> int:
        return len(self._packed)

    def add(self, node: int, number: int, other: int, order: tuple[int, str]) -> None:
        """Take in a link; `order` sorts parts."""
        key = (node << 36) | (number << 31) | other
        if order != (1, ""):
            self._orders[key] = order
        self._packed.append(key)

    def _unpacked(self) -> Iterator[tuple[int, int, int, tuple[int, str]]]:
        for key in self._packed:
            yield key >> 36, (key >> 31) & 31, key & 0x7FFFFFFF, self._orders.get(key, (1, ""))

    def of(self, number: int) -> Iterator[tuple[int, int]]:
        """Links of one relation: by source as they came, parts in their order."""
        current, found = _NONE, list[tuple[tuple[int, str], int]]()
        for node, relation, other, order in self._unpacked():
            if relation != number:
                continue
            if node != current:
                yield from ((current, one) for _, one in sorted(found, key=lambda pair: pair[0]))
                current, found = node, []
            found.append((order, other))
        yield from ((current, one) for _, one in sorted(found, key=lambda pair: pair[0]))

    def one_sided(self) -> list[tuple[int, int, int]]:
        """The inverses that no entry states, each once, in the order of parts."""
        stated = array("Q", sorted(self._packed))
        seen: set[int] = set()
        found: list[tuple[int, int, int, tuple[int, str]]] = []
        for node, number, other, order in self._unpacked():
            inverse = NUMBER_BY_RELATION[INVERSE[RELATIONS[number]]]
            key = (other << 36) | (inverse << 31) | node
            at = bisect_left(stated, key)
            if (at < len(stated) and stated[at] == key) or key in seen:
                continue
            seen.add(key)
            found.append((other, inverse, node, order))
        found.sort(key=lambda link: link[3])
        return [link[:3] for link in found]
