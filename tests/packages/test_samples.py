from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.domain.epobject import Category, Kind, Section
from chalicelib.domain.identity import object_path
from tests.packages.feeds import related
from tests.packages.support import (
    SELF,
    again,
    take_in,
)

ACCEPT = Path(__file__).parent / "accept"


SAMPLES = sorted(path.name for path in ACCEPT.iterdir())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_comes_back_equal(name: str) -> None:
    first = take_in((ACCEPT / name).read_bytes())
    before, after = again(first.objects)
    assert after == before


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
