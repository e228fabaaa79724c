"""Bodies: JSON, forms and multipart, whatever their charset and their sender's habits."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct, field

from chalicelib.domain.errors import InvalidError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

    from chalicelib.dialects.http import Incoming

FORM = "application/x-www-form-urlencoded"
CHARSETS = frozenset({"ascii", "cp1252", "iso8859-1", "iso8859-15", "utf-16", "utf-16-be", "utf-16-le", "utf-8"})
PART_LIMIT = 4096
FIELD_LIMIT = 8192
"""Fields of a form; those of a nested one are counted again, more strictly."""


class Part(Struct):
    """One part of a multipart body."""

    name: str = ""
    file_name: str | None = None
    media_type: str = ""
    content: bytes = b""

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON or based on it."""
    return media_type == "application/json" or media_type.endswith("+json")


def read_json(incoming: Incoming) -> Any:
    """The body as JSON, whatever type it claims. Raises InvalidError when it is none."""
    raw = incoming.body()
    charset = _charset(incoming)
    if charset != "utf-8":
        raw = raw.decode(charset, "replace").encode("utf-8", "replace")
    try:
        return msgspec.json.decode(raw.removeprefix(codecs.BOM_UTF8))
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError):
        raise InvalidError("The body is not valid JSON.", code="malformed") from None


def read_form(incoming: Incoming) -> list[tuple[str, str]]:
    """The fields of an urlencoded body in order. Raises InvalidError when there are too many."""
    text = incoming.body().decode("latin-1")
    try:
        return parse_qsl(
            text, keep_blank_values=True, encoding=_charset(incoming), errors="replace", max_num_fields=FIELD_LIMIT
        )
    except ValueError:
        raise InvalidError(f"At most {FIELD_LIMIT} fields are taken.", code="malformed") from None


def read_multipart(incoming: Incoming) -> list[Part]:
    """The parts of a multipart body in order.

    Bytes before the first delimiter and a missing line end after the last one are tolerated (brightspace 5.1).

    Raises
    ------
    InvalidError
        It is not multipart, or it is broken off or malformed.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, options = parse_options_header(incoming.headers.get("content-type", "").encode("latin-1", "replace"))
    boundary = options.get(b"boundary")
    if not kind.startswith(b"multipart/") or not boundary:
        raise InvalidError("The body must be multipart/form-data.", code="malformed")
    collector = _Collector()
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        parser.write(incoming.body())
        parser.finalize()
    except FormParserError:
        raise InvalidError("The multipart body is malformed.", code="malformed") from None
    if not collector.ended:
        raise InvalidError("The multipart body is broken off.", code="malformed")
    return collector.parts


class _Collector(Struct):
    """Puts parts together from the parser's events."""

    parts: list[Part] = field(default_factory=list)
    ended: bool = False
    _header: bytes = b""
    _value: bytes = b""
    _chunks: list[bytes] = field(default_factory=list)

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._finish,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= PART_LIMIT:
            raise InvalidError(f"At most {PART_LIMIT} parts are taken.", code="malformed")
        self.parts.append(Part())
        self._chunks = []

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._chunks.append(data[start:end])

    def _finish(self) -> None:
        self.parts[-1].content = b"".join(self._chunks)

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        from python_multipart.multipart import parse_options_header

        name, value = self._header.lower(), self._value
        self._header = self._value = b""
        part = self.parts[-1]
        if name == b"content-type":
            part.media_type = value.decode("latin-1").split(";")[0].strip().lower()
        elif name == b"content-disposition":
            _, options = parse_options_header(value)
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                part.file_name = options[b"filename"].decode("utf-8", "replace")

    def _end(self) -> None:
        self.ended = True


def _charset(incoming: Incoming) -> str:
    """The charset a body declares, when it is one of those that clients use; UTF-8 otherwise."""
    for option in incoming.headers.get("content-type", "").split(";")[1:]:
        name, _, value = option.partition("=")
        if name.strip().lower() == "charset":
            try:
                found = codecs.lookup(value.strip().strip("\"'")).name
            except (LookupError, ValueError):
                return "utf-8"
            return found if found in CHARSETS else "utf-8"
    return "utf-8"
