"""Objects in DynamoDB: one partition an owner, one item an object, one locator an id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from msgspec import Struct, field
from msgspec.structs import replace
from pynamodb.exceptions import PutError, TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.domain.access import Actor, Sight, Standing
from chalicelib.domain.change import Change, Companion, Created, Deleted, Restored, Updated
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.identity import MAX_ID
from chalicelib.domain.paging import PageRequest, Slice
from chalicelib.domain.ports import Place
from chalicelib.storage import counters, documents, listing, people, shelf
from chalicelib.storage.bodies import Bodies
from chalicelib.storage.census import shelf as census
from chalicelib.storage.companions import Companions, keys_of, take_keys
from chalicelib.storage.fitting import fitting
from chalicelib.storage.garbage import Garbage
from chalicelib.storage.keys import comment_prefix, order
from chalicelib.storage.listing import id_of, object_key
from chalicelib.storage.tables import LocatorRecord, ObjectRecord, PersonRecord, Tables, conflict, given, only

TOMBSTONE_S = 30 * 86400
"""How long a deleted object is remembered; a deleted portfolio stays, for Canvas's restore."""
LOST = ("ConditionalCheckFailedException", "TransactionConflictException")
"""A write that met another one: before it, or in the middle of its transaction."""
PLACES_KEPT = 10_000
"""Locators a container remembers; where an id leads never changes."""
GUESSED = 100 // len(Kind)
"""Ids whose kinds are all tried in one call; for more, the locators are asked."""
TOGETHER = 100
"""Ids of a long list that are looked up at a time."""


class Objects(Struct, frozen=True):
    """The object store (see `ports.ObjectStore`)."""

    tables: Tables
    bodies: Bodies
    garbage: Garbage
    companions: Companions
    known: dict[int, tuple[int, Kind]] = field(default_factory=dict)

    def apply(self, changes: Sequence[Change], companions: Sequence[Companion] = ()) -> None:
        """Write all changes and companions or none."""
        if (
            not companions
            and len(changes) == 1
            and isinstance(changes[0], Updated)
            and not counters.counts_as_spam(changes[0].object)
        ):
            self._replace(changes[0].object)
            return
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                for change in changes:
                    self._add(transaction, change)
                counters.add(self.tables, self.garbage, transaction, changes)
                self.companions.add(transaction, companions)
        except TransactWriteError as error:
            raise conflict(error) or error from error

    def find(self, actor: Actor, kinds: Sequence[Kind], object_id: int) -> Sight | None:
        """The object of that id for that viewer."""
        place = self.known.get(object_id)
        if place is None:
            sight, place = self._guess(actor, kinds, object_id)
            if sight is not None:
                return sight
        if place is None or place[1] not in kinds:
            return None
        tables, owner_id = self.tables, place[0]
        found = tables.batch_get(
            [
                (tables.objects, [{"owner": owner_id, "key": object_key(place[1], object_id)}]),
                (tables.people, [people.user_key(owner_id), *people.standing_keys(actor)]),
            ]
        )
        for record in only(found, ObjectRecord):
            standing = people.standing_of(actor, only(found, PersonRecord))
            sight = _sight(self.entity(record), standing)
            return sight if owner_id == actor.user_id else replace(sight, owner=standing.users.get(owner_id))
        return None

    def _guess(
        self, actor: Actor, kinds: Sequence[Kind], object_id: int
    ) -> tuple[Sight | None, tuple[int, Kind] | None]:
        """The object if it is the viewer's own, and else where it is: one call for both."""
        tables = self.tables
        found = tables.batch_get(
            [
                (tables.objects, [{"owner": actor.user_id, "key": object_key(kind, object_id)} for kind in kinds]),
                (tables.locators, [{"locator": f"id#{object_id}"}]),
                (tables.people, people.standing_keys(actor)),
            ]
        )
        place = next((self.learn(object_id, locator) for locator in only(found, LocatorRecord)), None)
        for record in only(found, ObjectRecord):
            return _sight(self.entity(record), people.standing_of(actor, only(found, PersonRecord))), place
        return None, place

    def own(self, owner_id: int, keys: Sequence[tuple[Kind, int]]) -> dict[int, EpObject]:
        """Those of the owner's objects, by id."""
        return {one.id: one for one in map(self.entity, self._own(owner_id, keys))}

    def _own(self, owner_id: int, keys: Sequence[tuple[Kind, int]]) -> list[ObjectRecord]:
        wanted = [{"owner": owner_id, "key": object_key(kind, object_id)} for kind, object_id in keys]
        return only(self.tables.batch_get([(self.tables.objects, wanted)]), ObjectRecord)

    def holdings(self, actor: Actor, keys: Sequence[tuple[Kind, int]]) -> tuple[dict[int, EpObject], Standing]:
        """Those of the actor's objects, by id, and who the actor is, in one call."""
        wanted = [{"owner": actor.user_id, "key": object_key(kind, object_id)} for kind, object_id in keys]
        found = self.tables.batch_get(
            [(self.tables.objects, wanted), (self.tables.people, people.standing_keys(actor))]
        )
        held = {one.id: one for one in map(self.entity, only(found, ObjectRecord))}
        return held, people.standing_of(actor, only(found, PersonRecord))

    def held(self, owner_id: int, ids: Sequence[int]) -> dict[int, EpObject]:
        """Those of the owner's objects, of whatever kind, by id: one call for a few, two for each hundred."""
        if len(ids) <= GUESSED:
            return self.own(owner_id, [(kind, one) for one in ids for kind in Kind])
        return self.own(owner_id, self._kinds(owner_id, ids))

    def shown(self, owner_id: int, ids: Sequence[int]) -> list[EpObject]:
        """The owner's objects of those ids in their order, deleted ones left out: as many as an answer holds."""
        records = fitting(self._in_order(owner_id, ids), self.bodies.get)[0]
        return [documents.decode(text, EpObject) for _, text in records]

    def _in_order(self, owner_id: int, ids: Sequence[int]) -> Iterator[ObjectRecord]:
        for start in range(0, len(ids), TOGETHER):
            part = ids[start : start + TOGETHER]
            guessed = len(ids) <= GUESSED
            keys = [(kind, one) for one in part for kind in Kind] if guessed else self._kinds(owner_id, part)
            found = {id_of(record): record for record in self._own(owner_id, keys)}
            yield from (found[one] for one in part if one in found and not shelf.hidden(found[one]))

    def _kinds(self, owner_id: int, ids: Sequence[int]) -> list[tuple[Kind, int]]:
        """Kinds of those ids which are the owner's."""
        keys: list[tuple[Kind, int]] = []
        locators = self.tables.batch_get([(self.tables.locators, [{"locator": f"id#{one}"} for one in ids])])
        for record in only(locators, LocatorRecord):
            object_id = int(record.locator.removeprefix("id#"))
            place = self.learn(object_id, record)
            if place is not None and place[0] == owner_id:
                keys.append((place[1], object_id))
        return keys

    def shelf(self, owner_id: int, page: PageRequest) -> Slice[EpObject]:
        """One page of the owner's objects by kind, then id."""
        found = shelf.read(self.tables, owner_id, page)
        shown, cut = fitting(found.items, self.bodies.get)
        cursor = shelf.cursor(shown[-1][0]) if cut else found.next_cursor
        return Slice(items=[documents.decode(text, EpObject) for _, text in shown], next_cursor=cursor, cut=cut)

    def comments(self, owner_id: int, object_id: int, limit: int) -> list[EpObject]:
        """The first comments on an object, oldest first, as many as an answer holds; one call for a megabyte."""
        table = self.tables.objects
        prefix = table.listed.startswith(comment_prefix(object_id))
        records = table.query(owner_id, prefix, consistent_read=True, index_name="listed", limit=limit)
        return [documents.decode(text, EpObject) for _, text in fitting(records, self.bodies.get)[0]]

    def places(self, actor: Actor, ids: Sequence[int]) -> tuple[dict[int, Place], Standing]:
        """Where those ids lead, and who the actor is."""
        found = self.tables.batch_get(
            [
                (self.tables.people, people.standing_keys(actor)),
                (self.tables.locators, [{"locator": f"id#{one}"} for one in dict.fromkeys(ids) if 0 < one <= MAX_ID]),
            ]
        )
        places = {}
        for record in only(found, LocatorRecord):
            if given(record.owner) is not None:
                object_id = int(record.locator.removeprefix("id#"))
                places[object_id] = Place(
                    owner_id=int(record.owner), kind=Kind(record.kind), deleted=bool(record.deleted)
                )
        return places, people.standing_of(actor, only(found, PersonRecord))

    def portfolios(self, owner_id: int, page: PageRequest, *, include_deleted: bool = False) -> Slice[EpObject]:
        """The owner's portfolios by `updated_at` ascending."""
        return self._list("shelved" if include_deleted else "listed", owner_id, "portfolio#", page)

    def pages(self, portfolio: EpObject, page: PageRequest) -> Slice[EpObject]:
        """A portfolio's pages by position, then id."""
        return self._list("listed", portfolio.owner_id, f"page#{portfolio.id:016d}#", page)

    def page_ids(self, owner_id: int, portfolio_id: int) -> list[int]:
        """Ids of all pages of a portfolio, by position."""
        return listing.page_ids(self.tables, owner_id, f"page#{portfolio_id:016d}#")

    def walk(self, owner_id: int, after: str = "", limit: int = 200) -> tuple[Iterator[EpObject], str]:
        """Objects in key order from behind `after`, and where to go on: one call."""
        records, last = shelf.walk(self.tables, owner_id, after, limit)
        return map(self.entity, records), last

    def owns_anything(self, owner_id: int) -> bool:
        """Whether the owner has at least one object that is neither deleted nor a part of a deleted one."""
        return shelf.is_filled(self.tables, owner_id)

    def ids_of_kind(self, owner_id: int, kind: Kind) -> list[int]:
        """Ids of the owner's objects of a kind that has few of them."""
        prefix = self.tables.objects.key.startswith(f"{kind.value}#")
        records = self.tables.objects.query(owner_id, prefix, consistent_read=True)
        return [one.id for one in map(self.entity, records) if not one.deleted]

    def entity(self, record: ObjectRecord) -> EpObject:
        """The object of a record, fetched from the bucket when it is large."""
        return documents.decode(self.bodies.get(record), EpObject)

    def record(self, one: EpObject) -> ObjectRecord:
        """The record of an object, its large document put into the bucket."""
        expires = None
        if one.deleted_at is not None and one.kind is not Kind.PORTFOLIO:
            expires = int((one.deleted_at + timedelta(seconds=TOMBSTONE_S)).timestamp())
            one = documents.tombstone(one)
        text = documents.encode(one)
        overflow = self.bodies.put(one, text)
        return self.tables.objects(
            owner=one.owner_id,
            key=object_key(one.kind, one.id),
            listed=None if one.deleted else order(one),
            shelved=order(one) if one.kind is Kind.PORTFOLIO else None,
            version=one.version,
            import_id=one.import_id or None,
            census=census("portfolio", one.portfolio.root_account_id, one.owner_id) if one.portfolio else None,
            document=None if overflow else text,
            overflow=overflow,
            expires_at=expires,
        )

    def forget_bodies(self, objects: Sequence[EpObject]) -> None:
        """Remove what `record` put into the bucket for these."""
        texts = [(one, documents.encode(one)) for one in objects]
        self.bodies.forget(texts)

    def locator(self, one: EpObject) -> LocatorRecord:
        """The locator of an object."""
        return self.tables.locators(
            locator=f"id#{one.id}", owner=one.owner_id, kind=one.kind.value, import_id=one.import_id or None
        )

    def _replace(self, one: EpObject) -> None:
        try:
            self.record(one).save(condition=self.tables.objects.version == one.version - 1)
        except PutError as error:
            if error.cause_response_code in LOST:
                raise ConflictError("The item changed while it was being written.") from error
            raise
        left = self.bodies.left_behind(one)
        if left:
            self.garbage.body(left).save()

    def _add(self, transaction: TransactWrite, change: Change) -> None:
        one, tables = change.object, self.tables
        if isinstance(change, Created):
            transaction.save(self.record(one), condition=tables.objects.key.does_not_exist())
            transaction.save(self.locator(one), condition=tables.locators.locator.does_not_exist())
            take_keys(tables, transaction, one, keys_of(one))
            return
        transaction.save(self.record(one), condition=tables.objects.version == one.version - 1)
        left = self.bodies.left_behind(one)
        if left:
            transaction.save(self.garbage.body(left))
        if isinstance(change, Restored):
            locator = tables.locators(locator=f"id#{one.id}")
            transaction.update(locator, actions=[tables.locators.deleted.remove()])
        if isinstance(change, Deleted):
            locator = tables.locators(locator=f"id#{one.id}")
            if one.kind is Kind.PORTFOLIO:
                transaction.update(locator, actions=[tables.locators.deleted.set(True)])
            else:
                transaction.delete(locator)

    def _list(self, index: str, owner_id: int, prefix: str, page: PageRequest) -> Slice[EpObject]:
        found = listing.read(self.tables, index, owner_id, prefix, page=page, text=self.bodies.get)
        items = [documents.decode(text, EpObject) for text in found.items]
        return Slice(items=items, next_cursor=found.next_cursor, cut=found.cut)

    def learn(self, object_id: int, locator: LocatorRecord) -> tuple[int, Kind] | None:
        """Remember where an id leads; None when it leads nowhere."""
        if given(locator.owner) is None:
            return None
        if len(self.known) >= PLACES_KEPT:
            self.known.clear()
        place = (int(locator.owner), Kind(locator.kind))
        self.known[object_id] = place
        return place


def _sight(one: EpObject, standing: Standing) -> Sight:
    return Sight(object=one, account=standing.root, viewer=standing.user, roles=standing.roles)
