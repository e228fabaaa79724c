from __future__ import annotations

import pytest

from chalicelib.domain.epobject import Category, Kind
from chalicelib.packages.leap2a import feedstream
from tests.packages.feeds import category, entry, feed, link, related
from tests.packages.support import (
    BYTES,
    take_in,
)
from tests.packages.zips import Part, Zip

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
    ("stated", "there", "back"),
    [
        (link("leap2:is_supported_by", "b"), "supported_by", "supports"),
        (link("replies", "b"), "has_reply", "in_reply_to"),
        ('<thr:in-reply-to ref="portfolio:b"/>', "in_reply_to", "has_reply"),
        (link("leap2:attends", "b"), "attends", "attended_by"),
        (link("leap2:has_agenda", "b"), "has_agenda", "is_agenda_of"),
        (link("has_evidence", "b"), "has_evidence", "is_evidence_of"),
        (link("leap2:is_outcome_of", "b"), "is_outcome_of", "has_outcome"),
        (link("related", "b"), "related", "related"),
        (link("leap2:unheard_of", "b"), "related", "related"),
        (link("", "b"), "related", "related"),
    ],
)
def test_relations_have_other_names_and_an_inverse(stated: str, there: str, back: str) -> None:
    got = take_in(feed(entry("a", stated) + entry("b")))
    assert related(got, "a") == [(there, "b")]
    assert related(got, "b") == [(back, "a")]


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


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1 << 16])
def test_what_needs_no_repair_is_left_alone(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    """One character XML forbids has the feed repaired; ampersands in CDATA stand for themselves, wherever it is cut."""
    monkeypatch.setattr(feedstream, "CHUNK", piece)
    monkeypatch.setattr(feedstream, "PROLOG_LIMIT", 16)
    plain = "<content><![CDATA[Tom & Ann &nbsp; &#2; ]] > &amp;]]>&nbsp;&amp;</content>"
    plain += "<summary>a\x01b<![CDATA[&\x02]]></summary>"
    odd = "<!-- <![CDATA[ & --><?x <![CDATA[ ?><content>a & b &hellip;</content>"
    got = take_in(feed(entry("a", plain) + entry("b", odd)))
    assert [one.content for one in got.objects] == ["Tom & Ann &nbsp; &#2; ]] > &amp;\xa0&", "a & b …"]
    assert got.objects[0].description == "ab&"


def test_a_byte_of_another_encoding_is_repaired() -> None:
    got = take_in(feed(entry("a", "<content>caf\xe9</content>")).replace("é".encode(), b"\xe9"))
    assert got.objects[0].content == "caf\ufffd"
