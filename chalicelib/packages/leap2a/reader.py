"""The second pass over a feed: complete objects, one at a time, in ascending order of their ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import blake2b
from mimetypes import guess_type
from typing import BinaryIO
from uuid import UUID, uuid5

from lxml import etree
from msgspec.structs import replace

from chalicelib.domain.epobject import (
    MEDIA_TYPE,
    NAME_LIMIT,
    Carried,
    EpObject,
    FileFacts,
    GeoTag,
    Kind,
    PortfolioFacts,
    Relation,
)
from chalicelib.packages.archive import Archive
from chalicelib.packages.leap2a import feedstream, texts
from chalicelib.packages.leap2a.carried import Incoming
from chalicelib.packages.leap2a.entry import Enclosure, Facts, facts_of
from chalicelib.packages.leap2a.index import MAX_ATTACHED, Index
from chalicelib.packages.leap2a.leftover import Leftover, read_carried
from chalicelib.packages.leap2a.model import Owner, Planned
from chalicelib.packages.leap2a.own import with_accreditation, with_banner, with_form, with_held
from chalicelib.packages.leap2a.pages import read_page
from chalicelib.packages.leap2a.parts import read_children, read_description, read_relations, read_tags
from chalicelib.packages.leap2a.scope import Scope
from chalicelib.packages.leap2a.vocabulary import short_name
from chalicelib.packages.scratch import number_of

GUID_SPACE = UUID("6e8c5d0a-9d53-5c52-8f0b-5f7c6a1e2b34")
_PATH = re.compile(r"[\x00-\x1f\x7f/\\]")
_SCRIPT = re.compile(r"^[\s\x00-\x1f]*(?:javascript|vbscript|data)\s*:", re.IGNORECASE)


def read_objects(
    feed: Callable[[], BinaryIO],
    index: Index,
    *,
    archive: Archive,
    owner: Owner,
    mint: Callable[[int], int],
    import_id: int,
    now: datetime,
    skip: int = 0,
) -> Iterator[list[Planned]]:
    """Read the feed again and give its objects, those of one entry at a time.

    Parameters
    ----------
    index
        From `survey()` of the same feed; notes are added to `index.report`.
    archive
        The package; files are looked up in it, not opened.
    owner
        Whose the objects will be.
    mint
        The id of the object with an ordinal (0 to `index.count - 1`); ascending.
    import_id
        The import job; with the ordinal it makes the GUIDs of portfolios.
    now
        When this service got the objects, aware UTC.
    skip
        Leave out so many objects; the entry of the next one is read from its beginning.

    Raises
    ------
    PackageError
        The feed cannot be read to its end.

    Source contract
    ---------------
    leap2a 3 to 5 and 10; brightspace 5.5.
    """
    reader = _Reader(index, archive, owner, mint=mint, import_id=import_id, now=now)
    if skip >= index.count:
        return
    first = index.first_place(skip) if skip else 0
    for place, element in enumerate(feedstream.entries(feed(), repair=index.facts.repaired)):
        if place >= first and element.tag == feedstream.ENTRY and (group := reader.entry(element, place)):
            yield group


class _Reader:
    """State of one pass: what every entry needs, and which files were used."""

    def __init__(
        self, index: Index, archive: Archive, owner: Owner, *, mint: Callable[[int], int], import_id: int, now: datetime
    ) -> None:
        self._index = index
        self._archive = archive
        self._owner = owner
        self._mint = mint
        self._import_id = import_id
        self._now = now

    def entry(self, element: etree._Element, place: int) -> list[Planned]:
        """The objects of an entry: itself, then those it implies."""
        facts = facts_of(element)
        entry_id = facts.id or f"entry:{place}"
        node = number_of(entry_id)
        row = self._index.row(node)
        if row is None or row.place != place or row.ordinal is None:
            return []
        scope = Scope(self._index, node, facts.stated_id or entry_id, row.ordinal, self._mint)
        obj = self._object(element, facts, scope)
        extras = list(self._extras(facts, scope, obj))
        for extra in extras:
            if extra.object.kind is Kind.FILE:
                obj = obj.with_relation("related", extra.object.id)
        member = self._member(facts) if obj.kind is Kind.FILE else None
        group = [Planned(obj, member, obj.file.media_type if obj.file else ""), *extras]
        for planned in group:
            self._index.report.made(planned.object.kind)
        return group

    def _object(self, element: etree._Element, facts: Facts, scope: Scope) -> EpObject:
        children = read_children(element)
        own = facts.extension
        kind = scope.kind
        title = texts.plain(children.get("atom:title"))
        title = title if own else " ".join(title.split())
        name = texts.cut_name(own.name if own and own.name is not None else title)
        scope.title = name
        scope.stated_title = title
        if not name.strip():
            name = texts.UNTITLED
        created, updated = self._dates(children, facts, scope)
        incoming = Incoming(scope.object_id, scope.address, unwrap=own is None)
        content, content_type = self._content(children, facts, scope)
        leftover = Leftover(title if len(title) > NAME_LIMIT and not (own and own.name is not None) else "")
        obj = EpObject(
            id=scope.id,
            owner_id=self._owner.id,
            kind=kind,
            name=name,
            description=_stated(own.description if own else None, read_description(children, own=own is not None)),
            content=content,
            content_type=content_type,
            tags=read_tags(facts, scope),
            created_at=created,
            updated_at=updated,
            added_at=self._now,
            author=_stated(own.author if own else None, self._author(children, own=own is not None)),
            allow_comments=not (own and own.no_comments),
            geo_tag=_geo_tag(own.place) if own and own.place else None,
            carried=read_carried(element, facts, scope, incoming, leftover),
            import_id=self._import_id,
            origin=_origin(self._index.facts.feed_id, scope.entry_id, element),
        )
        obj = self._with_facts(obj, facts, scope, element)
        return replace(obj, relations=read_relations(facts, scope))

    def _with_facts(self, obj: EpObject, facts: Facts, scope: Scope, element: etree._Element) -> EpObject:
        if obj.kind is Kind.PORTFOLIO:
            portfolio = with_banner(self._portfolio(scope.ordinal, scope.page_count), facts)
            return replace(obj, portfolio=with_held(portfolio, facts, scope, element.nsmap))
        if obj.kind is Kind.PAGE:
            return read_page(obj, facts, scope, element)
        if obj.kind is Kind.FILE:
            file_name = facts.extension.file_name if facts.extension else None
            return replace(obj, file=self._file(facts.files[0], file_name or scope.stated_title or obj.name))
        if obj.kind is Kind.LINK:
            url = _stated(facts.extension.url if facts.extension else None, facts.url)
            return replace(obj, url="" if _SCRIPT.match(url) else url)
        if facts.files:
            self._note_missing(facts, scope)
        return with_accreditation(with_form(obj, facts, self._owner), facts)

    def _portfolio(self, ordinal: int, pages: int) -> PortfolioFacts:
        guid = str(uuid5(GUID_SPACE, f"{self._import_id}/{ordinal}"))
        owner = self._owner
        return PortfolioFacts(
            guid=guid, owner_email=owner.email, root_account_id=owner.root_account_id, page_count=pages
        )

    def _file(self, enclosure: Enclosure, name: str) -> FileFacts:
        member = self._archive.resolve(enclosure.href) or ""
        media_type = enclosure.media_type.partition(";")[0].strip().lower()
        if not MEDIA_TYPE.fullmatch(media_type):
            media_type = guess_type(name)[0] or guess_type(member)[0] or "application/octet-stream"
        file_name = texts.cut_file_name(_PATH.sub("_", name).strip()) or "file"
        return FileFacts(file_name=file_name, media_type=media_type, size_bytes=self._archive.size(member), sha256="")

    def _member(self, facts: Facts) -> str | None:
        return self._archive.resolve(facts.files[0].href)

    def _note_missing(self, facts: Facts, scope: Scope) -> None:
        for enclosure in facts.files:
            if self._archive.resolve(enclosure.href) is None:
                scope.note("left_out", f"The package does not contain the file “{enclosure.href[-120:]}”.")

    def _extras(self, facts: Facts, scope: Scope, obj: EpObject) -> Iterator[Planned]:
        """A portfolio for a page that is in none; files attached to something that is not a file itself."""
        ordinal = scope.ordinal + 1
        if scope.alone:
            blank = replace(
                obj, id=self._mint(ordinal), kind=Kind.PORTFOLIO, page=None, relations=(), tags=(), origin=""
            )
            blank = replace(blank, content="", description="", carried=Carried(), content_type="html")
            yield Planned(replace(blank, portfolio=self._portfolio(ordinal, 1)))
            ordinal += 1
        if obj.kind is Kind.FILE:
            return
        last = ordinal + MAX_ATTACHED
        for enclosure in facts.files:
            member = self._archive.resolve(enclosure.href)
            if member is None:
                continue
            if ordinal >= last:
                scope.note("left_out", f"It has more than {MAX_ATTACHED:,} files; “{member[-120:]}” was left out.")
                continue
            file = self._file(enclosure, member.rpartition("/")[2])
            extra = EpObject(
                id=self._mint(ordinal),
                owner_id=self._owner.id,
                kind=Kind.FILE,
                name=texts.cut_name(file.file_name),
                created_at=obj.created_at,
                updated_at=obj.updated_at,
                added_at=self._now,
                file=file,
                relations=(Relation("related", obj.id),),
                import_id=self._import_id,
            )
            yield Planned(extra, member, file.media_type)
            ordinal += 1

    def _dates(self, children: dict[str, etree._Element], facts: Facts, scope: Scope) -> tuple[datetime, datetime]:
        own = facts.extension
        found: list[datetime | None] = []
        for name, exact in (
            ("atom:published", own.created if own else None),
            ("atom:updated", own.updated if own else None),
        ):
            child = children.get(name)
            value, proper = texts.moment(exact or (child.text if child is not None else None))
            if child is not None and not proper:
                scope.note("degraded", f"Its date “{(child.text or '')[:40]}” could not be read as written.")
            found.append(value)
        created = found[0] or found[1]
        updated = found[1] or found[0]
        if created is None or updated is None:
            scope.note("degraded", "It has no date; the time of the import stands for it.")
        return created or self._now, updated or self._now

    def _content(self, children: dict[str, etree._Element], facts: Facts, scope: Scope) -> tuple[str, str]:
        own = facts.extension
        element = children.get("atom:content")
        if own and "content" in own.generated:
            return "", own.content_type or "html"
        if own and own.content is not None and own.content_type != "html":
            return own.content, "text"
        content, kind = texts.rich(element, scope.address, unwrap=own is None)
        if kind == "text" and own is None:
            content = content.strip()
            if facts.plugin == "internal/html" and element is not None:
                element.set("type", "html")
                content, kind = texts.rich(element, scope.address, unwrap=True)
        if not content:
            kind = "html"
        return content, ("text" if own and own.content_type == "text" else kind)

    def _author(self, children: dict[str, etree._Element], *, own: bool) -> str:
        author = children.get("atom:author")
        if author is None:
            return ""
        for part in author:
            if short_name(str(part.tag)) == "atom:name":
                name = part.text or ""
                return name if own or name.strip() != self._index.facts.author_name else ""
        return ""


def _origin(feed_id: str, entry_id: str, element: etree._Element) -> str:
    """Which entry of which feed, and what it says, as two digests of 64 bits."""
    said = blake2b(etree.tostring(element, with_tail=False), digest_size=8).hexdigest()
    return f"{blake2b(f'{feed_id} {entry_id}'.encode(), digest_size=8).hexdigest()}:{said}"


def _stated(exact: str | None, read: str) -> str:
    return read if exact is None else exact


def _geo_tag(place: tuple[float | None, float | None, float | None, float | None, float | None]) -> GeoTag:
    latitude, longitude, altitude, bearing, precision = place
    return GeoTag(latitude=latitude, longitude=longitude, altitude=altitude, bearing=bearing, precision=precision)
