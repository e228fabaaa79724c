"""The object store: read your writes, lists in order, nothing lost between writers (design 3)."""

from __future__ import annotations

import base64
import io
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.epobject import EpObject, Kind, Section, ShareKey
from chalicelib.domain.errors import ConflictError, InvalidError
from chalicelib.domain.job import JobKind
from chalicelib.domain.page import PageDraft
from chalicelib.domain.paging import SKIP_LIMIT, PageRequest
from chalicelib.domain.person import User
from chalicelib.domain.ports import Created, Deleted, Updated
from chalicelib.storage.blobs import file_key
from chalicelib.storage.imports import BYTES_LIMIT
from chalicelib.wiring import Services
from tests.world import HandClock, actor

HUGE = base64.urlsafe_b64encode(b"portfolio#x#" + b"1" * 5000).decode()


def names(objects: list[EpObject]) -> list[str]:
    """Their names."""
    return [one.name for one in objects]


def walk_pages(services: Services, user: User, size: int) -> list[str]:
    """Names of all portfolios, page by page by cursor."""
    found: list[str] = []
    request = PageRequest(size=size)
    while True:
        part = services.objects.portfolios(user.id, request)
        found += [one.name for one in part.items]
        if not part.next_cursor:
            return found
        request = replace(request, number=request.number + 1, cursor=part.next_cursor)


def test_an_object_is_there_at_once_for_everybody(services: Services, ada: User, bo: User) -> None:
    made = services.portfolios.create(actor(ada), name="P")
    mine = services.objects.find(actor(ada), (Kind.PORTFOLIO,), made.id)
    theirs = services.objects.find(actor(bo), (Kind.PORTFOLIO,), made.id)
    assert mine is not None
    assert theirs is not None
    assert mine.object == theirs.object == made
    assert (mine.owner, mine.viewer and mine.viewer.id) == (None, ada.id)
    assert theirs.owner is not None
    assert theirs.viewer is not None
    assert (theirs.owner.id, theirs.viewer.id) == (ada.id, bo.id)
    assert services.shares.look(None, made.id, (), services.clock.now()).portfolio == made


def test_a_taken_id_is_a_conflict_and_writes_nothing(services: Services, ada: User, bo: User) -> None:
    made = services.portfolios.create(actor(ada), name="P")
    clash = replace(made, owner_id=bo.id, name="Q")
    with pytest.raises(ConflictError):
        services.objects.apply([Created(clash)])
    assert services.objects.own(bo.id, [(Kind.PORTFOLIO, made.id)]) == {}


def test_two_writers_never_lose_an_update(services: Services, ada: User) -> None:
    made = services.portfolios.create(actor(ada), name="P")
    services.objects.apply([Updated(replace(made, name="first", version=2))])
    with pytest.raises(ConflictError):
        services.objects.apply([Updated(replace(made, name="second", version=2))])
    assert services.objects.own(ada.id, [(Kind.PORTFOLIO, made.id)])[made.id].name == "first"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_paging_visits_each_portfolio_once_in_order(services: Services, ada: User, clock: HandClock, size: int) -> None:
    for number in range(7):
        clock.advance(1)
        services.portfolios.create(actor(ada), name=str(number))
    assert walk_pages(services, ada, size) == list("0123456")


def test_paging_goes_on_behind_an_item_that_is_gone(services: Services, ada: User, clock: HandClock) -> None:
    made = []
    for number in range(5):
        clock.advance(1)
        made.append(services.portfolios.create(actor(ada), name=str(number)))
    first = services.objects.portfolios(ada.id, PageRequest(size=2))
    services.objects.apply([Deleted(replace(made[1], deleted_at=clock.now(), version=2))])
    rest = services.objects.portfolios(ada.id, PageRequest(number=2, size=2, cursor=first.next_cursor))
    assert names(list(rest.items)) == ["2", "3"]


def test_a_bare_page_number_skips_what_is_before_it(services: Services, ada: User, clock: HandClock) -> None:
    for number in range(5):
        clock.advance(1)
        services.portfolios.create(actor(ada), name=str(number))
    third = services.objects.portfolios(ada.id, PageRequest(number=3, size=2))
    assert (names(list(third.items)), third.next_cursor) == (["4"], "")
    assert list(services.objects.portfolios(ada.id, PageRequest(number=4, size=2)).items) == []
    with pytest.raises(InvalidError):
        services.objects.portfolios(ada.id, PageRequest(number=SKIP_LIMIT, size=100))


@pytest.mark.parametrize("cursor", ["x", "!!!", "cGFnZSMx", "cG9ydGZvbGlvIw", "é", HUGE])
def test_a_cursor_of_another_list_is_refused(services: Services, ada: User, cursor: str) -> None:
    with pytest.raises(InvalidError):
        services.objects.portfolios(ada.id, PageRequest(number=2, cursor=cursor))


def test_deleted_portfolios_are_shelved_not_listed(services: Services, ada: User, clock: HandClock) -> None:
    made = services.portfolios.create(actor(ada), name="P")
    services.objects.apply([Deleted(replace(made, deleted_at=clock.now(), version=2))])
    assert services.objects.portfolios(ada.id, PageRequest()).items == []
    assert names(list(services.objects.portfolios(ada.id, PageRequest(), include_deleted=True).items)) == ["P"]
    user = services.people.users([ada.id])[ada.id]
    assert (user.portfolios_active, user.portfolios_all) == (0, 1)
    places, _ = services.objects.places(actor(ada), [made.id])
    assert places[made.id].deleted


def test_old_years_come_before_later_ones(services: Services, ada: User, clock: HandClock) -> None:
    made = services.portfolios.create(actor(ada), name="later")
    services.objects.apply([Updated(replace(made, updated_at=made.updated_at.replace(year=1066), version=2))])
    other = services.portfolios.create(actor(ada), name="old")
    services.objects.apply([Updated(replace(other, updated_at=other.updated_at.replace(year=999), version=2))])
    assert names(list(services.objects.portfolios(ada.id, PageRequest()).items)) == ["old", "later"]


def test_a_page_too_large_for_an_item_comes_back_whole(services: Services, ada: User) -> None:
    portfolio = services.portfolios.create(actor(ada), name="P")
    text = "<p>" + "x" * 900_000 + "</p>"
    page = services.pages.create(
        actor(ada), portfolio.id, PageDraft(name="big", sections=[Section(type="rich_text", content=text)])
    )
    listed = services.pages.index(actor(ada), portfolio.id, PageRequest())
    assert listed.items[0].page is not None
    assert listed.items[0].page.sections[0].content == text
    assert services.objects.page_ids(ada.id, portfolio.id) == [page.id]


def test_owning_nothing_but_what_was_deleted_is_owning_nothing(services: Services, ada: User, clock: HandClock) -> None:
    assert not services.objects.owns_anything(ada.id)
    made = services.portfolios.create(actor(ada), name="P")
    assert services.objects.owns_anything(ada.id)
    services.objects.apply([Deleted(replace(made, deleted_at=clock.now(), version=2))])
    assert not services.objects.owns_anything(ada.id)


def test_a_file_is_stored_once_and_goes_with_its_last_object(services: Services, ada: User, clock: HandClock) -> None:
    def upload() -> EpObject:
        return services.artifacts.upload(actor(ada), io.BytesIO(b"same"), file_name="a.txt", media_type="text/plain")

    first, second = upload(), upload()
    assert first.file is not None
    assert second.file is not None
    key = file_key(first.file.sha256)
    assert first.file.sha256 == second.file.sha256
    services.objects.apply([Deleted(replace(first, deleted_at=clock.now(), version=2))])
    clock.advance(2 * 86400)
    assert services.garbage.collect() == 1
    assert services.blobs.exists(key)
    services.objects.apply([Deleted(replace(second, deleted_at=clock.now(), version=2))])
    assert services.garbage.collect() == 0
    clock.advance(2 * 86400)
    assert services.garbage.collect() == 1
    assert not services.blobs.exists(key)
    third = upload()
    assert services.blobs.exists(key)
    assert third.file is not None


def test_a_reflection_and_its_object_know_each_other(services: Services, ada: User) -> None:
    one = services.artifacts.create_reflection(actor(ada), ObjectDraft(name="R"))
    other = services.artifacts.create_reflection(actor(ada), ObjectDraft(name="O"))
    services.artifacts.reflect_on(actor(ada), one.id, other.id)
    keys = [(Kind.REFLECTION, one.id), (Kind.REFLECTION, other.id)]
    found = services.objects.own(ada.id, keys)
    assert found[one.id].targets("reflects_on") == (other.id,)
    assert found[other.id].targets("reflected_on_by") == (one.id,)
    services.artifacts.reflect_on(actor(ada), one.id, other.id, remove=True)
    found = services.objects.own(ada.id, keys)
    assert not found[one.id].relations
    assert not found[other.id].relations


def test_an_import_repeated_adds_nothing_twice(services: Services, ada: User, bo: User) -> None:
    made = replace(services.portfolios.create(actor(bo), name="P"), owner_id=ada.id, import_id=7)
    assert made.portfolio is not None
    keys = [ShareKey(id="k", value=f"{number:08x}", label="") for number in range(60)]
    batch = [
        replace(made, id=made.id + number + 1, portfolio=replace(made.portfolio, keys=(key,)))
        for number, key in enumerate(keys)
    ]
    services.import_store.put(ada.id, batch[:40])
    services.import_store.put(ada.id, batch)
    services.import_store.put(ada.id, batch)
    assert services.people.users([ada.id])[ada.id].portfolios_all == 60
    assert len(list(services.objects.walk(ada.id)[0])) == 60
    for taken in (replace(batch[0], import_id=8), replace(batch[0], id=made.id + 99)):
        with pytest.raises(ConflictError):
            services.import_store.put(ada.id, [taken])
    services.import_store.remove(ada.id, [replace(batch[0], import_id=8)])
    assert len(list(services.objects.walk(ada.id)[0])) == 60
    services.import_store.remove(ada.id, batch)
    services.import_store.remove(ada.id, batch)
    assert list(services.objects.walk(ada.id)[0]) == []
    assert services.people.users([ada.id])[ada.id].portfolios_all == 0


def test_a_writer_who_loses_leaves_the_large_document_of_the_other(services: Services, ada: User) -> None:
    portfolio = services.portfolios.create(actor(ada), name="P")
    page = services.pages.create(actor(ada), portfolio.id, PageDraft(name="big"))
    assert page.page is not None
    texts = [Section(type="rich_text", content="<p>" + letter * 400_000 + "</p>") for letter in "ab"]
    one, other = (replace(page, page=replace(page.page, sections=(text,)), version=2) for text in texts)
    services.objects.apply([Updated(one)])
    with pytest.raises(ConflictError):
        services.objects.apply([Updated(other)])
    assert services.objects.own(ada.id, [(Kind.PAGE, page.id)])[page.id] == one


def test_transactions_of_an_import_are_measured_in_bytes(services: Services, ada: User) -> None:
    made = services.artifacts.create_reflection(actor(ada), ObjectDraft(name="R"))
    batch = [replace(made, id=made.id + number, import_id=3, content="漢" * 90_000) for number in range(1, 31)]
    for part in services.import_store._batches(batch):
        assert sum(len((record.document or "").encode()) for _, record in part) < BYTES_LIMIT


def test_a_claim_whose_answer_was_lost_is_had_by_the_one_who_sent_it(
    services: Services, ada: User, clock: HandClock
) -> None:
    (job,) = services.jobs.start([services.jobs.draft(actor(ada), JobKind.EXPORT, ada.id, {})])
    now = clock.now()
    until = now + timedelta(hours=1)
    assert services.job_store.claim(job.id, "mine", until, now)
    assert services.job_store.claim(job.id, "mine", until, now)
    assert services.job_store.claim(job.id, "other", until, now) is None


def test_a_bucket_of_an_address_expires(services: Services, clock: HandClock) -> None:
    services.credentials.charge("addr/192.0.2.1", 1, clock.now())
    record = services.tables.people.get("bucket#addr/192.0.2.1", "bucket")
    assert record.expires_at > clock.now().timestamp()
