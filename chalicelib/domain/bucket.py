"""A leaking bucket that many writers fill without reading it first (canvas-a 1.5).

What is stored is not a level but what made it: the charges of each second, to which anybody may add, and the level at
the end of some second before them. Going through them in order gives the level at any moment, to within what leaks in a
second. Amounts are thousandths of Canvas's unit, so that they are whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

UNIT = 1000


class Rates(Struct, frozen=True, kw_only=True):
    """A kind of bucket, in Canvas's unit. A call is refused from `limit` on; a `limit` of 0: there is no bucket."""

    limit: int = 600
    cap: int = 800
    drain_per_s: int = 10
    hold: int = 50
    """What a call holds while it is under way."""


class Lease(Struct, frozen=True):
    """What a call holds in a leaking bucket since `at`; `level` is in it besides, in thousandths of a unit."""

    hash: str
    at: datetime
    level: int


class Bucket(Struct, frozen=True, kw_only=True):
    """The charges of seconds behind `base`, at whose end the level was `level`. Seconds are Unix time."""

    base: int = 0
    level: int = 0
    charges: Mapping[int, int] = field(default_factory=dict)

    def level_at(self, second: int, rates: Rates) -> int:
        """The level at the end of that second, before anything leaks of what it brought.

        >>> bucket = Bucket(charges={100: 50_000, 103: 2_000})
        >>> [bucket.level_at(second, Rates()) for second in (99, 100, 103, 200)]
        [0, 50000, 22000, 0]
        """
        level, at = self.level, self.base
        for then in sorted(one for one in self.charges if self.base < one <= second):
            level = _leaked(level, then - at, rates) + self.charges[then]
            level, at = min(max(level, 0), rates.cap * UNIT), then
        return _leaked(level, second - at, rates)


def _leaked(level: int, seconds: int, rates: Rates) -> int:
    return max(0, level - seconds * rates.drain_per_s * UNIT)
