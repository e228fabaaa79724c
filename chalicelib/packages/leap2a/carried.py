"""What a package says and no field of ours holds: from XML to `Element`, and back to XML.

Inside an `Element` everything is stored form: an XHTML `div` is one element `xhtml:div` whose text is stored HTML,
markup in a text of type `html` and in the JSON of Mahara's text blocks is stored HTML too, and an entry's id is
`object:{id}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy

from lxml import etree
from msgspec import Struct

from chalicelib.domain.epobject import Element
from chalicelib.packages import markup
from chalicelib.packages.leap2a import vocabulary
from chalicelib.packages.leap2a.texts import JOIN, text_of
from chalicelib.packages.leap2a.vocabulary import LEAP2_ARCHIVED, NAMESPACES, short_name

HTML_CONFIG = frozenset({"mahara:text", "mahara:instructions"})
"""Settings of Mahara's blocks that hold HTML."""
DOUBLED = frozenset({"leap2:field", "leap2:label", "leap2:service"})
"""Attributes of person data that are written twice (leap2a 2)."""
PIECE = 2_000_000
"""Characters, of up to four bytes each, that always may stand between two tags."""
_UNDECLARED = frozenset({"atom", "xhtml"})
"""Usual prefixes that a feed of ours does not declare: the one is its default namespace, the other a `div`'s."""
_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, which JSON can spell and UTF-8 cannot."""
_REFERENCE = re.compile(r"^object:(\d{1,16})$")


class Incoming(Struct, frozen=True):
    """How references of a package become ours."""

    object_id: Callable[[str], int | None]
    """The new id of an entry; None when the package has no such entry."""
    address: Callable[[str], str | None]
    """The same for links in HTML: the stored address."""
    unwrap: bool
    """Drop the `div` elements other exporters add."""


class Outgoing(Struct, frozen=True):
    """How our references become a package's: the entry's id, None for an object that is not in it."""

    entry_id: Callable[[int], str | None]


def read_element(element: etree._Element, incoming: Incoming) -> Element:
    """An XML element as carried."""
    tag = short_name(str(element.tag))
    namespaces = element.nsmap
    tail = _text(element.tail)
    if tag.startswith("xhtml:"):
        div = element if tag == "xhtml:div" else _inside_div(element)
        html = markup.from_xhtml(div, incoming.address, unwrap=incoming.unwrap)
        return Element("xhtml:div", text=html, tail=tail)
    attributes: dict[str, str] = {}
    for key, value in element.attrib.items():
        attributes.setdefault(short_name(str(key)), _reference(str(value), namespaces, incoming))
    children = tuple(
        read_element(child, incoming) for child in element if isinstance(child.tag, str) and child.tag != JOIN
    )
    text = text_of(element)
    if attributes.get("type") == "html":
        text = markup.from_package_html(text, incoming.address, unwrap=incoming.unwrap)
    elif tag in HTML_CONFIG:
        text = _read_html(text, incoming)
    elif tag.startswith("mahara:") and text.lstrip()[:1] in {"[", "{"}:
        text = _read_json(text, namespaces, incoming)
    else:
        text = _reference(_text(text), namespaces, incoming)
    return Element(tag, tuple(attributes.items()), text, children, tail)


def _inside_div(element: etree._Element) -> etree._Element:
    """XHTML that lacks the `div` it should stand in."""
    div = etree.Element(f"{{{vocabulary.XHTML}}}div")
    div.append(deepcopy(element))
    div[0].tail = None
    return div


def _text(text: str | None) -> str:
    return text if text and not text.isspace() else ""


def _reference(text: str, namespaces: Mapping[str | None, str], incoming: Incoming) -> str:
    if ":" not in text or len(text) > 1000:
        return text
    target = incoming.object_id(vocabulary.expand(text, namespaces))
    return text if target is None else f"object:{target}"


def _read_json(text: str, namespaces: Mapping[str | None, str], incoming: Incoming) -> str:
    try:
        return _dump(_map(json.loads(text), lambda value: _reference(value, namespaces, incoming)))
    except (ValueError, RecursionError):
        return text


def _read_html(text: str, incoming: Incoming) -> str:
    """A setting with HTML, as JSON with stored HTML in it. What is not the array it should be is HTML itself."""

    def change(value: str) -> str:
        return markup.from_package_html(value, incoming.address, unwrap=incoming.unwrap)

    try:
        value = json.loads(text)
        if isinstance(value, str | list | dict):
            return _dump(_map(value if not isinstance(value, str) else [value], change))
    except (ValueError, RecursionError):
        pass
    return _dump([change(text)]) if text.strip() else ""


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _map(value: object, change: Callable[[str], str | None]) -> object:
    """JSON with its strings changed; where `change` gives None the string goes, and an emptied list with it.

    Of strings and keys only what UTF-8 can hold is kept: a package may spell the rest.
    """
    if isinstance(value, str):
        return change(_HALVES.sub("", value))
    if isinstance(value, list):
        mapped = [_map(one, change) for one in value]
        kept = [new for new, old in zip(mapped, value, strict=True) if new is not None or old is None]
        return None if value and not kept else kept
    if isinstance(value, dict):
        return {_HALVES.sub("", key): _map(one, change) for key, one in value.items()}
    return value


def config(block: Element, name: str) -> object:
    """The value of one of a block's settings; None when it has none."""
    for child in block.children:
        if child.tag == f"mahara:{name}":
            try:
                value = json.loads(child.text) if child.text else None
            except (ValueError, RecursionError):
                return child.text
            return value[0] if isinstance(value, list) and len(value) == 1 else value
    return None


def references(value: object) -> list[int]:
    """Ids in a setting: `object:7`, or a list of such."""
    values = value if isinstance(value, list) else [value]
    return [int(match[1]) for one in values if isinstance(one, str) and (match := _REFERENCE.match(one))]


def escape(text: str) -> str:
    """Text for XML, between tags."""
    clean = markup.strip_illegal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return clean.replace("\r", "&#13;") if "\r" in clean else clean


def escape_all(text: str) -> str:
    """Text for XML as all that an element holds. Parsers take 10 MB between two tags, so a longer one has some."""
    if len(text) <= PIECE or len(text.encode(errors="ignore")) <= 4 * PIECE:
        return escape(text)
    return "<folio:join/>".join(escape(text[place : place + PIECE]) for place in range(0, len(text), PIECE))


def quote(text: str) -> str:
    """Text for XML, as an attribute in quotes.

    >>> quote('a "b"')
    '"a &quot;b&quot;"'
    """
    clean = escape(text).replace('"', "&quot;")
    return '"' + clean.replace("\n", "&#10;").replace("\t", "&#9;") + '"'


def write_element(element: Element, outgoing: Outgoing) -> str:
    """A carried element as XML; the usual prefixes are taken to be declared.

    Empty when it was only a reference to an object that is not in the package.
    """
    tail = escape(element.tail)
    if element.tag == "xhtml:div":
        return markup.to_xhtml(element.text, outgoing.entry_id).decode() + tail
    text = _outgoing_text(element, outgoing)
    if text is None:
        return tail
    name, declaration = _qualified(element.tag, "n0")
    doubled = element.tag == "leap2:persondata"
    if doubled and any(key in DOUBLED for key, _ in element.attributes):
        declaration += f' xmlns:lx="{LEAP2_ARCHIVED}"'
    attributes = "".join(
        _attribute(key, value, outgoing, prefix=f"a{number}", doubled=doubled)
        for number, (key, value) in enumerate(element.attributes)
    )
    inner = escape_all(text) + "".join(write_element(child, outgoing) for child in element.children)
    end = f">{inner}</{name}>" if inner else "/>"
    return f"<{name}{declaration}{attributes}{end}{tail}"


def _attribute(key: str, value: str, outgoing: Outgoing, *, prefix: str, doubled: bool) -> str:
    changed = _entry_id(value, outgoing)
    if changed is None:
        return ""
    known, _, local = key.rpartition(":")
    if known in _UNDECLARED:
        key = f"{{{NAMESPACES[known]}}}{local}"
    name, declaration = _qualified(key, prefix)
    again = f" lx:{local}={quote(changed)}" if doubled and key in DOUBLED else ""
    return f"{declaration} {name}={quote(changed)}{again}"


def _qualified(name: str, prefix: str) -> tuple[str, str]:
    """A name as it is written, and the declaration it needs; `prefix` is for a namespace without a usual one."""
    if name.startswith("{"):
        namespace, _, local = name[1:].partition("}")
        return f"{prefix}:{local}", f" xmlns:{prefix}={quote(namespace)}"
    return name.removeprefix("atom:"), ""


def _entry_id(text: str, outgoing: Outgoing) -> str | None:
    match = _REFERENCE.match(text)
    return text if match is None else outgoing.entry_id(int(match[1]))


def _outgoing_text(element: Element, outgoing: Outgoing) -> str | None:
    if dict(element.attributes).get("type") == "html":
        return markup.relink(markup.sanitise(element.text), outgoing.entry_id, marked=True)
    if element.tag.startswith("mahara:") and element.text[:1] in {"[", "{"}:
        return _write_json(element, outgoing)
    return _entry_id(element.text, outgoing)


def _write_json(element: Element, outgoing: Outgoing) -> str | None:
    def change(value: str) -> str | None:
        if element.tag in HTML_CONFIG:
            return markup.relink(markup.sanitise(value), outgoing.entry_id, marked=True)
        return _entry_id(value, outgoing)

    try:
        value = _map(json.loads(element.text), change)
    except (ValueError, RecursionError):
        return element.text
    return None if value is None else _dump(value)
