"""Courses of a load whose blueprint comes in a later row."""

from __future__ import annotations

from chalicelib.domain.courserow import CourseRow
from chalicelib.domain.person import RowOutcome

LIMIT = 10_000
"""Rows that may wait for a blueprint; only ids are kept of them."""


class Awaited:
    """What courses wait for, and the rows that are told of at the end."""

    def __init__(self) -> None:
        self.blueprints: dict[str, tuple[str, int | None]] = {}
        """SIS id of the blueprint and the import's id, by the SIS id of the course."""
        self.rows: list[tuple[str, bool]] = []
        """SIS id of the course, and whether the row has changed it already."""

    @property
    def full(self) -> bool:
        """Whether no other row may wait."""
        return len(self.rows) >= LIMIT

    def wait(self, row: CourseRow, import_id: int | None) -> None:
        """The row's blueprint is not there yet."""
        self.blueprints[row.sis_id] = row.blueprint_sis_id, import_id

    def told(self, row: CourseRow, outcome: RowOutcome) -> RowOutcome:
        """The outcome of a row, to be held back if the row waits."""
        waits = self.blueprints.get(row.sis_id, ("", None))[0]
        if outcome.error or not waits or waits != row.blueprint_sis_id:
            return outcome
        self.rows.append((row.sis_id, outcome.changed))
        return RowOutcome(held=True)
