"""SHA-256 that survives a checkpoint.

`hashlib` cannot give its state away, but a member of a package may be written by several processes in turn and its
digest is due in the manifest. OpenSSL's plain C functions keep the state in a struct of fixed layout; where Python's
own `_hashlib` has them at hand they do the work, at full speed. Elsewhere the same state is computed in Python.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import ctypes

BLOCK = 64
_CONTEXT = struct.Struct("=8I2I64s2I")
_START = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_MASK = 0xFFFFFFFF


class DigestState(msgspec.Struct, frozen=True):
    """Where a digest stands: the hash words, the bytes of the unfinished block, and the length in bytes so far."""

    words: tuple[int, ...] = _START
    tail: bytes = b""
    length: int = 0


class Sha256:
    """Like `hashlib.sha256()`, with `state()`.

    Parameters
    ----------
    state
        From `state()` of the digest this one continues.
    """

    def __init__(self, state: DigestState | None = None, *, native: bool = True) -> None:
        self._state = state or DigestState()
        self._library = _library() if native else None
        self._context: ctypes.Array[ctypes.c_char] | None = None
        if self._library is not None:
            self._context = _to_context(self._state)

    def update(self, data: bytes) -> None:
        """Take in bytes."""
        if self._library is not None and self._context is not None:
            self._library.SHA256_Update(self._context, data, len(data))
        else:
            self._state = _advance(self._state, data)

    def state(self) -> DigestState:
        """Where the digest stands now."""
        return self._state if self._context is None else _from_context(self._context)

    def hexdigest(self) -> str:
        """The digest of everything so far; more may follow."""
        state = self.state()
        bits = struct.pack(">Q", state.length * 8)
        padding = b"\x80" + bytes((55 - state.length) % BLOCK) + bits
        return struct.pack(">8I", *_advance(state, padding).words).hex()


@cache
def _library() -> ctypes.CDLL | None:
    """OpenSSL as `_hashlib` has it loaded; None when it was linked in without names."""
    try:
        import _hashlib
        import ctypes

        library = ctypes.CDLL(_hashlib.__file__)
        library.SHA256_Update.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    except (ImportError, OSError, AttributeError, TypeError):
        return None
    return library if _agrees(library) else None


def _agrees(library: ctypes.CDLL) -> bool:
    """Whether the struct is laid out as expected: the library and Python reach the same state."""
    sample = bytes(range(100))
    context = _to_context(DigestState())
    library.SHA256_Update(context, sample, len(sample))
    return _from_context(context) == _advance(DigestState(), sample)


def _to_context(state: DigestState) -> ctypes.Array[ctypes.c_char]:
    import ctypes

    bits = state.length * 8
    tail = state.tail.ljust(BLOCK, b"\0")
    packed = _CONTEXT.pack(*state.words, bits & _MASK, (bits >> 32) & _MASK, tail, len(state.tail), 32)
    return ctypes.create_string_buffer(packed, _CONTEXT.size + 16)


def _from_context(context: ctypes.Array[ctypes.c_char]) -> DigestState:
    *words, low, high, tail, used, _ = _CONTEXT.unpack_from(context.raw)
    return DigestState(tuple(words), tail[:used], ((high << 32) | low) // 8)


def _advance(state: DigestState, data: bytes) -> DigestState:
    data_all = state.tail + data
    words = state.words
    end = len(data_all) - len(data_all) % BLOCK
    for start in range(0, end, BLOCK):
        words = _compress(words, data_all[start : start + BLOCK])
    return DigestState(words, data_all[end:], state.length + len(data))


def _compress(words: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    """FIPS 180-4, section 6.2.2."""
    schedule = list(struct.unpack(">16I", block))
    for t in range(16, 64):
        x, y = schedule[t - 15], schedule[t - 2]
        small0 = _rotate(x, 7) ^ _rotate(x, 18) ^ (x >> 3)
        small1 = _rotate(y, 17) ^ _rotate(y, 19) ^ (y >> 10)
        schedule.append((schedule[t - 16] + small0 + schedule[t - 7] + small1) & _MASK)
    a, b, c, d, e, f, g, h = words
    for constant, word in zip(_constants(), schedule, strict=True):
        big1 = _rotate(e, 6) ^ _rotate(e, 11) ^ _rotate(e, 25)
        first = h + big1 + ((e & f) ^ (~e & g)) + constant + word
        big0 = _rotate(a, 2) ^ _rotate(a, 13) ^ _rotate(a, 22)
        second = big0 + ((a & b) ^ (a & c) ^ (b & c))
        a, b, c, d, e, f, g, h = (first + second) & _MASK, a, b, c, (d + first) & _MASK, e, f, g
    return tuple((old + new) & _MASK for old, new in zip(words, (a, b, c, d, e, f, g, h), strict=True))


def _rotate(x: int, n: int) -> int:
    return (x >> n) | ((x << (32 - n)) & _MASK)


@cache
def _constants() -> tuple[int, ...]:
    """First 32 bits of the fractions of the cube roots of the first 64 primes."""
    primes = [n for n in range(2, 312) if all(n % divisor for divisor in range(2, int(n**0.5) + 1))]
    return tuple(_cube_root(prime << 96) & _MASK for prime in primes)


def _cube_root(n: int) -> int:
    low, high = 0, 1 << (n.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= n else (low, middle - 1)
    return low
