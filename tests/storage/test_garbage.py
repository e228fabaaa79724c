"""Unused bytes go, used ones stay, whoever else is at them (ADR 9)."""

from __future__ import annotations

import io

import pytest

from chalicelib.domain.epobject import Kind, Section
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.page import PageDraft
from chalicelib.domain.person import User
from chalicelib.domain.ports import Blob
from chalicelib.storage.blobs import Blobs, file_key
from chalicelib.wiring import Services
from tests.world import HandClock, actor

DAY_S = 86400


def unused(services: Services, clock: HandClock) -> Blob:
    """Bytes nobody refers to, whose day has come."""
    blob = services.blobs.put_file(io.BytesIO(b"orphan"))
    services.garbage.record(blob.sha256).save()
    clock.advance(2 * DAY_S)
    return blob


def test_a_stream_can_be_stored_twice(services: Services) -> None:
    content = io.BytesIO(b"again")
    assert services.blobs.put_file(content) == services.blobs.put_file(content)


def test_a_file_uploaded_while_its_bytes_are_collected_keeps_them(
    services: Services, ada: User, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob, put = unused(services, clock), Blobs.put_file

    def overtaken(blobs: Blobs, content: io.BytesIO) -> Blob:
        found = put(blobs, content)
        services.garbage.collect()
        return found

    monkeypatch.setattr(Blobs, "put_file", overtaken)
    made = services.artifacts.upload(actor(ada), io.BytesIO(b"orphan"), file_name="o", media_type="text/plain")
    assert made.file is not None
    assert made.file.sha256 == blob.sha256
    assert services.blobs.exists(file_key(blob.sha256))


def test_a_mark_made_anew_outlives_a_stale_index(
    services: Services, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob, index = unused(services, clock), services.tables.jobs.by_open
    stale = list(index.query("garbage"))
    services.garbage.record(blob.sha256).save()
    with monkeypatch.context() as patch:
        patch.setattr(index, "query", lambda *_, **__: iter(stale))
        assert services.garbage.collect() == 1
    assert len(list(index.query("garbage"))) == 1


def test_a_collector_that_died_is_followed_by_another(
    services: Services, ada: User, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = unused(services, clock)

    def die(_blobs: Blobs, _keys: list[str]) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "delete", die)
        with pytest.raises(OSError, match="killed"):
            services.garbage.collect()
    assert services.garbage.collect() == 0, "the blob is the other's for a while"
    with pytest.raises(ConflictError):
        services.artifacts.upload(actor(ada), io.BytesIO(b"orphan"), file_name="o", media_type="text/plain")
    clock.advance(3600)
    assert services.garbage.collect() == 1
    assert not services.blobs.exists(file_key(blob.sha256))
    services.artifacts.upload(actor(ada), io.BytesIO(b"orphan"), file_name="o", media_type="text/plain")
    assert services.blobs.exists(file_key(blob.sha256))


def test_a_large_document_goes_when_its_object_has_a_new_one(services: Services, ada: User, clock: HandClock) -> None:
    def stored() -> int:
        listed = services.blobs.client.list_objects_v2(Bucket=services.blobs.bucket, Prefix="bodies/")
        return int(listed["KeyCount"])

    def large(letter: str) -> PageDraft:
        return PageDraft(name="p", sections=[Section(type="rich_text", content=f"<p>{letter * 400_000}</p>")])

    portfolio = services.portfolios.create(actor(ada), name="P")
    page = services.pages.create(actor(ada), portfolio.id, large("a"))
    services.pages.update(actor(ada), portfolio.id, page.id, large("b"))
    assert stored() == 2
    clock.advance(2 * 86400)
    services.garbage.collect()
    assert stored() == 1
    assert services.objects.own(ada.id, [(Kind.PAGE, page.id)])[page.id].page is not None
    services.pages.delete(actor(ada), portfolio.id, page.id)
    clock.advance(2 * 86400)
    services.garbage.collect()
    assert stored() == 0
    tombstone = services.objects.own(ada.id, [(Kind.PAGE, page.id)])[page.id]
    assert (tombstone.name, tombstone.deleted) == ("p", True)
