"""What of an entry no field of ours holds, gathered into `Carried`."""

from __future__ import annotations

from lxml import etree
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.epobject import Carried, Category, Element, Kind
from chalicelib.packages.leap2a import texts
from chalicelib.packages.leap2a.carried import Incoming, read_element
from chalicelib.packages.leap2a.entry import Facts
from chalicelib.packages.leap2a.extension import ELEMENT
from chalicelib.packages.leap2a.scope import Scope
from chalicelib.packages.leap2a.vocabulary import ITEM_TYPES, OUTSIDE, PLAIN_RELATIONS, short_name

FULL_TITLE = "folio:title"
"""Carried element: a title longer than a name may be."""
RICH_SUMMARY = "folio:summary"
"""Carried element: a summary with more markup than plain text keeps."""
PLUGIN = "mahara:artefactplugin"
HIDDEN_PLUGIN = "folio:artefactplugin"
"""`PLUGIN` as it is written for an entry whose file is missing."""

OWN_TYPE = {
    Kind.ACCREDITATION: "achievement",
    Kind.COLLECTION: "selection",
    Kind.FILE: "resource",
    Kind.FORM: "resource",
    Kind.ITEM: "",
    Kind.LINK: "resource",
    Kind.PAGE: "selection",
    Kind.PORTFOLIO: "selection",
    Kind.REFLECTION: "entry",
}
"""Item type that a kind is written as, unless the object carries another."""
IMPLIED = {
    Kind.FILE: Category("resource_type", "Offline", "File"),
    Kind.LINK: Category("resource_type", "Web"),
    Kind.PAGE: Category("selection_type", "Webpage"),
    Kind.PORTFOLIO: Category("selection_type", "Website"),
}
"""Category that a kind always has, and so does not carry."""
SELF = Category("person_type", "Self")

_CONSUMED = frozenset(
    [
        "atom:id",
        "atom:title",
        "atom:updated",
        "atom:published",
        "atom:content",
        "atom:summary",
        "atom:category",
        "atom:link",
        "atom:author",
        "rdf:type",
        "thr:in-reply-to",
        "leap2:version",
    ]
) | {ELEMENT}


class Leftover(Struct, frozen=True):
    """What the reader had to leave aside itself."""

    title: str = ""
    """The full title, where the name had to be shorter."""


def read_carried(
    element: etree._Element, facts: Facts, scope: Scope, incoming: Incoming, leftover: Leftover
) -> Carried:
    """Gather what no field holds."""
    own_type = OWN_TYPE[scope.kind]
    if facts.type not in ITEM_TYPES:
        scope.note("degraded", f"Its type “{facts.type[-60:]}” is unknown here; it is kept as a plain item.")
    return Carried(
        type="" if facts.type == own_type else facts.type,
        categories=_categories(facts, scope),
        elements=tuple(_elements(element, facts, scope, incoming, leftover)),
        links=tuple(_links(facts, scope)),
    )


def _is_webpage(category: Category) -> bool:
    """Whether a category makes a page of an entry: Mahara aborts the whole import where no view is with it."""
    return (category.scheme, category.term) == ("selection_type", "Webpage")


def is_implied(kind: Kind, category: Category) -> bool:
    """Whether the writer makes this category from the kind."""
    implied = IMPLIED.get(kind)
    return implied is not None and (category == implied or category == replace(implied, label=""))


def _categories(facts: Facts, scope: Scope) -> tuple[Category, ...]:
    own = facts.extension
    generated = own.generated if own else []
    found = [Category(scheme, term, label) for scheme, term, label in facts.categories if scheme]
    found = [one for one in found if one.scheme not in generated and not is_implied(scope.kind, one)]
    if scope.kind is not Kind.PAGE and any(_is_webpage(one) for one in found):
        scope.note("degraded", "It says that it is a page too, which it cannot be as well; that was dropped.")
        found = [one for one in found if not _is_webpage(one)]
    if own and own.self_at is not None and 0 <= own.self_at <= len(found):
        found.insert(own.self_at, SELF)
    return tuple(dict.fromkeys(found))


def _elements(
    element: etree._Element, facts: Facts, scope: Scope, incoming: Incoming, leftover: Leftover
) -> list[Element]:
    generated = facts.extension.generated if facts.extension else []
    found = []
    for child in element:
        name = short_name(child.tag) if isinstance(child.tag, str) else ""
        if not name or name in _CONSUMED or name in generated:
            continue
        carried = read_element(child, incoming)
        carried = replace(carried, tail="", tag=PLUGIN if carried.tag == HIDDEN_PLUGIN else carried.tag)
        if name == "leap2:date" and (clean := texts.clean_literal_date(carried.text)) != carried.text:
            scope.note("degraded", f"Its date “{carried.text[:40]}” was not written properly; it was mended.")
            carried = replace(carried, text=clean)
        if not _is_blank(carried):
            found.append(carried)
    if leftover.title and not any(one.tag == FULL_TITLE for one in found):
        scope.note("degraded", "Its title is longer than 255 characters; the name was cut, the full title is kept.")
        found.append(Element(FULL_TITLE, text=leftover.title))
    summary = next(
        (child for child in element if isinstance(child.tag, str) and short_name(child.tag) == "atom:summary"), None
    )
    if facts.extension is None and texts.has_markup(summary):
        html, _ = texts.rich(summary, incoming.address, unwrap=incoming.unwrap)
        found.append(Element(RICH_SUMMARY, (("type", "html"),), html))
    return found


def _is_blank(element: Element) -> bool:
    """An empty text construct says nothing: Mahara writes an empty `subtitle` in every page."""
    if element.text or any(name != "type" for name, _ in element.attributes):
        return False
    return element.tag.startswith("atom:") and all(
        _is_blank(child) or (child.tag == "xhtml:div" and not child.text) for child in element.children
    )


def _links(facts: Facts, scope: Scope) -> list[tuple[str, str]]:
    """Links that lead out of the package; those to entries it lacks are dropped with a note.

    A file elsewhere is `related`: written as an enclosure again, it would make Mahara take the entry for a file.
    """
    main = facts.url if scope.kind is Kind.LINK else ""
    found = [("related", one.href) for one in facts.enclosures if one.outside and one.href != main]
    for link in facts.links:
        if scope.object_id(link.target) is not None and link.relation not in PLAIN_RELATIONS - {"related"}:
            if link.rel != link.relation:
                scope.note("degraded", f"Its relation “{link.rel[-60:]}” is unknown here; it is kept as “related”.")
            continue
        if link.rel == "self" and link.href == main:
            main = ""
            continue
        if OUTSIDE.match(link.href):
            found.append((link.rel, link.href))
        elif not scope.skipped(link.target):
            scope.note("degraded", f"It is linked to “{link.href[-120:]}”, which is not in the package.")
    return found
