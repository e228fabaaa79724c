"""Names of Leap2A: namespaces in all their spellings, item types, relations, and how to read a CURIE.

Source contract
---------------
leap2a 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

ATOM = "http://www.w3.org/2005/Atom"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LEAP2 = "http://terms.leapspecs.org/"
LEAP2_ARCHIVED = "https://web.archive.org/web/20100503000634/http://terms.leapspecs.org"
CATEGORIES = "http://wiki.leapspecs.org/2A/categories/"
MAHARA = "http://wiki.mahara.org/Developer_Area/Import%2F%2FExport/LEAP_Extensions#"
DCTERMS = "http://purl.org/dc/terms/"
THREADING = "http://purl.org/syndication/thread/1.0"
XHTML = "http://www.w3.org/1999/xhtml"
XML = "http://www.w3.org/XML/1998/namespace"
FOLIO = "https://folioport.org/ns/leap2a/1#"
VERSION = "http://www.leapspecs.org/2010-07/2A/"

NAMESPACES = {
    "atom": ATOM,
    "rdf": RDF,
    "leap2": LEAP2,
    "mahara": MAHARA,
    "dcterms": DCTERMS,
    "thr": THREADING,
    "xhtml": XHTML,
    "xml": XML,
    "folio": FOLIO,
}
"""The usual prefixes, as `Element.tag` writes them."""

_ALIASES = {
    LEAP2: "leap2",
    LEAP2_ARCHIVED: "leap2",
    "http://www.cetis.org.uk/leap2/terms/": "leap2",
    "http://wiki.cetis.ac.uk/2009-03/LEAP2A_predicates#": "leap2",
    "http://wiki.cetis.ac.uk/2009-03/LEAP2A_types#": "leap2",
    CATEGORIES: "categories",
    "https://web.archive.org/web/20120819100914/http://wiki.leapspecs.org:80/2A/categories": "categories",
    "http://www.cetis.org.uk/leap2/a/categories/": "categories",
    "http://www.leapspecs.org/2A/categories": "categories",
    "http://wiki.cetis.ac.uk/2009-03/LEAP2A_categories/": "categories",
    "http://wiki.cetis.ac.uk/2009-03/Leap2A_categories/": "categories",
    MAHARA: "mahara",
    "https://wiki.mahara.org/wiki/Developer_Area/Import//Export/LEAP_Extensions": "mahara",
} | {uri: prefix for prefix, uri in NAMESPACES.items() if prefix not in {"leap2", "mahara"}}
PREFIX_BY_NAMESPACE = {uri.rstrip("/#"): prefix for uri, prefix in _ALIASES.items()}
"""Every spelling of a namespace, without its final slash or hash, to the usual prefix."""
_LONGEST_FIRST = sorted(PREFIX_BY_NAMESPACE.items(), key=lambda pair: -len(pair[0]))

ITEM_TYPES = frozenset(
    [
        "entry",
        "ability",
        "achievement",
        "activity",
        "affiliation",
        "meeting",
        "organization",
        "person",
        "plan",
        "resource",
        "publication",
        "selection",
    ]
)
RELATIONS = {
    "replies": "has_reply",
    "in-reply-to": "in_reply_to",
    "is_supported_by": "supported_by",
}
"""Relations by other names than `INVERSE` has."""
PLAIN_RELATIONS = frozenset({"related", "enclosure", "alternate", "self", "license", "via", "edit", "next", "previous"})
OUTSIDE = re.compile(r"^(?:https?|mailto|ftp|tel|urn|doi|info):", re.IGNORECASE)
"""Addresses that lead out of a package on their own."""

_PREFIXED = re.compile(r"^([A-Za-z_][\w.-]*):(.*)$", re.DOTALL)
_TAIL = re.compile(r"^(.*[/#])([^/#]+)$", re.DOTALL)


def prefix_of(namespace: str) -> str | None:
    """The usual prefix of a namespace in any of its spellings."""
    return PREFIX_BY_NAMESPACE.get(namespace.rstrip("/#"))


@lru_cache(maxsize=1024)
def short_name(name: str) -> str:
    """An lxml name as `prefix:local`, or as it is when its namespace has no usual prefix.

    >>> short_name("{http://www.cetis.org.uk/leap2/terms/}date")
    'leap2:date'
    """
    if not name.startswith("{"):
        return name
    namespace, _, local = name[1:].partition("}")
    prefix = prefix_of(namespace)
    return f"{prefix}:{local}" if prefix else name


def expand(value: str, namespaces: Mapping[str | None, str]) -> str:
    """A CURIE, `[CURIE]` or URI as a URI; a bare word stays one.

    >>> expand("[leap2:has_part]", {"leap2": "http://terms.leapspecs.org/"})
    'http://terms.leapspecs.org/has_part'
    """
    text = value.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1].strip()
    prefix, colon, rest = text.partition(":")
    if not colon or rest.startswith("//"):
        return text
    namespace = namespaces.get(prefix)
    return text if namespace is None else namespace + rest


def term(value: str, namespaces: Mapping[str | None, str]) -> tuple[str, str]:
    """A CURIE, URI or bare word as (prefix, word); the prefix is empty for a bare word or an unknown namespace.

    >>> term("http://terms.leapspecs.org/has_part", {})
    ('leap2', 'has_part')
    >>> term("has_part", {})
    ('', 'has_part')
    """
    return _known(expand(value, namespaces))


@lru_cache(maxsize=1024)
def _known(text: str) -> tuple[str, str]:
    for uri, prefix in _LONGEST_FIRST:
        if text.startswith(uri) and (word := text[len(uri) :].lstrip("/#")):
            return prefix, word
    match = _PREFIXED.match(text)
    if match is not None and match[1] in {"leap2", "leap", "leaptype"}:
        return "leap2", match[2]
    return "", text


def scheme_name(value: str, namespaces: Mapping[str | None, str]) -> str:
    """A category's scheme by its short name, or as the URI it was written with.

    >>> scheme_name("http://www.leapspecs.org/2A/categories/selection_type#", {})
    'selection_type'
    """
    prefix, word = term(value, namespaces)
    if prefix == "categories" and word.rstrip("#/").replace("_", "").isalnum():
        return word.rstrip("#/")
    if (
        not prefix
        and "categories" not in namespaces
        and (match := re.match(r"^categories:([A-Za-z_]+)#?$", value.strip()))
    ):
        return match[1]
    return expand(value, namespaces)
