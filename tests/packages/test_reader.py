from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from chalicelib.domain.epobject import Category, Kind, Relation, Section, Tag
from chalicelib.domain.identity import object_path
from chalicelib.packages.archive import open_archive
from chalicelib.packages.leap2a import feed_head, feed_tail, read_objects, survey
from tests.packages.conformance import check_package
from tests.packages.support import (
    BYTES,
    FIRST_ID,
    NOW,
    OWNER,
    SELF,
    Imported,
    again,
    context,
    feed_of,
    give_out,
    take_in,
)
from tests.packages.zips import Part, Zip

ACCEPT = Path(__file__).parent / "accept"
SPACES = {
    "": "http://www.w3.org/2005/Atom",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "leap2": "http://terms.leapspecs.org/",
    "categories": "http://wiki.leapspecs.org/2A/categories/",
    "mahara": "http://wiki.mahara.org/Developer_Area/Import%2F%2FExport/LEAP_Extensions#",
    "thr": "http://purl.org/syndication/thread/1.0",
    "portfolio": "https://x.example/1/",
}


def feed(body: str, version: str = "http://www.leapspecs.org/2010-07/2A/", **spaces: str) -> bytes:
    declared = " ".join(f'xmlns{":" if key else ""}{key}="{uri}"' for key, uri in (SPACES | spaces).items() if uri)
    head = f"<leap2:version>{version}</leap2:version>" if version else ""
    return (
        f"<feed {declared}>{head}<id>https://x.example/1</id><title>T</title><updated>2026-01-01T00:00:00Z</updated>"
        f"<author><name>Owner</name><uri>portfolio:me</uri></author>{body}</feed>"
    ).encode()


def entry(id: str, body: str = "", *, type: str = "leap2:entry", title: str = "") -> str:
    return (
        f"<entry><title>{title or id}</title><id>portfolio:{id}</id><updated>2026-01-02T03:04:05+02:00</updated>"
        f'<rdf:type rdf:resource="{type}"/>{body}</entry>'
    )


def category(scheme: str, term: str) -> str:
    return f'<category scheme="categories:{scheme}#" term="{term}"/>'


def link(rel: str, target: str, more: str = "") -> str:
    return f'<link rel="{rel}" href="{target if "/" in target else "portfolio:" + target}" {more}/>'


def related(imported: Imported, name: str) -> list[tuple[str, str]]:
    names = {one.id: one.name for one in imported.objects}
    return [(one.rel, names[one.target_id]) for one in imported.named(name).relations]


# The samples


def test_mahara_22_has_its_collection_pages_and_files() -> None:
    got = take_in((ACCEPT / "mahara-22.10.zip").read_bytes())
    portfolio = got.named("My collection")
    assert portfolio.kind is Kind.PORTFOLIO
    assert portfolio.portfolio is not None
    assert portfolio.portfolio.page_count == 2
    assert not portfolio.portfolio.public
    places = {one.name: one.page.position for one in got.objects if one.page and one.page.portfolio_id == portfolio.id}
    assert places == {"Plain page": 1, "Showcase": 2}
    showcase = got.named("Showcase").page
    assert showcase is not None
    assert [section.type for section in showcase.sections] == ["rich_text", "rich_text", "attachment", "attachment"]
    assert showcase.sections[1].content == "<h3>Hello</h3><p>Hi</p>"
    assert showcase.sections[3].target_id == got.named("日本.png").id
    members = {one.object.name: one.member for one in got.planned if one.object.kind is Kind.FILE}
    assert members["plan+notes 50%.txt"] == "export_info/files/16215-plan+notes 50%.txt"
    post = got.named("First <day>")
    assert f'<img src="{object_path(got.named("日本.png").id)}" alt="pic">' in post.content
    comment = got.named("Comment 0")
    assert (comment.kind, comment.author) == (Kind.ITEM, "Imported feedback")
    assert got.named("Draft").carried.categories == (Category("readiness", "Unready"),)
    assert got.index.report.notes == []


def test_mahara_1_3_has_its_columns_and_its_own_links() -> None:
    got = take_in((ACCEPT / "mahara-1.3.zip").read_bytes())
    page = got.named("View one", Kind.PAGE)
    assert page.page is not None
    assert page.page.portfolio_id == got.named("View one", Kind.PORTFOLIO).id
    assert page.page.sections[0] == Section(type="rich_text", content="<h3>Welcome</h3><p>A small view of my own.</p>")
    profile = got.named("Profile view").page
    assert profile is not None
    assert profile.portfolio_id is None
    assert f'<img src="{object_path(got.named("IMG_0883.JPG").id)}"' in got.named("Visit to Google").content
    assert ("is_part_of", "Resumé") in [(rel, name) for rel, name in related(got, "Employment History")]
    assert got.index.report.left_out == 0


def test_mahara_18_reports_its_missing_files_and_keeps_their_entries() -> None:
    got = take_in((ACCEPT / "mahara-18.10.xml").read_bytes())
    assert got.named("dummy document3.odt").kind is Kind.ITEM
    assert len(got.reasons("left_out")) == 2
    assert "files/0-dummy document3.odt" in got.reasons("left_out")[0]


def test_the_specifications_example_is_read_despite_its_oddities() -> None:
    got = take_in((ACCEPT / "spec-example.xml").read_bytes())
    assert [one.name for one in got.objects][:2] == ["Interoperability activity", "What interoperability?"]
    assert ("attended_by", "Dr Litton") in related(got, "Change of Semester Meeting")
    assert got.named("Theophilus Thistledown").carried.categories == (SELF,)
    meeting = got.named("Change of Semester Meeting").carried.elements
    assert [one.text for one in meeting if one.tag == "leap2:date"] == ["2009-02-06T10:00:00Z", "2009-02-06T11:00:00Z"]
    assert got.index.report.counts == {"item": 6, "reflection": 3}


# Dialects

BODY = entry("a", link("leap2:reflects_on", "b")) + entry("b", type="leap2:activity")


@pytest.mark.parametrize(
    "data",
    [
        feed(BODY),
        b"\xef\xbb\xbf" + feed(BODY),
        b"\n  " + feed(BODY),
        feed(BODY).decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-1"?>' + feed(BODY),
        feed(BODY, version=""),
        feed(BODY, version="http://www.leapspecs.org/2016/2A/"),
        feed(BODY, leap2="http://www.cetis.org.uk/leap2/terms/"),
        feed(BODY, leap2="https://web.archive.org/web/20100503000634/http://terms.leapspecs.org"),
        feed(BODY.replace("leap2:reflects_on", "reflects_on")),
        feed(BODY.replace("leap2:reflects_on", "[leap2:reflects_on]")),
        feed(BODY.replace("leap2:reflects_on", "http://terms.leapspecs.org/reflects_on")),
        feed(BODY.replace("leap2:reflects_on", "l:reflects_on"), l="http://terms.leapspecs.org/"),
        feed(BODY.replace('href="portfolio:b"', 'href="https://x.example/1/b"')),
        feed(
            BODY.replace("leap2:activity", "leaptype:activity").replace("leap2:", "leap:"),
            version="",
            leap="http://wiki.cetis.ac.uk/2009-03/LEAP2A_predicates#",
            leaptype="http://wiki.cetis.ac.uk/2009-03/LEAP2A_types#",
        ),
    ],
)
def test_a_relation_is_understood_in_every_spelling(data: bytes) -> None:
    got = take_in(data)
    assert [one.kind for one in got.objects] == [Kind.REFLECTION, Kind.ITEM]
    assert got.objects[1].carried.type == "activity"
    assert related(got, "a") == [("reflects_on", "b")]
    assert related(got, "b") == [("reflected_on_by", "a")]


@pytest.mark.parametrize(
    ("uri", "scheme"),
    [
        ("http://wiki.leapspecs.org/2A/categories/", "life_area"),
        ("http://wiki.leapspecs.org/2A/categories", "life_area"),
        ("https://web.archive.org/web/20120819100914/http://wiki.leapspecs.org:80/2A/categories", "life_area"),
        ("http://www.leapspecs.org/2A/categories", "life_area"),
        ("http://wiki.cetis.ac.uk/2009-03/Leap2A_categories/", "life_area"),
        ("http://other.example/", "http://other.example/life_area#"),
    ],
)
def test_categories_in_every_spelling(uri: str, scheme: str) -> None:
    got = take_in(feed(entry("a", category("life_area", "Work")), categories=uri))
    assert got.objects[0].carried.categories == (Category(scheme, "Work"),)


def test_the_2009_dialect_attaches_files_by_content() -> None:
    body = entry("f", '<content src="files/a%20b.txt" type="text/plain"/>', type="leap2:resource", title="a b.txt")
    got = take_in(Zip([Part(b"leap2a.xml", feed(body, version="")), Part(b"files/a b.txt", BYTES)]).build())
    assert got.planned[0].member == "files/a b.txt"
    assert got.planned[0].object.file is not None
    assert got.planned[0].object.file.size_bytes == len(BYTES)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a&nbsp;b &hellip; &bogus; &amp;", "a\u00a0b … &bogus; &"),
        ("a\x01b&#2;c\x0bd", "abcd"),
        ("a & b", "a & b"),
    ],
)
def test_a_broken_feed_is_repaired(content: str, expected: str) -> None:
    got = take_in(feed(entry("a", f"<content>{content}</content>")))
    assert got.objects[0].content == expected
    assert "repaired" in got.reasons("degraded")[0]


def test_a_byte_of_another_encoding_is_repaired() -> None:
    got = take_in(feed(entry("a", "<content>caf\xe9</content>")).replace("é".encode(), b"\xe9"))
    assert got.objects[0].content == "caf\ufffd"


# Shapes


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


PAGE = category("selection_type", "Webpage")


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
    ]
    page = got.objects[1].page
    assert page is not None
    assert page.sections == (Section(type="rich_text"),)


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
        '<link rel="enclosure" href="f/me.png"/><mahara:artefactplugin mahara:plugin="file" mahara:type="profileicon"/>',
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


# Size


class BigFeed(BytesIO):
    """A feed of many entries that is never in memory as a whole."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._pieces = self._make(count)
        self._left = b""

    @staticmethod
    def _make(count: int) -> Iterator[bytes]:
        whole = feed("@")
        head, _, tail = whole.partition(b"@")
        yield head
        text = "<content>" + "word " * 1000 + "</content>"
        for number in range(count):
            yield entry(f"e{number}", text + link("related", f"e{number + 1}") if number + 1 < count else text).encode()
        yield tail

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = 1 << 16 if size is None or size < 0 else size
        while len(self._left) < wanted and (piece := next(self._pieces, b"")):
            self._left += piece
        data, self._left = self._left[:wanted], self._left[wanted:]
        return data


def peak_of(count: int) -> int:
    empty = open_archive(BytesIO(feed("")))
    tracemalloc.start()
    index = survey(lambda: BigFeed(count))
    made = sum(
        1
        for _ in read_objects(
            lambda: BigFeed(count),
            index,
            archive=empty,
            owner=OWNER,
            mint=lambda ordinal: FIRST_ID + ordinal,
            import_id=1,
            now=NOW,
        )
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made == count
    return peak


def test_memory_does_not_grow_with_the_content() -> None:
    """Ten times the entries (5 MB of feed): a few hundred bytes for each entry, and nothing of its text."""
    small, big = peak_of(100), peak_of(1000)
    assert big - small < 900 * 1000


def test_an_endless_entry_is_refused() -> None:
    from chalicelib.domain.errors import PackageError

    with pytest.raises(PackageError, match="larger than this service takes"):
        take_in(feed(entry("a", "<x/>" * 600_000)))
