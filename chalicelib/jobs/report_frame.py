"""What both reports of the school have in common: which rows, and which cells (docs/reports.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chalicelib.jobs.report import Part, Rows, Table
from chalicelib.jobs.report_context import Context
from chalicelib.jobs.report_walks import DELETED, Remembered, Step

Cells = Sequence[Any]
Walk = Callable[[Context, str], Iterator[Step]]
Fill = Callable[[list[Any]], Rows]


class Frame:
    """Makes the tables of a report; `own` adds the service's ids and what no SIS made."""

    def __init__(self, context: Context, *, own: bool) -> None:
        self.context, self.own = context, own
        self.sis_only = not own or context.on("created_by_sis")
        self.deleted = context.on("include_deleted")
        self.known = Remembered(context)
        self._riders: dict[Walk, dict[str, Fill]] = {}

    def table(
        self,
        file: str,
        columns: Sequence[str],
        walk: Walk,
        rows: Fill,
    ) -> Table:
        """A file whose rows come from a walk; a walk that an earlier file takes is not taken again."""
        if walk in self._riders:
            self._riders[walk][file] = rows
            return Table(file, columns, None)
        riders = self._riders[walk] = {}

        def parts(place: str) -> Iterator[Part]:
            for step in walk(self.context, place):
                aside = {name: fill(step.found) for name, fill in riders.items()}
                yield Part(rows(step.found), step.place, step.passed, aside)

        return Table(file, columns, parts)

    def ours(self, *cells: Any) -> Cells:
        """Cells that only provisioning has."""
        return cells if self.own else ()

    def shown(self, state: str, *sis_ids: str) -> bool:
        """Whether a row belongs into the report: its state, and that the SIS knows all it is about."""
        return (self.deleted or state != DELETED) and (not self.sis_only or all(sis_ids))

    def within(self, course: Any) -> bool:
        """Whether a course is of the report's account or below, and of a term that was asked for."""
        terms = self.context.terms
        path = self.context.report.account_path
        return course.account_path.startswith(path) and (terms is None or course.term_id in terms)


def truth(value: bool) -> str:  # noqa: FBT001 - a cell
    """A truth value as SIS files write it."""
    return "true" if value else "false"
