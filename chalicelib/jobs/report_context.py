"""What the tables of a report are made from: its parameters, its account, and how people are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

from chalicelib.domain.report import Report
from chalicelib.domain.reporting import TERM_NAMES
from chalicelib.domain.reportterm import terms_meant
from chalicelib.domain.term import TermBook
from chalicelib.jobs.report import wanted
from chalicelib.jobs.run import Aborted, Run
from chalicelib.storage import census
from chalicelib.storage.tables import Tables

DAY, SECONDS = len("2026-03-02"), len("2026-03-02T09:30:05")


class Person(Struct, frozen=True):
    """What reports say of a user; times stay text."""

    id: int
    name: str = ""
    login_id: str = ""
    sis_id: str = ""
    workflow_state: str = "active"


NOBODY = Person(0)
_person = msgspec.json.Decoder(Person)


class Context:
    """A report being made."""

    def __init__(self, run: Run, report: Report) -> None:
        self.run, self.report = run, report
        self.tables: Tables = run.services.tables
        self.root_id = report.root_account_id

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return wanted(self.report.parameters, name)

    def said(self, name: str) -> str:
        """A parameter as text; empty when it is not there."""
        value = (self.report.parameters or {}).get(name)
        return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""

    def day(self, name: str) -> str:
        """A parameter that is a date, as its day in UTC; empty when it is not there. Raises Aborted for none."""
        said = self.said(name)
        try:
            at = datetime.fromisoformat(said) if said else None
            return (at.astimezone(UTC) if at.tzinfo else at).isoformat()[:DAY] if at else ""
        except (OverflowError, ValueError):
            raise Aborted(f"{name} is no date: {said[:100]!r}; write it as 2026-03-02.") from None

    @cached_property
    def book(self) -> TermBook:
        """The terms of the root account."""
        return self.run.services.report_store.terms(self.root_id)

    @cached_property
    def terms(self) -> frozenset[int] | None:
        """Ids of the terms asked for; None: all. Raises Aborted when none is there any more."""
        for name in TERM_NAMES:
            said: Any = (self.report.parameters or {}).get(name)
            if said not in (None, ""):
                found = terms_meant(said, self.book, self.report.created_at)
                if found is None:
                    raise Aborted(f"There is no term {str(said)[:100]!r}.")
                return found
        return None

    def people(self, ids: Iterable[int]) -> dict[int, tuple[Person, census.Item]]:
        """Those users by id, each with its item."""
        items = census.people(self.tables, list(ids))
        return {one: (_person.decode(item["document"]["S"]), item) for one, item in items.items()}


def time(text: str | None) -> str:
    """A stored time as reports write it: UTC, whole seconds.

    >>> time("2026-03-02T09:30:05.25Z"), time(None)
    ('2026-03-02T09:30:05Z', '')
    """
    return f"{text[:SECONDS]}Z" if text else ""


def moment(number: Mapping[str, str] | None) -> str:
    """A stored number of Unix seconds as reports write times.

    >>> moment({"N": "1772443805"}), moment(None)
    ('2026-03-02T09:30:05Z', '')
    """
    return datetime.fromtimestamp(int(number["N"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if number else ""
