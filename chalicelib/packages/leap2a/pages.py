"""A page of a package: where it stands, and its sections."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree
from msgspec.structs import replace

from chalicelib.domain.epobject import Element, EpObject, PageFacts, Section
from chalicelib.domain.page import SECTION_TYPES
from chalicelib.packages import markup
from chalicelib.packages.leap2a import vocabulary
from chalicelib.packages.leap2a.carried import Incoming, read_element
from chalicelib.packages.leap2a.entry import Facts
from chalicelib.packages.leap2a.extension import PORTFOLIO_ID, SectionFacts
from chalicelib.packages.leap2a.scope import Scope
from chalicelib.packages.leap2a.view import VIEW, blocks, sections_of, texts_of, with_folder_files
from chalicelib.packages.leap2a.vocabulary import short_name


def read_page(obj: EpObject, facts: Facts, scope: Scope, element: etree._Element) -> EpObject:
    """Complete a page.

    Its sections are those our own extension lists; else what Mahara's blocks show; else its content, whole.
    """
    own = facts.extension
    portfolio_id, position = scope.place_of_page()
    if own is not None and own.valid_position is not None:
        position = own.valid_position
    view = next((one for one in obj.carried.elements if one.tag == VIEW), None)
    if own is not None and own.sections is not None:
        sections = tuple(_stated_sections(own.sections, scope, element))
    elif view is not None and _has_layout(view):
        noted = with_folder_files(view, scope.files_in)
        elements = tuple(noted if one is view else one for one in obj.carried.elements)
        obj = replace(obj, carried=replace(obj.carried, elements=elements))
        sections = sections_of(noted, scope.is_file)
    else:
        html = markup.text_to_html(obj.content) if obj.content_type == "text" else obj.content
        sections = (Section(type="rich_text", content=html),) if html else ()
        elements = tuple(one for one in obj.carried.elements if one is not view)
        obj = replace(obj, content="", content_type="html", carried=replace(obj.carried, elements=elements))
    page = PageFacts(portfolio_id=portfolio_id, position=position, sections=sections, plain=bool(own and own.plain))
    return replace(obj, page=page)


def _has_layout(view: Element) -> bool:
    names = {key.rpartition(":")[2] for key, _ in view.attributes}
    return bool(names & {"newlayout", "layout"}) or bool(blocks(view))


def _stated_sections(stated: list[SectionFacts], scope: Scope, element: etree._Element) -> Iterator[Section]:
    texts = iter(_generated_texts(scope, element))
    for section in stated:
        content = next(texts, "") if section.text else ""
        target = section.target
        if section.type not in SECTION_TYPES:
            continue
        if target is not None and (section.type == "attachment" or not section.foreign):
            target = scope.object_id(vocabulary.expand(PORTFOLIO_ID.format(id=target), element.nsmap))
            if target is None or not scope.is_file(target):
                continue
        yield Section(type=section.type, content=content, target_id=target)


def _generated_texts(scope: Scope, element: etree._Element) -> list[str]:
    for child in element:
        if isinstance(child.tag, str) and short_name(child.tag) == VIEW:
            return texts_of(read_element(child, Incoming(scope.object_id, scope.address, unwrap=False)))
    return []
