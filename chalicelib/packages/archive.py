"""An uploaded package: a zip with a feed at its root, or a bare feed. Nothing is ever unpacked to a disk.

Members are looked up by name among the members of this zip and nothing else, and inflate in chunks under the caps of
`Limits`. Zips inside the zip are files like any other.
"""

from __future__ import annotations

import io
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol
from urllib.parse import unquote

from chalicelib.domain.errors import PackageError
from chalicelib.packages.zipdirectory import (
    CHUNK,
    RATIO_FREE_BYTES,
    STORED,
    Directory,
    Limits,
    Member,
    data_offset,
)

__all__ = ["Archive", "Limits", "open_archive"]

FEED_NAMES = ("leap.xml", "leap2.xml", "leap2a.xml")
"""Names of the feed, in the order Mahara looks for them (leap2a 1)."""
WINDOW = 1 << 20
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_XML_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Archive(Protocol):
    """What the Leap2A reader needs of a package."""

    feed_name: str
    """Member that holds the feed."""

    def open(self, name: str) -> BinaryIO:
        """A member's content as a stream; PackageError when the member turns out damaged or too large."""

    def open_feed(self) -> BinaryIO:
        """The feed from its beginning."""

    def resolve(self, href: str) -> str | None:
        """The member that an address in the feed means."""

    def size(self, name: str) -> int:
        """Declared size of a member in bytes."""

    def names(self) -> Iterator[str]:
        """Names of all members, folders aside."""


def open_archive(stream: BinaryIO, limits: Limits | None = None, *, verify: bool = True) -> Archive:
    """Open a package and apply the rules that need no inflating.

    Parameters
    ----------
    stream
        Readable and seekable; read in windows of `WINDOW` bytes, so a stream of ranged requests does well.
    limits
        Caps; the defaults of `Limits`.
    verify
        Compare each member's own header with the directory now. A job that comes back to a package it has verified
        may skip that: a member's header is compared again whenever it is opened.

    Raises
    ------
    PackageError
        It is not a package, or an unsafe one.

    Source contract
    ---------------
    leap2a 1, 4 and 7; brightspace 4.5 and 5.5.
    """
    limits = limits or Limits()
    window = Window(stream)
    start = window.read(4)
    if not start:
        raise PackageError("The file is empty.")
    if start in _ZIP_STARTS:
        directory = Directory(window, limits)
        if verify:
            directory.verify(window)
        return ZipArchive(window, directory, limits)
    if start.startswith(_XML_STARTS) or start.strip() == b"" or start.lstrip()[:1] == b"<":
        return BareFeed(window, limits)
    raise PackageError("This is neither a zip file nor a Leap2A feed.")


class Window(io.RawIOBase, BinaryIO):  # type: ignore[misc]
    """A seekable stream read in large aligned windows; the last one is kept."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._length = stream.seek(0, 2)
        self._position = 0
        self._start = 0
        self._data = b""

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = offset + (0, self._position, self._length)[whence]
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        end = self._length if size < 0 else min(self._length, self._position + size)
        parts: list[bytes] = []
        while self._position < end:
            if not self._start <= self._position < self._start + len(self._data):
                self._load()
            begin = self._position - self._start
            part = self._data[begin : begin + end - self._position]
            if not part:
                break
            parts.append(part)
            self._position += len(part)
        return b"".join(parts) if len(parts) != 1 else parts[0]

    def _load(self) -> None:
        self._stream.seek(self._position)
        self._start = self._position
        self._data = b""
        wanted = min(WINDOW, self._length - self._position)
        while len(self._data) < wanted:
            chunk = self._stream.read(wanted - len(self._data))
            if not chunk:
                break
            self._data += chunk


class MemberStream(io.RawIOBase, BinaryIO):  # type: ignore[misc]
    """A member's content, inflated chunk by chunk; size, checksum and ratio are enforced on the way."""

    def __init__(self, window: Window, member: Member, limits: Limits) -> None:
        self._window = window
        self._member = member
        self._limits = limits
        self._position = data_offset(window, member)
        self._left = member.compressed_size
        self._inflater = None if member.method == STORED else zlib.decompressobj(-zlib.MAX_WBITS)
        self._pending = b""
        self._produced = 0
        self._crc = 0
        self._ended = False

    def readable(self) -> bool:
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
        member, limits = self._member, self._limits
        if self._produced > member.size:
            raise PackageError(f"The package is unsafe: “{member.name}” unpacks to more than it says.")
        used = member.compressed_size - self._left
        if self._produced > RATIO_FREE_BYTES and self._produced > max(used, 1) * limits.max_ratio:
            raise PackageError(f"The package is unsafe: “{member.name}” is packed so tightly it looks like a zip bomb.")

    def _finish(self) -> None:
        self._ended = True
        whole = self._inflater is None or (self._inflater.eof and not self._inflater.unused_data)
        if not whole or self._left or self._pending or self._produced != self._member.size:
            raise self._damaged()
        if self._crc != self._member.crc32:
            raise self._damaged()

    def _damaged(self) -> PackageError:
        return PackageError(f"The package is damaged: “{self._member.name}” does not unpack to what was packed.")


class LimitedStream(io.RawIOBase, BinaryIO):  # type: ignore[misc]
    """A stream of its own position over a shared window, cut off by an error at a cap."""

    def __init__(self, window: Window, limit: int) -> None:
        self._window = window
        self._limit = limit
        self._position = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes."""
        self._window.seek(self._position)
        data = self._window.read(size)
        self._position += len(data)
        if self._position > self._limit:
            raise PackageError("The feed is larger than this service takes.")
        return data


class BareFeed:
    """A package that is only a feed."""

    feed_name = "leap2a.xml"

    def __init__(self, window: Window, limits: Limits) -> None:
        self._window = window
        self._limits = limits

    def open(self, name: str) -> BinaryIO:
        """The feed; there is nothing else."""
        if name != self.feed_name:
            raise PackageError(f"The package has no file “{name}”.")
        return self.open_feed()

    def open_feed(self) -> BinaryIO:
        """The feed from its beginning."""
        return LimitedStream(self._window, self._limits.max_member_bytes)

    def resolve(self, href: str) -> str | None:  # noqa: ARG002 - a bare feed has no files
        """None: a bare feed has no files."""
        return None

    def size(self, name: str) -> int:  # noqa: ARG002 - one member only
        """Size of the feed in bytes."""
        return self._window.seek(0, 2)

    def names(self) -> Iterator[str]:
        """Nothing beside the feed."""
        yield self.feed_name


class ZipArchive:
    """A package in a zip file."""

    def __init__(self, window: Window, directory: Directory, limits: Limits) -> None:
        self._window = window
        self._directory = directory
        self._limits = limits
        self.feed_name = _find_feed(directory)
        self._composed = {
            form: name for name in directory.names() if (form := unicodedata.normalize("NFC", name)) != name
        }

    def open(self, name: str) -> BinaryIO:
        """A member's content as a stream.

        Raises
        ------
        PackageError
            There is no such member, or its own header disagrees with the directory.
        """
        member = self._directory.get(name)
        if member is None:
            raise PackageError(f"The package has no file “{name}”.")
        return MemberStream(self._window, member, self._limits)

    def open_feed(self) -> BinaryIO:
        """The feed from its beginning."""
        return self.open(self.feed_name)

    def size(self, name: str) -> int:
        """Declared size of a member in bytes; 0 when there is none."""
        member = self._directory.get(name)
        return member.size if member else 0

    def names(self) -> Iterator[str]:
        """Names of all members, folders aside."""
        return self._directory.names()

    def resolve(self, href: str) -> str | None:
        """The member an address means: as it stands, percent-decoded, form-decoded, each also in Unicode NFC.

        Source contract
        ---------------
        leap2a 4: Mahara writes raw names and reads them by form rules.
        """
        for decode in _DECODERS:
            name = decode(href)
            for candidate in (name, name.removeprefix("./")):
                if self._directory.get(candidate) is not None:
                    return candidate
                composed = unicodedata.normalize("NFC", candidate)
                if self._directory.get(composed) is not None:
                    return composed
                if composed in self._composed:
                    return self._composed[composed]
        return None


def _form_decode(href: str) -> str:
    return unquote(href.replace("+", " "))


_DECODERS: tuple[Callable[[str], str], ...] = (str, unquote, _form_decode)


def _find_feed(directory: Directory) -> str:
    found = [name for name in FEED_NAMES if directory.get(name) is not None]
    if len(found) > 1:
        raise PackageError(f"The package has two feeds, {' and '.join(found)}; it is not clear which one is meant.")
    if found:
        return found[0]
    for name in directory.names():
        if name.rpartition("/")[2] in FEED_NAMES:
            raise PackageError(
                f"The feed is in a folder (“{name}”), but must be at the top of the zip file: "
                "please zip the content of the folder, not the folder."
            )
    raise PackageError("The zip file has no leap2a.xml at its top, so it is not a Leap2A package.")
