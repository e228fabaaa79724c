"""Streams over an uploaded package: windows of the file, and members that inflate under caps."""

from __future__ import annotations

import io
import zlib
from collections import OrderedDict
from typing import BinaryIO

from chalicelib.domain.errors import PackageError
from chalicelib.packages.zipdirectory import Member, data_offset
from chalicelib.packages.ziprecords import CHUNK, STORED

WINDOW = 1 << 20
KEPT_WINDOWS = 4


class Window(io.RawIOBase, BinaryIO):
    """A seekable stream read in aligned windows, of which the last few are kept.

    A feed and the files it names are read in turns; each keeps its place, so a stream of ranged requests is asked
    once for each window.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._length = stream.seek(0, 2)
        self._position = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def seekable(self) -> bool:
        """Always."""
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move; nothing is read yet."""
        self._position = offset + (0, self._position, self._length)[whence]
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        end = self._length if size < 0 else min(self._length, self._position + size)
        parts: list[bytes] = []
        while self._position < end:
            number, begin = divmod(self._position, WINDOW)
            part = self._window(number)[begin : begin + end - self._position]
            if not part:
                break
            parts.append(part)
            self._position += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _window(self, number: int) -> bytes:
        data = self._kept.get(number)
        if data is None:
            if len(self._kept) >= KEPT_WINDOWS:
                self._kept.popitem(last=False)
            data = self._kept[number] = self._load(number * WINDOW)
        self._kept.move_to_end(number)
        return data

    def _load(self, start: int) -> bytes:
        self._stream.seek(start)
        wanted = min(WINDOW, self._length - start)
        data = self._stream.read(wanted)
        while len(data) < wanted and (more := self._stream.read(wanted - len(data))):
            data += more
        return data


class MemberStream(io.RawIOBase, BinaryIO):
    """A member's content, inflated chunk by chunk; its size, which the directory has judged, is enforced on the way."""

    def __init__(self, window: Window, member: Member) -> None:
        self._window = window
        self._member = member
        self._position = data_offset(window, member)
        self._left = member.compressed_size
        self._inflater = None if member.method == STORED else zlib.decompressobj(-zlib.MAX_WBITS)
        self._pending = b""
        self._produced = 0
        self._crc = 0
        self._ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, at least one unless at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        if self._ended or size == 0:
            return b""
        data = self._raw(size) if self._inflater is None else self._inflated(size)
        if data:
            self._produced += len(data)
            self._crc = zlib.crc32(data, self._crc)
            self._check()
            return data
        self._finish()
        return b""

    def _raw(self, size: int) -> bytes:
        self._window.seek(self._position)
        data = self._window.read(min(size, self._left))
        self._position += len(data)
        self._left -= len(data)
        return data

    def _inflated(self, size: int) -> bytes:
        inflater = self._inflater
        assert inflater is not None  # noqa: S101 - told by the caller
        while not inflater.eof:
            if not self._pending:
                self._pending = self._raw(CHUNK)
            fed = bool(self._pending)
            try:
                data = inflater.decompress(self._pending, size)
            except zlib.error:
                raise self._damaged() from None
            self._pending = inflater.unconsumed_tail
            if data:
                return data
            if not fed:
                break
        return b""

    def _check(self) -> None:
        if self._produced > self._member.size:
            raise PackageError(f"The package is unsafe: “{self._member.name}” unpacks to more than it says.")

    def _finish(self) -> None:
        self._ended = True
        whole = self._inflater is None or (self._inflater.eof and not self._inflater.unused_data)
        if not whole or self._left or self._pending or self._produced != self._member.size:
            raise self._damaged()
        if self._crc != self._member.crc32:
            raise self._damaged()

    def _damaged(self) -> PackageError:
        return PackageError(f"The package is damaged: “{self._member.name}” does not unpack to what was packed.")


class LimitedStream(io.RawIOBase, BinaryIO):
    """A stream of its own position over a shared window, cut off by an error at a cap."""

    def __init__(self, window: Window, limit: int) -> None:
        self._window = window
        self._limit = limit
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes."""
        self._window.seek(self._position)
        data = self._window.read(size)
        self._position += len(data)
        if self._position > self._limit:
            raise PackageError("The feed is larger than this service takes.")
        return data
