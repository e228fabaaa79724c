"""Stored files that nothing refers to any more are removed, a day after somebody noticed.

A mark says "look at this blob on that day". It is written with every write that takes a reference away. Collecting
dooms the blob's counter first, on the condition that it counts nothing; from then on no transaction can add a
reference, so the bytes may go. Whoever stores bytes does so, or looks again, after the reference counts: then no
collector can be at them any more.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct
from pynamodb.exceptions import DeleteError, UpdateError
from pynamodb.expressions.condition import Condition

from chalicelib.domain.ports import Clock
from chalicelib.storage.blobs import Blobs, file_key
from chalicelib.storage.tables import JobRecord, LocatorRecord, Tables, given, only

GARBAGE = "garbage"
"""Partition of the index of open jobs that holds the marks."""
BODY = "body#"
WAIT = timedelta(days=1)
HOLD = timedelta(minutes=15)
"""How long a collector has a doomed blob for itself: as long as a function can live."""
LOST = "ConditionalCheckFailedException"


class Garbage(Struct, frozen=True):
    """Marks blobs, and collects those that are unused when their day has come."""

    tables: Tables
    blobs: Blobs
    clock: Clock

    def record(self, sha256: str) -> JobRecord:
        """The mark of a blob."""
        due = int((self.clock.now() + WAIT).timestamp())
        return self.tables.jobs(job=f"blob#{sha256}", open=GARBAGE, due_at=due)

    def body(self, key: str) -> JobRecord:
        """The mark of a document in the bucket that its object has left behind."""
        due = int((self.clock.now() + WAIT).timestamp())
        return self.tables.jobs(job=f"{BODY}{key}", open=GARBAGE, due_at=due)

    def collect(self, limit: int = 100) -> int:
        """Remove what is unused among the marks whose day has come; how many marks that were."""
        table, count = self.tables.jobs, 0
        now = int(self.clock.now().timestamp())
        for mark in table.by_open.query(GARBAGE, table.due_at <= now, limit=limit):
            if mark.job.startswith(BODY):
                self.blobs.delete([mark.job.removeprefix(BODY)])
                mark.delete()
                count += 1
            elif self._collect(mark.job.removeprefix("blob#"), now):
                # The condition fails when it was marked anew, or another collector was here: nothing is left to do.
                _unless_lost(mark, table.due_at <= now)
                count += 1
        return count

    def _collect(self, sha256: str, now: int) -> bool:
        """Whether nothing is left to do for the blob: it is in use, or gone."""
        locators = self.tables.locators
        counter = locators(locator=f"blob#{sha256}")
        until = now + int(HOLD.total_seconds())
        unused = locators.refs.does_not_exist() | (locators.refs <= 0)
        free = locators.doomed.does_not_exist() | (locators.doomed <= now)
        try:
            counter.update(actions=[locators.doomed.set(until)], condition=unused & free)
        except UpdateError as error:
            if error.cause_response_code != LOST:
                raise
            found = only(self.tables.batch_get([(locators, [{"locator": counter.locator}])]), LocatorRecord)
            return not any(given(record.doomed) for record in found)
        self.blobs.delete([file_key(sha256)])
        _unless_lost(counter, locators.doomed == until)
        return True


def _unless_lost(record: JobRecord | LocatorRecord, condition: Condition) -> None:
    """Delete a record if the condition holds."""
    try:
        record.delete(condition=condition)
    except DeleteError as error:
        if error.cause_response_code != LOST:
            raise
