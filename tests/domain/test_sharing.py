"""The key list as a rule (accreditly 3.5): exactly the last list is left, and no deleted value returns."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.access import may_open_by_key
from chalicelib.domain.epobject import EpObject, Kind, PortfolioFacts, ShareKey
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.sharing import KEY_LIMIT, NEW_KEY_LABEL, KeyChange, check_keys, replaced

Sent = tuple[int | None, str | None, bool | None]
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def minting() -> Callable[[str], ShareKey]:
    numbers = itertools.count(1)

    def fresh(label: str) -> ShareKey:
        number = next(numbers)
        return ShareKey(id=f"id{number}", value=f"{number:08x}", label=label)

    return fresh


def opens(keys: tuple[ShareKey, ...], value: str) -> bool:
    portfolio = EpObject(
        id=1,
        owner_id=1,
        kind=Kind.PORTFOLIO,
        name="P",
        created_at=NOW,
        updated_at=NOW,
        added_at=NOW,
        portfolio=PortfolioFacts(guid="", owner_email="", keys=keys),
    )
    return may_open_by_key(portfolio, value)


@st.composite
def posts(draw: st.DrawFn) -> list[list[Sent]]:
    """Lists of elements: the place of a key of the list before (None: a new one), label, enabled."""
    element = st.tuples(st.none() | st.integers(0, 5), st.none() | st.text(max_size=5), st.none() | st.booleans())
    return draw(st.lists(st.lists(element, max_size=6), max_size=6))


@given(posts())
def test_any_sequence_leaves_exactly_the_last_list(sent: list[list[Sent]]) -> None:
    fresh = minting()
    keys: tuple[ShareKey, ...] = (fresh("Default Sharing Url"),)
    ever = {keys[0].value}
    for post in sent:
        before = keys
        changes: list[KeyChange] = []
        wanted: list[tuple[ShareKey | None, str | None, bool | None]] = []
        for place, label, enabled in post:
            known = before[place] if place is not None and place < len(before) else None
            if known is not None and known.id in [change.id for change in changes]:
                continue
            changes.append(KeyChange(id=known.id if known else "", label=label, enabled=enabled))
            wanted.append((known, label, enabled))
        keys, taken = replaced(before, changes, fresh)
        assert not ever & set(taken), "a value came back"
        ever |= set(taken)
        assert len(keys) == len(wanted)
        for key, (known, label, enabled) in zip(keys, wanted, strict=True):
            origin = known or ShareKey(id=key.id, value=key.value, label=NEW_KEY_LABEL)
            expected = replace(
                origin,
                label=origin.label if label is None else label,
                enabled=origin.enabled if enabled is None else enabled,
            )
            assert key == expected
            assert (key.value in taken) is (known is None)
        assert {value for value in ever if opens(keys, value)} == {key.value for key in keys if key.enabled}


def test_a_list_with_an_unknown_key_is_refused_whole() -> None:
    fresh = minting()
    keys = (fresh("a"),)
    for bad in ([KeyChange(id="other")], [KeyChange(), KeyChange(id="other")]):
        with pytest.raises(InvalidError):
            replaced(keys, bad, fresh)


def test_limits() -> None:
    check_keys([KeyChange(label="x" * 255)] * KEY_LIMIT)
    for bad in ([KeyChange()] * (KEY_LIMIT + 1), [KeyChange(id="a"), KeyChange(id="a")], [KeyChange(label="x" * 256)]):
        with pytest.raises(InvalidError):
            check_keys(bad)


@given(st.text(max_size=12))
def test_only_the_exact_text_opens(text: str) -> None:
    key = ShareKey(id="k", value="5be0917c", label="")
    assert opens((key,), text) is (text == key.value)
    assert not opens((replace(key, enabled=False),), text)
