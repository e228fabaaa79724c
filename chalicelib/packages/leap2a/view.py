"""Mahara's pages: blocks on a grid, and what they are as sections of a page.

Source contract
---------------
leap2a 5 (Mahara's own markup); canvas-a 2.1 (sections).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from chalicelib.domain.epobject import Element, Section
from chalicelib.domain.identity import object_path
from chalicelib.packages import markup
from chalicelib.packages.leap2a.carried import config, escape_all, references

VIEW = "mahara:view"
BLOCK = "mahara:blockinstance"
FILES = "folio:files"
"""Child of a folder block: the files it shows, so that its sections are known without the folder."""
TEXT_BLOCKS = frozenset({"text", "textbox", "html"})
FILE_BLOCKS = frozenset({"image", "filedownload", "gallery", "folder", "internalmedia", "pdf"})
GRID_WIDTH = 12
BLOCK_HEIGHT = 3


def attribute(element: Element, name: str) -> str:
    """An attribute of Mahara's, with or without prefix."""
    values = dict(element.attributes)
    return values.get(f"mahara:{name}") or values.get(name, "")


def blocks(view: Element) -> list[Element]:
    """The blocks of a page in reading order: by place on the grid, or by row and column as they stand."""
    found = list(_walk(view))
    if attribute(view, "newlayout"):
        found.sort(key=lambda block: (_number(block, "positiony"), _number(block, "positionx")))
    return found


def _walk(element: Element) -> Iterator[Element]:
    for child in element.children:
        if child.tag == BLOCK:
            yield child
        elif child.tag in {"mahara:row", "mahara:column"}:
            yield from _walk(child)


def _number(block: Element, name: str) -> int:
    text = attribute(block, name)
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def sections_of(view: Element, is_file: Callable[[int], bool]) -> tuple[Section, ...]:
    """What of a Mahara page shows as sections: texts, and files that are there.

    Parameters
    ----------
    is_file
        Whether an id is a file of the same graph.
    """
    return tuple(section for block in blocks(view) for section in _sections(block, is_file))


def _sections(block: Element, is_file: Callable[[int], bool]) -> Iterator[Section]:
    kind = attribute(block, "blocktype")
    if kind in TEXT_BLOCKS:
        if html := _text_of(block):
            yield Section(type="rich_text", content=html)
    elif kind in FILE_BLOCKS:
        for target in dict.fromkeys(file_ids(block)):
            if is_file(target):
                yield Section(type="attachment", target_id=target)


def file_ids(block: Element) -> list[int]:
    """Ids a block of files names."""
    ids = references(config(block, "artefactid")) + references(config(block, "artefactids"))
    for child in block.children:
        if child.tag == FILES:
            ids += references([one.text for one in child.children])
    return ids


def _text_of(block: Element) -> str:
    value = config(block, "text")
    html = value if isinstance(value, str) else ""
    title = attribute(block, "blocktitle").strip()
    if not html:
        targets = references(config(block, "artefactid"))
        html = "".join(
            f'<p><a href="{object_path(target)}">{markup.escape_text(title or "Note")}</a></p>' for target in targets
        )
        title = "" if targets else title
    heading = f"<h3>{markup.escape_text(title)}</h3>" if title and html else ""
    return markup.sanitise(heading + html) if heading else html


def with_folder_files(view: Element, files_in: Callable[[int], Sequence[int]]) -> Element:
    """The view with the files of each folder block noted in it."""

    def note(element: Element) -> Element:
        if element.tag == BLOCK and attribute(element, "blocktype") in {"folder", "gallery"}:
            if any(child.tag == FILES for child in element.children):
                return element
            targets = references(config(element, "artefactid"))
            found = [Element("folio:file", text=f"object:{one}") for target in targets for one in files_in(target)]
            if not found:
                return element
            return replace(element, children=(*element.children, Element(FILES, children=tuple(found))))
        if element.tag in {VIEW, "mahara:row", "mahara:column"}:
            return replace(element, children=tuple(note(child) for child in element.children))
        return element

    return note(view)


def texts_of(view: Element) -> list[str]:
    """The stored HTML of a page's text blocks, in order."""
    found = []
    for block in blocks(view):
        if attribute(block, "blocktype") in TEXT_BLOCKS:
            value = config(block, "text")
            found.append(value if isinstance(value, str) else "")
    return found


def make_view(parts: Iterable[tuple[str, str]]) -> str:
    """A one-column page for Mahara.

    Parameters
    ----------
    parts
        (block type, settings as XML) for each block, from top to bottom.
    """
    rows = "".join(
        f'<{BLOCK} mahara:blocktype="{kind}" mahara:blocktitle="" mahara:positionx="0" '
        f'mahara:positiony="{number * BLOCK_HEIGHT}" mahara:width="{GRID_WIDTH}" mahara:height="{BLOCK_HEIGHT}">'
        f"{settings}</{BLOCK}>"
        for number, (kind, settings) in enumerate(parts)
    )
    return f'<{VIEW} mahara:newlayout="1" mahara:type="portfolio" mahara:ownerformat="6">{rows}</{VIEW}>'


def setting(name: str, json_text: str) -> str:
    """One of a block's settings as XML; the value is JSON, an array of one."""
    return f"<mahara:{name}>{escape_all(json_text)}</mahara:{name}>"
