"""Values of a package that no object may have."""

from __future__ import annotations

import json

import pytest

from chalicelib.domain.artifact import TAG_LIMIT
from chalicelib.domain.epobject import NAME_LIMIT, Element, EpObject, Tag
from chalicelib.storage import documents
from tests.packages.feeds import category, entry, feed
from tests.packages.support import Imported, again, take_in


def marked(**values: object) -> str:
    """Our own mark."""
    text = json.dumps({"k": "reflection"} | values, ensure_ascii=False)
    return f'<folio:object xmlns:folio="https://folioport.org/ns/leap2a/1#">{text}</folio:object>'


def one_of(got: Imported) -> EpObject:
    (found,) = got.objects
    assert documents.decode(documents.encode(found), EpObject) == found
    before, after = again(got.objects)
    assert after == before
    return found


def texts(element: Element) -> list[str]:
    return [text for child in element.children for text in texts(child)] + ([element.text] if element.text else [])


@pytest.mark.parametrize(
    ("setting", "kept"),
    [
        (r'["\ud83d"]', '[""]'),
        (r'{"a\udc00": ["x\ud83dy", {"\ud83d": "\ud83d\ude00"}]}', '{"a":["xy",{"":"😀"}]}'),
    ],
)
@pytest.mark.parametrize("name", ["tagsin", "text"])
def test_half_a_surrogate_in_a_setting_is_dropped(name: str, setting: str, kept: str) -> None:
    block = f'<mahara:blockinstance mahara:x="1"><mahara:{name}>{setting}</mahara:{name}></mahara:blockinstance>'
    found = one_of(take_in(feed(entry("a", block))))
    assert texts(found.carried.elements[0]) == [kept]


@pytest.mark.parametrize("field", ["n", "au", "tx", "d"])
def test_half_a_surrogate_in_our_own_mark_voids_the_mark(field: str) -> None:
    mark = marked(**{field: "@"}).replace("@", r"\ud83d")
    assert one_of(take_in(feed(entry("a", mark)))).name == "a"


@pytest.mark.parametrize(
    ("stated", "kept"), [("x" * 5000, "x" * NAME_LIMIT), ("", "Untitled"), (" \n ", "Untitled"), (" a ", " a ")]
)
def test_a_name_of_our_own_mark_is_a_name(stated: str, kept: str) -> None:
    assert one_of(take_in(feed(entry("a", marked(n=stated))))).name == kept


def test_a_blank_title_is_no_name() -> None:
    assert one_of(take_in(feed(entry("a", marked(), title="  ")))).name == "Untitled"


def test_tags_are_as_many_and_as_long_as_anywhere() -> None:
    stated = [["x" * 5000, True], *([str(number), False] for number in range(200))]
    got = take_in(feed(entry("a", marked(t=stated))))
    assert got.objects[0].tags == (Tag("x" * NAME_LIMIT, True), *(Tag(str(number)) for number in range(TAG_LIMIT - 1)))
    assert len(got.reasons("degraded")) == 1
    free = "".join(f'<category term="{number}"/>' for number in range(200)) + category("life_area", "Work")
    got = take_in(feed(entry("a", free)))
    assert len(one_of(got).tags) == TAG_LIMIT
    assert len(got.reasons("degraded")) == 1
