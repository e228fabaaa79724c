"""A zip written forward only, that may stop at a checkpoint and go on in another process with the same bytes.

Deflated members are made of segments: `boundary()` ends one with a full flush and the next begins with a fresh
compressor. Whether the process went on or a new one took over cannot be seen in the bytes, as long as `boundary()`
is called at the same places of the content.

A member that shrinks so far that readers would take it for a bomb (a blank file, a text of one word over and over) is
padded with empty blocks, of which nothing inflates.

Memory does not grow with members: `close()` hands out each member's directory record, and `finish()` takes them back.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable

import msgspec

from chalicelib.packages.ziprecords import (
    CENTRAL_SIGNATURE,
    CHUNK,
    DEFLATED,
    END,
    END_SIGNATURE,
    FLAG_DESCRIPTOR,
    FLAG_UTF8,
    LOCAL_SIGNATURE,
    MAX16,
    MAX32,
    MAX_RATIO,
    RATIO_FREE_BYTES,
    STORED,
    UNIX,
    VERSION64,
    end64_records,
)

LEVEL = 6
DOS_DATE = (0 << 9) | (1 << 5) | 1
"""1 January 1980, the first day a zip can say."""
MODE = 0o100644 << 16
VERSION = 20
PADDED_RATIO = MAX_RATIO // 2
EMPTY_BLOCK = b"\0\0\0\xff\xff"
ZIP64_HINT = MAX32 - (1 << 24)
"""Members expected to reach this many bytes get zip64 sizes from the start: deflating may add a little."""


class MemberRecord(msgspec.Struct, frozen=True):
    """A finished member. `directory` is its record for `finish()`; sizes and offset in bytes."""

    name: str
    size: int
    crc32: int
    compressed_size: int
    offset: int
    directory: bytes


class OpenMember(msgspec.Struct, frozen=True):
    """The member being written at a pause."""

    name: str
    stored: bool
    zip64: bool
    offset: int
    size: int
    compressed_size: int
    crc32: int


class ZipState(msgspec.Struct, frozen=True):
    """Where a writer stopped; small and JSON-able, whatever the number of members."""

    offset: int = 0
    members: int = 0
    directory_size: int = 0
    open: OpenMember | None = None


class ZipWriter:
    """Writes a zip to `sink`, which takes each piece of bytes in order.

    Parameters
    ----------
    sink
        Called with bytes; what it returns is ignored.
    state
        From `pause()` of the writer this one continues; `sink` must have received exactly `state.offset` bytes.
    """

    def __init__(self, sink: Callable[[bytes], object], state: ZipState | None = None) -> None:
        state = state or ZipState()
        self._sink = sink
        self._offset = state.offset
        self._members = state.members
        self._directory_size = state.directory_size
        self._open = False
        self._deflater: zlib._Compress | None = None
        self._name = ""
        self._stored = self._zip64 = False
        self._start = self._size = self._compressed = self._crc = 0
        if state.open is not None:
            self._resume(state.open)

    @property
    def offset(self) -> int:
        """Bytes given to the sink so far, over all writers of this zip."""
        return self._offset

    @property
    def member_size(self) -> int:
        """Bytes written to the open member so far, before deflating."""
        return self._size

    def open(self, name: str, *, stored: bool = False, size_hint: int = 0) -> None:
        """Begin a member.

        Parameters
        ----------
        stored
            Do not deflate.
        size_hint
            Expected bytes, 0 when unknown. A member of 4 GiB or more must be announced, because its header says how
            its sizes will be written.
        """
        if self._open:
            raise ValueError(f"{self._name} is still open")
        self._open, self._name, self._stored = True, name, stored
        self._zip64 = size_hint >= ZIP64_HINT
        self._start, self._size, self._compressed, self._crc = self._offset, 0, 0, 0
        self._deflater = None
        raw = name.encode()
        extra = struct.pack("<2H2Q", 1, 16, 0, 0) if self._zip64 else b""
        sizes = (0, MAX32, MAX32) if self._zip64 else (0, 0, 0)
        self._emit(
            struct.pack(
                "<4s5H3L2H",
                LOCAL_SIGNATURE,
                self._version(),
                FLAG_DESCRIPTOR | FLAG_UTF8,
                STORED if stored else DEFLATED,
                0,
                DOS_DATE,
                *sizes,
                len(raw),
                len(extra),
            )
            + raw
            + extra
        )

    def write(self, data: bytes) -> None:
        """Add to the open member."""
        if not data:
            return
        self._size += len(data)
        self._crc = zlib.crc32(data, self._crc)
        if self._stored:
            self._emit_data(data)
            return
        if self._deflater is None:
            self._deflater = _deflater()
        self._emit_data(self._deflater.compress(data))

    def boundary(self) -> None:
        """End a segment of the open member; call at places that depend on the content alone."""
        if self._deflater is not None:
            self._emit_data(self._deflater.flush(zlib.Z_FULL_FLUSH))
            self._deflater = None

    def close(self) -> MemberRecord:
        """End the open member.

        Raises
        ------
        ValueError
            None is open, or one that was not announced as large grew beyond 4 GiB.
        """
        if not self._open:
            raise ValueError("no member is open")
        if not self._stored:
            self._pad()
            self._emit_data((self._deflater or _deflater()).flush(zlib.Z_FINISH))
        if not self._zip64 and max(self._size, self._compressed) > MAX32:
            raise ValueError(f"{self._name} grew beyond 4 GiB without size_hint")
        form = "<4sL2Q" if self._zip64 else "<4s3L"
        self._emit(struct.pack(form, b"PK\x07\x08", self._crc, self._compressed, self._size))
        directory = self._central()
        record = MemberRecord(self._name, self._size, self._crc, self._compressed, self._start, directory)
        self._open, self._deflater = False, None
        self._members += 1
        self._directory_size += len(directory)
        return record

    def pause(self) -> ZipState:
        """Where the writer is now. Inside a deflated member this is a boundary, so call it where one belongs."""
        self.boundary()
        member = None
        if self._open:
            member = OpenMember(
                self._name, self._stored, self._zip64, self._start, self._size, self._compressed, self._crc
            )
        return ZipState(self._offset, self._members, self._directory_size, member)

    def finish(self, directory: Iterable[bytes]) -> None:
        """Write the directory (the records of all members, in the order they were closed) and the end records."""
        if self._open:
            raise ValueError(f"{self._name} is still open")
        start = self._offset
        for record in directory:
            self._emit(record)
        size = self._offset - start
        if size != self._directory_size:
            raise ValueError("the directory records are not those of this zip")
        if self._members >= MAX16 or start >= MAX32 or size >= MAX32:
            self._emit(end64_records(self._members, size, start, self._offset))
        count = min(self._members, MAX16)
        self._emit(END.pack(END_SIGNATURE, 0, 0, count, count, min(size, MAX32), min(start, MAX32), 0))

    def _resume(self, member: OpenMember) -> None:
        self._open, self._name = True, member.name
        self._stored, self._zip64 = member.stored, member.zip64
        self._start, self._size = member.offset, member.size
        self._compressed, self._crc = member.compressed_size, member.crc32

    def _version(self) -> int:
        return VERSION64 if self._zip64 else VERSION

    def _central(self) -> bytes:
        raw = self._name.encode()
        long_offset = self._start >= MAX32
        values = ([self._size, self._compressed] if self._zip64 else []) + ([self._start] if long_offset else [])
        extra = struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values) if values else b""
        version = VERSION64 if values else VERSION
        sizes = (MAX32, MAX32) if self._zip64 else (self._compressed, self._size)
        return (
            struct.pack(
                "<4s6H3L5H2L",
                CENTRAL_SIGNATURE,
                (UNIX << 8) | version,
                self._version(),
                FLAG_DESCRIPTOR | FLAG_UTF8,
                STORED if self._stored else DEFLATED,
                0,
                DOS_DATE,
                self._crc,
                *sizes,
                len(raw),
                len(extra),
                0,
                0,
                0,
                MODE,
                MAX32 if long_offset else self._start,
            )
            + raw
            + extra
        )

    def _pad(self) -> None:
        wanted = self._size // PADDED_RATIO
        if self._size <= RATIO_FREE_BYTES or self._compressed >= wanted:
            return
        self.boundary()
        while (blocks := (wanted - self._compressed) // len(EMPTY_BLOCK)) > 0:
            self._emit_data(EMPTY_BLOCK * min(blocks, CHUNK))

    def _emit_data(self, data: bytes) -> None:
        self._compressed += len(data)
        self._emit(data)

    def _emit(self, data: bytes) -> None:
        if data:
            self._offset += len(data)
            self._sink(data)


def _deflater() -> zlib._Compress:
    return zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
