"""One entry of a feed as facts: what both passes over a feed need to know of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree
from msgspec import Struct, field

from chalicelib.domain.epobject import INVERSE, Kind
from chalicelib.packages.leap2a import extension, texts, vocabulary
from chalicelib.packages.leap2a.extension import Extension
from chalicelib.packages.leap2a.vocabulary import OUTSIDE, PLAIN_RELATIONS, RELATIONS, short_name

PLAIN_ENTRY_PLUGINS = frozenset({"", "blog", "internal/html", "internal/textbox"})
"""Mahara's plug-ins whose plain entries are a person's own writing; others' are comments and résumé lines."""
RESOURCES = frozenset({"resource", "publication"})
_INTEGER = re.compile(r"^[+-]?[0-9]{1,11}$")
_ORDER_OFFSET = 10**12
"""Makes every display order positive, so that orders of one length sort as texts."""


class Link(Struct, frozen=True):
    """A link as an entry states it: `rel` is a key of `INVERSE` where it can be."""

    rel: str
    target: str
    """Address with its prefix spelt out, as entry ids are kept."""
    href: str
    order: tuple[int, str] = (1, "")
    """Sorts parts: (0, display order), (0, when added), or (1, "") for document order."""

    @property
    def relation(self) -> str:
        """The relation it makes to another entry: one we do not know is at least `related`."""
        return self.rel if self.rel in INVERSE or self.rel in PLAIN_RELATIONS else "related"


class Enclosure(Struct, frozen=True):
    """An attached file as stated."""

    href: str
    media_type: str = ""

    @property
    def outside(self) -> bool:
        """Whether it is an address on the web and not a member of the package."""
        return bool(OUTSIDE.match(self.href)) or self.href.startswith("//")


class Facts(Struct):
    """What an entry says of itself, short of its texts."""

    id: str = ""
    """With its prefix spelt out, so that all ways to write an id meet."""
    stated_id: str = ""
    type: str = "entry"
    """Short item type; the URI as written when it is not one of Leap2A's namespace."""
    categories: list[tuple[str, str, str]] = field(default_factory=list)
    """(scheme, term, label); a free tag has no scheme."""
    links: list[Link] = field(default_factory=list)
    enclosures: list[Enclosure] = field(default_factory=list)
    plugin: str = ""
    """Mahara's `plugin/type`."""
    view_type: str = ""
    """`portfolio`, `profile`, `dashboard`; empty without a `mahara:view`."""
    extension: Extension | None = None
    stated_portfolio: str = ""
    """Id of the portfolio that our own extension puts a page in, spelt out."""

    def term(self, scheme: str) -> str:
        """The first term of a vocabulary."""
        return next((term for name, term, _ in self.categories if name == scheme), "")

    @property
    def files(self) -> list[Enclosure]:
        """Attached files that should be in the package."""
        return [one for one in self.enclosures if not one.outside]

    @property
    def url(self) -> str:
        """Web address of a resource: its `self` link, or a file that is elsewhere."""
        for link in self.links:
            if link.rel == "self":
                return link.href
        return next((one.href for one in self.enclosures if one.outside), "")


def facts_of(element: etree._Element) -> Facts:
    """Collect the facts of an `entry` element."""
    namespaces = element.nsmap
    facts = Facts()
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        name = short_name(tag)
        if name == "atom:id":
            facts.stated_id = (child.text or "").strip()
            facts.id = vocabulary.expand(facts.stated_id, namespaces)
        elif name == "atom:link":
            _add_link(facts, child, namespaces)
        elif name == "atom:category":
            facts.categories.append(_category(child, namespaces))
        elif name == "atom:content":
            if source := attribute(child, "src"):
                facts.enclosures.append(Enclosure(source.strip(), attribute(child, "type")))
        elif name == "rdf:type":
            facts.type = _type(attribute(child, "rdf:resource"), namespaces)
        elif name == "thr:in-reply-to":
            reference = attribute(child, "ref")
            facts.links.append(Link("in_reply_to", vocabulary.expand(reference, namespaces), reference))
        elif name == "mahara:artefactplugin":
            facts.plugin = f"{attribute(child, 'mahara:plugin')}/{attribute(child, 'mahara:type')}"
        elif name == "mahara:view":
            facts.view_type = attribute(child, "mahara:type") or "portfolio"
        elif name == extension.ELEMENT:
            facts.extension = extension.decode(child.text)
            facts.stated_portfolio = _stated_portfolio(facts.extension, namespaces)
    return facts


def _stated_portfolio(own: Extension | None, namespaces: Mapping[str | None, str]) -> str:
    if own is None or own.portfolio_id is None:
        return ""
    return vocabulary.expand(extension.PORTFOLIO_ID.format(id=own.portfolio_id), namespaces)


def attribute(element: etree._Element, name: str) -> str:
    """An attribute by short name, in any spelling of its namespace, or without one."""
    prefix, _, local = name.rpartition(":")
    plain = element.get(local)
    if plain is not None or not prefix:
        return plain or ""
    return next((str(value) for key, value in element.attrib.items() if short_name(str(key)) == name), "")


def _add_link(facts: Facts, element: etree._Element, namespaces: Mapping[str | None, str]) -> None:
    said = {short_name(str(key)): str(value) for key, value in element.items()}
    href = said.get("href", "").strip()
    rel = relation(said.get("rel", ""), namespaces)
    if not href:
        return
    if rel == "enclosure":
        facts.enclosures.append(Enclosure(href, said.get("type", "")))
        return
    facts.links.append(Link(rel, vocabulary.expand(href, namespaces), href, _order(said)))


def _order(said: Mapping[str, str]) -> tuple[int, str]:
    order = said.get("display_order", said.get("leap2:display_order", "")).strip()
    if _INTEGER.match(order):
        return 0, f"{int(order) + _ORDER_OFFSET:013d}"
    added = said.get("when_added", said.get("leap2:when_added", "")).strip()
    moment, _ = texts.moment(added) if added else (None, False)
    return (0, moment.isoformat()) if moment else (1, "")


def relation(rel: str, namespaces: Mapping[str | None, str]) -> str:
    """A link's relation as a key of `INVERSE` where it is one; else the word, or what was written.

    >>> relation("leap2:reflects_on", {}), relation("has_part", {}), relation("", {})
    ('reflects_on', 'has_part', 'related')
    """
    prefix, word = vocabulary.term(rel or "related", namespaces)
    word = RELATIONS.get(word, word)
    if word in INVERSE or word in PLAIN_RELATIONS or prefix == "leap2":
        return word
    return rel.strip()


def _category(element: etree._Element, namespaces: Mapping[str | None, str]) -> tuple[str, str, str]:
    scheme = attribute(element, "scheme").strip()
    term = attribute(element, "term")
    label = attribute(element, "label")
    return (vocabulary.scheme_name(scheme, namespaces) if scheme else "", term, label)


def _type(value: str, namespaces: Mapping[str | None, str]) -> str:
    prefix, word = vocabulary.term(value, namespaces)
    if prefix == "leap2" or word in vocabulary.ITEM_TYPES:
        return word.rstrip("#/") or "entry"
    return vocabulary.expand(value, namespaces) or "entry"


def kind_of(facts: Facts, *, found: bool) -> Kind:
    """What an entry becomes.

    Parameters
    ----------
    found
        Its one attached file is in the package.

    Source contract
    ---------------
    leap2a 3, 5 and 10.
    """
    stated = facts.extension.kind if facts.extension else ""
    if stated in Kind.__members__.values():
        kind = Kind(stated)
        return kind if kind is not Kind.FILE or (len(facts.files) == 1 and found) else Kind.ITEM
    if facts.type == "selection":
        terms = {term for scheme, term, _ in facts.categories if scheme == "selection_type"}
        if "Website" in terms:
            return Kind.PORTFOLIO
        return Kind.PAGE if "Webpage" in terms else Kind.COLLECTION
    if facts.type in RESOURCES:
        if len(facts.files) == 1 and len(facts.enclosures) == 1:
            return Kind.FILE if found else Kind.ITEM
        if facts.type == "resource" and not facts.files and OUTSIDE.match(facts.url):
            return Kind.LINK
        return Kind.ITEM
    if facts.type == "entry":
        plugin = facts.plugin
        own = plugin in PLAIN_ENTRY_PLUGINS or plugin.partition("/")[0] in PLAIN_ENTRY_PLUGINS
        return Kind.REFLECTION if own else Kind.ITEM
    return Kind.ITEM
