"""The sanitiser: what HTML may hold, and its one canonical form.

That form is a fixed point of the sanitiser, has no character XML forbids and writes every tag, attribute and entity in
one way, so that a regular expression finds its tags.
"""

from __future__ import annotations

import html as entities
import re
from functools import cache, lru_cache

import nh3

from chalicelib.packages.reopening import is_bomb

VOID = frozenset({"br", "col", "hr", "img", "source", "wbr"})
MEDIA = frozenset({"img", "audio", "video", "source"})
MAX_DEPTH = 100
"""Elements nested deeper lose their tags and keep their text: XML parsers stop at 256."""
MAX_ROUNDS = 8
MAX_REMEMBERED = 1 << 16
"""Characters of a text that is remembered: the writer needs the same text in two forms."""
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*+)([^<>]*)>")
"""A tag of canonical HTML: slash, name, attributes."""

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IFRAME = re.compile(r"<iframe\b([^>]*)>(?:[^<]*</iframe\s*>)?", re.IGNORECASE)
_IFRAME_SRC = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_SAFE_DATA = re.compile(r"^data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$", re.IGNORECASE)
_BLOCK_END = re.compile(r"<(?:br|hr)>|</(?:p|div|h[1-6]|li|tr|table|ul|ol|dl|dd|dt|pre|blockquote|section|article)>")

_TEXT_TAGS = (
    "abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del "
    "details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i ins kbd li mark ol p pre q "
    "rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul "
    "var wbr"
)
_TAGS = {*_TEXT_TAGS.split(), "a", *MEDIA}
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
    *[
        "color",
        "background-color",
        "text-align",
        "text-decoration",
        "text-indent",
        "font-family",
        "font-size",
        "font-style",
    ],
    *["font-weight", "line-height", "letter-spacing", "white-space", "vertical-align", "direction", "float", "clear"],
    *[
        "width",
        "height",
        "max-width",
        "max-height",
        "min-width",
        "margin",
        "margin-top",
        "margin-right",
        "margin-bottom",
        "margin-left",
    ],
    *[
        "padding",
        "padding-top",
        "padding-right",
        "padding-bottom",
        "padding-left",
        "border",
        "border-color",
        "border-style",
    ],
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
def _linking_cleaner(*, data: bool) -> nh3.Cleaner:
    marked = {"rel", "href", "src"}
    attributes = {name: values | marked if name in {"a", *MEDIA} else values for name, values in _ATTRIBUTES.items()}
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=attributes,
        url_schemes=_SCHEMES | _ID_SCHEMES | ({"data"} if data else set()),
        link_rel=None,
        filter_style_properties=_STYLES,
        attribute_filter=_only_safe_data if data else None,
    )


def clean_linked(html: str) -> str:
    """HTML that still holds a package's links: `rel` and the schemes of entry ids pass; not stored HTML yet."""
    text = strip_illegal(html)
    return _as_text(text) if is_bomb(text) else _linking_cleaner(data="data:" in text).clean(text)


def strip_illegal(text: str) -> str:
    r"""The text without the characters XML 1.0 forbids.

    >>> strip_illegal("a\x01b\ufffe")
    'ab'
    """
    return _ILLEGAL.sub("", text)


def sanitise(html: str) -> str:
    """Safe HTML in canonical form: `sanitise(sanitise(x)) == sanitise(x)`.

    Keeps what a rich-text editor makes. Scripts, handlers, styles that could load something, `javascript:` and
    unsafe `data:` addresses go; an embedded frame becomes a link to what it showed. What would grow far beyond its size
    when it is parsed keeps its text only.

    >>> sanitise('<P onclick="x()">Tom &amp Ann<script>alert(1)</script>')
    '<p>Tom &amp; Ann</p>'
    """
    return _sanitise(html) if len(html) > MAX_REMEMBERED else _remembered(html)


@lru_cache(maxsize=16)
def _remembered(html: str) -> str:
    return _sanitise(html)


def _sanitise(html: str) -> str:
    text = strip_illegal(html)
    if "<iframe" in text.lower():
        closed = text.rfind(">") + 1  # where no tag ends any more, each would be looked for to the end
        text = _IFRAME.sub(_frame_link, text[:closed]) + text[closed:]
    for _ in range(MAX_ROUNDS):
        if is_bomb(text):
            break
        cleaner = _data_cleaner() if "data:" in text else _cleaner()
        clean = _flatten(strip_illegal(cleaner.clean(text)))
        if clean == text:
            return clean
        text = clean
    return _as_text(text)


def _as_text(html: str) -> str:
    return text_to_html(html_to_text(html))


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

    return TAG.sub(keep, html)


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
    r"""What canonical `html` says, as plain text.

    >>> html_to_text("<p>a &lt; b<br>c</p><p>d</p>")
    'a < b\nc\nd'
    """
    broken = _BLOCK_END.sub("\n", html)
    return entities.unescape(TAG.sub("", broken)).replace("\xa0", " ").strip()


def escape_text(text: str) -> str:
    """Text as canonical HTML writes it between tags."""
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(text: str) -> str:
    """Text as canonical HTML writes it in an attribute."""
    return escape_text(text).replace('"', "&quot;")
