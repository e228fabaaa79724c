"""Zip files byte by byte, good and bad: the standard library refuses to write most of the bad ones.

`python -m tests.packages.zips` writes the reject corpus to `tests/packages/reject/`; a test compares it.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

REJECT = Path(__file__).parent / "reject"
FEED = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:leap2="http://terms.leapspecs.org/" '
    b'xmlns:portfolio="https://x.example/1/"><leap2:version>http://www.leapspecs.org/2010-07/2A/</leap2:version>'
    b"<id>https://x.example/1</id><title>T</title><updated>2026-01-01T00:00:00Z</updated><author><name>N</name></author>"
    b"<entry><title>One</title><id>portfolio:1</id><updated>2026-01-01T00:00:00Z</updated><content>x</content>"
    b'<rdf:type rdf:resource="leap2:entry"/></entry></feed>\n'
)


@dataclass(frozen=True)
class Part:
    """A member, and what its two headers say of it where that differs from the truth."""

    name: bytes
    data: bytes = b""
    stored: bool = False
    flags: int = 0
    local_name: bytes | None = None
    local_flags: int | None = None
    size: int | None = None
    local_size: int | None = None
    crc: int | None = None
    mode: int = 0o100644
    listed: bool = True
    method: int | None = None
    offset: int | None = None

    @property
    def packed(self) -> bytes:
        if self.stored:
            return self.data
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflater.compress(self.data) + deflater.flush()


@dataclass
class Zip:
    """Puts parts together."""

    parts: list[Part] = field(default_factory=list)
    prefix: bytes = b""
    suffix: bytes = b""
    count: int | None = None

    def build(self) -> bytes:
        out, directory = bytearray(self.prefix), bytearray()
        listed = 0
        for part in self.parts:
            offset = len(out) if part.offset is None else part.offset
            packed, size = part.packed, len(part.data) if part.size is None else part.size
            method = part.method if part.method is not None else (0 if part.stored else 8)
            crc = zlib.crc32(part.data) if part.crc is None else part.crc
            if part.offset is None:
                name = part.name if part.local_name is None else part.local_name
                flags = part.flags if part.local_flags is None else part.local_flags
                local_size = size if part.local_size is None else part.local_size
                out += struct.pack(
                    "<4s5H3L2H", b"PK\x03\x04", 20, flags, method, 0, 33, crc, len(packed), local_size, len(name), 0
                )
                out += name + packed
            if part.listed:
                listed += 1
                directory += struct.pack(
                    "<4s6H3L5H2L",
                    b"PK\x01\x02",
                    (3 << 8) | 20,
                    20,
                    part.flags,
                    method,
                    0,
                    33,
                    crc,
                    len(packed),
                    size,
                    len(part.name),
                    0,
                    0,
                    0,
                    0,
                    part.mode << 16,
                    offset,
                )
                directory += part.name
        count = listed if self.count is None else self.count
        start = len(out)
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
        return bytes(out + directory + end + self.suffix)


LEAP = Part(b"leap2a.xml", FEED)


def with_feed(*parts: Part) -> bytes:
    return Zip([LEAP, *parts]).build()


def named(name: bytes) -> bytes:
    return with_feed(Part(name, b"x"))


def feed_only(feed: bytes) -> bytes:
    return Zip([Part(b"leap2a.xml", feed)]).build()


def before_feed(prolog: bytes) -> bytes:
    head, _, rest = FEED.partition(b"?>\n")
    return feed_only(head + b"?>\n" + prolog + rest)


def _laughs() -> bytes:
    lines = [b'<!ENTITY a0 "ha">']
    lines += [b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1)) * 10) for n in range(1, 10)]
    feed = FEED.replace(b"<content>x", b"<content>&a9;").replace(
        b"<feed ", b"<!DOCTYPE feed [" + b"".join(lines) + b"]>\n<feed "
    )
    return feed_only(feed)


def _external() -> bytes:
    doctype = b'<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
    return feed_only(FEED.replace(b"<content>x", b"<content>&x;").replace(b"<feed ", doctype + b"<feed "))


def _overlap() -> bytes:
    bomb = Part(b"a", b"\0" * 500_000)
    return with_feed(
        bomb, *(replace(bomb, name=b"b%d" % n, offset=Zip([LEAP]).build().index(b"PK\x01\x02")) for n in range(9))
    )


def _truncated() -> bytes:
    data = with_feed(Part(b"export_info/files/1.bin", bytes(range(256)) * 40))
    return data[: len(data) // 2]


def _cut_member() -> bytes:
    whole = LEAP.packed
    part = replace(LEAP, data=whole[:-20], stored=True, method=8, size=len(FEED), crc=zlib.crc32(FEED))
    return Zip([part]).build()


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "traversal.zip": (lambda: named(b"export_info/../../evil.txt"), "points outside"),
    "absolute.zip": (lambda: named(b"/etc/evil"), "points outside"),
    "drive.zip": (lambda: named(b"C:/evil.txt"), "points outside"),
    "backslash.zip": (lambda: named(b"files\\evil.txt"), "points outside"),
    "nul.zip": (lambda: named(b"a\0.txt"), "points outside"),
    "symlink.zip": (lambda: with_feed(Part(b"link", b"/etc/passwd", mode=0o120777)), "is a link or a device"),
    "device.zip": (lambda: with_feed(Part(b"dev", b"", mode=0o020666)), "is a link or a device"),
    "duplicate-names.zip": (lambda: with_feed(Part(b"a", b"1"), Part(b"a", b"2")), "two files named"),
    "two-feeds-one-name.zip": (lambda: with_feed(LEAP), "two files named"),
    "two-feeds.zip": (lambda: with_feed(Part(b"leap.xml", FEED)), "two feeds"),
    "ratio-bomb.zip": (lambda: with_feed(Part(b"bomb", b"\0" * 3_000_000)), "zip bomb"),
    "hidden-ratio-bomb.zip": (
        lambda: Zip([replace(LEAP, data=FEED + b" " * 3_000_000, size=len(FEED))]).build(),
        "unpacks to more than it says",
    ),
    "overlapping-bomb.zip": (_overlap, "share the same bytes"),
    "encrypted.zip": (lambda: with_feed(Part(b"a", b"x" * 20, flags=1)), "password"),
    "encrypted-local-only.zip": (lambda: with_feed(Part(b"a", b"x" * 20, local_flags=1)), "two different ways"),
    "odd-method.zip": (lambda: with_feed(Part(b"a", b"x", method=12)), "packed by a method"),
    "truncated.zip": (_truncated, "cut short"),
    "cut-member.zip": (_cut_member, "does not unpack"),
    "wrong-checksum.zip": (lambda: Zip([replace(LEAP, crc=1)]).build(), "does not unpack"),
    "directory-mismatch-name.zip": (
        lambda: with_feed(Part(b"good.txt", b"x", local_name=b"evil.txt")),
        "two different ways",
    ),
    "directory-mismatch-size.zip": (lambda: with_feed(Part(b"a", b"xyz", local_size=2)), "two different ways"),
    "directory-mismatch-count.zip": (lambda: Zip([LEAP, Part(b"a", b"x")], count=1).build(), "wrong length"),
    "unlisted-member.zip": (lambda: with_feed(Part(b"hidden", b"x", listed=False)), "does not mention"),
    "unlisted-between.zip": (
        lambda: with_feed(Part(b"hidden", b"x", listed=False), Part(b"a", b"x")),
        "does not mention",
    ),
    "prefixed.zip": (lambda: Zip([LEAP], prefix=b"PK\x03\x04 and other things" * 3).build(), "data"),
    "trailing.zip": (lambda: Zip([LEAP], suffix=b"trailing").build(), "behind its end"),
    "empty.zip": (lambda: Zip([]).build(), "no leap2a.xml"),
    "no-feed.zip": (lambda: Zip([Part(b"readme.txt", b"hello")]).build(), "no leap2a.xml"),
    "feed-in-folder.zip": (lambda: Zip([Part(b"export/leap2a.xml", FEED)]).build(), "in a folder"),
    "nested.zip": (lambda: Zip([Part(b"inner.zip", Zip([LEAP]).build(), stored=True)]).build(), "no leap2a.xml"),
    "not-a-zip.bin": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(200), "neither a zip file nor"),
    "empty.bin": (lambda: b"", "empty"),
    "dtd.zip": (lambda: before_feed(b"<!DOCTYPE feed>\n"), "document type"),
    "dtd-behind-comment.xml": (
        lambda: b"<!-- x --><?pi?>\n<!doctype feed SYSTEM 'http://x.example/'>" + FEED[39:],
        "document type",
    ),
    "dtd-utf16.xml": (lambda: ("<!DOCTYPE feed []>" + FEED[39:].decode()).encode("utf-16"), "document type"),
    "billion-laughs.zip": (_laughs, "document type"),
    "external-entity.zip": (_external, "document type"),
    "malformed.zip": (lambda: feed_only(FEED.replace(b"</entry>", b"</entri>")), "not well-formed"),
    "unclosed.xml": (lambda: FEED[:-10], "not well-formed"),
    "not-a-feed.xml": (lambda: b"<html><body>hello</body></html>", "not a Leap2A feed"),
    "rss.xml": (lambda: b"<rss version='2.0'><channel><title>x</title></channel></rss>", "not a Leap2A feed"),
    "text-in-feed.zip": (lambda: feed_only(b"hello"), "not XML"),
    "odd-encoding.xml": (lambda: FEED.replace(b'"utf-8"', b'"utf-7"'), "encoding"),
    "deep.xml": (
        lambda: FEED.replace(b">x<", b' type="xhtml">' + b"<d>" * 5000 + b"</d>" * 5000 + b"<"),
        "not well-formed",
    ),
}


def encrypted_by_the_library() -> bytes:
    """An ordinary zip with the encryption bit set."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("leap2a.xml", FEED)
    data = bytearray(out.getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


if __name__ == "__main__":
    REJECT.mkdir(exist_ok=True)
    for file_name, (make, _) in CASES.items():
        (REJECT / file_name).write_bytes(make())
