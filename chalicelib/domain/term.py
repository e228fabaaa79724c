"""Terms: all those of a root account are one item, read in the call that reads who asks (canvas-b 1).

A course names its term by id and copies nothing of it, so a term that changes is right everywhere at once.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

DEFAULT_TERM = "Default Term"
"""Name of the term of courses that name none."""
TERMS_LIMIT = 1000
"""Terms of a root account; so many with names of usual length fit an item."""
TERMS_BYTES = 390_000
"""Of all terms of a root account as JSON; an item has 400 kB."""
ACTIVE = "active"
DELETED = "deleted"


class Term(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch of time courses are taught in."""

    id: int
    name: str
    created_at: datetime
    start_at: datetime | None = None
    end_at: datetime | None = None
    workflow_state: str = ACTIVE
    sis_id: str = ""
    sis_import_id: int | None = None
    integration_id: str = ""
    grading_period_group_id: int | None = None
    default: bool = False


class TermBook(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The terms of a root account. `version` 0: not stored yet."""

    root_account_id: int
    terms: tuple[Term, ...] = ()
    version: int = 0

    def term(self, term_id: int) -> Term | None:
        """The term of that id, deleted or not."""
        return next((one for one in self.terms if one.id == term_id), None)

    def by_sis_id(self, sis_id: str) -> Term | None:
        """The term of that SIS id, deleted or not."""
        return next((one for one in self.terms if one.sis_id == sis_id), None)

    @property
    def default(self) -> Term | None:
        """The term of courses that name none."""
        return next((one for one in self.terms if one.default), None)

    def current(self, now: datetime) -> Term | None:
        """The one active term that has begun and not ended; None when there is none, or more than one."""
        found = [
            one
            for one in self.terms
            if one.workflow_state == ACTIVE and one.start_at and one.end_at and one.start_at <= now <= one.end_at
        ]
        return found[0] if len(found) == 1 else None
