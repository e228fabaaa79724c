"""The rules of leap2a 1 to 5 for a package we write, checked by another parser than the one that reads packages."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from chalicelib.domain.epobject import INVERSE

ATOM = "{http://www.w3.org/2005/Atom}"
LEAP2 = "{http://terms.leapspecs.org/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
MAHARA = "{http://wiki.mahara.org/Developer_Area/Import%2F%2FExport/LEAP_Extensions#}"
FOLIO = "{https://folioport.org/ns/leap2a/1#}"
XHTML = "{http://www.w3.org/1999/xhtml}"
ARCHIVED = "{https://web.archive.org/web/20100503000634/http://terms.leapspecs.org}"
SAFE_ID = re.compile(r"^portfolio:[A-Za-z0-9:/._-]+$")
UTC_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
RELATIONS = set(INVERSE) - {"related"}


def check_package(data: bytes) -> None:
    """Assert every rule over a whole package."""
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        names = read.namelist()
        assert [name for name in names if name.rpartition("/")[2] == "leap2a.xml"] == ["leap2a.xml"]
        assert all(name.isascii() and "\\" not in name and ".." not in name.split("/") for name in names)
        feed = read.read("leap2a.xml")
        referred = check_feed(feed, {name: read.getinfo(name).file_size for name in names})
        pages = {name: read.read(name).decode() for name in names if name.endswith(".html")}
    reached = {"leap2a.xml", *referred}
    todo = [name for name in referred if name in pages]
    while todo:
        page = todo.pop()
        for target in check_html(page, pages[page]):
            assert target in names, (page, target)
            if target not in reached:
                reached.add(target)
                todo += [target] if target in pages else []
    assert reached == set(names), set(names) - reached


def check_html(page: str, html: str) -> set[str]:
    """Assert that a page of the copy is quiet; the members it links to."""
    assert html.startswith("<!doctype html>")
    assert '<html lang="' in html
    assert html.count("<h1>") == 1
    tags = re.findall(r"<[a-zA-Z][^<>]*>", html)
    assert not any(re.match(r"<(script|iframe|object|base|form)\b|.*\son\w+=", tag) for tag in tags)
    found = set()
    for tag in tags:
        for name, value in re.findall(r'\b(href|src)="([^"]*)"', tag):
            address = urlsplit(value.replace("&amp;", "&"))
            if address.scheme or address.netloc or value.startswith("#"):
                assert name == "href", tag
                assert tag.startswith("<a "), tag
                continue
            if tag.startswith("<link"):
                assert value.endswith("style.css")
            parts = page.split("/")[:-1]
            for step in unquote(address.path).split("/"):
                parts = parts[:-1] if step == ".." else [*parts, step]
            found.add("/".join(parts))
    return found


def check_feed(feed: bytes, sizes: dict[str, int]) -> set[str]:
    """Assert the rules of the feed; the members it refers to."""
    head = feed[: feed.index(b"<entry>") if b"<entry>" in feed else len(feed)]
    assert b"web.archive.org" not in head
    assert b"<!DOCTYPE" not in feed
    assert not re.search(rb"&(?!amp;|lt;|gt;|quot;|#\d+;)", feed)
    assert not re.search(rb'(rel|rdf:resource|scheme)="http://(terms|wiki)\.leapspecs', feed)
    root = ET.fromstring(feed)  # noqa: S314 - our own output
    assert root.tag == f"{ATOM}feed"
    for tag in (f"{LEAP2}version", f"{ATOM}id", f"{ATOM}title", f"{ATOM}updated", f"{ATOM}author"):
        assert len(root.findall(tag)) == 1, tag
    assert root.findtext(f"{LEAP2}version") == "http://www.leapspecs.org/2010-07/2A/"
    assert not root.findall(f"{ATOM}author/{ATOM}email")
    entries = root.findall(f"{ATOM}entry")
    ids = [one.findtext(f"{ATOM}id") or "" for one in entries]
    assert not [one for one, count in Counter(ids).items() if count > 1]
    assert all(SAFE_ID.match(one) for one in ids)
    selves = [one for one in entries if has_category(one, "person_type", "Self")]
    assert [one.findtext(f"{ATOM}id") for one in selves] == [root.findtext(f"{ATOM}author/{ATOM}uri")]
    referred = {link.get("href") or "" for link in root.findall(f"{ATOM}link")}
    for entry in entries:
        referred |= check_entry(entry, set(ids), sizes)
    assert parts_of(entries, "has_part") == {(whole, part) for part, whole in parts_of(entries, "is_part_of")}
    return referred


def parts_of(entries: list[ET.Element], rel: str) -> set[tuple[str | None, str | None]]:
    """(entry, target) of each link of a relation between entries: parts are stated on both sides (leap2a 4)."""
    return {
        (entry.findtext(f"{ATOM}id"), link.get("href"))
        for entry in entries
        for link in entry.findall(f"{ATOM}link[@rel='leap2:{rel}']")
        if (link.get("href") or "").startswith("portfolio:")
    }


def has_category(entry: ET.Element, scheme: str, term: str) -> bool:
    return any(
        one.get("scheme") == f"categories:{scheme}#" and one.get("term") == term
        for one in entry.findall(f"{ATOM}category")
    )


def check_entry(entry: ET.Element, ids: set[str], sizes: dict[str, int]) -> set[str]:
    """Assert the rules of an entry; the members it refers to."""
    for tag in (f"{ATOM}id", f"{ATOM}title", f"{ATOM}updated", f"{ATOM}content", f"{RDF}type"):
        assert len(entry.findall(tag)) == 1, tag
    for tag in (f"{ATOM}summary", f"{ATOM}published", f"{ATOM}author", f"{MAHARA}view", f"{MAHARA}artefactplugin"):
        assert len(entry.findall(tag)) <= 1, tag
    for tag in ("updated", "published"):
        assert UTC_TIME.match(entry.findtext(f"{ATOM}{tag}", "2000-01-01T00:00:00Z"))
    check_content(entry, ids)
    for one in entry.iter(f"{LEAP2}persondata"):
        assert one.get(f"{LEAP2}field") == one.get(f"{ARCHIVED}field")
    rels = [(link.get("rel") or "", link.get("href") or "") for link in entry.findall(f"{ATOM}link")]
    for rel, href in rels:
        if href.startswith("portfolio:"):
            assert href in ids, href
            assert rel in {"related", "has_part"} or rel.removeprefix("leap2:") in RELATIONS, rel
    check_selection(entry, rels)
    return check_enclosure(entry, sizes)


def check_content(entry: ET.Element, ids: set[str]) -> None:
    content = entry.find(f"{ATOM}content")
    assert content is not None
    if content.get("type") == "xhtml":
        assert [one.tag for one in content] == [f"{XHTML}div"]
        assert not content.text
    else:
        assert content.get("type") is None
        assert not len(content)
    for one in entry.iter():
        if one.get("rel") == "leap2:has_part" and one.tag.startswith(XHTML):
            assert (one.get("href") or one.get("src")) in ids


def check_selection(entry: ET.Element, rels: list[tuple[str, str]]) -> None:
    if has_category(entry, "selection_type", "Webpage"):
        assert entry.find(f"{MAHARA}view") is not None
    if has_category(entry, "selection_type", "Website"):
        bare = [href for rel, href in rels if rel == "has_part"]
        assert set(bare) <= {href for rel, href in rels if rel == "leap2:has_part"}


def check_enclosure(entry: ET.Element, sizes: dict[str, int]) -> set[str]:
    found = [link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "enclosure" and link.get("length")]
    if not found:
        return set()
    assert len(found) == 1
    assert (entry.find(f"{RDF}type") or ET.Element("x")).get(f"{RDF}resource", "leap2:resource") == "leap2:resource"
    assert has_category(entry, "resource_type", "Offline")
    name = unquote(found[0].get("href") or "")
    assert name in sizes
    assert "+" not in (found[0].get("href") or "")
    return {name}
