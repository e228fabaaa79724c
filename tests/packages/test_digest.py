from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.packages import digest
from chalicelib.packages.digest import DigestState, Sha256


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_any_relay_gives_the_digest_of_hashlib(pieces: list[bytes], native: list[bool]) -> None:
    running = Sha256(native=native[0])
    for piece, own in zip(pieces, native, strict=False):
        running.update(piece)
        state = msgspec.json.decode(msgspec.json.encode(running.state()), type=DigestState)
        running = Sha256(state, native=own)
    assert running.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


@pytest.mark.parametrize("native", [True, False])
def test_every_length_near_a_block(native: bool) -> None:  # noqa: FBT001
    for length in range(130):
        running = Sha256(native=native)
        running.update(b"x" * length)
        assert running.hexdigest() == hashlib.sha256(b"x" * length).hexdigest()


def test_the_length_of_a_large_member_is_kept() -> None:
    state = DigestState(length=5 << 30)
    assert Sha256(state).state() == Sha256(state, native=False).state() == state


@pytest.mark.skipif(digest._library() is None, reason="OpenSSL was linked in without names")
def test_it_is_fast_here() -> None:
    running = Sha256()
    running.update(bytes(20_000_000))
    assert running.hexdigest() == hashlib.sha256(bytes(20_000_000)).hexdigest()
