"""A feed as a stream of entries: XML from a stranger, parsed within fixed bounds.

The bytes pass a filter before the parser sees them. It refuses a document type, so no entity is ever declared, and it
caps what may stand between two entries, so the tree in memory is never larger than one entry. When a first parse
fails, a second one runs on repaired text: HTML's named entities become characters, characters XML forbids go.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.entities import html5
from typing import BinaryIO

from lxml import etree

from chalicelib.domain.errors import PackageError
from chalicelib.packages.leap2a.vocabulary import ATOM
from chalicelib.packages.markup import strip_illegal

ENTRY = f"{{{ATOM}}}entry"
MAX_ENTRY_BYTES = 24 << 20
MAX_ENTRY_ELEMENTS = 500_000
"""Elements between two entries, by their start tags: an entry that lists 100,000 pages has 200,000."""
MAX_FEED_ELEMENTS = 64
"""Elements of the feed itself that are kept; a feed needs six."""
PROLOG_LIMIT = 1 << 16
CHUNK = 1 << 16

_OPAQUE = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>"}
"""What holds no entities, and what ends it."""
_OPAQUE_START = re.compile("|".join(map(re.escape, _OPAQUE)))
_UNFINISHED = re.compile(r"(?:&[A-Za-z0-9#]{0,39}|<|<!|<!-|<!\[C?D?A?T?A?)\Z")
_PROLOG = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_NUMERIC = re.compile(r"&#(?:x([0-9A-Fa-f]{1,7})|([0-9]{1,8}));")
_STRAY = re.compile(r"&(?![A-Za-z][A-Za-z0-9]{0,31};|#[0-9]{1,8};|#x[0-9A-Fa-f]{1,7};)")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ENCODINGS = frozenset({"utf-8", "us-ascii", "ascii", "utf-16", "iso8859-1", "cp1252", "iso8859-15", "latin-1"})
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class BrokenFeedError(Exception):
    """The XML is malformed; a repair may help."""


class FeedStream:
    """Bytes for the parser, always UTF-8: checked, counted, and repaired when asked."""

    def __init__(self, source: BinaryIO, *, repair: bool) -> None:
        self._source = source
        self._repair = repair
        self._carry = ""
        self._until = ""
        self._done = False
        self._bytes = self._elements = 0
        first = self._read_first()
        encoding = _encoding(first)
        errors = "replace" if repair else "strict"
        self._decoder = codecs.getincrementaldecoder(encoding)(errors)
        self._first: str | None = _without_declaration(self._decode(first).removeprefix("\ufeff"))
        _check_prolog(self._first)

    def entry_done(self) -> None:
        """An entry was taken out of the tree; counting starts again."""
        self._bytes = self._elements = 0

    def read(self, _size: int = -1) -> bytes:
        """The next piece; its length is this stream's choice."""
        if self._first is not None:
            text, self._first = self._first, None
            if data := self._give(text):
                return data
        while not self._done:
            chunk = self._source.read(CHUNK)
            self._done = not chunk
            if data := self._give(self._decode(chunk, final=self._done)):
                return data
        return b""

    def _give(self, text: str) -> bytes:
        if self._repair:
            text = self._mend(text)
        data = text.encode()
        self._bytes += len(data)
        self._elements += data.count(b"<") - data.count(b"</")
        if self._bytes > MAX_ENTRY_BYTES or self._elements > MAX_ENTRY_ELEMENTS:
            raise PackageError("The feed has an entry larger than this service takes.")
        return data

    def _read_first(self) -> bytes:
        parts = b""
        while len(parts) < PROLOG_LIMIT:
            chunk = self._source.read(PROLOG_LIMIT - len(parts))
            if not chunk:
                break
            parts += chunk
        return parts

    def _decode(self, data: bytes, *, final: bool = False) -> str:
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError as error:
            raise BrokenFeedError(f"a byte that is not in the feed's encoding: {error.reason}") from None

    def _mend(self, text: str) -> str:
        """A piece repaired. What may go on in the next piece is kept for it; CDATA and comments stay as they are."""
        text, self._carry = self._carry + strip_illegal(text), ""
        parts: list[str] = []
        position = 0
        while position < len(text):
            if self._until:
                found = text.find(self._until, position)
                end = (
                    found + len(self._until)
                    if found >= 0
                    else self._cut(text, max(position, len(text) + 1 - len(self._until)))
                )
                parts.append(text[position:end])
                self._until = "" if found >= 0 else self._until
            else:
                match = _OPAQUE_START.search(text, position)
                rest = None if match else _UNFINISHED.search(text, max(position, len(text) - 40))
                end = match.start() if match else self._cut(text, rest.start() if rest else len(text))
                parts += [_mended(text[position:end]), match[0] if match else ""]
                if match:
                    self._until, end = _OPAQUE[match[0]], match.end()
            position = len(text) if self._carry else end
        return "".join(parts)

    def _cut(self, text: str, place: int) -> int:
        """Where to end the piece: at `place`, what follows being carried over, unless it is the last piece."""
        if self._done:
            return len(text)
        self._carry = text[place:]
        return place


def _mended(text: str) -> str:
    return _STRAY.sub("&amp;", _NUMERIC.sub(_numeric, _ENTITY.sub(_named, text)))


def _named(match: re.Match[str]) -> str:
    name = match[1]
    if name in _XML_NAMES:
        return match[0]
    characters = html5.get(name + ";")
    if characters is None:
        return f"&amp;{name};"
    return "".join(f"&#{ord(one)};" for one in characters)


def _numeric(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    return match[0] if code <= 0x10FFFF and strip_illegal(chr(code)) else ""


def _encoding(first: bytes) -> str:
    for mark, name in _MARKS:
        if first.startswith(mark):
            return name
    if first[:4] in (b"<\0?\0", b"\0<\0?"):
        return "utf-16-le" if first[1] == 0 else "utf-16-be"
    declared = _DECLARED.match(first)
    if declared is None:
        return "utf-8"
    try:
        name = codecs.lookup(declared[1].decode()).name
    except LookupError:
        name = ""
    if name not in _ENCODINGS:
        raise PackageError(f"The feed is written in the encoding {declared[1].decode()}; please use UTF-8.")
    return "utf-8" if name == "utf-16" else name


def _without_declaration(text: str) -> str:
    """The text without the XML declaration, whose encoding is not true any more."""
    text = text.lstrip()
    return re.sub(r"^<\?xml\b.*?\?>", "", text, count=1, flags=re.DOTALL) if text.startswith("<?xml") else text


def _check_prolog(text: str) -> None:
    match = _PROLOG.match(text)
    rest = text[match.end() :] if match else text
    if rest[:9].upper() == "<!DOCTYPE":
        raise PackageError("The feed has a document type (DOCTYPE), which could make it expand or fetch things.")
    if not rest.startswith("<"):
        raise PackageError("The feed is not XML.")


def entries(source: BinaryIO, *, repair: bool) -> Iterator[etree._Element]:
    """Each entry of the feed, then the feed itself; an element is emptied when the next one is asked for.

    Raises
    ------
    BrokenFeedError
        Malformed XML, and `repair` was not asked for.
    PackageError
        Malformed even when repaired, or unsafe, or not a feed.
    """
    stream: FeedStream | None = None
    try:
        stream = FeedStream(source, repair=repair)
        yield from _parsed(stream)
    except etree.XMLSyntaxError as error:
        if repair:
            raise PackageError(f"The feed is not well-formed XML: {error.msg}.") from None
        raise BrokenFeedError(str(error)) from None
    except BrokenFeedError:
        if repair:
            raise PackageError("The feed is not well-formed XML.") from None
        raise


def _parsed(stream: FeedStream) -> Iterator[etree._Element]:
    parser = etree.iterparse(
        stream,
        events=("end",),
        tag=(ENTRY, f"{{{ATOM}}}feed"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: etree._Element | None = None
    for _, element in parser:
        parent = element.getparent()
        if parent is None:
            root = element
            break
        if parent.getparent() is not None:
            continue
        _refuse_doctype(element)
        yield element
        stream.entry_done()
        _forget(element, parent)
    if root is None or root.tag != f"{{{ATOM}}}feed":
        raise PackageError("The file is XML, but not a Leap2A feed.")
    for _ in parser:
        pass
    _refuse_doctype(root)
    yield root


def _forget(element: etree._Element, parent: etree._Element) -> None:
    """Empty the element, and drop the entries before it; the feed's own elements stay."""
    element.clear()
    previous = element.getprevious()
    while previous is not None and (previous.tag == ENTRY or len(parent) > MAX_FEED_ELEMENTS):
        parent.remove(previous)
        previous = element.getprevious()


def _refuse_doctype(element: etree._Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise PackageError("The feed has a document type (DOCTYPE), which could make it expand or fetch things.")
