"""A package written and read as the jobs do it, in memory, and graphs compared whatever their ids."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec.structs import replace

from chalicelib.domain.epobject import Category, EpObject, Kind
from chalicelib.domain.identity import id_in
from chalicelib.packages import html_copy, manifest, names
from chalicelib.packages.archive import Archive, Limits, open_archive
from chalicelib.packages.leap2a import (
    Index,
    Owner,
    PackageContext,
    Planned,
    Ref,
    feed_entry,
    feed_head,
    feed_tail,
    read_objects,
    survey,
)
from chalicelib.packages.zipwriter import MemberRecord, ZipWriter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = Owner(id=77, first_name="Mere", last_name="Tane", name="Mere Tane", email="mere@example.org")
FIRST_ID = 5_000_000_000_000
SECOND_ID = 6_000_000_000_000
BYTES = b"what is in a file\n" * 10
SELF = Category("person_type", "Self")
ID = re.compile(r"\b[56]\d{12}\b")


@dataclass
class Imported:
    """A package as read."""

    archive: Archive
    index: Index
    planned: list[Planned]

    @property
    def objects(self) -> list[EpObject]:
        return [one.object for one in self.planned]

    def named(self, name: str, kind: Kind | None = None) -> EpObject:
        found = [one for one in self.objects if one.name == name and kind in {None, one.kind}]
        assert len(found) == 1, (name, kind, [(one.kind.value, one.name) for one in self.objects])
        return found[0]

    def reasons(self, outcome: str) -> list[str]:
        return [note.reason for note in self.index.report.notes if note.outcome == outcome]


def take_in(data: bytes, first_id: int = FIRST_ID, limits: Limits | None = None, import_id: int = 9) -> Imported:
    archive = open_archive(io.BytesIO(data), limits)
    index = survey(archive.open_feed, archive=archive)
    groups = read_objects(
        archive.open_feed,
        index,
        archive=archive,
        owner=OWNER,
        mint=lambda ordinal: first_id + ordinal,
        import_id=import_id,
        now=NOW,
    )
    planned = [one for group in groups for one in group]
    assert [one.object.id for one in planned] == [first_id + number for number in range(index.count)]
    return Imported(archive, index, planned)


def context(objects: Iterable[EpObject]) -> PackageContext:
    by_id = {one.id: one for one in objects}
    pages: dict[int, list[int]] = {}
    for one in sorted(by_id.values(), key=lambda one: (one.page.position if one.page else 0, one.id)):
        if one.page is not None and one.page.portfolio_id is not None:
            pages.setdefault(one.page.portfolio_id, []).append(one.id)

    def describe(target: int) -> Ref | None:
        one = by_id.get(target)
        if one is None:
            return None
        return Ref(one.kind, one.name, names.file_member(one) if one.kind is Kind.FILE else None)

    return PackageContext(
        owner=OWNER,
        title="Portfolio of Mere Tane",
        updated=max((one.updated_at for one in by_id.values()), default=NOW),
        self_id=max((one.id for one in by_id.values() if SELF in one.carried.categories), default=None),
        describe=describe,
        pages=lambda portfolio: pages.get(portfolio, []),
    )


def in_order(objects: Iterable[EpObject]) -> list[EpObject]:
    kinds = list(Kind)
    return sorted(objects, key=lambda one: (kinds.index(one.kind), one.id))


def feed_of(objects: Iterable[EpObject]) -> bytes:
    listed = in_order(objects)
    ctx = context(listed)
    return feed_head(ctx) + b"".join(feed_entry(ctx, one) for one in listed) + feed_tail()


def give_out(objects: Iterable[EpObject], content: Callable[[EpObject], bytes] = lambda _: BYTES) -> bytes:
    """A whole package: feed, files, HTML copy, manifest."""
    listed = in_order(objects)
    ctx = context(listed)
    out = io.BytesIO()
    writer = ZipWriter(out.write)
    records: list[MemberRecord] = []

    def add(name: str, *pieces: bytes) -> None:
        writer.open(name)
        for piece in pieces:
            writer.write(piece)
        records.append(writer.close())

    add(names.FEED_MEMBER, feed_of(listed))
    for one in listed:
        if one.kind is Kind.FILE:
            add(names.file_member(one), content(one))
    add(names.STYLE_MEMBER, html_copy.style())
    index, previous = [html_copy.index_head(ctx)], None
    for kind in html_copy.INDEX_ORDER:
        for one in listed:
            if one.kind is kind and (piece := html_copy.index_entry(ctx, one, previous)):
                index.append(piece)
                previous = kind
    add(names.INDEX_MEMBER, *index, html_copy.index_tail(ctx, previous))
    for one in listed:
        if (page := html_copy.object_page(ctx, one)) is not None:
            add(names.object_page_member(one.id), page)
    counts = dict.fromkeys(sorted({one.kind.value for one in listed}), 0)
    for one in listed:
        counts[one.kind.value] += 1
    pieces = [manifest.head("Folioport")]
    pieces += [
        manifest.member(record.name, record.size, "0" * 64, first=number == 0) for number, record in enumerate(records)
    ]
    add(names.MANIFEST_MEMBER, *pieces, *manifest.tail(counts, []))
    writer.finish(record.directory for record in records)
    return out.getvalue()


def again(first: Iterable[EpObject], data: bytes | None = None) -> tuple[dict[int, str], dict[int, str]]:
    """Export and import `first`; both graphs in a form that compares whatever the ids."""
    listed = list(first)
    imported = take_in(data if data is not None else give_out(listed), SECOND_ID)
    new_by_old: dict[int, int] = {}
    for one in listed:
        ordinal = imported.index.ordinal(imported.index.expand(f"portfolio:object/{one.id}"))
        assert ordinal is not None, one
        new_by_old[one.id] = SECOND_ID + ordinal
    assert all("is unknown here" in note.reason for note in imported.index.report.notes), imported.index.report.notes
    return (
        {new_by_old[one.id]: comparable(one, new_by_old) for one in listed},
        {one.id: comparable(one, {}) for one in imported.objects},
    )


def comparable(one: EpObject, new_by_old: Mapping[int, int]) -> str:
    """An object without what an import makes anew, its ids translated."""
    plain = replace(one, owner_id=0, added_at=NOW, version=1, import_id=0, origin="")
    if plain.portfolio is not None:
        held = tuple(str(id_in(text)) if "-" in text else text for text in plain.portfolio.accreditation_ids)
        facts = replace(plain.portfolio, guid="", keys=(), owner_email="", accreditation_ids=held)
        plain = replace(plain, portfolio=facts)
    if plain.file is not None:
        plain = replace(plain, file=replace(plain.file, sha256="", size_bytes=0))
    return ID.sub(lambda match: str(new_by_old.get(int(match[0]), int(match[0]))), repr(plain))
