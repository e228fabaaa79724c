"""Graphs of objects as people could make them, for property tests."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.accreditation import CLASSIFICATIONS
from chalicelib.domain.epobject import (
    INVERSE,
    AccreditationFacts,
    Carried,
    Category,
    Element,
    EpObject,
    FileFacts,
    FormFacts,
    FormField,
    GeoTag,
    Kind,
    PageFacts,
    PortfolioFacts,
    Section,
    Tag,
)
from chalicelib.domain.form import SYSTEM_FIELDS, checked, with_answers
from chalicelib.domain.identity import guid_for, object_path
from chalicelib.packages.markup import sanitise
from tests.packages.support import BYTES, FIRST_ID, NOW, OWNER, SELF

LEGAL = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
PLACES = st.none() | st.floats(-180, 180)
WORDS = st.text(LEGAL, max_size=30) | st.sampled_from(
    ["a < b & c", '"q"', " spaced ", "x" * 255, "[1]", "{}", "日本 😀"]
)
LINES = st.text(st.one_of(LEGAL, st.sampled_from("\n\t\r")), max_size=60)
NASTY = st.sampled_from(
    [
        "\x00\x01\x1b[31m",
        "a\ufffe\uffff\x7f\x85",
        "\u0645\u0631\u062d\u0628\u0627 \u200f\u202eevil\u202c",
        "👩\u200d👩\u200d👧 e\u0301 \u1e9b\u0323",
        "𝔘" * 255,
        "]]><!--&amp;&#0;&nbsp;<!DOCTYPE x [<!ENTITY a 'b'>]><![CDATA[",
        "\u2028\u2029\ufeff\r\n\t ",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "portfolio:object/1 object:17 leap2:has_part",
    ]
)
ANY = st.text(st.characters(codec="utf-8"), max_size=40)
NAMES = st.one_of(WORDS, ANY, NASTY)
TEXTS = st.one_of(LINES, ANY, NASTY)
DATES = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda one: one.replace(fold=0))
FILE_NAMES = st.builds(
    lambda stem, suffix: (stem.replace("/", "_").replace("\\", "_")[:248].strip() or "f") + suffix,
    WORDS,
    st.sampled_from(["", ".txt", ".PNG", ".tar.gz", ".日本"]),
)
MARKUP = st.sampled_from(
    [
        "<p>one</p>",
        "<div>two</div>",
        "three &amp; four",
        "<b>x</b>",
        "<br>",
        "<pre>a\n b</pre>",
        "&nbsp;",
        "<table><tr><td>c",
    ]
)


def _label(text: str) -> str:
    return text[:200].strip() or "Question"


@st.composite
def htmls(draw: st.DrawFn, ids: list[int]) -> str:
    parts = draw(st.lists(MARKUP, max_size=4))
    for target in draw(st.lists(st.sampled_from(ids), max_size=2)):
        parts.append(f'<a href="{object_path(target)}">{draw(WORDS)}</a><img src="{object_path(target)}" alt="q">')
    return sanitise("".join(draw(st.permutations(parts))))


@st.composite
def elements(draw: st.DrawFn, ids: list[int], depth: int = 1) -> Element:
    tag = draw(
        st.sampled_from(
            ["leap2:myrole", "leap2:persondata", "mahara:coverimage", "atom:rights", "{urn:x}y", "dcterms:issued"]
        )
    )
    foreign = (
        ("{urn:a}b", draw(LINES)),
        ("{urn:a}c", "1"),
        ("{urn:c}b", "2"),
        ("atom:type", "3"),
        ("xhtml:class", "4"),
    )
    attributes = (("leap2:field", draw(WORDS)), ("leap2:label", "L"), *foreign)
    text = draw(st.one_of(WORDS.map(str.strip), st.sampled_from(ids).map(lambda one: f"object:{one}")))
    children = tuple(draw(st.lists(elements(ids, depth - 1), max_size=2))) if depth else ()
    if tag == "mahara:coverimage":
        return Element(tag, text=f'["object:{draw(st.sampled_from(ids))}"]')
    return Element(tag, attributes, text or "t", children)


@st.composite
def carrieds(draw: st.DrawFn, kind: Kind, ids: list[int]) -> Carried:
    types = ["activity", "plan", "person", "achievement", "meeting", "ability", "organization", "entry", "urn:x:y"]
    schemes = ["life_area", "readiness", "audience", "urn:other:scheme", "http://x.example/s#"]
    categories = draw(st.lists(st.builds(Category, st.sampled_from(schemes), WORDS, WORDS), max_size=2, unique_by=repr))
    if kind is Kind.COLLECTION and draw(st.booleans()):
        categories.append(Category("selection_type", draw(st.sampled_from(["Blog", "Folder", "Grouping"]))))
    if kind is Kind.ITEM and draw(st.booleans()):
        categories.append(SELF)
    links = st.tuples(st.sampled_from(["related", "has_evidence", "license"]), st.just("https://x.example/a?b=1&c"))
    outside = draw(st.lists(links, max_size=2))
    return Carried(
        type=draw(st.sampled_from(types)) if kind is Kind.ITEM else "",
        categories=tuple(categories),
        elements=tuple(draw(st.lists(elements(ids), max_size=2))),
        links=tuple(outside),
    )


@st.composite
def sections(draw: st.DrawFn, ids: list[int], files: list[int]) -> Section:
    kind = draw(st.sampled_from(["rich_text", "html", "", "submission", *(["attachment"] if files else [])]))
    if kind == "attachment":
        return Section(type=kind, target_id=draw(st.sampled_from(files)))
    if kind == "submission":
        return Section(type=kind, target_id=draw(st.integers(1, 999)))
    return Section(type=kind, content=draw(htmls(ids)))


@st.composite
def graphs(draw: st.DrawFn) -> list[EpObject]:
    """A graph whose relations are stated on both ends."""
    kinds = draw(st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=7))
    ids = [FIRST_ID + 17 * number for number in range(len(kinds))]
    of = {kind: [one for one, its in zip(ids, kinds, strict=True) if its is kind] for kind in Kind}
    objects = [draw(_objects(one, kind, ids, of)) for one, kind in zip(ids, kinds, strict=True)]
    pages: dict[int | None, int] = {}
    for one in objects:
        if one.page:
            pages[one.page.portfolio_id] = pages.get(one.page.portfolio_id, 0) + 1
    by_id = {
        one.id: replace(one, portfolio=replace(one.portfolio, page_count=pages.get(one.id, 0)))
        if one.portfolio
        else one
        for one in objects
    }
    pairs = st.tuples(st.sampled_from(ids), st.sampled_from(sorted(INVERSE)), st.sampled_from(ids))
    for source, rel, target in draw(st.lists(pairs, max_size=8)):
        if source != target and not _structural(by_id[source], rel, by_id[target]):
            by_id[source] = by_id[source].with_relation(rel, target)
            by_id[target] = by_id[target].with_relation(INVERSE[rel], source)
    return list(by_id.values())


def _structural(source: EpObject, rel: str, target: EpObject) -> bool:
    if rel in {"supported_by", "supports"}:
        return {source.kind, target.kind} == {Kind.PORTFOLIO, Kind.ACCREDITATION}
    page, portfolio = (target, source) if rel == "has_part" else (source, target)
    return rel in {"has_part", "is_part_of"} and page.page is not None and page.page.portfolio_id == portfolio.id


@st.composite
def _objects(draw: st.DrawFn, one: int, kind: Kind, ids: list[int], of: dict[Kind, list[int]]) -> EpObject:
    plain = draw(st.booleans())
    content = draw(TEXTS) if plain else draw(htmls(ids))
    obj = EpObject(
        id=one,
        owner_id=OWNER.id,
        kind=kind,
        name=draw(NAMES.filter(str.strip))[:255],
        description=draw(TEXTS),
        content=content,
        content_type="text" if plain else "html",
        tags=tuple(draw(st.lists(st.builds(Tag, NAMES, st.booleans()), max_size=3))),
        relations=(),
        created_at=draw(DATES),
        updated_at=draw(DATES),
        added_at=NOW,
        author=draw(st.just("") | NAMES),
        allow_comments=draw(st.booleans()),
        geo_tag=draw(st.none() | st.builds(GeoTag, **dict.fromkeys(GeoTag.__struct_fields__, PLACES))),
        url=draw(
            st.sampled_from(["https://x.example/?a=1&b=2", "https://x.example/\x01\uffff\"'<>é", "www.example.org", ""])
        )
        if kind is Kind.LINK
        else "",
        carried=draw(carrieds(kind, ids)),
        import_id=draw(st.sampled_from([0, 4])),
    )
    if kind is Kind.PORTFOLIO:
        held = draw(st.lists(st.sampled_from(of[Kind.ACCREDITATION]), unique=True)) if of[Kind.ACCREDITATION] else []
        guids = tuple(guid_for(one, 5) for one in held)
        banner = (draw(NAMES)[:255], draw(TEXTS))
        facts = PortfolioFacts(guid="g", owner_email="", banner_title=banner[0], banner_description=banner[1])
        return replace(obj, portfolio=replace(facts, accreditation_ids=guids))
    if kind is Kind.ACCREDITATION:
        stated = st.builds(
            AccreditationFacts,
            classification=st.sampled_from(CLASSIFICATIONS),
            issuer=WORDS.map(lambda text: text[:254]),
            issued_at=DATES,
            revoked=st.booleans(),
        )
        return replace(obj, accreditation=draw(stated))
    if kind is Kind.FORM:
        fields = draw(st.lists(st.builds(FormField, label=NAMES.map(_label), value=TEXTS), max_size=3))
        me = st.builds(FormField, label=WORDS.map(_label), system=st.sampled_from(SYSTEM_FIELDS))
        return with_answers(obj, checked(FormFacts(fields=(*fields, draw(me)))), OWNER)
    if kind is Kind.FILE:
        file = FileFacts(
            file_name=draw(FILE_NAMES),
            media_type=draw(st.sampled_from(["image/png", "text/plain"])),
            size_bytes=len(BYTES),
            sha256="",
        )
        return replace(obj, file=file)
    if kind is Kind.PAGE:
        portfolio = draw(st.sampled_from([None, *of[Kind.PORTFOLIO]]))
        listed = tuple(draw(st.lists(sections(ids, of[Kind.FILE]), max_size=4)))
        page = PageFacts(
            portfolio_id=portfolio, position=draw(st.integers(0, 9)), sections=listed, plain=draw(st.booleans())
        )
        return replace(obj, page=page, content="", content_type="html")
    return obj
