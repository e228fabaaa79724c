"""The central directory of a zip file, read strictly.

Two programs that read one zip differently are how a checked file and a used file come to differ. So a directory is
taken only if there is one way to read it: nothing before, after or between the members, no name twice, no name that
leaves the package, and each member's own header saying the same as the directory.
"""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct

from chalicelib.domain.errors import PackageError
from chalicelib.packages.scratch import Scratch, number_of
from chalicelib.packages.ziprecords import (
    CENTRAL,
    CENTRAL_SIGNATURE,
    CHUNK,
    DEFLATED,
    FLAG_DESCRIPTOR,
    FLAG_ENCRYPTED,
    FLAG_MASKED,
    FLAG_STRONG,
    LOCAL,
    LOCAL_SIGNATURE,
    MAX16,
    MAX_DESCRIPTOR,
    MAX_RATIO,
    RATIO_FREE_BYTES,
    STORED,
    End,
    decode_name,
    find_end,
    true_sizes,
)

_DRIVE = re.compile(r"^[A-Za-z]:")


class Limits(Struct, frozen=True):
    """Caps on a package, enforced while inflating. Sizes in bytes."""

    max_members: int = 1_000_000
    max_total_bytes: int = 20 * 1024**3
    max_member_bytes: int = 5 * 1024**3
    max_ratio: int = MAX_RATIO
    """Inflated to deflated size of a member, above the first megabyte."""


class Member(Struct, frozen=True):
    """A member as the central directory has it; sizes and offset in bytes."""

    name: str
    flags: int
    method: int
    crc32: int
    compressed_size: int
    size: int
    offset: int


_SCHEMA = """
CREATE TABLE members (number INTEGER PRIMARY KEY, name TEXT, flags INTEGER, method INTEGER, crc INTEGER,
    compressed INTEGER, size INTEGER, offset INTEGER, length INTEGER);
CREATE TABLE composed (number INTEGER PRIMARY KEY, name TEXT);
"""
_BY_NAME = "SELECT name, flags, method, crc, compressed, size, offset FROM members WHERE number = ?"
_IN_ORDER = "SELECT name, flags, method, crc, compressed, size, offset FROM members ORDER BY offset"


class Directory:
    """The members of a zip, on disk, whatever their number.

    Raises
    ------
    PackageError
        The directory is damaged, ambiguous or unsafe; the message is for the person who uploaded it.
    """

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._rows = Scratch(_SCHEMA)
        end = find_end(stream)
        if end.count > limits.max_members:
            raise PackageError(
                f"The package has {end.count:,} files; at most {limits.max_members:,} can be imported at once."
            )
        self._start = end.offset
        self._read(stream, end, limits)
        self._check_layout()

    def get(self, name: str) -> Member | None:
        """The member of exactly that name; None for folders too."""
        row = self._rows.one(_BY_NAME, (number_of(name),))
        return None if row is None or row[0] != name or name.endswith("/") else Member(*row)

    def composed(self, form: str) -> str | None:
        """The member whose name is `form` in Unicode NFC, and is written otherwise."""
        row = self._rows.one("SELECT name FROM composed WHERE number = ?", (number_of(form),))
        return None if row is None or unicodedata.normalize("NFC", row[0]) != form else str(row[0])

    def names(self) -> Iterator[str]:
        """Names of all members that are not folders, in the order of the file."""
        for (name,) in self._rows.run("SELECT name FROM members ORDER BY offset"):
            if not name.endswith("/"):
                yield name

    def _read(self, stream: BinaryIO, end: End, limits: Limits) -> None:
        stream.seek(end.offset)
        buffer, left, total = b"", end.size, 0
        for _ in range(end.count):
            while len(buffer) < CENTRAL.size or len(buffer) < _central_length(buffer):
                chunk = stream.read(min(CHUNK, left))
                if not chunk:
                    raise PackageError("The package is damaged: its list of files is cut short.")
                left -= len(chunk)
                buffer += chunk
            length = _central_length(buffer)
            total += self._add(buffer[:length], limits)
            if total > limits.max_total_bytes:
                raise PackageError(f"The package unpacks to more than {_human(limits.max_total_bytes)}.")
            buffer = buffer[length:]
        if buffer or left:
            raise PackageError("The package is damaged: its list of files has a wrong length.")

    def _add(self, record: bytes, limits: Limits) -> int:
        fields = CENTRAL.unpack_from(record)
        flags, method, crc, compressed, size = fields[5], fields[6], fields[9], fields[10], fields[11]
        name_length, extra_length, disk, attributes, offset = fields[12], fields[13], fields[15], fields[17], fields[18]
        raw = record[CENTRAL.size : CENTRAL.size + name_length]
        extra = record[CENTRAL.size + name_length : CENTRAL.size + name_length + extra_length]
        size, compressed, offset = true_sizes(extra, size, compressed, offset)
        name = decode_name(raw, flags)
        _check_name(name)
        _check_member(name, flags, method, attributes >> 16, disk)
        _check_sizes(name, method, compressed, size, limits)
        if name.endswith("/") and size:
            raise PackageError(f"The package is damaged: “{name}” is both a folder and a file.")
        if max(offset, compressed) > self._start:
            raise PackageError("The package is unsafe: a file in it reaches into the list of files.")
        row = (number_of(name), name, flags, method, crc, compressed, size, offset, name_length)
        if self._rows.run("INSERT OR IGNORE INTO members VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row).rowcount == 0:
            raise PackageError(f"The package has two files named “{name}”; it is not clear which one is meant.")
        if not name.isascii() and (form := unicodedata.normalize("NFC", name)) != name:
            self._rows.run("INSERT OR IGNORE INTO composed VALUES (?, ?)", (number_of(form), name))
        return int(size)

    def _check_layout(self) -> None:
        """Members follow each other from the first byte to the directory and do not overlap."""
        position = 0
        for offset, length, compressed in self._rows.run(
            "SELECT offset, length, compressed FROM members ORDER BY offset"
        ):
            if offset and not position:
                raise PackageError("The package has other data in front; it may have been put together by hand.")
            if offset < position:
                raise PackageError("The package is unsafe: files in it share the same bytes.")
            position = offset + LOCAL.size + length + compressed
        if position > self._start:
            raise PackageError("The package is unsafe: a file in it reaches into the list of files.")

    def verify(self, stream: BinaryIO) -> None:
        """Compare every member's own header with the directory, in file order, and refuse gaps between members."""
        position = 0
        for row in self._rows.run(_IN_ORDER):
            member = Member(*row)
            if member.offset > position:
                raise PackageError("The package holds data that its list of files does not mention.")
            end = data_offset(stream, member) + member.compressed_size
            position = end + (MAX_DESCRIPTOR if member.flags & FLAG_DESCRIPTOR else 0)
        if self._start > position:
            raise PackageError("The package holds data that its list of files does not mention.")


def data_offset(stream: BinaryIO, member: Member) -> int:
    """Where a member's data begins, once its own header agrees with the directory.

    Raises
    ------
    PackageError
        The two disagree.
    """
    stream.seek(member.offset)
    record = stream.read(LOCAL.size)
    if len(record) < LOCAL.size or not record.startswith(LOCAL_SIGNATURE):
        raise PackageError(f"The package is damaged: “{member.name}” is not where the list of files says.")
    _, _, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = LOCAL.unpack(record)
    rest = stream.read(name_length + extra_length)
    if len(rest) < name_length + extra_length:
        raise PackageError("The package is cut short; part of it is missing.")
    size, compressed, _ = true_sizes(rest[name_length:], size, compressed, 0)
    later = bool(flags & FLAG_DESCRIPTOR)
    same = (
        flags == member.flags
        and method == member.method
        and decode_name(rest[:name_length], flags) == member.name
        and (crc == member.crc32 or (later and crc == 0))
        and (compressed == member.compressed_size or (later and compressed == 0))
        and (size == member.size or (later and size == 0))
    )
    if not same:
        raise PackageError(f"The package is damaged or unsafe: it describes “{member.name}” in two different ways.")
    return member.offset + LOCAL.size + int(name_length) + int(extra_length)


def _central_length(record: bytes) -> int:
    if not record.startswith(CENTRAL_SIGNATURE):
        raise PackageError("The package is damaged: its list of files cannot be read.")
    name, extra, comment = struct.unpack_from("<3H", record, 28)
    return CENTRAL.size + int(name) + int(extra) + int(comment)


def _check_name(name: str) -> None:
    parts = name.split("/")
    if not name or "\0" in name or "\\" in name or name.startswith("/") or _DRIVE.match(name) or ".." in parts:
        shown = name.replace("\0", "␀")[:100]
        raise PackageError(f"The package is unsafe: the file name “{shown}” points outside of it.")


def _check_member(name: str, flags: int, method: int, mode: int, disk: int) -> None:
    if flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED):
        raise PackageError(f"The package is protected by a password (“{name}”); please export it without one.")
    if method not in (STORED, DEFLATED):
        raise PackageError(f"“{name}” is packed by a method this service does not read; please use an ordinary zip.")
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise PackageError(f"The package is unsafe: “{name}” is a link or a device, not a file.")
    if disk not in (0, MAX16):
        raise PackageError("The package is one part of several; please join them into one zip file first.")


def _check_sizes(name: str, method: int, compressed: int, size: int, limits: Limits) -> None:
    if size > limits.max_member_bytes:
        raise PackageError(f"“{name}” unpacks to more than {_human(limits.max_member_bytes)}.")
    if size > RATIO_FREE_BYTES and size > compressed * limits.max_ratio:
        raise PackageError(f"The package is unsafe: “{name}” is packed so tightly that it looks like a zip bomb.")
    if method == STORED and compressed != size:
        raise PackageError(f"The package is damaged: “{name}” has two different sizes.")


def _human(size: int) -> str:
    for unit in ("bytes", "KB", "MB"):
        if size < 1024:
            return f"{size:,} {unit}"
        size //= 1024
    return f"{size:,} GB"
