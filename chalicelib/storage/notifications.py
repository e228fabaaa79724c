"""Account notifications in DynamoDB: one item by id, and one among the root's, which are in the order of their ends.

Both hold the whole notice and are written in one transaction. What is current is one range of the root's partition,
read in one Query whatever accounts it is about; lists stop at `LISTED_LIMIT` notices or `LISTED_BYTES`, those that end
last first. What a user has closed is a number set in the user's partition, changed by commutative updates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from pynamodb.exceptions import DeleteError, TransactWriteError, UpdateError
from pynamodb.transactions import TransactWrite

from chalicelib.domain.access import Actor
from chalicelib.domain.noticeboard import Board
from chalicelib.domain.notification import Notification
from chalicelib.storage import documents, people
from chalicelib.storage.tables import JobRecord, PersonRecord, Tables, conflict, only

NOTICES = "notices"
"""Partition of the index of open jobs that holds what is to be told of notices."""
LISTED_LIMIT = 1000
"""Notices one list looks at."""
LISTED_BYTES = 4 * 1024 * 1024
"""Bytes of documents one list holds: an answer has at most 6 MB."""
LOST = "ConditionalCheckFailedException"
DUE_LIMIT = 100


class Notifications(Struct, frozen=True):
    """The store of notices (see `noticeboard.NotificationStore`)."""

    tables: Tables

    def board(self, actor: Actor, *, notice_id: int = 0, accounts: Sequence[int] = ()) -> Board:
        """Who calls, what they closed, and a notice by id: one call."""
        keys = [*people.standing_keys(actor, accounts=accounts), _closed_key(actor.user_id)]
        if notice_id:
            keys.append(_key(notice_id))
        found = only(self.tables.batch_get([(self.tables.people, keys)]), PersonRecord)
        others = {record.sk: record for record in found if record.sk in (CLOSED, NOTICE)}
        closed = others[CLOSED].closed if CLOSED in others else None
        return Board(
            standing=people.standing_of(actor, [record for record in found if record.sk not in (CLOSED, NOTICE)]),
            closed=frozenset(map(int, closed or ())),
            notice=documents.decode(others[NOTICE].document or "{}", Notification) if NOTICE in others else None,
        )

    def listed(self, root_account_id: int, since: datetime | None = None) -> list[Notification]:
        """The root's notices that are not deleted and end at `since` or later, those that end last first."""
        table = self.tables.people
        later = table.sk >= _second(since) if since is not None else None
        found: list[Notification] = []
        size = 0
        records = table.query(
            _listing(root_account_id), later, consistent_read=True, scan_index_forward=False, limit=LISTED_LIMIT
        )
        for record in records:
            size += len(record.document or "")
            if size > LISTED_BYTES:
                break
            found.append(documents.decode(record.document or "{}", Notification))
        return [one for one in found if since is None or one.end_at >= since]

    def save(self, after: Notification, before: Notification | None = None, *, announce: bool | None = None) -> None:
        """Write a notice in both places, and the mark that its start is to be told."""
        table, document = self.tables.people, documents.encode(after)
        fits = table.pk.does_not_exist() if before is None else table.version == before.version
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                record = self.tables.person(_key(after.id), document=document, version=after.version)
                transaction.save(record, condition=fits)
                if before is not None and (after.deleted_at or _place(before) != _place(after)):
                    transaction.delete(self.tables.person(_place(before)))
                if after.deleted_at is None:
                    transaction.save(self.tables.person(_place(after), document=document))
                if announce is not None:
                    self._mark(transaction, after, announce=announce)
        except TransactWriteError as error:
            raise conflict(error) or error from error

    def close(self, user_id: int, notice_id: int) -> None:
        """Add a notice to those a user has closed."""
        table = self.tables.people
        self.tables.person(_closed_key(user_id)).update(actions=[table.closed.add({notice_id})])

    def forget(self, user_id: int, notice_ids: Sequence[int]) -> None:
        """Take notices out of those a user has closed."""
        table = self.tables.people
        self.tables.person(_closed_key(user_id)).update(actions=[table.closed.delete(set(notice_ids))])

    def due(self, now: datetime) -> Sequence[tuple[int, int]]:
        """Notices whose start should be told."""
        table = self.tables.jobs
        marks = table.by_open.query(NOTICES, table.due_at <= int(now.timestamp()), limit=DUE_LIMIT)
        return [(int(mark.job.rsplit("#", 1)[-1]), int(mark.due_at or 0)) for mark in marks]

    def notices(self, notice_ids: Sequence[int]) -> dict[int, Notification]:
        """Notices by id, deleted or not."""
        keys = [_key(one) for one in dict.fromkeys(notice_ids)]
        records = only(self.tables.batch_get([(self.tables.people, keys)]), PersonRecord) if keys else []
        found = (documents.decode(record.document or "{}", Notification) for record in records)
        return {one.id: one for one in found}

    def told(self, notice_id: int, due_at: int, *, again: datetime | None = None) -> None:
        """Drop the mark that was due then, or make it due again later; one that has changed is left alone."""
        table = self.tables.jobs
        mark = table(job=_mark_key(notice_id))
        try:
            if again is None:
                mark.delete(condition=table.due_at == due_at)
            else:
                mark.update(actions=[table.due_at.set(int(again.timestamp()))], condition=table.due_at == due_at)
        except (DeleteError, UpdateError) as error:
            if error.cause_response_code != LOST:
                raise

    def _mark(self, transaction: TransactWrite, notice: Notification, *, announce: bool) -> None:
        mark: JobRecord = self.tables.jobs(job=_mark_key(notice.id))
        if announce:
            mark.open, mark.due_at = NOTICES, int(notice.start_at.timestamp())
            transaction.save(mark)
        else:
            transaction.delete(mark)


NOTICE, CLOSED = "notice", "closed"


def _key(notice_id: int) -> dict[str, str]:
    return {"pk": f"notice#{notice_id}", "sk": NOTICE}


def _closed_key(user_id: int) -> dict[str, str]:
    return {"pk": f"user#{user_id}", "sk": CLOSED}


def _listing(root_account_id: int) -> str:
    return f"notices#{root_account_id}"


def _place(notice: Notification) -> dict[str, Any]:
    return {"pk": _listing(notice.root_account_id), "sk": f"{_second(notice.end_at)}#{notice.id:016d}"}


def _second(moment: datetime) -> str:
    """A moment as text that sorts.

    >>> _second(datetime(2026, 3, 2, 9, 30, 5, 7, tzinfo=UTC))
    '2026-03-02T09:30:05'
    """
    return moment.astimezone(UTC).isoformat()[:19]


def _mark_key(notice_id: int) -> str:
    return f"notice#{notice_id}"
