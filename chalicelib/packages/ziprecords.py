"""The fixed records of the zip format, and the way to the central directory."""

from __future__ import annotations

import struct
from typing import BinaryIO

from msgspec import Struct

from chalicelib.domain.errors import PackageError

END = struct.Struct("<4s4H2LH")
END_SIGNATURE = b"PK\x05\x06"
LOCATOR = struct.Struct("<4sLQL")
LOCATOR_SIGNATURE = b"PK\x06\x07"
END64 = struct.Struct("<4sQ2H2L4Q")
END64_SIGNATURE = b"PK\x06\x06"
CENTRAL = struct.Struct("<4s4B4H3L5H2L")
CENTRAL_SIGNATURE = b"PK\x01\x02"
LOCAL = struct.Struct("<4s2B4H3L2H")
LOCAL_SIGNATURE = b"PK\x03\x04"
VERSION64 = 45
UNIX = 3
"""System of the unix file modes."""
MAX32 = 0xFFFFFFFF
MAX16 = 0xFFFF
MAX_COMMENT = MAX16

FLAG_ENCRYPTED = 0x1
FLAG_DESCRIPTOR = 0x8
FLAG_STRONG = 0x40
FLAG_UTF8 = 0x800
FLAG_MASKED = 0x2000
STORED, DEFLATED = 0, 8
MAX_DESCRIPTOR = 24
"""Bytes of the longest data descriptor: signature, checksum and two 64-bit sizes."""
CHUNK = 1 << 16

RATIO_FREE_BYTES = 1 << 20
MAX_RATIO = 200
"""Inflated to deflated size of a member beyond `RATIO_FREE_BYTES`; deflate reaches 1000 with bombs and blank files."""


class End(Struct, frozen=True):
    """Where the central directory is: members, bytes, offset, and where the record behind it begins."""

    count: int
    size: int
    offset: int
    position: int


def find_end(stream: BinaryIO) -> End:
    """Find the one end record, at the very end of the file.

    Raises
    ------
    PackageError
        There is none, or something follows it, or the directory is not right before it.
    """
    length = stream.seek(0, 2)
    tail_start = max(0, length - END.size - MAX_COMMENT)
    stream.seek(tail_start)
    tail = stream.read(length - tail_start)
    found = tail.rfind(END_SIGNATURE)
    while found >= 0 and len(tail) - found < END.size:
        found = tail.rfind(END_SIGNATURE, 0, found)
    if found < 0:
        if tail_start or length >= LOCAL.size:
            raise PackageError("The package is cut short or not a zip file; please export or upload it again.")
        raise PackageError("This is not a zip file.")
    _, disk, first_disk, here, count, size, offset, comment = END.unpack_from(tail, found)
    position = tail_start + found
    if len(tail) - found - END.size != comment:
        raise PackageError("The package has other data behind its end; it may be damaged.")
    if MAX16 in (here, count) or MAX32 in (size, offset):
        here, count, size, offset, position, disk = _read_end64(stream, position, (here, count, size, offset), disk)
    if disk or first_disk not in (0, MAX16) or here != count:
        raise PackageError("The package is one part of several; please join them into one zip file first.")
    if offset + size != position:
        raise PackageError("The package is damaged: its list of files is not where it says.")
    return End(count, size, offset, position)


def _read_end64(
    stream: BinaryIO, position: int, short: tuple[int, int, int, int], disk: int
) -> tuple[int, int, int, int, int, int]:
    if position < LOCATOR.size:
        return (*short, position, disk)
    stream.seek(position - LOCATOR.size)
    signature, _, where, _ = LOCATOR.unpack(stream.read(LOCATOR.size))
    if signature != LOCATOR_SIGNATURE:
        return (*short, position, disk)
    if where + END64.size != position - LOCATOR.size:
        raise PackageError("The package is damaged: its end record is not where it says.")
    stream.seek(where)
    record = stream.read(END64.size)
    if len(record) < END64.size or not record.startswith(END64_SIGNATURE):
        raise PackageError("The package is damaged: its end record cannot be read.")
    _, _, _, _, disk64, _, here, count, size, offset = END64.unpack(record)
    return here, count, size, offset, where, disk64


def true_sizes(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """The true sizes and offset, from the zip64 field where the short ones say so."""
    if MAX32 not in (size, compressed, offset):
        return size, compressed, offset
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        field = extra[4 : 4 + length]
        extra = extra[4 + length :]
        if kind != 1:
            continue
        values = [size, compressed, offset]
        for index, value in enumerate(values):
            if value == MAX32 and len(field) >= 8:
                values[index] = struct.unpack_from("<Q", field)[0]
                field = field[8:]
        return values[0], values[1], values[2]
    return size, compressed, offset


def decode_name(raw: bytes, flags: int) -> str:
    """A member name: UTF-8 whether its flag says so or not, as most programs write it; else the old DOS set."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if flags & FLAG_UTF8:
            raise PackageError("The package is damaged: a file name in it cannot be read.") from None
        return raw.decode("cp437")


def end64_records(members: int, size: int, start: int, position: int) -> bytes:
    """The zip64 end record and its locator, for a directory of `size` bytes that ended at `position`."""
    made_by = (UNIX << 8) | VERSION64
    end = END64.pack(END64_SIGNATURE, END64.size - 12, made_by, VERSION64, 0, 0, members, members, size, start)
    return end + LOCATOR.pack(LOCATOR_SIGNATURE, 0, position, 1)
