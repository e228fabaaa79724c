"""Parts of an object that its entry says outright: texts, tags and relations."""

from __future__ import annotations

from lxml import etree
from msgspec.structs import replace

from chalicelib.domain.artifact import TAG_LIMIT
from chalicelib.domain.epobject import NAME_LIMIT, Relation, Tag
from chalicelib.packages.leap2a import texts
from chalicelib.packages.leap2a.entry import Facts
from chalicelib.packages.leap2a.scope import Scope
from chalicelib.packages.leap2a.vocabulary import short_name


def read_children(element: etree._Element) -> dict[str, etree._Element]:
    """The first child of each name."""
    found: dict[str, etree._Element] = {}
    for child in element:
        if isinstance(child.tag, str):
            found.setdefault(short_name(child.tag), child)
    return found


def read_description(children: dict[str, etree._Element], *, own: bool) -> str:
    """The summary as plain text."""
    text = texts.plain(children.get("atom:summary"))
    return text if own else text.strip()


def read_tags(facts: Facts, scope: Scope) -> tuple[Tag, ...]:
    """Free tags: the label as typed, else the term. As many and as long as the API takes."""
    own = facts.extension
    if own and own.tags is not None:
        stated = [Tag(text, private) for text, private in own.tags]
    else:
        words = (label.strip() or term.strip() for scheme, term, label in facts.categories if not scheme)
        stated = [Tag(word) for word in dict.fromkeys(words) if word]
    kept = [replace(tag, text=texts.cut_name(tag.text)) for tag in stated[:TAG_LIMIT]]
    if kept != stated:
        scope.note("degraded", f"It has more than {TAG_LIMIT} tags, or longer ones than {NAME_LIMIT} characters.")
    return tuple(kept)


def read_relations(facts: Facts, scope: Scope) -> tuple[Relation, ...]:
    """Links to other entries, stated here or there: as they stand, parts in their order among themselves."""
    stated: dict[tuple[str, int], tuple[int, str]] = {}
    places = scope.order_of_parts() if any(link.rel == "has_part" for link in facts.links) else {}
    for link in facts.links:
        target = scope.related(link)
        if target is not None:
            stated.setdefault((link.relation, target), places.get(target, link.order))
    parts = iter(sorted((pair for pair in stated if pair[0] == "has_part"), key=stated.__getitem__))
    ordered = [next(parts) if pair[0] == "has_part" else pair for pair in stated]
    ordered += scope.inferred()
    return tuple(Relation(rel, target) for rel, target in dict.fromkeys(ordered))
