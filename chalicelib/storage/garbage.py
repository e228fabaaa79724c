"""Stored files that nothing refers to any more are removed, a day after somebody noticed.

A mark says "look at this blob on that day". It is written before an import stores bytes, and with every write that
takes a reference away. Collecting dooms the blob's counter first, on the condition that it counts nothing; from then
on no transaction can add a reference, so the bytes may go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from pynamodb.exceptions import UpdateError

from chalicelib.domain.ports import Clock
from chalicelib.storage.blobs import Blobs, file_key
from chalicelib.storage.tables import JobRecord, Tables

GARBAGE = "garbage"
"""Partition of the index of open jobs that holds the marks."""
WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Garbage:
    """Marks blobs, and collects those that are unused when their day has come."""

    tables: Tables
    blobs: Blobs
    clock: Clock

    def mark(self, digests: Iterable[str]) -> None:
        """Look at these blobs in a day."""
        with self.tables.jobs.batch_write() as batch:
            for sha256 in dict.fromkeys(digests):
                batch.save(self.record(sha256))

    def record(self, sha256: str) -> JobRecord:
        """The mark of a blob."""
        due = int((self.clock.now() + WAIT).timestamp())
        return self.tables.jobs(job=f"blob#{sha256}", open=GARBAGE, due_at=due)

    def collect(self, limit: int = 100) -> int:
        """Remove what is unused among the marks whose day has come; how many marks that were."""
        table, count = self.tables.jobs, 0
        now = int(self.clock.now().timestamp())
        for mark in table.by_open.query(GARBAGE, table.due_at <= now, limit=limit):
            self._collect(mark.job.removeprefix("blob#"))
            mark.delete(condition=(table.due_at <= now))
            count += 1
        return count

    def _collect(self, sha256: str) -> None:
        locators = self.tables.locators
        counter = locators(locator=f"blob#{sha256}")
        try:
            unused = locators.refs.does_not_exist() | (locators.refs <= 0)
            counter.update(actions=[locators.doomed.set(True)], condition=unused)
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return
        self.blobs.delete([file_key(sha256)])
        counter.delete()
