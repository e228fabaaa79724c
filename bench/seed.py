"""Fills the stores past the services: as many objects as a measurement wants, quickly, the same ones every time."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from datetime import timedelta

from msgspec.structs import replace

from chalicelib.domain.epobject import EpObject, FileFacts, Kind, PageFacts, Relation, Section
from chalicelib.domain.identity import derive
from chalicelib.domain.person import User
from chalicelib.storage import people
from chalicelib.storage.blobs import file_key
from chalicelib.wiring import Services

MIB = 1024 * 1024
FILE_BYTES = 8 * MIB
PAGE_CHARACTERS = 600
POST_CHARACTERS = 1_000
VOCABULARY = 4096
POOL_BYTES = 4 * MIB
BLOCK_BYTES = 64 * 1024
"""Longer than what deflate looks back, so that a block that comes again is not seen to."""


def put(services: Services, objects: Iterable[EpObject], *, locators: bool = True) -> int:
    """Write objects, and unless told not to, what leads to them by id; how many those were."""
    store, tables, count = services.objects, services.tables, 0
    with tables.objects.batch_write() as items, tables.locators.batch_write() as places:
        for one in objects:
            items.save(store.record(one))
            if locators:
                places.save(store.locator(one))
            count += 1
    return count


def portfolios(services: Services, owner: User, count: int) -> None:
    """Give an owner that many portfolios, for lists: only their owner finds them by id."""
    made = (replace(draft, id=new_id) for new_id, draft in _drafts(services, owner, count))
    put(services, made, locators=False)
    _count(services, owner, count)


def book(services: Services, owner: User, pages: int) -> EpObject:
    """A portfolio of that many pages, each with some text; only their owner finds them by id."""
    ((new_id, draft),) = _drafts(services, owner, 1)
    assert draft.portfolio is not None
    portfolio = replace(draft, id=new_id, portfolio=replace(draft.portfolio, page_count=pages))
    put(services, [portfolio])
    put(services, _pages(portfolio, pages), locators=False)
    _count(services, owner, 1)
    return portfolio


def files(services: Services, owner: User, total_bytes: int, *, each_bytes: int = FILE_BYTES) -> int:
    """Give an owner files of that size together, half photographs, half text; how many they are."""
    return put(services, _files(services, owner, total_bytes, each_bytes))


def journal(services: Services, owner: User, *, posts: int, attached: int, file_bytes: int) -> None:
    """A journal of that many posts of 1 KB, so many of them with a file of their own."""
    listed = list(_files(services, owner, attached * file_bytes, file_bytes))
    put(services, _journal(services, owner, posts, listed))


def journals(services: Services, owner: User, posts: int, each: int = 1_000) -> int:
    """Journals of so many posts each, without files; how many objects that is."""
    made = 0
    for number in range(0, posts, each):
        made += put(services, _journal(services, owner, min(each, posts - number), [], salt=2 + number), locators=False)
    return made


def _journal(
    services: Services, owner: User, posts: int, attached: list[EpObject], salt: int = 2
) -> Iterator[EpObject]:
    """The journal, its posts, and the files; ids ascend over the journals of an owner."""
    now, prose = services.clock.now(), Prose(posts + salt)
    apart = now + timedelta(milliseconds=salt)
    ids = [derive(apart, owner.id, number, salt=2) for number in range(posts + 1)]
    parts = tuple(Relation("has_part", one) for one in ids[1:])
    whole = EpObject(
        id=ids[0],
        owner_id=owner.id,
        kind=Kind.COLLECTION,
        name=f"Journal {salt}",
        relations=parts,
        created_at=now,
        updated_at=now,
        added_at=now,
    )
    yield whole
    for number, one in enumerate(ids[1:]):
        links = [Relation("is_part_of", ids[0])]
        if number < len(attached):
            links.append(Relation("related", attached[number].id))
            yield attached[number].with_relation("related", one)
        half = POST_CHARACTERS // 2
        text = f"<p>{prose.text(half)}</p><p><em>{prose.text(half)}</em></p>"
        post = replace(whole, id=one, kind=Kind.REFLECTION, name=f"Day {number}")
        yield replace(post, content=text, relations=tuple(links))


def _drafts(services: Services, owner: User, count: int) -> Iterator[tuple[int, EpObject]]:
    now = services.clock.now()
    for number in range(count):
        draft = services.portfolios.draft(owner, name=f"Portfolio {number}", public=True)
        yield derive(now, owner.id, number), draft


def _pages(portfolio: EpObject, count: int) -> Iterator[EpObject]:
    prose = Prose(count)
    for position in range(1, count + 1):
        text = f"<h2>Day {position}</h2><p>{prose.text(PAGE_CHARACTERS)}</p>"
        facts = PageFacts(
            portfolio_id=portfolio.id, position=position, sections=(Section(type="rich_text", content=text),)
        )
        yield replace(
            portfolio,
            id=derive(portfolio.created_at, portfolio.id, position),
            kind=Kind.PAGE,
            name=f"Day {position}",
            portfolio=None,
            page=facts,
        )


def _files(services: Services, owner: User, total_bytes: int, each_bytes: int) -> Iterator[EpObject]:
    numbers, prose = random.Random(total_bytes), Prose(total_bytes)  # noqa: S311 - content, not secrets
    now, left, number = services.clock.now(), total_bytes, 0
    while left > 0:
        size = min(left, each_bytes)
        photograph = number % 2 == 0
        content = numbers.randbytes(size) if photograph else prose.bytes(size)
        digest = hashlib.sha256(content).hexdigest()
        services.blobs.put(file_key(digest), content)
        name, media_type = (f"{number:05d}.jpg", "image/jpeg") if photograph else (f"{number:05d}.txt", "text/plain")
        yield EpObject(
            id=derive(now, owner.id, number, salt=1),
            owner_id=owner.id,
            kind=Kind.FILE,
            name=name,
            created_at=now,
            updated_at=now,
            added_at=now,
            file=FileFacts(file_name=name, media_type=media_type, size_bytes=size, sha256=digest),
        )
        left, number = left - size, number + 1


def _count(services: Services, owner: User, portfolios: int) -> None:
    table = services.tables.people
    services.tables.person(people.user_key(owner.id)).update(
        actions=[table.portfolios_active.add(portfolios), table.portfolios_all.add(portfolios)]
    )


class Prose:
    """Text that deflates about as prose does, always the same for a seed."""

    def __init__(self, seed: int) -> None:
        self._numbers = random.Random(seed)  # noqa: S311 - content, not secrets
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        weights = range(len(letters), 0, -1)
        self._words = [
            "".join(self._numbers.choices(letters, weights, k=self._numbers.randint(2, 10))) for _ in range(VOCABULARY)
        ]
        self._pool = b""

    def text(self, characters: int) -> str:
        """So many characters."""
        return " ".join(self._numbers.choices(self._words, k=characters // 3 + 1))[:characters]

    def bytes(self, size: int) -> bytes:
        """So many bytes, in blocks out of a pool."""
        self._pool = self._pool or self.text(POOL_BYTES).encode()
        starts = (self._numbers.randrange(POOL_BYTES - BLOCK_BYTES) for _ in range(size // BLOCK_BYTES + 1))
        return b"".join(self._pool[start : start + BLOCK_BYTES] for start in starts)[:size]
