"""An uploaded package: a zip with a feed at its root, or a bare feed. Nothing is ever unpacked to a disk.

Members are looked up by name among the members of this zip and nothing else, and inflate in chunks under the caps of
`Limits`. Zips inside the zip are files like any other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol
from urllib.parse import unquote

from chalicelib.domain.errors import PackageError
from chalicelib.packages.zipdirectory import Directory, Limits
from chalicelib.packages.zipstreams import LimitedStream, MemberStream, Window

__all__ = ["Archive", "Limits", "open_archive"]

FEED_NAMES = ("leap.xml", "leap2.xml", "leap2a.xml")
"""Names of the feed, in the order Mahara looks for them (leap2a 1)."""
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
        Readable and seekable; read in windows of 1 MiB, so a stream of ranged requests does well.
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
        return MemberStream(self._window, member)

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
                if composed != candidate and self._directory.get(composed) is not None:
                    return composed
                if not composed.isascii() and (found := self._directory.composed(composed)) is not None:
                    return found
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
