"""The leaking bucket (canvas-a 1.5): the stored one against the plain one, whatever order containers write in."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.bucket import UNIT, Bucket, Rates
from chalicelib.storage.buckets import LEFTOVERS, Buckets, Change

RATES = Rates()
START = 1_790_000_000


@dataclass
class Item:
    """What the table does with changes."""

    values: dict[str, int] = field(default_factory=dict)

    def apply(self, change: Change) -> dict[str, Any]:
        for name, amount in change.add.items():
            self.values[name] = self.values.get(name, 0) + amount
        self.values |= change.put
        for name in change.remove:
            if name not in change.add and name not in change.put:
                self.values.pop(name, None)
        return {name: {"N": str(value)} for name, value in self.values.items()}


@dataclass
class Plain:
    """Canvas's bucket, by the second."""

    level: int = 0
    at: int = START

    def charge(self, second: int, amount: int) -> int:
        """Let leak, answer the level, and charge."""
        self.level = max(0, self.level - (second - self.at) * RATES.drain_per_s * UNIT)
        found, self.at = self.level, second
        self.level = min(max(0, self.level + amount), RATES.cap * UNIT)
        return found


calls = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=25),
        st.integers(min_value=0, max_value=60_000),
        st.integers(min_value=0, max_value=3),
    ),
    max_size=40,
)


@given(calls)
def test_the_level_is_that_of_a_plain_bucket(said: list[tuple[int, int, int]]) -> None:
    """Calls one after the other, in any of four containers: a call before has given back what it held by the next."""
    item, plain = Item(), Plain()
    containers = [Buckets() for _ in range(4)]
    second = START
    for wait, cost, which in said:
        second += wait
        for one in containers:
            known = one.seen.get("t")
            if known is not None and known.owed:
                item.apply(Change(_due(one, second)))
        level = containers[which].read("t", item.apply(containers[which].charge("t", second)), second)
        assert level == plain.charge(second, cost)
        containers[which].settle("t", second, cost)


def _due(one: Buckets, second: int) -> dict[str, int]:
    """What a container owes, brought by hand, as another call of its would."""
    owed, one.seen["t"].owed = one.seen["t"].owed, {}
    return {f"c{then}": amount for then, amount in owed.items()}


def test_what_a_call_holds_leaks_where_nobody_gives_it_back() -> None:
    item = Item()
    for _ in range(12):
        assert Buckets().read("t", item.apply(Buckets().charge("t", START)), START) < 600 * UNIT
    assert Buckets().read("t", item.apply(Buckets().charge("t", START)), START) == 600 * UNIT, "twelve are under way"
    late = Buckets()
    assert late.read("t", item.apply(late.charge("t", START + 65)), START + 65) == 0


def test_what_a_container_owes_comes_with_its_next_call() -> None:
    item, one = Item(), Buckets()
    for number, expected in enumerate((0, 2_000, 4_000)):
        assert one.read("t", item.apply(one.charge("t", START)), START) == expected, number
        one.settle("t", START, 2_000)
    # After longer than it held, the cost alone is charged.
    assert one.read("t", item.apply(one.charge("t", START + 30)), START + 30) == 2_000


def test_an_item_stays_small_and_order_does_not_matter() -> None:
    item, rng = Item(), random.Random(7)  # noqa: S311 - no secret
    containers = [Buckets() for _ in range(5)]
    most = 0
    for second in range(START, START + 600):
        one = rng.choice(containers)
        shown = item.apply(one.charge("t", second))
        one.read("t", shown, second)
        one.settle("t", second, rng.randrange(5_000))
        most = max(most, len(item.values))
    assert most <= LEFTOVERS


def test_containers_that_never_come_back_are_tidied_up_after() -> None:
    item, tidied = Item(), 0
    for second in range(START, START + 200):
        fresh = Buckets()
        fresh.read("t", item.apply(fresh.charge("t", second)), second)
        change = fresh.crowded("t")
        if change is not None:
            before = _level(item, second)
            item.apply(change)
            assert _level(item, second) == before
            tidied += 1
        assert len(item.values) <= LEFTOVERS + 1
    assert 0 < tidied <= 200 / (LEFTOVERS - 15)


def _level(item: Item, second: int) -> int:
    bases = {int(name[1:]): value for name, value in item.values.items() if name[0] == "b"}
    charges = {int(name[1:]): value for name, value in item.values.items() if name[0] == "c"}
    base = max(bases, default=0)
    return Bucket(base=base, level=bases.get(base, 0), charges=charges).level_at(second, RATES)
