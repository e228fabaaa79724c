"""HTML that people wrote: made safe, put in one canonical form, and carried through XML and back.

Stored HTML is always what `sanitise` returns. That form is a fixed point of the sanitiser, has no character XML
forbids and writes every tag, attribute and entity in one way, so a single regular expression finds its tags, and
`from_xhtml(parse(to_xhtml(html)))` gives the same string back.

Stored HTML refers to another object of the owner by `identity.object_path(id)` in `href` or `src`.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.domain.identity import object_path
from chalicelib.packages.sanitiser import (
    MEDIA,
    TAG,
    VOID,
    clean_linked,
    escape_attribute,
    escape_text,
    html_to_text,
    sanitise,
    strip_illegal,
    text_to_html,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "canonical_to_xhtml",
    "escape_attribute",
    "escape_text",
    "from_package_html",
    "from_xhtml",
    "html_to_text",
    "object_id",
    "object_ids",
    "relink",
    "sanitise",
    "strip_illegal",
    "text_to_html",
    "to_copy",
    "to_xhtml",
    "unwrap_divs",
]

XHTML = "http://www.w3.org/1999/xhtml"

_ATTRIBUTE = re.compile(r'\s+([a-z:-]+)="([^"]*)"')
_OBJECT = re.compile("^" + re.escape(object_path(0)).replace("/0/", r"/(\d{1,16})/") + "$")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_VOID_TAG = re.compile(rf"<((?:{'|'.join(sorted(VOID))})(?:\s[^<>]*)?)>")
_LINKING_TAG = re.compile(r"<(/?)(a|audio|img|source|video)((?:\s[^<>]*)?)>")
_ADDRESSES = frozenset({"href", "src"})


def _attributes(source: str) -> list[tuple[str, str]]:
    return [(name, entities.unescape(value)) for name, value in _ATTRIBUTE.findall(source)]


def _start(tag: str, attributes: list[tuple[str, str]]) -> str:
    return f"<{tag}{''.join(f' {name}={chr(34)}{escape_attribute(value)}{chr(34)}' for name, value in attributes)}>"


def object_id(address: str) -> int | None:
    """The object a stored address refers to, if it is one of ours.

    >>> object_id("/d2l/api/eP/2.5/object/7/content")
    7
    """
    match = _OBJECT.match(address)
    return int(match[1]) if match else None


def object_ids(html: str) -> set[int]:
    """Objects that stored HTML refers to."""
    return {int(found) for found in re.findall(_OBJECT.pattern[1:-1], html)}


def relink(html: str, link: Callable[[int], str | None], *, marked: bool = False) -> str:
    """Stored HTML with the links to objects replaced by `link(id)`, or taken out where that is None.

    `marked` adds `rel="leap2:has_part"`, which tells a Leap2A reader that the address is an entry's id.
    """
    if "/object/" not in html:
        return html

    def replace(match: re.Match[str]) -> str:
        if match[1] or "/object/" not in match[3]:
            return match[0]
        found: list[tuple[str, str]] = []
        for name, value in _attributes(match[3]):
            target = object_id(value) if name in {"href", "src"} else None
            if target is None:
                found.append((name, value))
            elif (address := link(target)) is not None:
                found += [("rel", "leap2:has_part")] if marked else []
                found.append((name, address))
        return _start(match[2], found)

    return _LINKING_TAG.sub(replace, html)


def to_xhtml(html: str, link: Callable[[int], str | None]) -> bytes:
    """HTML as the XHTML `div` of a Leap2A entry, links to objects written as `link(id)`.

    Source contract
    ---------------
    leap2a 3 (the div starts exactly so), leap2a 4 (links between entries).
    """
    return canonical_to_xhtml(sanitise(html), link)


def canonical_to_xhtml(html: str, link: Callable[[int], str | None]) -> bytes:
    """`to_xhtml` for pieces of HTML of which each is canonical."""
    text = relink(html, link, marked=True).replace("&nbsp;", "\xa0")
    text = _VOID_TAG.sub(r"<\1/>", text)
    if "\n" in text or "\t" in text:
        text = TAG.sub(_keep_space, text)
    return f'<div xmlns="{XHTML}">{text}</div>'.encode()


def _keep_space(match: re.Match[str]) -> str:
    """XML turns a line break in an attribute into a space, unless it is written as a reference."""
    return match[0].replace("\n", "&#10;").replace("\t", "&#9;")


def from_xhtml(element: _Element, link: Callable[[str], str | None], *, unwrap: bool = False) -> str:
    """The inside of an XHTML element as stored HTML.

    Parameters
    ----------
    link
        Gives the stored address for an entry's id, None when the package has no such entry.
    unwrap
        Drop `div` elements without attributes that hold everything: Mahara adds one at each export.

    Source contract
    ---------------
    leap2a 3 and 4: `href` is accepted in place of `src` on an image.
    """
    parts: list[str] = []
    _serialise(element, parts)
    return _stored("".join(parts), link, unwrap=unwrap)


def from_package_html(html: str, link: Callable[[str], str | None], *, unwrap: bool = False) -> str:
    """HTML text of a package (escaped markup, a text block of a Mahara page) as stored HTML; see `from_xhtml`."""
    lower = html.lower()
    linked = "href" in lower or "src" in lower
    return _stored(clean_linked(html) if linked else html, link, unwrap=unwrap)


def _stored(html: str, link: Callable[[str], str | None], *, unwrap: bool) -> str:
    if "href=" in html or "src=" in html:
        html = _LINKING_TAG.sub(lambda match: _inbound(match, link), html)
    clean = sanitise(html)
    return unwrap_divs(clean) if unwrap else clean


def _inbound(match: re.Match[str], link: Callable[[str], str | None]) -> str:
    tag = match[2]
    if match[1]:
        return match[0]
    attributes = _attributes(match[3])
    marked = any(name == "rel" and "has_part" in value for name, value in attributes)
    wanted = "href" if tag == "a" else "src"
    found: list[tuple[str, str]] = []
    for name, value in attributes:
        if name in {"href", "src"}:
            if name != wanted and not (marked and tag in MEDIA):
                continue
            address = link(value)
            if address is None and (object_id(value) is not None or (marked and not value.startswith("http"))):
                continue
            found.append((wanted, value if address is None else address))
        elif name != "rel":
            found.append((name, value))
    return _start(tag, found)


def unwrap_divs(html: str) -> str:
    """Canonical HTML without the attribute-less `div` elements that hold all of it.

    >>> unwrap_divs("<div><div><p>a</p></div></div>")
    '<p>a</p>'
    """
    while True:
        text = html.strip()
        if not (text.startswith("<div>") and text.endswith("</div>")) or not _is_single(text):
            return html
        html = sanitise(text[5:-6])


def _is_single(html: str) -> bool:
    depth = 0
    for match in TAG.finditer(html):
        if match[2] == "div":
            depth += -1 if match[1] else 1
            if depth == 0:
                return match.end() == len(html)
    return False


def _serialise(element: _Element, parts: list[str]) -> None:
    parts.append(escape_text(element.text or ""))
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            parts.append(escape_text(child.tail or ""))
            continue
        namespace, _, name = tag.rpartition("}")
        name = name.lower()
        known = namespace in {"", "{" + XHTML, "{http://www.w3.org/2005/Atom"} and name.isascii() and name.isalnum()
        if known:
            parts.append(_start(name, [(key, value) for key, value in child.items() if key[0] != "{"]))
        if not (known and name in VOID):
            _serialise(child, parts)
            if known:
                parts.append(f"</{name}>")
        parts.append(escape_text(child.tail or ""))


def to_copy(html: str, link: Callable[[int], str | None]) -> str:
    """HTML for the offline copy: sanitised again, objects linked by `link(id)`, nothing that makes a request.

    A picture, sound or film from elsewhere becomes a link with its description; a link relative to the site it was
    written on leads nowhere here and becomes text.
    """
    anchors = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal anchors
        tag = match[2]
        if tag == "a":
            anchors += -1 if match[1] else 1
        if match[1]:
            return match[0]
        attributes = [
            (name, _in_copy(value, link) if name in _ADDRESSES else value) for name, value in _attributes(match[3])
        ]
        found = [(name, value) for name, value in attributes if value is not None]
        source = dict(found).get("src", "")
        if not _outside(source):
            return _start(tag, found)
        label = escape_text(dict(found).get("alt") or source)
        shown = label if anchors else f'<a href="{escape_attribute(source)}">{label}</a>'
        return shown if tag in VOID else shown + _start(tag, [one for one in found if one[0] != "src"])

    return _LINKING_TAG.sub(replace, sanitise(html))


def _in_copy(address: str, link: Callable[[int], str | None]) -> str | None:
    target = object_id(address)
    if target is not None:
        return link(target)
    if address.startswith("//"):
        return f"https:{address}"
    return address if address.startswith("#") or _SCHEME.match(address) else None


def _outside(source: str) -> bool:
    return bool(_SCHEME.match(source)) and not source.startswith("data:")
