"""Services of the institution: accounts, people, courses, tokens, notifications, reports (see `wiring`)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.settings import SettingsError
from chalicelib.wiring_stores import Stores

if TYPE_CHECKING:
    from chalicelib.domain.account import AccountService
    from chalicelib.domain.account_calendar import CalendarService
    from chalicelib.domain.account_change import AccountChanges
    from chalicelib.domain.account_reach import AccountReach
    from chalicelib.domain.administration import RoleService
    from chalicelib.domain.courselist import CourseListService
    from chalicelib.domain.coursenames import CourseNames
    from chalicelib.domain.directory import Directory
    from chalicelib.domain.doorway import Doorway
    from chalicelib.domain.idkey import IdKeyService
    from chalicelib.domain.noticeboard import NotificationService
    from chalicelib.domain.reporting import ReportService
    from chalicelib.domain.token import TokenService
    from chalicelib.domain.tokenbook import TokenBook
    from chalicelib.domain.tokenkeys import TokenKeys


class Institution(Stores):
    """What knows who somebody is and what they may do."""

    @cached_property
    def names(self) -> CourseNames:
        """Copies of names that course lists show."""
        from chalicelib.domain.coursenames import CourseNames

        return CourseNames(self.courses)

    @cached_property
    def account_changes(self) -> AccountChanges:
        """Accounts made and changed by operators."""
        from chalicelib.domain.account_change import AccountChanges

        return AccountChanges(self.people, self.account_store, self.ids, self.names)

    @cached_property
    def roles(self) -> RoleService:
        """Roles, overrides and who holds them."""
        from chalicelib.domain.administration import RoleService

        return RoleService(self.people, self.ids)

    @cached_property
    def reach(self) -> AccountReach:
        """Accounts a caller gets at."""
        from chalicelib.domain.account_reach import AccountReach

        return AccountReach(self.people, self.trees)

    @cached_property
    def accounts(self) -> AccountService:
        """Accounts as clients read them."""
        from chalicelib.domain.account import AccountService
        from chalicelib.domain.course_creation import CourseCreation

        creation = CourseCreation(self.reach, self.account_store, self.courses, self.ids)
        return AccountService(self.reach, self.account_store, self.courses, creation)

    @cached_property
    def calendars(self) -> CalendarService:
        """Account calendars."""
        from chalicelib.domain.account_calendar import CalendarService

        return CalendarService(self.reach, self.account_store)

    @cached_property
    def directory(self) -> Directory:
        """What operators load: accounts, people, roles."""
        from chalicelib.domain.directory import Directory

        return Directory(
            people=self.people,
            accounts=self.account_store,
            credentials=self.credentials,
            clock=self.clock,
            ids=self.ids,
            changes=self.account_changes,
            roles=self.roles,
            names=self.names,
        )

    @cached_property
    def course_list(self) -> CourseListService:
        """The course list of an account."""
        from chalicelib.domain.courselist import CourseListService
        from chalicelib.storage.courselists import CourseLists

        return CourseListService(self.people, CourseLists(self.tables), self.clock)

    @cached_property
    def tokens(self) -> TokenService:
        """Bearer tokens."""
        from chalicelib.domain.token import TokenService

        return TokenService(self.credentials, self.clock, self.ids, lambda: self.token_keys)

    @cached_property
    def doorway(self) -> Doorway:
        """Root accounts that demand an address."""
        from chalicelib.domain.doorway import Doorway

        return Doorway(self.people, self.clock)

    @cached_property
    def token_book(self) -> TokenBook:
        """Access tokens as their owners manage them."""
        from chalicelib.domain.tokenbook import TokenBook
        from chalicelib.storage.tokens import Tokens

        return TokenBook(Tokens(self.tables), self.tokens, self.courses, self.clock, self.topic.announce)

    @cached_property
    def idkeys(self) -> IdKeyService:
        """Brightspace key pairs."""
        from chalicelib.domain.idkey import IdKeyService

        return IdKeyService(self.credentials, self.clock, self.ids)

    @cached_property
    def notifications(self) -> NotificationService:
        """Account notifications."""
        from chalicelib.domain.noticeboard import NotificationService
        from chalicelib.storage.notifications import Notifications

        store, publish = Notifications(self.tables), self.topic.publish
        return NotificationService(store, self.people, self.courses, self.clock, self.ids, sanitise, publish)

    @cached_property
    def reports(self) -> ReportService:
        """Account reports."""
        from chalicelib.domain.reporting import ReportService

        kept_s = self.settings.package_ttl_s
        return ReportService(self.report_store, self.queue, self.blobs, self.clock, self.ids, kept_s)

    @cached_property
    def token_keys(self) -> TokenKeys:
        """The keys of the keyed hash over token secrets, from the environment or from SSM, read once.

        Raises
        ------
        SettingsError
            Neither is set.
        """
        from chalicelib.domain.tokenkeys import parse

        if self.settings.secret_key:
            return parse(self.settings.secret_key)
        if not self.settings.secret_parameter:
            raise SettingsError("Set FOLIO_SECRET_KEY, or FOLIO_SECRET_PARAMETER to the name of an SSM parameter.")
        from chalicelib.storage.secrets import read_parameter

        return parse(read_parameter(self.settings.secret_parameter))


def sanitise(html: str) -> str:
    """Stored HTML made safe; the sanitiser is loaded with the first text that needs it."""
    from chalicelib.packages.markup import sanitise as clean

    return clean(html)
