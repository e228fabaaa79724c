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
from functools import cache
from typing import TYPE_CHECKING

import nh3

from chalicelib.domain.identity import object_path

if TYPE_CHECKING:
    from lxml.etree import _Element

XHTML = "http://www.w3.org/1999/xhtml"
VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})
MAX_DEPTH = 100
"""Elements nested deeper lose their tags and keep their text: XML parsers stop at 256."""
MAX_ROUNDS = 8

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)([^<>]*)>")
_ATTRIBUTE = re.compile(r'\s+([a-z:-]+)="([^"]*)"')
_IFRAME = re.compile(r"<iframe\b([^>]*)>(?:[^<]*</iframe\s*>)?", re.IGNORECASE)
_IFRAME_SRC = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_OBJECT = re.compile("^" + re.escape(object_path(0)).replace("/0/", r"/(\d{1,16})/") + "$")
_SAFE_DATA = re.compile(r"^data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$", re.IGNORECASE)
_BLOCK_END = re.compile(r"<(?:br|hr)>|</(?:p|div|h[1-6]|li|tr|table|ul|ol|dl|dd|dt|pre|blockquote|section|article)>")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_ADDRESSES = frozenset({"href", "src"})
_MEDIA = frozenset({"img", "audio", "video", "source"})

_TEXT_TAGS = (
    "abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del "
    "details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i ins kbd li mark ol p pre q "
    "rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul "
    "var wbr"
)
_TAGS = {*_TEXT_TAGS.split(), "a", *_MEDIA}
_CELL = {"colspan", "rowspan", "headers", "scope", "abbr", "width", "height", "align", "valign"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class", "dir", "lang", "title", "style"},
    "a": {"href"},
    "audio": {"src", "controls"},
    "blockquote": {"cite"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "width", "height"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "q": {"cite"},
    "source": {"src", "type"},
    "table": {"border", "cellpadding", "cellspacing", "summary", "width"},
    "td": _CELL,
    "th": _CELL,
    "time": {"datetime"},
    "video": {"src", "controls", "width", "height"},
} | {name: {"align"} for name in ("div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "tr")}
_STYLES = {
    *["color", "background-color", "text-align", "text-decoration", "text-indent", "font-family", "font-size", "font-style"],
    *["font-weight", "line-height", "letter-spacing", "white-space", "vertical-align", "direction", "float", "clear"],
    *["width", "height", "max-width", "max-height", "min-width", "margin", "margin-top", "margin-right", "margin-bottom", "margin-left"],
    *["padding", "padding-top", "padding-right", "padding-bottom", "padding-left", "border", "border-color", "border-style"],
    *["border-width", "border-collapse", "border-spacing", "list-style-type", "caption-side"],
}
_SCHEMES = {"http", "https", "mailto", "tel", "ftp"}
_ID_SCHEMES = {"portfolio", "urn", "tag", "info"}


def _only_safe_data(tag: str, attribute: str, value: str) -> str | None:
    if value.lstrip().lower().startswith("data:") and not (
        tag == "img" and attribute == "src" and _SAFE_DATA.match(value)
    ):
        return None
    return value


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None, filter_style_properties=_STYLES
    )


@cache
def _data_cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={*_SCHEMES, "data"},
        link_rel=None,
        filter_style_properties=_STYLES,
        attribute_filter=_only_safe_data,
    )


@cache
def _linking_cleaner() -> nh3.Cleaner:
    """The cleaner for HTML that still holds a package's links: lets `rel` and the schemes of entry ids pass."""
    marked = {"rel", "href", "src"}
    attributes = {name: values | marked if name in {"a", *_MEDIA} else values for name, values in _ATTRIBUTES.items()}
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=attributes,
        url_schemes={*_SCHEMES, *_ID_SCHEMES, "data"},
        link_rel=None,
        filter_style_properties=_STYLES,
        attribute_filter=_only_safe_data,
    )


def strip_illegal(text: str) -> str:
    r"""The text without the characters XML 1.0 forbids.

    >>> strip_illegal("a\x01b\ufffe")
    'ab'
    """
    return _ILLEGAL.sub("", text)


def sanitise(html: str) -> str:
    """Safe HTML in canonical form: `sanitise(sanitise(x)) == sanitise(x)`.

    Keeps what a rich-text editor makes. Scripts, handlers, styles that could load something, `javascript:` and
    unsafe `data:` addresses go; an embedded frame becomes a link to what it showed.

    >>> sanitise('<P onclick="x()">Tom &amp Ann<script>alert(1)</script>')
    '<p>Tom &amp; Ann</p>'
    """
    text = strip_illegal(html)
    if "<iframe" in text.lower():
        text = _IFRAME.sub(_frame_link, text)
    for _ in range(MAX_ROUNDS):
        cleaner = _data_cleaner() if "data:" in text else _cleaner()
        clean = _flatten(strip_illegal(cleaner.clean(text)))
        if clean == text:
            return clean
        text = clean
    return text_to_html(html_to_text(text))


def _frame_link(match: re.Match[str]) -> str:
    source = _IFRAME_SRC.search(match[1])
    if source is None:
        return ""
    address = entities.escape(entities.unescape(source[1]))
    return f'<a href="{address}">{address}</a>'


def _flatten(html: str) -> str:
    if html.count("</") <= MAX_DEPTH:
        return html
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        if match[2] in VOID:
            return match[0]
        if match[1]:
            depth -= 1
            return match[0] if depth < MAX_DEPTH else ""
        depth += 1
        return match[0] if depth <= MAX_DEPTH else ""

    return _TAG.sub(keep, html)


def text_to_html(text: str) -> str:
    r"""Plain text as canonical HTML: a paragraph per blank line, a break per line.

    >>> text_to_html("a < b\nc\n\nd")
    '<p>a &lt; b<br>c</p><p>d</p>'
    """
    lines = strip_illegal(text).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines:
        return ""
    paragraphs = re.split(r"\n{2,}", lines)
    return "".join(f"<p>{escape_text(one).replace(chr(10), '<br>')}</p>" for one in paragraphs)


def html_to_text(html: str) -> str:
    """What canonical `html` says, as plain text.

    >>> html_to_text("<p>a &lt; b<br>c</p><p>d</p>")
    'a < b\\nc\\nd'
    """
    broken = _BLOCK_END.sub("\n", html)
    return entities.unescape(_TAG.sub("", broken)).replace("\xa0", " ").strip()


def escape_text(text: str) -> str:
    """Text as canonical HTML writes it between tags."""
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(text: str) -> str:
    """Text as canonical HTML writes it in an attribute."""
    return escape_text(text).replace('"', "&quot;")


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

    return _TAG.sub(replace, html)


def to_xhtml(html: str, link: Callable[[int], str | None]) -> bytes:
    """HTML as the XHTML `div` of a Leap2A entry, links to objects written as `link(id)`.

    Source contract
    ---------------
    leap2a 3 (the div starts exactly so), leap2a 4 (links between entries).
    """
    text = relink(sanitise(html), link, marked=True).replace("&nbsp;", "\xa0")
    text = _TAG.sub(_xml_tag, text)
    return f'<div xmlns="{XHTML}">{text}</div>'.encode()


def _xml_tag(match: re.Match[str]) -> str:
    tag = match[0]
    if "\n" in tag or "\t" in tag:
        tag = tag.replace("\n", "&#10;").replace("\t", "&#9;")
    return f"{tag[:-1]}/>" if match[2] in VOID and not match[1] else tag


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
    return _stored(_linking_cleaner().clean(strip_illegal(html)), link, unwrap=unwrap)


def _stored(html: str, link: Callable[[str], str | None], *, unwrap: bool) -> str:
    if "href=" in html or "src=" in html:
        html = _TAG.sub(lambda match: _inbound(match, link), html)
    clean = sanitise(html)
    return unwrap_divs(clean) if unwrap else clean


def _inbound(match: re.Match[str], link: Callable[[str], str | None]) -> str:
    tag = match[2]
    if match[1] or tag not in {"a", *_MEDIA}:
        return match[0]
    attributes = _attributes(match[3])
    marked = any(name == "rel" and "has_part" in value for name, value in attributes)
    wanted = "href" if tag == "a" else "src"
    found: list[tuple[str, str]] = []
    for name, value in attributes:
        if name in {"href", "src"}:
            if name != wanted and not (marked and tag in _MEDIA):
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
    for match in _TAG.finditer(html):
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
        if match[1] or (tag != "a" and tag not in _MEDIA):
            return match[0]
        attributes = [(name, _in_copy(value, link) if name in _ADDRESSES else value) for name, value in _attributes(match[3])]
        found = [(name, value) for name, value in attributes if value is not None]
        source = dict(found).get("src", "")
        if not _outside(source):
            return _start(tag, found)
        label = escape_text(dict(found).get("alt") or source)
        shown = label if anchors else f'<a href="{escape_attribute(source)}">{label}</a>'
        return shown if tag in VOID else shown + _start(tag, [one for one in found if one[0] != "src"])

    return _TAG.sub(replace, sanitise(html))


def _in_copy(address: str, link: Callable[[int], str | None]) -> str | None:
    target = object_id(address)
    if target is not None:
        return link(target)
    if address.startswith("//"):
        return f"https:{address}"
    return address if address.startswith("#") or _SCHEME.match(address) else None


def _outside(source: str) -> bool:
    return bool(_SCHEME.match(source)) and not source.startswith("data:")
