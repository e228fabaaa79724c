"""Leaking buckets on the items of tokens: one unconditional UpdateItem charges one and answers its level.

Attributes: `c{second}`, what calls of that second were charged; `b{second}`, the level at its end. An update adds what
the call holds while it is under way. What a container owes or gets back for its call before, it adds with its next call
of the same token, to the second of that call. With the same update it writes a level for what is long over and removes
the charges before it: every writer works out the same level for the same second, so the order of writers is all one.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from chalicelib.domain.bucket import UNIT, Bucket, Rates

SETTLED_S = 8
"""A call's cost is added to its own second for so long; what it held has leaked by then."""
OVER_S = 12
"""Charges of seconds so old do not change any more, whatever clocks differ by."""
LEFTOVERS = 40
"""Attributes that a container which meets a token for the first time leaves to others."""
KEPT = 10_000
"""Tokens a container remembers."""


class Seen(Struct):
    """What a container knows of a token's bucket since its last call."""

    bucket: Bucket = field(default_factory=Bucket)
    bases: tuple[int, ...] = ()
    at: int = 0
    owed: dict[int, int] = field(default_factory=dict)
    """By second of a call, what is to be added to it."""


class Change(Struct):
    """Parts of an update expression."""

    add: dict[str, int]
    put: dict[str, int] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)


class Buckets(Struct, frozen=True):
    """The buckets as one container knows them."""

    rates: Rates = field(default_factory=Rates)
    seen: dict[str, Seen] = field(default_factory=dict)

    def charge(self, name: str, second: int) -> Change:
        """What a call of that second changes in the bucket."""
        known = self.seen.get(name) or Seen()
        add = {f"c{second}": self.rates.hold * UNIT}
        while known.owed:
            then, amount = known.owed.popitem()
            if second - then > SETTLED_S:
                # What it held has leaked; what it cost has not been charged.
                then, amount = second, max(0, amount + self.rates.hold * UNIT)
            add[f"c{then}"] = add.get(f"c{then}", 0) + amount
        change = Change({one: amount for one, amount in add.items() if amount})
        self._fold(known, change)
        return change

    def read(self, name: str, item: dict[str, Any], second: int) -> int:
        """The level in the bucket of an item that was just charged, without this call."""
        charges = {int(key[1:]): int(value["N"]) for key, value in item.items() if _is(key, "c")}
        bases = {int(key[1:]): int(value["N"]) for key, value in item.items() if _is(key, "b")}
        base = max(bases, default=0)
        bucket = Bucket(base=base, level=bases.get(base, 0), charges=charges)
        known = self._known(name)
        known.bucket, known.bases, known.at = bucket, tuple(bases), second
        hold = self.rates.hold * UNIT
        others = Bucket(base=base, level=bucket.level, charges={**charges, second: charges.get(second, hold) - hold})
        return others.level_at(second, self.rates)

    def settle(self, name: str, second: int, cost: int) -> None:
        """A call is over: it gives back what it held and owes what it cost."""
        owed = self._known(name).owed
        owed[second] = owed.get(second, 0) + cost - self.rates.hold * UNIT

    def crowded(self, name: str) -> Change | None:
        """A change that tidies up a bucket nobody has tidied up for long; None when there is no need."""
        known = self._known(name)
        if len(known.bucket.charges) + len(known.bases) <= LEFTOVERS:
            return None
        change = Change({})
        self._fold(known, change)
        return change if change.put else None

    def _fold(self, known: Seen, change: Change) -> None:
        over = known.at - OVER_S
        gone = [one for one in known.bucket.charges if one <= over]
        if not gone or over <= known.bucket.base:
            return
        change.put[f"b{over}"] = known.bucket.level_at(over, self.rates)
        change.remove = [*(f"c{one}" for one in gone), *(f"b{one}" for one in known.bases)]

    def _known(self, name: str) -> Seen:
        if name not in self.seen and len(self.seen) >= KEPT:
            self.seen.clear()
        return self.seen.setdefault(name, Seen())


def _is(key: str, kind: str) -> bool:
    return key[0] == kind and key[1:].isdigit()
