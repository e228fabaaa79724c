"""Atom's texts and dates as people's programs write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from lxml import etree

from chalicelib.domain.epobject import NAME_LIMIT
from chalicelib.packages import markup
from chalicelib.packages.leap2a.vocabulary import FOLIO, XHTML

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?)?"
)
JOIN = f"{{{FOLIO}}}join"
UNTITLED = "Untitled"


def moment(text: str | None) -> tuple[datetime | None, bool]:
    """A date-time in UTC, and whether it was written properly.

    >>> moment('2009-02-06T11:00:00Z"')
    (datetime.datetime(2009, 2, 6, 11, 0, tzinfo=datetime.timezone.utc), False)
    """
    written = (text or "").strip()
    match = _DATE.search(written)
    if match is None:
        return None, False
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    iso = f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}{(fraction or '')[:7]}"
    try:
        found = datetime.fromisoformat(iso + (zone or "Z")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None, False
    return found, match[0] == written and bool(hour)


def clean_literal_date(text: str) -> str:
    """A literal date without what is not part of it: the specification's own example has a stray quote.

    >>> clean_literal_date('2009-02-06T11:00:00Z"')
    '2009-02-06T11:00:00Z'
    """
    match = _DATE.match(text.strip())
    return match[0] if match and text.strip()[match.end() :] in {'"', "'"} else text


def plain(element: etree._Element | None) -> str:
    """A text construct as plain text, whatever its type."""
    if element is None:
        return ""
    kind = _kind(element)
    if kind == "html":
        return markup.html_to_text(markup.sanitise(element.text or ""))
    if len(element):
        return markup.html_to_text(markup.from_xhtml(_inside(element), _no_link))
    return element.text or ""


def rich(element: etree._Element | None, address: Callable[[str], str | None], *, unwrap: bool) -> tuple[str, str]:
    """A text construct as (content, content type): stored HTML, or plain text of type `text`."""
    if element is None:
        return "", "html"
    kind = _kind(element)
    if kind == "html":
        return markup.from_package_html(text_of(element), address, unwrap=unwrap), "html"
    if kind == "xhtml" or any(child.tag != JOIN for child in element):
        return markup.from_xhtml(_inside(element), address, unwrap=unwrap), "html"
    return text_of(element), "text"


def text_of(element: etree._Element) -> str:
    """The text of an element that holds text alone, whatever the writer cut it into."""
    return (element.text or "") + "".join(child.tail or "" for child in element if child.tag == JOIN)


def has_markup(element: etree._Element | None) -> bool:
    """Whether a text construct says more than its plain text does."""
    if element is None or not (len(element) or _kind(element) == "html"):
        return False
    html, _ = rich(element, _no_link, unwrap=True)
    return bool(re.search(r"<(?!/?(?:p|br|div)\b)|<(?:p|div) ", html))


def cut_name(title: str) -> str:
    """A title as a name: at most `NAME_LIMIT` characters."""
    return title if len(title) <= NAME_LIMIT else title[:NAME_LIMIT].rstrip()


def cut_file_name(name: str) -> str:
    """A file's name, as long as a name may be; its ending stays.

    >>> len(cut_file_name("x" * 300 + ".txt")), cut_file_name("x" * 300 + ".txt")[-5:]
    (255, 'x.txt')
    """
    stem, dot, ending = name.rpartition(".")
    if len(name) <= NAME_LIMIT or not dot or len(ending) > 10:
        return cut_name(name)
    return f"{stem[: NAME_LIMIT - 1 - len(ending)].rstrip()}.{ending}"


def _no_link(_address: str) -> str | None:
    return None


def _kind(element: etree._Element) -> str:
    kind = (element.get("type") or "").strip().lower()
    return "html" if kind.startswith("text/html") else kind


def _inside(element: etree._Element) -> etree._Element:
    divs = [child for child in element if child.tag == f"{{{XHTML}}}div"]
    return divs[0] if len(divs) == 1 and len(element) == 1 else element
