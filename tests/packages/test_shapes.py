from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from msgspec.structs import replace

from chalicelib.domain.epobject import Kind, Relation, Section, Tag
from chalicelib.packages.leap2a import feed_head, feed_tail
from tests.packages.conformance import check_package
from tests.packages.feeds import category, entry, feed, link, related
from tests.packages.support import (
    BYTES,
    FIRST_ID,
    NOW,
    again,
    context,
    feed_of,
    give_out,
    take_in,
)
from tests.packages.zips import Part, Zip

ACCEPT = Path(__file__).parent / "accept"
PAGE = category("selection_type", "Webpage")


def test_links_may_be_stated_on_one_side_and_in_any_order() -> None:
    order = 'leap2:display_order="{}"'
    body = (
        entry(
            "list",
            link("leap2:has_part", "b", order.format(2)) + link("has_part", "a", order.format(1)),
            type="leap2:selection",
        )
        + entry("a")
        + entry("b", link("leap2:is_part_of", "list"))
        + entry("c", '<thr:in-reply-to ref="portfolio:a"/>')
    )
    got = take_in(feed(body))
    assert related(got, "list") == [("has_part", "a"), ("has_part", "b")]
    assert related(got, "a") == [("is_part_of", "list"), ("has_reply", "c")]


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        (('leap2:display_order="2"', 'leap2:display_order="-1"', 'leap2:display_order="+10"'), "bac"),
        (
            (
                'leap2:when_added="2026-01-02T00:00:00+13:00"',
                'leap2:when_added="2026-01-01T12:00:00Z"',
                'leap2:when_added="2025-01-01"',
            ),
            "cab",
        ),
        (('leap2:display_order="x"', "", 'leap2:display_order="5"'), "cab"),
    ],
)
@pytest.mark.parametrize("side", ["whole", "part", "both"])
def test_parts_are_in_the_order_that_either_side_states(side: str, orders: tuple[str, ...], expected: str) -> None:
    for whole, kind in (("Blog", ""), ("Website", PAGE)):
        links, parts = "", ""
        for name, order in zip("abc", orders, strict=True):
            links += link("leap2:has_part", name, order if side != "part" else "")
            back = link("leap2:is_part_of", "list", order if side != "whole" else "")
            parts += entry(name, kind + back, type="leap2:selection" if kind else "leap2:entry")
        got = take_in(feed(entry("list", category("selection_type", whole) + links, type="leap2:selection") + parts))
        if whole == "Blog":
            assert "".join(name for _, name in related(got, "list")) == expected
        else:
            places = {one.page.position: one.name for one in got.objects if one.page}
            assert "".join(places[number] for number in sorted(places)) == expected


def test_cycles_selves_and_strangers_do_no_harm() -> None:
    folder = category("selection_type", "Folder")
    body = (
        entry("x", folder + link("leap2:has_part", "y") + link("leap2:has_part", "x"), type="leap2:selection")
        + entry("y", folder + link("leap2:has_part", "x") + link("leap2:supports", "gone"), type="leap2:selection")
        + entry("z", link("leap2:has_evidence", "https://w.example/e") + link("leap2:odd_one", "x"))
    )
    got = take_in(feed(body))
    assert related(got, "x") == [("has_part", "y"), ("is_part_of", "y"), ("related", "z")]
    assert got.named("z").carried.links == (("has_evidence", "https://w.example/e"),)
    assert related(got, "z") == [("related", "x")]
    reasons = " ".join(got.reasons("degraded"))
    assert "linked to itself" in reasons
    assert "portfolio:gone" in reasons
    assert "odd_one" in reasons


def test_of_two_entries_with_one_id_the_first_is_kept() -> None:
    got = take_in(feed(entry("a", title="first") + entry("a", title="second") + entry("b")))
    assert [one.name for one in got.objects] == ["first", "b"]
    assert len(got.reasons("left_out")) == 1


def test_an_unknown_type_is_kept_and_goes_out_again() -> None:
    got = take_in(feed(entry("a", "<x:y xmlns:x='urn:x' n='1'>v<x:z/></x:y>", type="http://t.example/thing")))
    one = got.objects[0]
    assert (one.kind, one.carried.type) == (Kind.ITEM, "http://t.example/thing")
    assert one.carried.elements[0].tag == "{urn:x}y"
    before, after = again(got.objects)
    assert before == after


def test_a_resource_on_the_web_is_a_link() -> None:
    got = take_in(
        feed(
            entry("a", '<link rel="self" href="https://w.example/a?b=1&amp;c=2"/>', type="leap2:resource")
            + entry("b", '<link rel="enclosure" href="http://w.example/b.pdf"/>', type="leap2:resource")
            + entry("c", '<link rel="self" href="javascript:alert(1)"/>', type="leap2:resource")
            + entry("d", type="leap2:resource")
        )
    )
    assert [(one.kind.value, one.url) for one in got.objects] == [
        ("link", "https://w.example/a?b=1&c=2"),
        ("link", "http://w.example/b.pdf"),
        ("item", ""),
        ("item", ""),
    ]


def test_files_attached_to_a_post_become_objects_of_their_own() -> None:
    body = entry("post", '<link rel="enclosure" href="f/1.txt"/><link rel="enclosure" href="f/gone.txt"/>') + entry(
        "next"
    )
    got = take_in(Zip([Part(b"leap2a.xml", feed(body)), Part(b"f/1.txt", BYTES), Part(b"f/2.txt", BYTES)]).build())
    assert [(one.kind.value, one.name) for one in got.objects] == [
        ("reflection", "post"),
        ("file", "1.txt"),
        ("reflection", "next"),
    ]
    assert related(got, "post") == [("related", "1.txt")]
    assert related(got, "1.txt") == [("related", "post")]
    assert len(got.reasons("left_out")) == 2
    before, after = again(got.objects)
    assert before == after


def test_a_page_of_another_producer_is_one_section() -> None:
    html = '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi</p></div></content>'
    got = take_in(feed(entry("p", PAGE + html, type="leap2:selection")))
    page = got.named("p", Kind.PAGE)
    assert page.page is not None
    assert page.page.sections == (Section(type="rich_text", content="<p>Hi</p>"),)
    assert got.named("p", Kind.PORTFOLIO).portfolio is not None
    before, after = again(got.objects)
    assert before == after


def test_a_page_edited_here_loses_the_view_that_is_out_of_date() -> None:
    got = take_in((ACCEPT / "mahara-22.10.zip").read_bytes())
    page = got.named("Showcase")
    assert page.page is not None
    section = Section(type="html", content="<p>new</p>")
    edited = replace(page, page=replace(page.page, sections=(section,)))
    objects = [edited if one.id == page.id else one for one in got.objects]
    data = give_out(objects)
    check_package(data)
    new = take_in(data).named("Showcase")
    assert new.page is not None
    assert new.page.sections == (section,)
    assert not [one for one in new.carried.elements if one.tag == "mahara:view"]
    assert b"Quick edit" not in feed_of([edited])


def test_a_page_sits_in_one_collection_only() -> None:
    site = category("selection_type", "Website")
    body = (
        entry("s1", site + link("has_part", "p"), type="leap2:selection")
        + entry("s2", site + link("has_part", "p") + link("has_part", "q"), type="leap2:selection")
        + entry("p", PAGE, type="leap2:selection")
        + entry("q", PAGE, type="leap2:selection")
    )
    got = take_in(feed(body))
    assert got.index.report.counts == {"portfolio": 2, "page": 2}
    page = got.named("p").page
    assert page is not None
    assert page.portfolio_id == got.named("s1").id
    assert related(got, "s2") == [("has_part", "p")]


def test_texts_and_tags() -> None:
    body = entry(
        "a",
        '<summary type="html">&lt;p&gt;See &lt;a href="https://w.example"&gt;this&lt;/a&gt;&lt;/p&gt;</summary>'
        '<content type="html">&lt;p onclick="x"&gt;One&lt;script&gt;2&lt;/script&gt;</content>'
        '<category term="first-lesson" label="first lesson"/><category term="plain"/><category term=" "/>'
        "<published>2025-13-40T99:00:00Z</published>",
        title="x" * 300,
    )
    one = take_in(feed(body)).objects[0]
    assert one.content == "<p>One</p>"
    assert one.description == "See this"
    assert one.tags == (Tag("first lesson"), Tag("plain"))
    assert one.name == "x" * 255
    assert {element.tag: len(element.text) for element in one.carried.elements}["folio:title"] == 300
    assert one.created_at == one.updated_at == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)


def test_an_entry_without_anything_is_still_an_object() -> None:
    got = take_in(feed("<entry/><entry><id>portfolio:b</id></entry>"))
    assert [(one.kind, one.name, one.created_at) for one in got.objects] == [(Kind.REFLECTION, "Untitled", NOW)] * 2


def test_our_own_marks_are_not_trusted() -> None:
    def marked(id: str, json: str) -> str:
        json = json.replace("<", "&lt;")
        return entry(id, f'<folio:object xmlns:folio="https://folioport.org/ns/leap2a/1#">{json}</folio:object>')

    body = (
        marked("a", '{"k":"file"}')
        + marked("b", '{"k":"page","p":12,"o":-3,"s":[{"t":"attachment","i":99},{"t":"rich_text","text":true}]}')
        + marked("c", '{"k":"nonsense","t":[["x",true]],"sa":-1,"c":"no date"}')
        + marked("d", '{"k":7}')
        + marked("e", '{"k":"link"}')
        + marked("f", "[[[[")
        + marked(
            "g",
            f'{{"k":"page","o":{2**70},"s":[{{"t":"x"}},{{"t":"attachment","i":1}},{{"t":"attachment","i":1,"foreign":true}}]}}',
        )
        + entry("object/1")
    )
    got = take_in(feed(body))
    assert [one.kind.value for one in got.objects] == [
        "item",
        "page",
        "portfolio",
        "reflection",
        "reflection",
        "link",
        "reflection",
        "page",
        "portfolio",
        "reflection",
    ]
    assert [(one.page.position, one.page.sections) for one in got.objects if one.page][1:] == [(1, ())]
    page = got.objects[1].page
    assert page is not None
    assert (page.position, page.sections) == (1, (Section(type="rich_text"),))


def test_the_account_itself_is_not_imported() -> None:
    got = take_in(feed_head(context([])) + feed_tail())
    assert got.objects == []


def test_only_the_newest_self_is_shown_and_all_come_back() -> None:
    first = take_in((ACCEPT / "mahara-22.10.zip").read_bytes(), FIRST_ID)
    second = take_in((ACCEPT / "mahara-1.3.zip").read_bytes(), FIRST_ID + 500)
    objects = first.objects + second.objects
    data = give_out(objects)
    check_package(data)
    before, after = again(objects, data)
    assert before == after


def test_a_profile_picture_without_its_file_is_hidden_from_mahara() -> None:
    body = entry(
        "icon",
        '<link rel="enclosure" href="f/me.png"/>'
        '<mahara:artefactplugin mahara:plugin="file" mahara:type="profileicon"/>',
        type="leap2:resource",
    )
    got = take_in(feed(body))
    assert b"mahara:artefactplugin" not in feed_of(got.objects)
    before, after = again(got.objects)
    assert before == after


def test_a_part_of_a_graph_is_a_whole_package() -> None:
    got = take_in((ACCEPT / "mahara-22.10.zip").read_bytes())
    for one in got.objects:
        check_package(give_out([one]))
    some = [one for one in got.objects if one.kind in {Kind.PAGE, Kind.REFLECTION}]
    data = give_out(some)
    check_package(data)
    kept = take_in(data)
    assert kept.index.report.counts == {"page": 2, "portfolio": 2, "reflection": 6}
    assert kept.named("Showcase", Kind.PAGE).relations == (Relation("has_part", kept.named("First <day>").id),)


def test_an_entry_that_comes_again_is_known_by_its_origin() -> None:
    first, again_ = (take_in(feed(entry("a") + entry("b"))) for _ in range(2))
    changed = take_in(feed(entry("a", title="other") + entry("b")))
    assert [one.origin for one in first.objects] == [one.origin for one in again_.objects]
    was, now = (got.objects[0].origin.split(":") for got in (first, changed))
    assert was[0] == now[0]
    assert was[1] != now[1]
    assert first.objects[1].origin == changed.objects[1].origin
    assert first.objects[0].origin.encode() not in feed_of(first.objects)


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ('["<p>a</p><script>1</script>"]', "<p>a</p>"),
        ('"<p>a</p>\\u003cscript>1</script>"', "<p>a</p>"),
        ("<p onclick='x()'>a</p><script>1</script>", "<p>a</p>"),
        ("[<script>1</script><b>a</b>", "[<b>a</b>"),
        ('<script>1</script>["\\u003cscript>1</script>"]', '["\\u003cscript&gt;1"]'),
        ("7", "7"),
        ("", None),
    ],
)
def test_a_text_block_is_safe_however_its_setting_is_written(setting: str, shown: str | None) -> None:
    view = (
        '<mahara:view mahara:newlayout="1"><mahara:blockinstance mahara:blocktype="text">'
        f"<mahara:text>{escape(setting)}</mahara:text></mahara:blockinstance></mahara:view>"
    )
    got = take_in(feed(entry("p", PAGE + view, type="leap2:selection")))
    page = got.named("p", Kind.PAGE).page
    assert page is not None
    assert [section.content for section in page.sections] == ([] if shown is None else [shown])
    before, after = again(got.objects)
    assert before == after


def test_a_text_is_not_html_because_our_mark_says_so() -> None:
    mark = (
        '<folio:object xmlns:folio="https://folioport.org/ns/leap2a/1#">{"k":"reflection","ct":"html"}</folio:object>'
    )
    got = take_in(feed(entry("a", f"<content>&lt;script&gt;1&lt;/script&gt;</content>{mark}")))
    assert (got.objects[0].content, got.objects[0].content_type) == ("<script>1</script>", "text")


def test_elements_and_attributes_of_any_namespace_go_out_well_formed() -> None:
    body = (
        "<leap2:spatial xmlns:h='http://www.w3.org/1999/xhtml' xmlns:o='urn:o'>"
        "<h:p onclick='x()' o:a='1'>Bay <h:b>Road</h:b></h:p> and <h:i>so on</h:i></leap2:spatial>"
        "<o:z xmlns:o='urn:o' xmlns:q='urn:q' xmlns:c='http://wiki.leapspecs.org/2A/categories/'"
        " o:a='1' o:b='2' q:a='3' a='4' c:a='5' categories:b='6'/>"
        "<rights xmlns:a='http://www.w3.org/2005/Atom' a:type='x' type='text' xml:lang='en'>mine</rights>"
    )
    got = take_in(feed(entry("a", body)))
    spatial, other, rights = got.objects[0].carried.elements
    assert [(one.tag, one.text, one.tail) for one in spatial.children] == [
        ("xhtml:div", "<p>Bay <b>Road</b></p>", " and "),
        ("xhtml:div", "<i>so on</i>", ""),
    ]
    assert dict(other.attributes) == {
        "{urn:o}a": "1",
        "{urn:o}b": "2",
        "{urn:q}a": "3",
        "a": "4",
        "categories:a": "5",
        "categories:b": "6",
    }
    assert dict(rights.attributes) == {"atom:type": "x", "type": "text", "xml:lang": "en"}
    data = give_out(got.objects)
    check_package(data)
    before, after = again(got.objects, data)
    assert before == after


def test_a_file_name_of_any_length_is_cut_before_its_ending() -> None:
    enclosure = '<link rel="enclosure" href="f/1.txt"/>'
    body = "".join(
        entry(str(number), enclosure, type="leap2:resource", title="x" * 300 + ending)
        for number, ending in enumerate((".txt", "", "." + "y" * 20))
    )
    got = take_in(Zip([Part(b"leap2a.xml", feed(body)), Part(b"f/1.txt", BYTES)]).build())
    names = [one.file.file_name for one in got.objects if one.file]
    assert names == ["x" * 251 + ".txt", "x" * 255, "x" * 255]
    before, after = again(got.objects)
    assert before == after


def test_a_selection_of_two_kinds_goes_out_as_mahara_can_read_it() -> None:
    blog, site = category("selection_type", "Blog"), category("selection_type", "Website")
    body = entry("p", blog + PAGE, type="leap2:selection") + entry("s", blog + site + PAGE, type="leap2:selection")
    got = take_in(feed(body))
    assert [(one.kind, one.name) for one in got.objects] == [
        (Kind.PAGE, "p"),
        (Kind.PORTFOLIO, "p"),
        (Kind.PORTFOLIO, "s"),
    ]
    assert "a page too" in got.reasons("degraded")[0]
    data = give_out(got.objects)
    check_package(data)
    before, after = again(got.objects, data)
    assert before == after
