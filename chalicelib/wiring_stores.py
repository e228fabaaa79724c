"""The stores of a process and the two things every part asks for, the time and new ids.

Each is made when it is first asked for, and its module loaded: a container that answers one route never loads what
others need. What nearly every request asks for is loaded with this module, while Lambda starts the container (ADR 43).
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from chalicelib.domain.identity import mint
from chalicelib.storage.bodies import Bodies
from chalicelib.storage.buckets import Buckets
from chalicelib.storage.companions import Companions
from chalicelib.storage.credentials import Credentials
from chalicelib.storage.objects import Objects
from chalicelib.storage.people import People
from chalicelib.storage.tables import Tables, bind

if TYPE_CHECKING:
    from chalicelib.domain.ports import Clock, Ids
    from chalicelib.settings import Settings
    from chalicelib.storage.accounts import Accounts
    from chalicelib.storage.accreditations import Accreditations
    from chalicelib.storage.blobs import Blobs
    from chalicelib.storage.courses import Courses
    from chalicelib.storage.garbage import Garbage
    from chalicelib.storage.imports import Imports
    from chalicelib.storage.jobs import Jobs
    from chalicelib.storage.queue import Queue, Topic
    from chalicelib.storage.reports import Reports
    from chalicelib.storage.shares import Shares
    from chalicelib.storage.terms import Terms
    from chalicelib.storage.trees import Trees
    from chalicelib.storage.verifications import Verifications


class SystemClock(Struct, frozen=True):
    """The machine's time, shifted by `offset_s` seconds on the local stage."""

    offset_s: int = 0

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)


class RandomIds(Struct, frozen=True):
    """Ids from the clock and the system's randomness."""

    clock: Clock

    def new(self) -> int:
        """A fresh integer id."""
        return mint(self.clock.now(), secrets.randbits)

    def entropy(self) -> int:
        """69 random bits and more."""
        return secrets.randbits(72)

    def hexadecimal(self, digits: int) -> str:
        """Random lower-case hexadecimal digits."""
        return secrets.token_hex((digits + 1) // 2)[:digits]


class Stores:
    """What keeps things, each part named as services know it."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock(settings.clock_offset_s)
        self.ids: Ids = ids or RandomIds(self.clock)

    @cached_property
    def tables(self) -> Tables:
        """The DynamoDB tables."""
        return bind(self.settings)

    @cached_property
    def blobs(self) -> Blobs:
        """The bucket."""
        from chalicelib.packages.names import content_disposition
        from chalicelib.storage.blobs import Blobs

        return Blobs(self.settings, content_disposition)

    @cached_property
    def garbage(self) -> Garbage:
        """Files nothing names any more."""
        from chalicelib.storage.garbage import Garbage

        return Garbage(self.tables, self.blobs, self.clock)

    @cached_property
    def job_store(self) -> Jobs:
        """Jobs and their leases."""
        from chalicelib.storage.jobs import Jobs

        return Jobs(self.tables, self.settings, self.clock)

    @cached_property
    def objects(self) -> Objects:
        """Everything that belongs to a person: portfolios, pages, artifacts."""
        return Objects(self.tables, Bodies(self.blobs), self.garbage, Companions(self.tables, self.job_store))

    @cached_property
    def import_store(self) -> Imports:
        """Objects written by the hundred."""
        from chalicelib.storage.imports import Imports

        return Imports(self.objects, self.garbage, self.settings.import_writers)

    @cached_property
    def people(self) -> People:
        """People, roles, and the hosts of root accounts."""
        return People(self.tables)

    @cached_property
    def courses(self) -> Courses:
        """Courses, sections and memberships."""
        from chalicelib.storage.courses import Courses

        return Courses(self.tables)

    @cached_property
    def terms(self) -> Terms:
        """Terms of a root account."""
        from chalicelib.storage.terms import Terms

        return Terms(self.tables)

    @cached_property
    def account_store(self) -> Accounts:
        """Accounts, their settings and calendars."""
        from chalicelib.storage.accounts import Accounts

        return Accounts(self.tables, self.people)

    @cached_property
    def trees(self) -> Trees:
        """Subtrees of accounts."""
        from chalicelib.storage.trees import Trees

        return Trees(self.tables)

    @cached_property
    def credentials(self) -> Credentials:
        """What proves who calls, and the buckets that pay for it."""
        from chalicelib.domain.bucket import Rates

        said = self.settings
        rates = Rates(
            limit=said.canvas_rate_limit,
            cap=said.canvas_rate_cap,
            drain_per_s=said.canvas_rate_drain_per_s,
            hold=said.canvas_rate_hold,
        )
        return Credentials(self.tables, Buckets(rates))

    @cached_property
    def report_store(self) -> Reports:
        """Runs of reports."""
        from chalicelib.storage.reports import Reports

        return Reports(self.tables, self.job_store, self.clock)

    @cached_property
    def queue(self) -> Queue:
        """The queue of jobs."""
        from chalicelib.storage.queue import Queue

        return Queue(self.settings)

    @cached_property
    def topic(self) -> Topic:
        """The topic of events."""
        from chalicelib.storage.queue import Topic

        return Topic(self.settings)

    @cached_property
    def shares(self) -> Shares:
        """Sharing keys."""
        from chalicelib.storage.shares import Shares

        return Shares(self.objects)

    @cached_property
    def accreditation_store(self) -> Accreditations:
        """Accreditations and where they are attached."""
        from chalicelib.storage.accreditations import Accreditations

        return Accreditations(self.objects, self.job_store)

    @cached_property
    def verification_store(self) -> Verifications:
        """Who asked to be verified, and what was decided."""
        from chalicelib.storage.verifications import Verifications

        return Verifications(self.tables, self.garbage)
