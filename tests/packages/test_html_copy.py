from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from msgspec.structs import replace

from chalicelib.domain.epobject import EpObject, FileFacts, Kind, PageFacts, PortfolioFacts, Relation, Section
from chalicelib.domain.identity import object_path
from chalicelib.domain.job import Problem
from chalicelib.packages import html_copy, manifest, names
from tests.packages.conformance import check_html
from tests.packages.support import FIRST_ID, NOW, context, give_out, take_in

ACCEPT = Path(__file__).parent / "accept"


def make(number: int, kind: Kind, name: str, **facts: object) -> EpObject:
    one = EpObject(id=FIRST_ID + number, owner_id=1, kind=kind, name=name, created_at=NOW, updated_at=NOW, added_at=NOW)
    return replace(one, **facts)


PORTFOLIO = make(1, Kind.PORTFOLIO, "Year one", portfolio=PortfolioFacts(guid="g", owner_email=""))
FILE = make(
    2, Kind.FILE, "Foto", file=FileFacts(file_name="foto ü.PNG", media_type="image/png", size_bytes=3, sha256="")
)
PAGE = make(
    3,
    Kind.PAGE,
    '<script>alert("1")</script>',
    page=PageFacts(
        portfolio_id=PORTFOLIO.id,
        position=1,
        sections=(
            Section(type="rich_text", content=f'<p>See <a href="{object_path(FILE.id)}">it</a></p>'),
            Section(type="html", content='<img src="https://w.example/x.png" alt="far"><script>1</script>'),
            Section(type="attachment", target_id=FILE.id),
            Section(type="attachment", target_id=FIRST_ID + 99),
        ),
    ),
)
POST = make(4, Kind.REFLECTION, "", content="a < b", content_type="text", relations=(Relation("related", FILE.id),))


def page_of(one: EpObject) -> str:
    page = html_copy.object_page(context([PORTFOLIO, FILE, PAGE, POST]), one)
    assert page is not None
    return page.decode()


def test_a_page_shows_its_sections_and_asks_nobody() -> None:
    text = page_of(PAGE)
    member = names.file_member(FILE)
    assert member == f"export_info/files/{FILE.id}-foto-u.PNG"
    assert f'<p>See <a href="../../{member}">it</a></p>' in text
    assert f'<img src="../../{member}" alt="Foto">' in text
    assert '<a href="https://w.example/x.png">far</a>' in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert f'<a href="{PORTFOLIO.id}.html">Year one</a>' in text
    assert member in check_html(names.object_page_member(PAGE.id), text)


def test_plain_text_and_missing_names_are_shown() -> None:
    text = page_of(POST)
    assert "<p>a &lt; b</p>" in text
    assert "<h1>(untitled)</h1>" in text


def test_a_file_is_linked_itself() -> None:
    assert html_copy.object_page(context([FILE]), FILE) is None


def test_an_empty_index_says_so() -> None:
    ctx = context([])
    text = (html_copy.index_head(ctx) + html_copy.index_tail(ctx, None)).decode()
    assert "nothing in this portfolio yet" in text
    check_html(names.INDEX_MEMBER, text)


def test_the_index_lists_pages_with_their_portfolio() -> None:
    with zipfile.ZipFile(io.BytesIO(give_out([PORTFOLIO, FILE, PAGE, POST]))) as read:
        text = read.read(names.INDEX_MEMBER).decode()
    assert text.index("Year one") < text.index("&lt;script&gt;") < text.index("Reflections") < text.index("Files")
    assert text.count("<ul") == text.count("</ul>")


def test_mahara_samples_make_quiet_pages() -> None:
    for sample in sorted(ACCEPT.iterdir()):
        with zipfile.ZipFile(io.BytesIO(give_out(take_in(sample.read_bytes()).objects))) as read:
            members = set(read.namelist())
            for name in members:
                if name.endswith(".html"):
                    assert check_html(name, read.read(name).decode()) <= members


def test_the_manifest_is_one_document() -> None:
    pieces = [
        manifest.head("Folioport 1"),
        manifest.member("a", 1, "00", first=True),
        manifest.member("b", 2, "11", first=False),
        *manifest.tail({"page": 2, "file": 1}, [Problem(outcome="left_out", title="x", reason="gone")]),
    ]
    assert json.loads(b"".join(pieces)) == {
        "format": "folioport-package",
        "version": 1,
        "generator": "Folioport 1",
        "members": [{"name": "a", "size": 1, "sha256": "00"}, {"name": "b", "size": 2, "sha256": "11"}],
        "objects": {"file": 1, "page": 2},
        "left_out": [{"name": "x", "reason": "gone"}],
    }
    assert json.loads(b"".join([manifest.head("g"), *manifest.tail({}, [])]))["members"] == []
