"""Pages and the Link header.

A next link carries an opaque `cursor` beside its `page`, so that walking a list costs the same at any depth; a client
that makes its own `page=N` is served too, up to a depth.

Source
------
canvas-a 1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import urlencode

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas.params import leading_integer
from chalicelib.dialects.route import Answer
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.paging import SKIP_LIMIT, Numbered, PageRequest, Slice

T = TypeVar("T")

DEFAULT_SIZE = 10
SIZE_LIMIT = 100
LINKS_LIMIT = 6 * 1024
"""Bytes of a Link header; beyond it links are left out, the least useful first."""
RELS = ("current", "next", "prev", "first", "last")
PRIORITY = ("next", "last", "prev", "current", "first")
OWN = frozenset({"page", "per_page", "cursor", "access_token", "api_key"})
"""Parameters a link does not repeat from the request."""
CURSOR_LIMIT = 2048


def request(call: Call) -> PageRequest:
    """Which page is asked for. Raises NotFoundError when `page` is not a positive integer."""
    page, cursor = call.query("page") or "", call.query("cursor") or ""
    if call.query("page") is None:
        page = "1"
    if not (page.isascii() and page.isdigit() and len(page) <= 15 and int(page) > 0) or len(cursor) > CURSOR_LIMIT:
        raise NotFoundError("There is no such page.")
    return PageRequest(number=int(page), size=size(call), cursor=cursor)


def size(call: Call) -> int:
    """How many items a page has."""
    said = call.query("per_page")
    return DEFAULT_SIZE if said is None else min(max(leading_integer(said), 1), SIZE_LIMIT)


def bookmark(call: Call) -> str:
    """The opaque `page` of a list that has no numbers; empty for its beginning. Raises NotFoundError."""
    said = call.query("page") or ""
    if len(said) > CURSOR_LIMIT:
        raise NotFoundError("There is no such page.")
    return "" if said in ("first", "1") else said


def marked(call: Call, size: int, found: Slice[T], show: Callable[[T], Any]) -> Answer:
    """A page of a list whose pages are bookmarks: it knows what follows, and not where it ends (canvas-a 1.4)."""
    places = {"current": call.query("page") or "first", "next": found.next_cursor, "first": "first"}
    others = _others(call)
    links = {
        rel: f"{call.url}?{urlencode([*others, ('page', place), ('per_page', size)])}"
        for rel, place in places.items()
        if place
    }
    return Answer(value=[show(item) for item in found.items], headers={"Link": header(links)})


def answer(call: Call, page: PageRequest, found: Slice[T], show: Callable[[T], Any]) -> Answer:
    """A page of a list with its Link header."""
    links = {rel: _url(call, page, number, cursor) for rel, number, cursor in _links(page, found)}
    return Answer(value=[show(item) for item in found.items], headers={"Link": header(links)})


def numbered(call: Call, page: PageRequest, found: Numbered[T], show: Callable[[T], Any]) -> Answer:
    """A page of a list that is known as a whole, with its Link header (canvas-b 0.4)."""
    return Answer(value=[show(item) for item in found.items], headers={"Link": numbered_links(call, page, found)})


def numbered_links(call: Call, page: PageRequest, found: Numbered[Any]) -> str:
    """The Link header of such a page; without a count, only the last page tells which is the last."""
    last = max(1, -(-found.total // page.size))
    numbers = {"current": page.number, "first": 1}
    if page.number < last:
        numbers["next"] = page.number + 1
    if page.number > 1:
        numbers["prev"] = page.number - 1
    if found.counted or page.number >= last:
        numbers["last"] = last
    return header({rel: _url(call, page, number, "") for rel, number in numbers.items()})


def _links(page: PageRequest, found: Slice[T]) -> Iterable[tuple[str, int, str]]:
    yield "current", page.number, page.cursor
    if found.next_cursor:
        # The rest of a page that was cut has the page's number, so that `prev` never leads to what is still to come.
        yield "next", page.number + (not found.cut), found.next_cursor
    if page.number > 1 and (page.number - 2) * page.size <= SKIP_LIMIT:
        yield "prev", page.number - 1, ""
    yield "first", 1, ""
    if found.total is not None:
        last = max(1, -(-found.total // page.size))
        if (last - 1) * page.size <= SKIP_LIMIT:
            yield "last", last, ""


def _url(call: Call, page: PageRequest, number: int, cursor: str) -> str:
    others = _others(call)
    if cursor:
        others.append(("cursor", cursor))
    return f"{call.url}?{urlencode([*others, ('page', number), ('per_page', page.size)])}"


def _others(call: Call) -> list[tuple[str, Any]]:
    return [(name, one) for name, values in call.incoming.query.items() if name not in OWN for one in values]


def header(links: dict[str, str]) -> str:
    """Links by rel as one header, in Canvas's order.

    >>> header({"next": "http://x/?page=2", "current": "http://x/?page=1"})
    '<http://x/?page=1>; rel="current",<http://x/?page=2>; rel="next"'
    """
    kept: dict[str, str] = {}
    size = 0
    for rel in PRIORITY:
        if rel in links:
            link = f'<{links[rel]}>; rel="{rel}"'
            size += len(link) + 1
            if size > LINKS_LIMIT:
                break
            kept[rel] = link
    return ",".join(kept[rel] for rel in RELS if rel in kept)
