"""What the writer says of a page: Mahara's view as it was carried, or one made from the sections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from msgspec import Struct, field

from chalicelib.domain.epobject import EpObject, Kind, Section
from chalicelib.domain.identity import object_path
from chalicelib.packages import markup
from chalicelib.packages.leap2a.carried import Outgoing
from chalicelib.packages.leap2a.extension import SectionFacts
from chalicelib.packages.leap2a.model import Ref
from chalicelib.packages.leap2a.view import VIEW, make_view, sections_of, setting

MARKUP_BYTES = 4 << 20
MARKUP_ELEMENTS = 250_000


class PageText(Struct):
    """A page's part of its entry."""

    keeps_view: bool = False
    """The carried view still says what the sections say, and is written as it is."""
    view: str = ""
    content: str = ""
    """XHTML `div` made of the sections; empty where they are so large that they are only in the view."""
    sections: list[SectionFacts] | None = None
    generated: list[str] = field(default_factory=list)


def is_parsable(html: str) -> bool:
    """Whether HTML may stand in an entry as elements, of which readers take no more than so many.

    As text it takes up to three times the room and no elements. API bodies, at most 1 MiB, always may.
    """
    return html.count("<") - html.count("</") <= MARKUP_ELEMENTS and len(html.encode()) <= MARKUP_BYTES


def page_text(obj: EpObject, ref: Callable[[int], Ref | None], outgoing: Outgoing) -> PageText:
    """Decide between the carried view and a made one, and make it.

    A page that was edited here after its import has sections its carried view does not show: then the view, and the
    content Mahara rendered from it, are out of date and are not written.
    """
    sections = obj.page.sections if obj.page else ()
    carried = next((one for one in obj.carried.elements if one.tag == VIEW), None)

    def is_file(target: int) -> bool:
        found = ref(target)
        return found is not None and found.kind is Kind.FILE

    present = tuple(
        one for one in sections if one.type != "attachment" or one.target_id is None or is_file(one.target_id)
    )
    if carried is not None and sections_of(carried, is_file) == present:
        return PageText(keeps_view=True)
    return PageText(
        view=make_view(_blocks(present, outgoing)),
        content=_content(present, ref, outgoing) if is_parsable("".join(one.content for one in present)) else "",
        sections=[_facts(one) for one in present],
        generated=[VIEW, "content"],
    )


def _facts(section: Section) -> SectionFacts:
    return SectionFacts(
        type=section.type,
        target=section.target_id,
        foreign=section.target_id is not None and section.type != "attachment",
        text=bool(section.content),
    )


def _blocks(sections: tuple[Section, ...], outgoing: Outgoing) -> Iterator[tuple[str, str]]:
    for section in sections:
        if section.content:
            html = markup.relink(markup.sanitise(section.content), outgoing.entry_id, marked=True)
            yield "text", setting("text", json.dumps([html], ensure_ascii=False))
        if section.type == "attachment" and section.target_id is not None:
            value = [[outgoing.entry_id(section.target_id)]]
            yield "filedownload", setting("artefactids", json.dumps(value))


def _content(sections: tuple[Section, ...], ref: Callable[[int], Ref | None], outgoing: Outgoing) -> str:
    parts = []
    for section in sections:
        if section.content:
            parts.append(markup.sanitise(section.content))
        if section.type == "attachment" and section.target_id is not None:
            found = ref(section.target_id)
            name = markup.escape_text(markup.strip_illegal(found.name)) if found else ""
            parts.append(f'<p><a href="{object_path(section.target_id)}">{name}</a></p>')
    return markup.canonical_to_xhtml("".join(parts), outgoing.entry_id).decode() if parts else ""
