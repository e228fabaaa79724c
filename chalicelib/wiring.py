"""The composition root: settings -> stores -> services. The one place a test swaps a part."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property

from msgspec import Struct

from chalicelib.domain.account import AccountService
from chalicelib.domain.account_calendar import CalendarService
from chalicelib.domain.account_change import AccountChanges
from chalicelib.domain.account_reach import AccountReach
from chalicelib.domain.accreditation import AccreditationService
from chalicelib.domain.administration import RoleService
from chalicelib.domain.artifact import ArtifactService
from chalicelib.domain.attachment import AttachmentService
from chalicelib.domain.bucket import Rates
from chalicelib.domain.comment import CommentService
from chalicelib.domain.confirmed_email import ConfirmedEmail
from chalicelib.domain.course_creation import CourseCreation
from chalicelib.domain.courselist import CourseListService
from chalicelib.domain.coursenames import CourseNames
from chalicelib.domain.directory import Directory
from chalicelib.domain.form import FormService
from chalicelib.domain.holding import HoldingService
from chalicelib.domain.identity import mint
from chalicelib.domain.intake import ImportService
from chalicelib.domain.moderation import ModerationService
from chalicelib.domain.noticeboard import NotificationService
from chalicelib.domain.page import PageService
from chalicelib.domain.portfolio import PortfolioService
from chalicelib.domain.ports import Clock, Ids
from chalicelib.domain.presentation import PresentationService
from chalicelib.domain.removal import RemovalService
from chalicelib.domain.reporting import ReportService
from chalicelib.domain.sharing import SharingService
from chalicelib.domain.token import IdKeyService, TokenService
from chalicelib.domain.tokenbook import TokenBook
from chalicelib.domain.tokenkeys import TokenKeys, parse
from chalicelib.domain.transfer import ExportService, JobService
from chalicelib.domain.upload import UploadService
from chalicelib.domain.verification import VerificationService
from chalicelib.packages.names import content_disposition
from chalicelib.settings import Settings, SettingsError, load
from chalicelib.storage.accounts import Accounts
from chalicelib.storage.accreditations import Accreditations
from chalicelib.storage.blobs import Blobs
from chalicelib.storage.bodies import Bodies
from chalicelib.storage.buckets import Buckets
from chalicelib.storage.companions import Companions
from chalicelib.storage.courselists import CourseLists
from chalicelib.storage.courses import Courses
from chalicelib.storage.credentials import Credentials
from chalicelib.storage.garbage import Garbage
from chalicelib.storage.imports import Imports
from chalicelib.storage.jobs import Jobs
from chalicelib.storage.notifications import Notifications
from chalicelib.storage.objects import Objects
from chalicelib.storage.people import People
from chalicelib.storage.queue import Queue, Topic
from chalicelib.storage.reports import Reports
from chalicelib.storage.runs import Runs
from chalicelib.storage.shares import Shares
from chalicelib.storage.tables import bind
from chalicelib.storage.terms import Terms
from chalicelib.storage.tokens import Tokens
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


class Services:
    """Everything a route, a job or an operator command works with; each part is made when first asked for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock(settings.clock_offset_s)
        self.ids: Ids = ids or RandomIds(self.clock)
        self.tables = bind(settings)
        self.blobs = Blobs(settings, content_disposition)
        self.garbage = Garbage(self.tables, self.blobs, self.clock)
        self.job_store = Jobs(self.tables, settings, self.clock)
        self.objects = Objects(self.tables, Bodies(self.blobs), self.garbage, Companions(self.tables, self.job_store))
        self.import_store = Imports(self.objects, self.garbage, settings.import_writers)
        self.people = People(self.tables)
        self.courses = Courses(self.tables)
        self.terms = Terms(self.tables)
        self.account_store = Accounts(self.tables, self.people)
        self.trees = Trees(self.tables)
        self.credentials = Credentials(self.tables, Buckets(_rates(settings)))
        self.job_store = Jobs(self.tables, settings, self.clock)
        self.report_store = Reports(self.tables, self.job_store, self.clock)
        self.queue = Queue(settings)
        self.topic = Topic(settings)
        self.portfolios = PortfolioService(self.objects, self.people, self.clock, self.ids)
        self.moderation = ModerationService(self.objects, self.portfolios, self.people, Runs(self.tables), self.clock)
        self.pages = PageService(self.objects, self.portfolios, self.clock, self.ids, sanitise)
        self.artifacts = ArtifactService(self.objects, self.blobs, self.clock, self.ids)
        self.presentations = PresentationService(self.objects, self.people, self.portfolios, self.artifacts, self.clock)
        self.removals = RemovalService(self.objects, self.artifacts, self.clock)
        self.forms = FormService(self.objects, self.clock, self.ids)
        self.holdings = HoldingService(self.objects, self.artifacts)
        self.comments = CommentService(self.objects, self.artifacts, self.clock, self.ids)
        names = CourseNames(self.courses)
        self.account_changes = AccountChanges(self.people, self.account_store, self.ids, names)
        self.roles = RoleService(self.people, self.ids)
        self.reach = AccountReach(self.people, self.trees)
        creation = CourseCreation(self.reach, self.account_store, self.courses, self.ids)
        self.accounts = AccountService(self.reach, self.account_store, self.courses, creation)
        self.calendars = CalendarService(self.reach, self.account_store)
        self.directory = Directory(
            people=self.people,
            accounts=self.account_store,
            credentials=self.credentials,
            clock=self.clock,
            ids=self.ids,
            changes=self.account_changes,
            roles=self.roles,
            names=names,
        )
        self.course_list = CourseListService(self.people, CourseLists(self.tables), self.clock)
        self.tokens = TokenService(self.credentials, self.clock, self.ids, lambda: self.token_keys)
        self.confirmed_email = ConfirmedEmail(self.people, self.clock)
        self.token_book = TokenBook(Tokens(self.tables), self.tokens, self.courses, self.clock, self.topic.announce)
        self.idkeys = IdKeyService(self.credentials, self.clock, self.ids)
        self.jobs = JobService(self.job_store, self.queue, self.clock, self.ids, settings.package_ttl_s)
        self._share()
        self.exports = ExportService(self.objects, self.blobs, self.jobs, self.accreditations.received_any)
        self.uploads = UploadService(
            self.objects, self.blobs, self.clock, self.ids, settings.upload_max_bytes, settings.upload_ttl_s
        )
        self.imports = ImportService(self.people, self.blobs, self.jobs)
        self.notifications = NotificationService(
            Notifications(self.tables),
            self.people,
            self.courses,
            self.clock,
            self.ids,
            sanitise,
            self.topic.publish,
        )
        self.reports = ReportService(
            self.report_store, self.queue, self.blobs, self.clock, self.ids, settings.package_ttl_s
        )

    def _share(self) -> None:
        """Make what portfolios are shared and accredited with."""
        self.shares = Shares(self.objects)
        self.accreditation_store = Accreditations(self.objects, self.job_store)
        self.verification_store = Verifications(self.tables, self.garbage)
        self.sharing = SharingService(self.shares, self.portfolios, self.clock, self.settings.share_guesses)
        self.accreditations = AccreditationService(
            self.accreditation_store, self.people, self.jobs, self.clock, self.ids
        )
        self.attachments = AttachmentService(self.portfolios, self.accreditations, self.accreditation_store)
        self.verifications = VerificationService(self.verification_store, self.blobs, self.clock, self.ids)

    @cached_property
    def token_keys(self) -> TokenKeys:
        """The keys of the keyed hash over token secrets, from the environment or from SSM, read once.

        Raises
        ------
        SettingsError
            Neither is set.
        """
        if self.settings.secret_key:
            return parse(self.settings.secret_key)
        if not self.settings.secret_parameter:
            raise SettingsError("Set FOLIO_SECRET_KEY, or FOLIO_SECRET_PARAMETER to the name of an SSM parameter.")
        from chalicelib.storage.secrets import read_parameter

        return parse(read_parameter(self.settings.secret_parameter))


def _rates(settings: Settings) -> Rates:
    return Rates(
        limit=settings.canvas_rate_limit,
        cap=settings.canvas_rate_cap,
        drain_per_s=settings.canvas_rate_drain_per_s,
        hold=settings.canvas_rate_hold,
    )


def sanitise(html: str) -> str:
    """Stored HTML made safe; the sanitiser is loaded with the first text that needs it."""
    from chalicelib.packages.markup import sanitise as clean

    return clean(html)


_current: Services | None = None


def wire(settings: Settings | None = None) -> Services:
    """New services for those settings (default: the environment's)."""
    return Services(settings or load())


def services() -> Services:
    """The services of this process."""
    global _current  # noqa: PLW0603 - one per Lambda container, as its connections are
    if _current is None:
        _current = wire()
    return _current


def use(replacement: Services | None) -> None:
    """Make `services()` answer those from now on; None: new ones at the next call."""
    global _current  # noqa: PLW0603 - see `services`
    _current = replacement
