"""Leap2A as Mahara imports it whole: a head, an entry for each object, a tail.

Every entry stands alone, so a checkpoint can fall between any two, and nothing but content reaches the bytes.

Source contract
---------------
leap2a 2 to 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote as percent

from msgspec.structs import replace

from chalicelib.domain.epobject import INVERSE, NAME_LIMIT, Category, Element, EpObject, Kind
from chalicelib.domain.identity import id_in
from chalicelib.packages import markup
from chalicelib.packages.leap2a import extension, stated, texts
from chalicelib.packages.leap2a.carried import Outgoing, escape, escape_all, quote, write_element
from chalicelib.packages.leap2a.extension import Extension
from chalicelib.packages.leap2a.frame import entry_id, feed_head, feed_tail, utc_time
from chalicelib.packages.leap2a.leftover import FULL_TITLE, HIDDEN_PLUGIN, IMPLIED, OWN_TYPE, PLUGIN, SELF
from chalicelib.packages.leap2a.made_view import PageText, is_parsable, page_text
from chalicelib.packages.leap2a.model import PackageContext, Ref

__all__ = ["feed_entry", "feed_head", "feed_tail"]

LISTED_PAGES = 20_000
"""A portfolio of more pages does not list them, as its entry would be too large for readers; they name it (ADR 30)."""
_SHORT = re.compile(r"^[a-z][a-z_]*$")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z_]*$")
_TIDY = re.compile(r"[^A-Za-z0-9-]+")


def feed_entry(ctx: PackageContext, obj: EpObject) -> bytes:
    """One object as an entry, on its own lines."""
    return _Entry(ctx, obj).write().encode()


class _Entry:
    """Builds one entry."""

    def __init__(self, ctx: PackageContext, obj: EpObject) -> None:
        self._ctx = ctx
        self._obj = obj
        self._out = Outgoing(self._entry_id)
        self._generated: list[str] = []
        self._refs: dict[int, Ref | None] = {}
        self._self_at: int | None = None

    def write(self) -> str:
        """The entry as XML."""
        obj = self._obj
        title, name = self._title()
        page = self._page()
        type_ = self._type()
        categories = list(self._categories())
        plugin = self._plugin(categories)
        carried = [one for one in obj.carried.elements if page is None or page.keeps_view or one.tag != "mahara:view"]
        lines = [
            f"<title>{escape(title)}</title><id>{entry_id(obj.id)}</id>",
            f"<published>{utc_time(obj.created_at)}</published><updated>{utc_time(obj.updated_at)}</updated>",
            f"<author><name>{escape(obj.author)}</name></author>" if obj.author else "",
            f"<summary>{escape(obj.description)}</summary>" if obj.description else "",
            self._content(page),
            f"<rdf:type rdf:resource={quote(type_)}/>",
            plugin,
            "".join(self._tags()) + "".join(_category(one) for one in categories),
            "".join(self._links()),
            "".join(write_element(self._quiet(one), self._out) for one in carried),
            page.view if page is not None else "",
        ]
        lines.append(f"<{extension.ELEMENT}>{escape(self._extension(name, title, page))}</{extension.ELEMENT}>")
        body = "\n    ".join(line for line in lines if line)
        return f"  <entry>\n    {body}\n  </entry>\n"

    def _quiet(self, element: Element) -> Element:
        """Hide a file's plug-in hint where the file is missing: Mahara aborts on a profile picture without one."""
        if element.tag != PLUGIN or self._obj.kind is Kind.COLLECTION or self._enclosure():
            return element
        values = {key.rpartition(":")[2]: value for key, value in element.attributes}
        return replace(element, tag=HIDDEN_PLUGIN) if values.get("plugin") == "file" else element

    def _ref(self, target: int) -> Ref | None:
        if target not in self._refs:
            self._refs[target] = self._ctx.describe(target)
        return self._refs[target]

    def _entry_id(self, target: int) -> str | None:
        return None if self._ref(target) is None else entry_id(target)

    def _title(self) -> tuple[str, str | None]:
        """The title, and the name where that is another."""
        obj = self._obj
        title = obj.name
        full = next((one.text for one in obj.carried.elements if one.tag == FULL_TITLE), "")
        if full and texts.cut_name(full) == obj.name:
            title = full
        if obj.file is not None:
            _, dot, suffix = obj.file.file_name.rpartition(".")
            if dot and not title.lower().endswith("." + suffix.lower()):
                title = f"{title[: NAME_LIMIT - 1 - len(suffix)]}.{suffix}"
        clean = markup.strip_illegal(title)
        return clean, (obj.name if texts.cut_name(clean) != obj.name else None)

    def _page(self) -> PageText | None:
        if self._obj.page is None:
            return None
        page = page_text(self._obj, self._ref, self._out)
        self._generated += page.generated
        return page

    def _content(self, page: PageText | None) -> str:
        obj = self._obj
        if page is not None and not page.keeps_view:
            return f'<content type="xhtml">{page.content}</content>' if page.content else "<content/>"
        if not obj.content:
            return "<content/>"
        if obj.content_type == "text":
            return f"<content>{escape_all(obj.content)}</content>"
        if not is_parsable(obj.content):
            html = markup.relink(markup.sanitise(obj.content), self._entry_id, marked=True)
            return f'<content type="html">{escape_all(html)}</content>'
        return f'<content type="xhtml">{markup.to_xhtml(obj.content, self._entry_id).decode()}</content>'

    def _type(self) -> str:
        word = self._obj.carried.type or OWN_TYPE[self._obj.kind] or "entry"
        return f"leap2:{word}" if _SHORT.match(word) else word

    def _categories(self) -> Iterator[Category]:
        obj = self._obj
        carried = list(obj.carried.categories)
        if SELF in carried and obj.id != self._ctx.self_id:
            self._self_at = carried.index(SELF)
            carried.remove(SELF)
        implied = IMPLIED.get(obj.kind)
        if implied and not any((one.scheme, one.term) == (implied.scheme, implied.term) for one in carried):
            yield implied
        if obj.kind is Kind.COLLECTION and not any(one.scheme == "selection_type" for one in carried):
            self._generated.append("selection_type")
            yield Category("selection_type", self._selection())
        yield from carried

    def _selection(self) -> str:
        """What a collection made here is to Mahara: a folder of files, a journal of reflections, or a grouping."""
        refs = [self._ref(target) for target in self._obj.targets("has_part")]
        kinds = {ref.kind for ref in refs if ref is not None}
        if kinds == {Kind.FILE}:
            return "Folder"
        return "Blog" if kinds == {Kind.REFLECTION} else "Grouping"

    def _plugin(self, categories: list[Category]) -> str:
        """Mahara's hint, unless the object carries one."""
        obj = self._obj
        if any(one.tag == PLUGIN for one in obj.carried.elements):
            return ""
        selection = next((one.term for one in categories if one.scheme == "selection_type"), "")
        plugin = {"Blog": ("blog", "blog"), "Folder": ("file", "folder")}.get(selection)
        if obj.kind is Kind.FILE and obj.file is not None and self._enclosure():
            kind = obj.file.media_type.partition("/")[0]
            plugin = ("file", kind if kind in {"image", "audio", "video"} else "file")
        if plugin is None:
            return ""
        self._generated.append(PLUGIN)
        return f'<mahara:artefactplugin mahara:plugin="{plugin[0]}" mahara:type="{plugin[1]}"/>'

    def _tags(self) -> Iterator[str]:
        for tag in self._obj.tags:
            if tag.private:
                continue
            tidy = _TIDY.sub("-", tag.text).strip("-") or "tag"
            label = f" label={quote(tag.text)}" if tidy != tag.text else ""
            yield f"<category term={quote(tidy)}{label}/>"

    def _links(self) -> Iterator[str]:
        obj = self._obj
        if obj.kind is Kind.FILE and obj.file is not None:
            yield self._enclosure()
        if obj.kind is Kind.LINK and obj.url:
            yield f'<link rel="self" href={quote(obj.url)}/>'
        if obj.kind is Kind.PORTFOLIO:
            pages = self._ctx.pages(obj.id)
            for page_id in pages if len(pages) <= LISTED_PAGES else ():
                yield self._link("has_part", page_id)
                yield f'<link rel="has_part" href="{entry_id(page_id)}"/>'
        for held in self._held():
            yield self._link("supported_by", held)
        if obj.page is not None and obj.page.portfolio_id is not None:
            yield self._link("is_part_of", obj.page.portfolio_id)
        order = 0
        for relation in obj.relations:
            if relation.rel == "has_part":
                order += 1
            yield self._link(relation.rel, relation.target_id, order if relation.rel == "has_part" else 0)
        for rel, href in obj.carried.links:
            word = f"leap2:{rel}" if rel in INVERSE and rel != "related" else rel
            yield f"<link rel={quote(word)} href={quote(href)}/>"

    def _link(self, rel: str, target: int, order: int = 0) -> str:
        if self._ref(target) is None:
            return ""
        word = rel if rel == "related" else f"leap2:{rel}"
        place = f' leap2:display_order="{order}"' if order else ""
        return f'<link rel="{word}" href="{entry_id(target)}"{place}/>'

    def _enclosure(self) -> str:
        ref = self._ref(self._obj.id)
        file = self._obj.file
        if file is None or ref is None or ref.member is None:
            return ""
        href = percent(ref.member, safe="/")
        media_type = quote(file.media_type)
        return f'<link rel="enclosure" type={media_type} length="{file.size_bytes}" href={quote(href)}/>'

    def _extension(self, name: str | None, title: str, page: PageText | None) -> str:
        obj = self._obj
        tags = None
        if len(set(obj.tags)) < len(obj.tags) or any(tag.private or not _plain_tag(tag.text) for tag in obj.tags):
            tags = [(tag.text, tag.private) for tag in obj.tags]
        file_name = obj.file.file_name if obj.file and obj.file.file_name != title else None
        return extension.encode(
            Extension(
                kind=obj.kind.value,
                name=name,
                file_name=file_name,
                description=stated.unspeakable(obj.description),
                content=stated.unspeakable(obj.content) if obj.content_type == "text" else None,
                author=stated.unspeakable(obj.author),
                url=stated.unspeakable(obj.url),
                content_type=None if stated.natural_type(obj) else obj.content_type,
                created=stated.exact(obj.created_at),
                updated=stated.exact(obj.updated_at),
                no_comments=not obj.allow_comments,
                place=stated.place(obj.geo_tag),
                tags=tags,
                portfolio_id=self._own_portfolio(),
                position=obj.page.position if obj.page else None,
                plain=bool(obj.page and obj.page.plain),
                loose=obj.page is not None and obj.page.portfolio_id is None,
                sections=page.sections if page is not None else None,
                form=[(one.label, one.value, one.system) for one in obj.form.fields] if obj.form else None,
                banner=stated.banner(obj),
                accreditation=stated.accreditation(obj),
                held=self._held() or None,
                generated=self._generated,
                self_at=self._self_at,
            )
        )

    def _held(self) -> list[int]:
        """Ids of the accreditations of the package that a portfolio holds."""
        guids = self._obj.portfolio.accreditation_ids if self._obj.portfolio else ()
        return [one for one in map(id_in, guids) if self._ref(one) is not None]

    def _own_portfolio(self) -> int | None:
        page = self._obj.page
        if page is None or page.portfolio_id is None or self._ref(page.portfolio_id) is None:
            return None
        return page.portfolio_id


def _plain_tag(text: str) -> bool:
    return bool(text) and text == text.strip() and markup.strip_illegal(text) == text


def _category(category: Category) -> str:
    short = _SCHEME.match(category.scheme)
    scheme = f"categories:{category.scheme}#" if short else category.scheme
    label = f" label={quote(category.label)}" if category.label else ""
    return f"<category term={quote(category.term)} scheme={quote(scheme)}{label}/>"
