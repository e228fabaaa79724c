"""The graph of an owner's objects without what differs between owners: ids, owner, keys, times of arrival.

Two owners whose graphs are equal have the same portfolio.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from chalicelib.domain.epobject import Element, EpObject
from chalicelib.wiring import Services

NOWHERE = datetime(2000, 1, 1, tzinfo=UTC)
OBJECT_LINK = re.compile(r"/object/(\d+)/content|\bobject:(\d+)")


def owned(services: Services, owner_id: int) -> Iterator[EpObject]:
    """All objects of an owner that are not deleted, in the order of a package."""
    after = ""
    while True:
        objects, after = services.objects.walk(owner_id, after)
        yield from (one for one in objects if not one.deleted)
        if not after:
            return


def normal(objects: Iterable[EpObject]) -> list[dict[str, Any]]:
    """The objects with their ids replaced by their places, ready to be compared."""
    listed = list(objects)
    place = {one.id: number for number, one in enumerate(listed)}
    return [_normal(one, place) for one in listed]


def differences(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> list[str]:
    """What two normal graphs differ in, in words; empty when they are equal."""
    found = []
    if len(left) != len(right):
        found.append(f"{len(left)} objects against {len(right)}")
    for one, other in zip(left, right, strict=False):
        found += [
            f"{one['kind']} {one['name']!r}: {name}: {one[name]!r} against {other.get(name)!r}"
            for name in one
            if one[name] != other.get(name)
        ]
    return found


def _normal(one: EpObject, place: dict[int, int]) -> dict[str, Any]:
    def known(object_id: int | None) -> int:
        return place.get(object_id or 0, -1)

    relations = [(relation.rel, known(relation.target_id)) for relation in one.relations]
    page, portfolio, file = one.page, one.portfolio, one.file
    return {
        "kind": one.kind.value,
        "name": one.name,
        "description": one.description,
        "content": _links(one.content, place),
        "content_type": one.content_type,
        "tags": [(tag.text, tag.private) for tag in one.tags],
        "relations": relations,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "author": one.author,
        "allow_comments": one.allow_comments,
        "geo_tag": one.geo_tag,
        "url": one.url,
        "portfolio": portfolio and {"page_count": portfolio.page_count},
        "page": page
        and {
            "portfolio": known(page.portfolio_id) if page.portfolio_id else None,
            "position": page.position,
            "plain": page.plain,
            "sections": [
                (s.type, _links(s.content, place), known(s.target_id) if s.type == "attachment" else s.target_id)
                for s in page.sections
            ],
        },
        "file": file and msgspec.to_builtins(file),
        "carried": msgspec.to_builtins(
            replace(one.carried, elements=tuple(_element(element, place) for element in one.carried.elements))
        ),
    }


def _element(element: Element, place: dict[int, int]) -> Element:
    return replace(
        element,
        attributes=tuple((name, _links(value, place)) for name, value in element.attributes),
        text=_links(element.text, place),
        children=tuple(_element(child, place) for child in element.children),
    )


def _links(text: str, place: dict[int, int]) -> str:
    def number(match: re.Match[str]) -> str:
        return f"object:{place.get(int(match[1] or match[2]), -1)}"

    return OBJECT_LINK.sub(number, text)
