"""Accounts and the people in them (canvas-b 1), as far as portfolios need them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from chalicelib.domain.role import ACCOUNT_ADMIN
from chalicelib.domain.setting import truth


class Domain(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A host that a root account answers for; `authentication_provider` is how its people sign in, if known."""

    host: str
    authentication_provider: str = ""


class Host(Struct, frozen=True, array_like=True):
    """A host of any root account, as the public search finds it; `name` is the root's."""

    name: str
    host: str
    authentication_provider: str
    root_account_id: int


ADDRESS_LIMIT = 254
"""Characters of an e-mail address (RFC 5321)."""


class Account(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An account of the tree. `path` is `/root/…/id/`, so a subtree is a prefix and the ancestors are in it.

    What is empty or None of the zone and the quotas is inherited. The three counts are kept beside the document, in the
    transactions that change them: live children, visible calendars of the account and of live accounts below it, and
    courses that are its own.
    """

    id: int
    name: str
    path: str
    parent_id: int | None = None
    uuid: str = ""
    lti_guid: str = ""
    sis_id: str = ""
    sis_import_id: int | None = None
    integration_id: str = ""
    workflow_state: str = "active"
    default_time_zone: str = ""
    course_quota_mb: int | None = None
    user_quota_mb: int | None = None
    group_quota_mb: int | None = None
    calendar_visible: bool = False
    calendar_auto_subscribe: bool = False
    domains: tuple[Domain, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    sub_account_count: int = 0
    visible_calendar_count: int = 0
    course_count: int = 0
    version: int = 1

    @property
    def root_id(self) -> int:
        """Id of the root account; a root's own id."""
        return int(self.path.split("/")[1])

    @property
    def root(self) -> bool:
        """Whether it is a root account."""
        return self.parent_id is None

    @property
    def active(self) -> bool:
        """Whether it is not deleted."""
        return self.workflow_state != "deleted"

    @property
    def chain(self) -> tuple[int, ...]:
        """Ids from the root down to the account itself."""
        return chain(self.path)

    def on(self, setting: str, *, default: bool = False) -> bool:
        """Whether a setting is switched on."""
        value = self.settings.get(setting)
        return default if value is None else bool(truth(value))

    @property
    def eportfolios_enabled(self) -> bool:
        """The account setting behind owner and public access to ePortfolios (canvas-a 1.6)."""
        return self.on("enable_eportfolios", default=True)


def chain(path: str) -> tuple[int, ...]:
    """Ids of a materialised path, from the root down.

    >>> chain("/1/7/30/")
    (1, 7, 30)
    """
    return tuple(int(one) for one in path.strip("/").split("/"))


class AdminRole(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A user's role on an account; it acts there and in every descendant (canvas-b 2)."""

    account_id: int
    account_path: str
    role: str = ACCOUNT_ADMIN


class User(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A person with a login in one root account.

    `email` is the identity the Accredit.ly dialect knows; `course_paths` are the accounts of the user's courses, kept
    in the transactions that change enrollments.
    """

    id: int
    root_account_id: int
    login_id: str
    name: str
    short_name: str = ""
    sortable_name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    pronouns: str = ""
    sis_id: str = ""
    integration_id: str = ""
    workflow_state: str = "active"
    admin_of: tuple[AdminRole, ...] = ()
    course_paths: frozenset[str] = frozenset()
    student_view: bool = False
    """A course's test student."""
    portfolios_active: int = 0
    portfolios_all: int = 0
    portfolios_spam: int = 0
    """Active ones that are flagged or marked as spam."""
    version: int = 1

    @property
    def address(self) -> str:
        """The e-mail address as an identity of the Accredit.ly dialect; empty when it is too long to be one."""
        return self.email if len(self.email) <= ADDRESS_LIMIT else ""

    @property
    def active(self) -> bool:
        """Whether the user may sign in and receive."""
        return self.workflow_state == "active"

    @property
    def role_paths(self) -> tuple[str, ...]:
        """Paths of the accounts the user has a role on, each once, by the account's id."""
        return tuple(dict.fromkeys(one.account_path for one in sorted(self.admin_of, key=lambda one: one.account_id)))

    @property
    def account_paths(self) -> tuple[str, ...]:
        """Accounts the user is associated with, by login, role and courses (canvas-b 1); what is above them too."""
        if self.workflow_state == "deleted" or self.student_view:
            return ()
        roles = (one.account_path for one in self.admin_of)
        return tuple(dict.fromkeys((f"/{self.root_account_id}/", *roles, *sorted(self.course_paths))))


class AccountRow(Struct, frozen=True, kw_only=True):
    """A row of `accounts.csv`; a blank `parent_sis_id` means the root (design 7). None: the column is absent."""

    sis_id: str
    parent_sis_id: str
    name: str
    status: str = "active"
    integration_id: str | None = None


class UserRow(Struct, frozen=True, kw_only=True):
    """A row of `users.csv`. None: the column is absent, and what is stored stays."""

    sis_id: str
    login_id: str
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    sortable_name: str | None = None
    short_name: str | None = None
    email: str | None = None
    pronouns: str | None = None
    integration_id: str | None = None
    status: str = "active"


class RoleRow(Struct, frozen=True, kw_only=True):
    """A row of `roles.csv`; a blank `account_sis_id` means the root. `on` and `off` are names of permissions."""

    name: str
    base: str
    account_sis_id: str = ""
    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    status: str = "active"


class AdminRow(Struct, frozen=True, kw_only=True):
    """A row of `admins.csv`; a blank `account_sis_id` means the root. `role_id` 0: the role is named."""

    user_sis_id: str
    account_sis_id: str
    role: str = ACCOUNT_ADMIN
    role_id: int = 0
    status: str = "active"


class RowOutcome(Struct, frozen=True):
    """What became of one row: changed, unchanged, refused for `error`; or held, to be told behind all others."""

    changed: bool = False
    error: str = ""
    held: bool = False
