"""Objects of an import, written in transactions that a repeated run does not write twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.spam import SPAM
from chalicelib.storage import people
from chalicelib.storage.companions import keys_of, take_keys
from chalicelib.storage.garbage import Garbage
from chalicelib.storage.listing import object_key
from chalicelib.storage.objects import Objects
from chalicelib.storage.tables import LocatorRecord, ObjectRecord, busy, conflict, only

ACTION_LIMIT = 100
"""Writes of one transaction; DynamoDB's limit."""
BYTES_LIMIT = 3_000_000
"""Bytes of one transaction; DynamoDB allows 4 MB."""

BUSY_WAITS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Waits before a transaction that met another one on the owner's counters is tried again."""
REMOVE_BATCH = 24
"""Objects removed in one transaction."""


class Imports(Struct, frozen=True):
    """Writes and removes what imports made (see `ports.ImportStore`)."""

    objects: Objects
    garbage: Garbage
    writers: int = 1
    """Transactions under way at a time, of those that cannot meet."""

    def put(self, owner_id: int, imported: Sequence[EpObject]) -> None:
        """Write objects of one import; those it wrote before are left as they are.

        Raises
        ------
        ConflictError
            An id is taken by something else.
        TransactWriteError
            Others were at the owner's counters or at the same files all the time; trying later may do.
        """
        if self.writers == 1:
            for batch in self._batches(imported):
                self._put(owner_id, batch)
            return
        shared = [one for one in imported if one.kind is Kind.PORTFOLIO or one.file is not None]
        apart = [one for one in imported if one.kind is not Kind.PORTFOLIO and one.file is None]
        with ThreadPoolExecutor(self.writers) as pool:
            writing = [pool.submit(self._put, owner_id, batch) for batch in self._batches(apart)]
            # Transactions on one counter or one file's references get in each other's way.
            for batch in self._batches(shared):
                self._put(owner_id, batch)
            for one in writing:
                one.result()

    def _put(self, owner_id: int, batch: Sequence[tuple[EpObject, ObjectRecord]]) -> None:
        try:
            self._write(owner_id, batch, step=1)
        except ConflictError:
            self._write(owner_id, self._missing(batch), step=1)

    def remove(self, owner_id: int, imported: Sequence[EpObject]) -> None:
        """Undo `put`: removes of these what that import made and is still there."""
        table = self.objects.tables.objects
        for start in range(0, len(imported), REMOVE_BATCH):
            part = imported[start : start + REMOVE_BATCH]
            batch = [(one, table(owner=one.owner_id, key=object_key(one.kind, one.id))) for one in part]
            there = self._there(batch)
            self._write(owner_id, [pair for pair in batch if there.get(pair[0].id) == pair[0].import_id], step=-1)
            self.objects.forget_bodies(part)

    def _write(self, owner_id: int, batch: Sequence[tuple[EpObject, ObjectRecord]], *, step: int) -> None:
        for wait_s in (*BUSY_WAITS_S, None):
            try:
                self._transact(owner_id, batch, step)
            except TransactWriteError as error:
                if not busy(error):
                    raise conflict(error) or error from error
                if wait_s is None:
                    raise
                time.sleep(wait_s * (0.5 + random.random()))  # noqa: S311 - spreads writers, guards nothing
            else:
                return

    def _transact(self, owner_id: int, batch: Sequence[tuple[EpObject, ObjectRecord]], step: int) -> None:
        if not batch:
            return
        tables = self.objects.tables
        refs = Counter(one.file.sha256 for one, _ in batch if one.file is not None)
        portfolios = [one for one, _ in batch if one.kind is Kind.PORTFOLIO]
        spam = {one.id for one in portfolios if step < 0 or (one.portfolio and one.portfolio.spam_status in SPAM)}
        with TransactWrite(connection=tables.connection) as transaction:
            for one, record in batch:
                locator = self.objects.locator(one)
                if step > 0:
                    transaction.save(record, condition=tables.objects.key.does_not_exist())
                    transaction.save(locator, condition=tables.locators.locator.does_not_exist())
                    take_keys(tables, transaction, one, keys_of(one))
                else:
                    transaction.delete(record, condition=tables.objects.import_id == one.import_id)
                    transaction.delete(locator, condition=tables.locators.import_id == one.import_id)
            for sha256, count in refs.items():
                blob = tables.locators(locator=f"blob#{sha256}")
                condition = tables.locators.doomed.does_not_exist()
                transaction.update(blob, actions=[tables.locators.refs.add(step * count)], condition=condition)
                if step < 0:
                    transaction.save(self.garbage.record(sha256))
            if portfolios:
                actions: list[Action] = [
                    tables.people.portfolios_active.add(step * len(portfolios)),
                    tables.people.portfolios_all.add(step * len(portfolios)),
                ]
                if spam:
                    ours = tables.people.portfolios_spam
                    actions.append(ours.add(spam) if step > 0 else ours.delete(spam))
                person = tables.person(people.user_key(owner_id))
                transaction.update(person, actions=actions, condition=tables.people.pk.exists())

    def _missing(self, batch: Sequence[tuple[EpObject, ObjectRecord]]) -> list[tuple[EpObject, ObjectRecord]]:
        there = self._there(batch)
        taken = [one.id for one, _ in batch if there.get(one.id, one.import_id) != one.import_id]
        if taken:
            raise ConflictError(f"Id {taken[0]} is taken.")
        return [(one, record) for one, record in batch if one.id not in there]

    def _there(self, batch: Sequence[tuple[EpObject, ObjectRecord]]) -> dict[int, int]:
        """Import that made each id which is taken; 0 for none."""
        tables = self.objects.tables
        keys = [{"locator": f"id#{one.id}"} for one, _ in batch]
        found = only(tables.batch_get([(tables.locators, keys)]), LocatorRecord)
        return {int(record.locator.removeprefix("id#")): int(record.import_id or 0) for record in found}

    def _batches(self, imported: Sequence[EpObject]) -> Iterator[list[tuple[EpObject, ObjectRecord]]]:
        batch: list[tuple[EpObject, ObjectRecord]] = []
        actions, size = 1, 0
        for one in imported:
            record = self.objects.record(one)
            cost = 2 + len(keys_of(one)) + (one.file is not None)
            weight = len((record.document or "").encode()) + 600
            if batch and (actions + cost > ACTION_LIMIT or size + weight > BYTES_LIMIT):
                yield batch
                batch, actions, size = [], 1, 0
            batch.append((one, record))
            actions, size = actions + cost, size + weight
        if batch:
            yield batch
